"""Scorers that pair the frames of two motions and score the pairs: DTW, Needleman–Wunsch, diagonal."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from formnet.errors import PoseError
from formnet.motion import FloatArray, Motion
from formnet.scoring.limbs import LimbSimilarity
from formnet.scoring.parts import name_columns
from formnet.scoring.score import FrameSimilarity, Pairs, Score, summarise_pairs


@dataclass(frozen=True, eq=False)
class AlignmentScorer:
    """Base of the scorers over a frame-similarity matrix; a child says how frames are paired.

    Attributes:
        similarity: compares single frames.
    """

    similarity: FrameSimilarity = field(default_factory=LimbSimilarity)

    def pair_frames(self, matrix: FloatArray) -> Pairs:
        """(L, 2) paired frames for similarities (n, m) of 0–100."""
        raise NotImplementedError

    def score(self, clip: Motion, reference: Motion) -> Score:
        """Pairs the frames and scores them.

        Raises:
            PoseError: no frame of one shows a joint that the other shows.
        """
        pairs = self.pair_frames(fill_unknown(self.similarity.compute_matrix(clip, reference)))
        return self.score_pairs(clip, reference, pairs)

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> Score:
        """The score of given pairs."""
        scores, weights = self.similarity.score_pairs(clip, reference, pairs)
        joints, groups = name_columns(self.similarity, clip)
        return summarise_pairs(joints, groups, scores, weights, pairs)


def fill_unknown(matrix: FloatArray) -> FloatArray:
    """Pairs of frames without a common joint say nothing: they get the mean similarity.

    Raises:
        PoseError: when no pair says anything.
    """
    unknown = np.isnan(matrix)
    if unknown.all():
        raise PoseError("clip and reference never show the same joints; film the same side of the body")
    return np.where(unknown, matrix[~unknown].mean(), matrix) if unknown.any() else matrix
