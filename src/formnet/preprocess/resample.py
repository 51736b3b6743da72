"""Motions at other points in time."""

from __future__ import annotations

from typing import Literal

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion

ResampleMethod = Literal["linear", "cubic"]


def resample_to_times(motion: Motion, times_s: FloatArray, method: ResampleMethod = "linear") -> Motion:
    """The motion at `times_s` (n,), which must lie within its own time (a microsecond beside it is forgiven).

    A joint is missing at a time when it is missing in one of the frames around it. Confidence is interpolated.

    Raises:
        InputError: when a time lies outside the motion or times do not increase.
    """
    times_s = np.asarray(times_s, dtype=np.float64)
    first, last = motion.timestamps[0], motion.timestamps[-1]
    if len(times_s) == 0 or times_s[0] < first - 1e-6 or times_s[-1] > last + 1e-6:
        raise InputError(f"expected times within {first:.3f}–{last:.3f} s of the motion; cut the wish or the motion")
    wanted = np.clip(times_s, first, last)
    after = np.clip(np.searchsorted(motion.timestamps, wanted), min(1, len(motion) - 1), len(motion) - 1)
    before = np.maximum(after - 1, 0)
    span_s = motion.timestamps[after] - motion.timestamps[before]
    weight = np.divide(wanted - motion.timestamps[before], span_s, out=np.zeros_like(wanted), where=span_s > 0)
    # At an exact hit only that frame counts, so a gap beside it does not reach it.
    after = np.where(weight == 0.0, before, after)
    before = np.where(weight == 1.0, after, before)
    blend = weight[:, None]
    confidence = motion.confidence[before] * (1 - blend) + motion.confidence[after] * blend
    positions = motion.positions[before] * (1 - blend[..., None]) + motion.positions[after] * blend[..., None]
    if method == "cubic":
        positions = _overwrite_with_cubic(motion, wanted, positions)
    return motion.replace(positions=positions, confidence=np.clip(confidence, 0, 1), timestamps=times_s)


def _overwrite_with_cubic(motion: Motion, wanted: FloatArray, linear: FloatArray) -> FloatArray:
    from scipy.interpolate import CubicSpline

    result = linear.copy()
    for joint in range(len(motion.skeleton)):
        seen = ~motion.missing[:, joint]
        if seen.sum() >= 4:
            there = ~np.isnan(linear[:, joint, 0])
            spline = CubicSpline(motion.timestamps[seen], motion.positions[seen, joint], axis=0)
            result[there, joint] = spline(wanted[there])
    return result


def resample_to_frames(motion: Motion, n_frames: int, method: ResampleMethod = "linear") -> Motion:
    """The whole motion in `n_frames` frames at equal steps from its first to its last frame."""
    if n_frames < 2 or len(motion) < 2:
        raise InputError(f"expected two frames or more to resample, got {len(motion)} to {n_frames}; use a longer clip")
    return resample_to_times(motion, np.linspace(motion.timestamps[0], motion.timestamps[-1], n_frames), method)


def resample_to_fps(motion: Motion, fps: float) -> Motion:
    """The motion at a constant rate from its first frame on; the last frame is at or just before its end."""
    if not fps > 0:
        raise InputError(f"expected a frame rate above 0, got {fps}; give frames per second")
    span_s = motion.timestamps[-1] - motion.timestamps[0]
    n_frames = int(np.floor(span_s * fps + 1e-6)) + 1
    times_s = motion.timestamps[0] + np.arange(n_frames) / fps
    return resample_to_times(motion, np.minimum(times_s, motion.timestamps[-1]))
