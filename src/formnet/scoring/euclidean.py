"""Euclidean distance of poses after Procrustes alignment."""

from __future__ import annotations

import numpy as np

from formnet.geometry.align import estimate_rotation
from formnet.motion import FloatArray, Motion
from formnet.scoring.pairwise import centre_and_scale
from formnet.scoring.score import Pairs

_ROOT_2 = float(np.sqrt(2.0))


def distance_to_score(distance: FloatArray) -> FloatArray:
    """100·(1 − d/√2), at least 0: poses of size 1 that have nothing to do with each other are √2 apart."""
    return np.clip(100.0 * (1.0 - distance / _ROOT_2), 0.0, 100.0)


class EuclideanSimilarity:
    """Root mean square distance of joints, both poses centred and scaled to mean squared radius 1.

    Args:
        rotate: turn every frame onto its partner by itself (no reflection). Right for one picture whose camera
            is unknown; in a motion it would forgive leaning, so there the view is aligned once for all frames.
    """

    def __init__(self, *, rotate: bool = False) -> None:
        self.rotate = rotate

    def prepare(self, motion: Motion, boxes: FloatArray | None = None) -> Motion:
        """Place and size removed from every frame."""
        positions, confidence = centre_and_scale(motion)
        positions = np.where((confidence > 0)[..., None], positions, np.nan)
        return motion.replace(positions=positions, unit="body")

    def compute_matrix(self, clip: Motion, reference: Motion) -> FloatArray:
        """(n, m); NaN where no joint is seen on both sides."""
        a, weights_a = np.nan_to_num(clip.positions), clip.confidence
        b, weights_b = np.nan_to_num(reference.positions), reference.confidence
        bottom = weights_a @ weights_b.T
        top = np.empty_like(bottom)
        if self.rotate:
            for i, j in np.ndindex(*bottom.shape):
                apart = self._turn(a[i], b[j], weights_a[i] * weights_b[j]) - b[j]
                top[i, j] = (weights_a[i] * weights_b[j]) @ (apart**2).sum(axis=-1)
        else:
            square_a, square_b = (a**2).sum(axis=-1), (b**2).sum(axis=-1)
            dot = (a * weights_a[..., None]).reshape(len(a), -1) @ (b * weights_b[..., None]).reshape(len(b), -1).T
            top = (weights_a * square_a) @ weights_b.T + weights_a @ (weights_b * square_b).T - 2 * dot
        mean = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
        return distance_to_score(np.sqrt(np.maximum(mean, 0.0)))

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
        """(L, J) scores and weights of the joints."""
        a, b = clip.positions[pairs[:, 0]], reference.positions[pairs[:, 1]]
        weights = clip.confidence[pairs[:, 0]] * reference.confidence[pairs[:, 1]]
        if self.rotate:
            a = np.stack([self._turn(*frames) for frames in zip(a, b, weights, strict=True)])
        return distance_to_score(np.linalg.norm(a - b, axis=-1)), weights

    @staticmethod
    def _turn(a: FloatArray, b: FloatArray, weights: FloatArray) -> FloatArray:
        return a @ estimate_rotation(a, b, weights).T
