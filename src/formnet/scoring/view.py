"""Removing the camera: one rotation for a whole motion, found without knowing which frames belong together."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from formnet.errors import InputError
from formnet.geometry.align import (
    compute_rotation_angle_deg,
    compute_tilt_deg,
    estimate_robust_rotation,
    estimate_vertical_rotation,
)
from formnet.geometry.level import rotate_motion
from formnet.geometry.warping import align_by_cost, compute_squared_distances
from formnet.motion import FloatArray, Motion
from formnet.scoring.score import Pairs
from formnet.scoring.segments import SegmentMotion, compute_segments

ViewAlignment = Literal["full", "vertical", "none"]
# A camera is not tilted more than this against another; a body that is (lying, not standing) is no matter of view.
MAX_TILT_DEG = 50.0


def align_view(clip: Motion, reference: Motion, mode: ViewAlignment = "full") -> tuple[Motion, float]:
    """The clip turned to be seen as the reference is, and the angle of that turn in degrees.

    Frames are paired by the angles between limbs, which no camera changes; then one rotation (no reflection) is
    fitted to the directions of all limbs in all pairs, robustly, so that a limb held wrongly does not turn the
    body. Flat motions stay as they are: the picture holds no depth to turn.

    Args:
        mode: "full", any rotation that tilts the vertical by at most 50°; "vertical", about the vertical only.

    Raises:
        InputError: unknown mode.
    """
    if mode not in get_args(ViewAlignment):
        raise InputError(f"unknown view alignment {mode!r}; use one of {', '.join(get_args(ViewAlignment))}")
    if mode == "none" or clip.n_dimensions == 2:
        return clip, 0.0
    a, b = compute_segments(clip), compute_segments(reference)
    pairs = _pair_by_shape(a, b)
    rotation = np.eye(3)
    for _ in range(3):
        rotation = _fit(a, b, pairs, mode)
        turned = (a.directions @ rotation.T).reshape(len(clip), -1)
        pairs = align_by_cost(compute_squared_distances(turned, b.directions.reshape(len(reference), -1)))[1]
    return rotate_motion(clip, rotation), compute_rotation_angle_deg(rotation)


def _fit(a: SegmentMotion, b: SegmentMotion, pairs: Pairs, mode: ViewAlignment) -> FloatArray:
    i, j = pairs.T
    vectors_a, vectors_b = a.directions[i].reshape(-1, 3), b.directions[j].reshape(-1, 3)
    weights = (a.weights[i] * b.weights[j]).ravel()
    if mode == "full":
        rotation = estimate_robust_rotation(vectors_a, vectors_b, weights)
        if compute_tilt_deg(rotation) <= MAX_TILT_DEG:
            return rotation
    return estimate_vertical_rotation(vectors_a, vectors_b, weights)


def _pair_by_shape(a: SegmentMotion, b: SegmentMotion) -> Pairs:
    """Pairs of frames by the cosines between all segments: independent of any rotation."""
    upper = np.triu_indices(len(a.segments), 1)

    def describe(motion: SegmentMotion) -> FloatArray:
        cosines = np.einsum("tsd,tud->tsu", motion.directions, motion.directions)
        return cosines[:, upper[0], upper[1]]

    return align_by_cost(compute_squared_distances(describe(a), describe(b)))[1]
