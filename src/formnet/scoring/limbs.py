"""Similarity of limb directions: formnet's own score, calibrated so that 100 is the same and unrelated is low."""

from __future__ import annotations

import numba
import numpy as np

from formnet.errors import SkeletonError
from formnet.motion import FloatArray, Motion
from formnet.scoring.score import Pairs, ScorerInfo
from formnet.scoring.segments import SegmentMotion, compute_segments

HALF_SCORE_DEG = 24.0
"""A limb that is this far from its reference gets half the points."""
_WIDTH_2 = float((2 * np.sin(np.radians(HALF_SCORE_DEG) / 2)) ** 2 / np.log(2.0))


class LimbSimilarity:
    """Each limb scores 100·exp(−‖Δ‖²/σ²), Δ the difference of its unit directions; half the points at 24°.

    Limbs carried by the trunk (arms, head) take the better of their direction in the room and relative to the
    trunk: whoever leans is told that the trunk leans, not that the arms went along. Limb lengths and place do not
    enter, confidence of both sides weights every limb.
    """

    info = ScorerInfo("limbs", "Limb directions", "similarity", "100·exp(−‖Δ‖²/σ²) per limb, 50 at 24°, weighted c·c'")

    def prepare(self, motion: Motion, boxes: FloatArray | None = None) -> Motion:
        """Nothing: directions are free of place and size."""
        return motion

    def compute_matrix(self, clip: Motion, reference: Motion) -> FloatArray:
        """(n, m); NaN where no limb is seen on both sides."""
        a, b = _compute_both(clip, reference)
        rides = np.array([segment.rides for segment in a.segments])
        return _compare_all(
            a.directions, a.relative, a.weights, b.directions, b.relative, _share(b), rides, 1.0 / _WIDTH_2
        )

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
        """(L, S) scores and weights of the limbs, named by `name_joints`."""
        a, b = _compute_both(clip, reference)
        i, j = pairs.T
        scores = _score_difference(a.directions[i] - b.directions[j])
        rides = np.array([segment.rides for segment in a.segments])
        followed = _score_difference(a.relative[i] - b.relative[j])
        return np.where(rides, np.maximum(scores, followed), scores), a.weights[i] * _share(b)[j]

    @staticmethod
    def name_joints(motion: Motion) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
        """Joints that get a score, and body part → these joints."""
        segments = compute_segments(motion.frames(0, 1)).segments
        parts: dict[str, tuple[str, ...]] = {}
        for segment in segments:
            parts[segment.part] = (*parts.get(segment.part, ()), segment.joint)
        return tuple(segment.joint for segment in segments), parts


def _share(motion: SegmentMotion) -> FloatArray:
    """Weights without the segment's own weight, which the other side brings already."""
    return motion.weights / np.array([segment.weight for segment in motion.segments])


def _compute_both(clip: Motion, reference: Motion) -> tuple[SegmentMotion, SegmentMotion]:
    a, b = compute_segments(clip), compute_segments(reference)
    if a.segments != b.segments or not a.segments:
        raise SkeletonError(
            f"the joint sets {clip.skeleton.name!r} and {reference.skeleton.name!r} have no common limbs; convert them "
            "to one joint set first"
        )
    return a, b


def _score_difference(difference: FloatArray) -> FloatArray:
    return 100.0 * np.exp(-(difference**2).sum(axis=-1) / _WIDTH_2)


@numba.njit(cache=True, nogil=True)
def _compare_all(a, turned_a, weights_a, b, turned_b, weights_b, rides, sharpness):  # type: ignore[no-untyped-def]  # pragma: no cover
    n, n_segments, n_dimensions = a.shape
    result = np.empty((n, len(b)))
    for i in range(n):
        for j in range(len(b)):
            top, bottom = 0.0, 0.0
            for k in range(n_segments):
                weight = weights_a[i, k] * weights_b[j, k]
                if weight == 0.0:
                    continue
                square = 0.0
                for d in range(n_dimensions):
                    square += (a[i, k, d] - b[j, k, d]) ** 2
                if rides[k]:
                    followed = 0.0
                    for d in range(n_dimensions):
                        followed += (turned_a[i, k, d] - turned_b[j, k, d]) ** 2
                    square = min(square, followed)
                top += weight * np.exp(-square * sharpness)
                bottom += weight
            result[i, j] = 100.0 * top / bottom if bottom > 0 else np.nan
    return result
