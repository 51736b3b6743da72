"""Height of the hips over the feet: the curve that a squat is told by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray, Motion

_STANDING = 0.95
SPIKE_S = 0.2
"""Dips that end within half of this are no movement of a body."""
_UNSURE_S = 0.5


def compute_hip_height(motion: Motion) -> FloatArray:
    """(T,) height of the hips over the lower ankle in leg lengths, about 1 when standing; NaN where unseen.

    World landmarks are centred on the hips, so only the height over the ankles tells depth. The lower ankle is
    the one that stands: a lifted foot, as in walking, does not look like a squat.
    """
    legs = {side: [motion.joint(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")] for side in ("left", "right")}
    hip_y = _nan_mean(np.stack([leg[0][:, 1] for leg in legs.values()]))
    ankle_y = np.stack([leg[2][:, 1] for leg in legs.values()])
    lower_y = np.where(np.isnan(ankle_y).all(axis=0), np.nan, np.fmax(*ankle_y))
    lengths = np.stack(
        [np.linalg.norm(hip - knee, axis=-1) + np.linalg.norm(knee - ankle, axis=-1)
         for hip, knee, ankle in legs.values()]
    )  # fmt: skip
    if np.isnan(lengths).all():
        return np.full(len(motion), np.nan)
    return (lower_y - hip_y) / float(np.nanmedian(lengths))


def combine_with_picture(height: FloatArray, picture: Motion) -> FloatArray:
    """(T,) mean of a hip height and that in the picture, scaled to the same standing (95th percentile).

    Lifted from the front, a shallow squat may not sink at all, while the picture shows that it does; from other
    views the two agree.

    Args:
        height: (T,) from `compute_hip_height`.
        picture: the same frames in the picture, with hips and ankles.
    """
    hip_y = _nan_mean(np.stack([picture.joint(f"{side}_hip")[:, 1] for side in ("left", "right")]))
    ankles_y = [picture.joint(f"{side}_ankle")[:, 1] for side in ("left", "right")]
    seen = np.fmax(*ankles_y) - hip_y
    known = ~np.isnan(seen) & ~np.isnan(height)
    standing_px = float(np.quantile(seen[known], _STANDING)) if known.any() else 0.0
    if standing_px <= 0:
        return height
    scaled = seen * float(np.quantile(height[known], _STANDING)) / standing_px
    return np.where(known, (height + scaled) / 2, height)


def find_seen_legs(motion: Motion, least: float = 0.15) -> NDArray[np.bool_]:
    """(T,) True where a knee is seen: an estimator also places legs that are outside of the picture."""
    knees = motion.confidence[:, motion.skeleton.indices(["left_knee", "right_knee"])].max(axis=1)
    half = _odd_frames(_UNSURE_S, motion.timestamps) // 2
    return np.asarray(_running_median(np.pad(knees, half, mode="edge"), half) >= least)


def suppress_spikes(values: FloatArray, times_s: FloatArray) -> FloatArray:
    """(T,) the median over a short time: what an estimator mistakes for a few frames leaves no dip behind."""
    half = min(_odd_frames(SPIKE_S, times_s) // 2, len(values) - 1)
    # Mirrored about its end, a curve that falls there goes on falling.
    longer = np.pad(values, half, mode="reflect", reflect_type="odd")
    return _running_median(longer, half)


def _running_median(longer: FloatArray, half: int) -> FloatArray:
    """(T + 2 half,) → (T,) the median of every frame and as many around it."""
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(longer, 2 * half + 1), axis=-1))


def _odd_frames(duration_s: float, times_s: FloatArray) -> int:
    step_s = float(np.median(np.diff(times_s)))
    return 2 * int(duration_s / step_s / 2) + 1


def _nan_mean(values: FloatArray) -> FloatArray:
    """Mean over the first axis of what is there, NaN where nothing is (without NumPy's warning)."""
    seen = ~np.isnan(values)
    count = seen.sum(axis=0)
    total = np.where(seen, values, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
