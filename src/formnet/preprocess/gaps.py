"""Filling of short gaps in joint paths."""

from __future__ import annotations

import itertools
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from formnet.geometry.paths import interpolate_at
from formnet.motion import FloatArray, Motion

FillMethod = Literal["linear", "cubic"]
MAX_GAP_S = 60.0
"""The longest limit that somebody may choose: what nobody saw for a minute is invented, not filled."""


def fill_gaps(motion: Motion, limit_s: float, method: FillMethod = "linear") -> Motion:
    """Interpolates joints that are missing for at most `limit_s` seconds; longer gaps stay NaN.

    The length of a gap is the time between the seen frames around it less one frame, so that one lost frame
    of a video with 30 frames a second is a gap of 1/30 s. Gaps at the start or end of a motion have only one
    neighbour and stay. Filled joints carry half the confidence of their less certain neighbour.

    Args:
        method: straight line, or a cubic spline through all seen frames of the joint.
    """
    missing = motion.missing
    if not missing.any() or limit_s <= 0 or len(motion) < 3:
        return motion
    positions, confidence = motion.positions.copy(), motion.confidence.copy()
    step_s = 1.0 / motion.fps
    for joint in np.flatnonzero(missing.any(axis=0) & ~missing.all(axis=0)):
        fill = find_fillable(missing[:, joint], motion.timestamps, limit_s + 1.01 * step_s)
        if not fill.any():
            continue
        seen = np.flatnonzero(~missing[:, joint])
        positions[fill, joint] = _interpolate(
            motion.timestamps[fill], motion.timestamps[seen], positions[seen, joint], method
        )
        after = np.searchsorted(seen, np.flatnonzero(fill))
        neighbours = np.stack([confidence[seen[after - 1], joint], confidence[seen[after], joint]])
        confidence[fill, joint] = 0.5 * neighbours.min(axis=0)
    return motion.replace(positions=positions, confidence=confidence)


def find_fillable(missing: NDArray[np.bool_], times_s: FloatArray, reach_s: float) -> NDArray[np.bool_]:
    """(T,) True in inner gaps whose seen neighbours are no more than `reach_s` apart."""
    fill = np.zeros_like(missing)
    seen = np.flatnonzero(~missing)
    for before, after in itertools.pairwise(seen):
        if after > before + 1 and times_s[after] - times_s[before] <= reach_s:
            fill[before + 1 : after] = True
    return fill


def _interpolate(at_s: FloatArray, times_s: FloatArray, values: FloatArray, method: FillMethod) -> FloatArray:
    if method == "cubic" and len(times_s) >= 4:
        from scipy.interpolate import CubicSpline

        return CubicSpline(times_s, values, axis=0)(at_s)
    return interpolate_at(at_s, times_s, values)
