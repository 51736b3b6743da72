"""The class frequencies of the training rows, whatever is shown: the floor of every table."""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray
from formnet.readers.table import RepetitionTable


class MajorityClass:
    """Gives every row the class frequencies of training, so its answer is always the most frequent class."""

    def fit(self, table: RepetitionTable) -> MajorityClass:
        counts = np.bincount(table.labels, minlength=len(table.classes))
        self._frequencies = counts / counts.sum()
        return self

    def predict_proba(self, table: RepetitionTable) -> FloatArray:
        return np.tile(self._frequencies, (len(table), 1))
