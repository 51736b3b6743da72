"""Weighted matching with the city-block distance of every joint (Move Mirror, Scoring-Your-Video)."""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.scoring.crop import normalise_crop
from formnet.scoring.pairwise import split_motion, sum_weighted_l1
from formnet.scoring.score import Pairs, ScorerInfo


def l1_to_score(apart: FloatArray) -> FloatArray:
    """50·(2 - apart), cut to 0–100: 100 for the same place."""
    return np.clip(50.0 * (2.0 - apart), 0.0, 100.0)


class WeightedL1Similarity:
    """The mean city-block distance of joints in their crops, each weighted with both confidences.

    The weights make it no metric (Move Mirror's asymmetric form even less), so search refuses it.
    """

    info = ScorerInfo("weighted-l1", "Weighted matching L1", "similarity", "Σ c·c'·50·(2 − |Δx| − |Δy|) / Σ c·c'")

    def prepare(self, motion: Motion, boxes: FloatArray | None = None) -> Motion:
        """Square crop and L2 normalisation."""
        return normalise_crop(motion, boxes)

    def compute_matrix(self, clip: Motion, reference: Motion) -> FloatArray:
        """(n, m); NaN where no joint is seen on both sides."""
        return l1_to_score(sum_weighted_l1(*split_motion(clip), *split_motion(reference)))

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
        """(L, J) scores and weights of the joints."""
        a, b = clip.positions[pairs[:, 0]], reference.positions[pairs[:, 1]]
        weights = clip.confidence[pairs[:, 0]] * reference.confidence[pairs[:, 1]]
        return l1_to_score(np.abs(a - b).sum(axis=-1)), weights
