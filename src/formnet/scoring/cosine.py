"""Cosine similarity of L2-normalised poses (Move Mirror, Scoring-Your-Video)."""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.scoring.crop import normalise_crop
from formnet.scoring.pairwise import split_motion
from formnet.scoring.score import Pairs


def cosine_to_score(cosine: FloatArray) -> FloatArray:
    """100·(2 − sqrt(2(1 − cos)))/2: 100 for the same direction, 0 for the opposite one."""
    return 50.0 * (2.0 - np.sqrt(2.0 * np.clip(1.0 - cosine, 0.0, 2.0)))


class CosineSimilarity:
    """The cosine of all coordinates of two poses in their crops, each joint weighted with both confidences.

    The joint's own score is the cosine of its two position vectors in the crop. Confidence weights differ from pair to
    pair, so that this weighted form is no metric; search uses the plain one.
    """

    def prepare(self, motion: Motion, boxes: FloatArray | None = None) -> Motion:
        """Square crop and L2 normalisation."""
        return normalise_crop(motion, boxes)

    def compute_matrix(self, clip: Motion, reference: Motion) -> FloatArray:
        """(n, m); NaN where no joint is seen on both sides."""
        a, weights_a = split_motion(clip)
        b, weights_b = split_motion(reference)

        def flat(values: FloatArray) -> FloatArray:
            return values.reshape(len(values), -1)

        dot = flat(a * weights_a[..., None]) @ flat(b * weights_b[..., None]).T
        square_a = (weights_a * (a**2).sum(axis=-1)) @ weights_b.T
        square_b = weights_a @ (weights_b * (b**2).sum(axis=-1)).T
        norm = np.sqrt(square_a * square_b)
        return cosine_to_score(np.divide(dot, norm, out=np.full_like(dot, np.nan), where=norm > 0))

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
        """(L, J) scores and weights of the joints."""
        a, b = clip.positions[pairs[:, 0]], reference.positions[pairs[:, 1]]
        weights = clip.confidence[pairs[:, 0]] * reference.confidence[pairs[:, 1]]
        return score_joint_cosines(a, b), weights


def score_joint_cosines(a: FloatArray, b: FloatArray) -> FloatArray:
    """Score of the cosine between vectors (…, D); 100 where both are zero, 0 where one is."""
    norm_a, norm_b = np.linalg.norm(a, axis=-1), np.linalg.norm(b, axis=-1)
    norm = norm_a * norm_b
    both_zero = (norm_a == 0) & (norm_b == 0)
    cosine = np.divide((a * b).sum(axis=-1), norm, out=np.where(both_zero, 1.0, -1.0), where=norm != 0)
    return cosine_to_score(cosine)
