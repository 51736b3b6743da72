"""Dynamic time warping of whole bodies or of every joint by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from formnet.errors import InputError
from formnet.geometry.warping import align_by_cost
from formnet.motion import FloatArray, Motion
from formnet.scoring.alignment import AlignmentScorer, fill_unknown
from formnet.scoring.parts import name_columns
from formnet.scoring.score import Pairs, Score, summarise_pairs


@dataclass(frozen=True, eq=False)
class DtwScorer(AlignmentScorer):
    """One path for the whole body, with the least sum of 100 − similarity.

    Attributes:
        band: greatest distance of the path from the diagonal as a share of the reference, 0–1; None for no limit.
    """

    band: float | None = None

    def pair_frames(self, matrix: FloatArray) -> Pairs:
        """The warping path from the first to the last frames."""
        if self.band is not None and not 0 <= self.band <= 1:
            raise InputError(f"the band must be a share of 0–1, got {self.band}")
        band_frames = None if self.band is None else int(np.ceil(self.band * matrix.shape[1]))
        return align_by_cost(100.0 - matrix, band_frames)[1]


@dataclass(frozen=True, eq=False)
class JointDtwScorer(DtwScorer):
    """Every joint on its own path, so that joints may be early or late by themselves.

    The reported pairs and the course over time are those of the whole body.
    """

    def score(self, clip: Motion, reference: Motion) -> Score:
        """Whole-body pairs for the course; totals from the joints' own paths."""
        whole = super().score(clip, reference)
        joints, groups = name_columns(self.similarity, clip)
        n, m = len(clip), len(reference)
        every = np.stack(np.divmod(np.arange(n * m), m), axis=-1)
        scores, weights = self.similarity.score_pairs(clip, reference, every)
        means, seen = np.zeros((1, len(joints))), np.zeros((1, len(joints)))
        for k in range(len(joints)):
            known = weights[:, k] > 0
            if not known.any():
                continue
            matrix = fill_unknown(np.where(known, scores[:, k], np.nan).reshape(n, m))
            path = self.pair_frames(matrix)
            flat = path[:, 0] * m + path[:, 1]
            seen[0, k] = weights[flat, k].mean()
            if seen[0, k] > 0:
                means[0, k] = np.average(scores[flat, k], weights=weights[flat, k])
        own = summarise_pairs(joints, groups, means, seen, whole.pairs[:1])
        return replace(whole, total=own.total, parts=own.parts, joints=own.joints)
