"""Points in space whose file says neither which axis is up nor the unit: the person tells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray

_UPPER, _LOWER = ("head_top", "nose", "neck", "left_shoulder", "right_shoulder"), ("left_ankle", "right_ankle")
_UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001}
_SHOULDERS_OVER_ANKLES_M = (0.75, 1.75)
"""Of standing people, from children to the tallest, with something to spare."""
_STANDING_QUANTILE = 0.9
_MIN_UPRIGHT = 0.7
_MAX_NEGATIVE = 0.4


def find_up(positions: FloatArray, joints: Sequence[str]) -> FloatArray:
    """The axis, with its sign, along which heads and shoulders of (T, J, 3) are over ankles; z where it is not seen."""
    upper, lower = ([joints.index(name) for name in names if name in joints] for names in (_UPPER, _LOWER))
    if not upper or not lower:
        return np.eye(3)[2]
    rise = np.nanmedian(positions[:, upper].reshape(-1, 3), axis=0) - np.nanmedian(
        positions[:, lower].reshape(-1, 3), axis=0
    )
    if not np.isfinite(rise).all():
        return np.eye(3)[2]
    axis = int(np.argmax(np.abs(rise)))
    return np.eye(3)[axis] * np.sign(rise[axis] or 1.0)


def find_unit(positions: FloatArray, joints: Sequence[str]) -> str | None:
    """The unit ("m", "cm", "mm") in which a standing person of (T, J, 3) is as tall as people are; else None."""
    body = _middle(positions, joints, "shoulder") - _middle(positions, joints, "ankle")
    length = np.linalg.norm(body, axis=-1)
    if not np.isfinite(length).any():
        return None
    standing = float(np.nanquantile(length, _STANDING_QUANTILE))
    low, high = _SHOULDERS_OVER_ANKLES_M
    return next((unit for unit, metres in _UNITS.items() if low <= standing * metres <= high), None)


def find_origin(positions: FloatArray) -> NDArray[np.bool_]:
    """(T, J) True for points of (T, J, 3) at x = y = 0 that are not missing: straight before the camera, or where all
    places count from, which lies within the body and is at 0 in all frames."""
    is_zero = (positions == 0).all(axis=-1)
    others = positions[~is_zero & np.isfinite(positions).all(axis=-1)]
    is_within = len(others) > 0 and bool((others.min(axis=0) < 0).all() and (others.max(axis=0) > 0).all())
    is_origin = is_zero.all(axis=0) & is_within
    return (positions[..., :2] == 0).all(axis=-1) & (~is_zero | is_origin) & np.isfinite(positions[..., 2])


def are_in_space(positions: FloatArray, joints: Sequence[str]) -> bool:
    """Whether (T, J, 3) are points in space, not in a picture with a depth beside them: a unit of length fits, and they
    count from elsewhere than a picture's corner, or the person does not stand upright in x and y."""
    if find_unit(positions, joints) is None:
        return False
    places = positions[..., :2][np.isfinite(positions).all(axis=-1)]
    if float((places < 0).mean(axis=0).max()) > _MAX_NEGATIVE:
        return True
    body = _middle(positions, joints, "ankle") - _middle(positions, joints, "shoulder")
    share = body[:, 1] / np.linalg.norm(body, axis=-1)
    return float(np.nanmedian(share)) < _MIN_UPRIGHT


def orient(positions: FloatArray, joints: Sequence[str]) -> tuple[FloatArray, str]:
    """(T, J, 3) in metres with x right, y down and z away, as `Motion` has it, and what was found, as a note.

    Files of left-handed axes are told by feet and sides: toes are before heels, left is left of them.

    Raises:
        ValueError: no unit fits.
    """
    unit = find_unit(positions, joints)
    if unit is None:
        raise ValueError("no person is as tall in metres, centimetres or millimetres")
    up = find_up(positions, joints)
    # What is x stays across the picture, so that cameras of depth see a person as they filmed them.
    right = np.eye(3)[1 if up[0] else 0]
    turned = positions * _UNITS[unit] @ np.array([right, -up, -np.cross(right, up)]).T
    if _is_mirrored(turned, joints):
        turned[..., 2] *= -1.0
    sign = "-" if up.min() < 0 else ""
    axis = "xyz"[int(np.argmax(np.abs(up)))]
    return turned, f"the points are in space: the person tells that {sign}{axis} is up and lengths are in {unit}"


def _is_mirrored(positions: FloatArray, joints: Sequence[str]) -> bool:
    """Whether the left side is on the right: False where feet do not tell."""
    heels = "heel" if {"left_heel", "right_heel"} <= set(joints) else "ankle"
    forward = _middle(positions, joints, "foot_index") - _middle(positions, joints, heels)
    sides = [name for name in ("hip", "shoulder") if {f"left_{name}", f"right_{name}"} <= set(joints)]
    if not sides:
        return False
    left = np.mean([_joint(positions, joints, f"left_{name}") - _joint(positions, joints, f"right_{name}")
                    for name in sides], axis=0)  # fmt: skip
    turn = (left * np.cross([0.0, -1.0, 0.0], forward)).sum(axis=-1)
    return bool(np.isfinite(turn).any()) and float(np.nanmedian(turn)) < 0


def _middle(positions: FloatArray, joints: Sequence[str], name: str) -> FloatArray:
    return 0.5 * (_joint(positions, joints, f"left_{name}") + _joint(positions, joints, f"right_{name}"))


def _joint(positions: FloatArray, joints: Sequence[str], name: str) -> FloatArray:
    if name not in joints:
        return np.full((len(positions), 3), np.nan)
    return np.asarray(positions[:, joints.index(name)])
