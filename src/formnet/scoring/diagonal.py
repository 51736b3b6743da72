"""The diagonal method: one constant shift in time, no warping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray
from formnet.scoring.alignment import AlignmentScorer
from formnet.scoring.score import Pairs


@dataclass(frozen=True, eq=False)
class DiagonalScorer(AlignmentScorer):
    """The diagonal of the similarity matrix with the highest mean, of at least a given overlap.

    Attributes:
        overlap: least length of the diagonal as a share of the shorter motion, above 0 to 1.
    """

    overlap: float = 0.5

    def pair_frames(self, matrix: FloatArray) -> Pairs:
        """Frames of the best diagonal; of equal ones the longest."""
        if not 0 < self.overlap <= 1:
            raise InputError(f"the overlap must lie above 0 and up to 1, got {self.overlap}")
        n, m = matrix.shape
        least = int(np.ceil(self.overlap * min(n, m)))
        shift, rows = np.arange(n)[:, None], np.arange(m)[None, :]
        diagonal = (rows - shift + n - 1).ravel()
        sums = np.bincount(diagonal, weights=matrix.ravel(), minlength=n + m - 1)
        lengths = np.bincount(diagonal, minlength=n + m - 1)
        means = np.where(lengths >= least, sums / lengths, -np.inf)
        tied = np.flatnonzero(means >= means.max() - 1e-9)
        offset = int(tied[np.argmax(lengths[tied])]) - (n - 1)
        start = max(0, -offset)
        stop = min(n, m - offset)
        frames = np.arange(start, stop)
        return np.stack([frames, frames + offset], axis=-1)
