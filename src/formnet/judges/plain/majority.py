"""The class frequencies of the training rows, whatever is shown: the floor of every table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable


class MajorityClass:
    """Gives every row the class frequencies of training, so its answer is always the most frequent class."""

    def fit(self, table: RepetitionTable, seed: int = 0) -> MajorityClass:
        counts = np.bincount(table.labels, minlength=len(table.classes))
        self._frequencies = counts / counts.sum()
        self.n_classes = len(table.classes)
        return self

    def probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        return np.tile(self._frequencies, (len(motions), 1))

    def describe(self) -> dict[str, Any]:
        return {"learner": "majority"}
