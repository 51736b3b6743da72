"""Similarity of limb directions: formnet's own score, calibrated so that 100 is the same and unrelated is low."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numba
import numpy as np
from numpy.typing import NDArray

from formnet.errors import SkeletonError
from formnet.motion import FloatArray, Motion
from formnet.scoring.score import Pairs
from formnet.scoring.segments import SegmentMotion, compute_segments, find_points, list_segments

HALF_SCORE_DEG = 20.0
"""A limb that is this far from its reference gets half the points."""
_WIDTH_2 = float((2 * np.sin(np.radians(HALF_SCORE_DEG) / 2)) ** 2 / np.log(2.0))


class LimbSimilarity:
    """Each limb scores 100·exp(−‖Δ‖²/σ²), Δ the difference of its unit directions; half the points at 20°.

    Limbs carried by the trunk (arms, head) take the better of their direction in the room and relative to the
    trunk, and of that only what exceeds the trunk's own deviation: whoever leans or rounds the back is told so, not
    that arms and head went along. Limb lengths and place do not enter, confidence of both sides weights every limb.

    Args:
        by_frame: for single pictures, see `compute_segments`.
    """

    def __init__(self, *, by_frame: bool = False) -> None:
        self.by_frame = by_frame
        # A motion is asked for its segments several times, in all pairs a hundred times; motions do not change.
        self._known: WeakKeyDictionary[Motion, SegmentMotion] = WeakKeyDictionary()

    def prepare(self, motion: Motion, boxes: FloatArray | None = None) -> Motion:
        """Nothing: directions are free of place and size."""
        return motion

    def compute_matrix(self, clip: Motion, reference: Motion) -> FloatArray:
        """(n, m); NaN where no limb is seen on both sides."""
        a, b = self._compute_both(clip, reference)
        return _compare_all(
            a.directions, a.relative, a.weights, b.directions, b.relative, _share(b), *_roles(a), 1.0 / _WIDTH_2
        )

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
        """(L, S) scores and weights of the limbs, named by `name_joints`."""
        a, b = self._compute_both(clip, reference)
        i, j = pairs.T
        rides, carries = _roles(a)
        weights = a.weights[i] * _share(b)[j]
        apart = np.linalg.norm(a.directions[i] - b.directions[j], axis=-1)
        followed = np.linalg.norm(a.relative[i] - b.relative[j], axis=-1)
        trunk = np.where(carries & (weights > 0), apart, 0.0).max(axis=1, keepdims=True)
        apart = np.where(rides, np.maximum(np.minimum(apart, followed) - trunk, 0.0), apart)
        return 100.0 * np.exp(-(apart**2) / _WIDTH_2), weights

    def _compute_both(self, clip: Motion, reference: Motion) -> tuple[SegmentMotion, SegmentMotion]:
        a, b = self._segments_of(clip), self._segments_of(reference)
        if a.segments != b.segments or not a.segments:
            raise SkeletonError(
                f"the joint sets {clip.skeleton.name!r} and {reference.skeleton.name!r} have no common limbs; convert "
                "them to one joint set first"
            )
        return a, b

    def _segments_of(self, motion: Motion) -> SegmentMotion:
        known = self._known.get(motion)
        if known is None:
            known = self._known[motion] = compute_segments(motion, by_frame=self.by_frame)
        return known

    @staticmethod
    def name_joints(motion: Motion) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
        """Joints that get a score, and body part → these joints."""
        segments = list_segments(find_points(motion.skeleton))
        parts: dict[str, tuple[str, ...]] = {}
        for segment in segments:
            parts[segment.part] = (*parts.get(segment.part, ()), segment.joint)
        return tuple(segment.joint for segment in segments), parts


def _share(motion: SegmentMotion) -> FloatArray:
    """Weights without the segment's own weight, which the other side brings already."""
    return motion.weights / np.array([segment.weight for segment in motion.segments])


def _roles(motion: SegmentMotion) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(S,) segments that ride on the trunk, and those along it that carry them."""
    rides = np.array([segment.rides for segment in motion.segments])
    carries = np.array([segment.joint in ("neck", "spine2") for segment in motion.segments])
    return rides, carries


@numba.njit(cache=True, nogil=True)
def _compare_all(a, turned_a, weights_a, b, turned_b, weights_b, rides, carries, sharpness):  # type: ignore[no-untyped-def]  # pragma: no cover
    n, n_segments, n_dimensions = a.shape
    result = np.empty((n, len(b)))
    squares = np.empty(n_segments)
    for i in range(n):
        for j in range(len(b)):
            trunk = 0.0
            for k in range(n_segments):
                square = 0.0
                for d in range(n_dimensions):
                    square += (a[i, k, d] - b[j, k, d]) ** 2
                squares[k] = square
                if carries[k] and square > trunk and weights_a[i, k] * weights_b[j, k] > 0:
                    trunk = square
            trunk = np.sqrt(trunk)
            top, bottom = 0.0, 0.0
            for k in range(n_segments):
                weight = weights_a[i, k] * weights_b[j, k]
                if weight == 0.0:
                    continue
                square = squares[k]
                if rides[k]:
                    followed = 0.0
                    for d in range(n_dimensions):
                        followed += (turned_a[i, k, d] - turned_b[j, k, d]) ** 2
                    square = max(np.sqrt(min(square, followed)) - trunk, 0.0) ** 2
                top += weight * np.exp(-square * sharpness)
                bottom += weight
            result[i, j] = 100.0 * top / bottom if bottom > 0 else np.nan
    return result
