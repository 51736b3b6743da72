"""Coordinates that are shares of the picture become pixels."""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray
from formnet.skeleton import Skeleton

ASSUMED_SIZES = ((1280, 720), (720, 1280))
_LIMITS = (-0.6, 1.6)
_MOST_SIGNED = 1.05
_MUCH_STEADIER = 0.7
_LIMBS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))


def are_shares(points: FloatArray) -> bool:
    """True for rows (N, J, 3) whose coordinates all lie around 0–1."""
    seen = points[..., :2][~np.isnan(points[..., 0])]
    return bool(len(seen) and seen.min() > _LIMITS[0] and seen.max() < _LIMITS[1])


def to_pixels(points: FloatArray, size: tuple[int, int] | None, skeleton: Skeleton) -> tuple[FloatArray, str]:
    """Rows (N, J, 3) in pixels, and a note where the size of the picture had to be assumed.

    Without a size the shape of the picture, upright or lying, is taken in which the shoulders are no wider than the
    trunk is long and arms and legs keep their lengths best while they move: right for 61 of 62 real clips.
    """
    note = ""
    if size is None:
        shapes = [points * [*one, 1.0] for one in ASSUMED_SIZES]
        odds = [_is_too_wide(shape, skeleton) + _unsteadiness(shape, skeleton) for shape in shapes]
        size = ASSUMED_SIZES[int(np.argmin(odds))]
        note = (
            f"the file holds shares of a picture and not its size: {size[0]}×{size[1]} was assumed; give the true one "
            "with --size"
        )
    return points * [size[0], size[1], 1.0], note


def find_signed_shares(points: FloatArray, size: tuple[int, int] | None, skeleton: Skeleton) -> FloatArray | None:
    """Rows (N, J, 3) of places from −1 to 1 in width and in height, as shares of the picture; None for others.

    OpenPose writes both from −1 to 1; VideoPose3D and others divide both by the width. Arms and legs keep their lengths
    better where both directions have one scale.
    """
    seen = points[..., :2][~np.isnan(points[..., 0])]
    if np.abs(seen).max(initial=0.0) > _MOST_SIGNED:
        return None
    shapes = ASSUMED_SIZES if size is None else (size,)
    odds = [_unsteadiness(points * [width / height, 1.0, 1.0], skeleton) for width, height in shapes]
    if not min(odds) < _MUCH_STEADIER * _unsteadiness(points, skeleton):
        return None
    return np.concatenate([(points[..., :2] + 1.0) / 2.0, points[..., 2:]], axis=-1)


def _is_too_wide(points: FloatArray, skeleton: Skeleton) -> bool:
    """Whether the shoulders are wider than the trunk is long; front views of real people reach 0.8."""
    names = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    if not all(name in skeleton for name in names):
        return False
    joints = [points[:, skeleton.index(name), :2] for name in names]
    trunk = np.linalg.norm((joints[0] + joints[1] - joints[2] - joints[3]) / 2, axis=-1)
    width = np.linalg.norm(joints[0] - joints[1], axis=-1)
    ratio = width[trunk > 0] / trunk[trunk > 0]
    return bool(np.isfinite(ratio).any() and np.nanmedian(ratio) > 1.0)


def _unsteadiness(points: FloatArray, skeleton: Skeleton) -> float:
    """Mean over arms and legs of the spread of their lengths, in shares of the length; infinite without any."""
    spreads = []
    for upper, lower in _LIMBS:
        for side in ("left", "right"):
            names = (f"{side}_{upper}", f"{side}_{lower}")
            if all(name in skeleton for name in names):
                a, b = skeleton.indices(names)
                lengths = np.linalg.norm(points[:, a, :2] - points[:, b, :2], axis=-1)
                lengths = lengths[np.isfinite(lengths)]
                if len(lengths) > 1:
                    spreads.append(float(np.subtract(*np.percentile(lengths, [90, 10])) / max(lengths.max(), 1e-9)))
    return float(np.mean(spreads)) if spreads else float("inf")
