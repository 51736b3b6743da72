"""Weighted matching with the distance of every joint (Move Mirror, Scoring-Your-Video)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.scoring.crop import normalise_crop
from formnet.scoring.pairwise import split_motion, sum_weighted
from formnet.scoring.score import Pairs


def l1_to_score(apart: FloatArray) -> FloatArray:
    """50·(2 - apart), cut to 0–100: 100 for the same place."""
    return np.clip(50.0 * (2.0 - apart), 0.0, 100.0)


def l2_to_score(apart: FloatArray) -> FloatArray:
    """100 / √2·(√2 - apart), cut to 0–100: 100 for the same place."""
    return np.clip(100.0 / np.sqrt(2.0) * (np.sqrt(2.0) - apart), 0.0, 100.0)


class WeightedSimilarity:
    """The mean distance of joints in their crops, each weighted with both confidences.

    The weights make it no metric (Move Mirror's asymmetric form even less), so search refuses it.

    Args:
        order: of the norm, 1 for the city-block distance and 2 for the Euclidean one.
    """

    def __init__(self, order: Literal[1, 2]) -> None:
        self.order, self._to_score = order, {1: l1_to_score, 2: l2_to_score}[order]

    def prepare(self, motion: Motion, boxes: FloatArray | None = None) -> Motion:
        """Square crop and L2 normalisation."""
        return normalise_crop(motion, boxes)

    def compute_matrix(self, clip: Motion, reference: Motion) -> FloatArray:
        """(n, m); NaN where no joint is seen on both sides."""
        return self._to_score(sum_weighted(*split_motion(clip), *split_motion(reference), self.order))

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
        """(L, J) scores and weights of the joints."""
        a, b = clip.positions[pairs[:, 0]], reference.positions[pairs[:, 1]]
        weights = clip.confidence[pairs[:, 0]] * reference.confidence[pairs[:, 1]]
        return self._to_score(np.linalg.norm(a - b, self.order, axis=-1)), weights
