"""Angles between limbs and to gravity, for NumPy and PyTorch alike: (…, D) → (…) in degrees; y points down."""

from __future__ import annotations

import numpy as np

from formnet.geometry.vectors import Array, compute_length, namespace_of, take_level

_NO_LENGTH = 1e-12
"""Product of two lengths (or square of one) at which a direction is mere rounding, in the square of the unit."""


def compute_angle_between_deg(first: Array, second: Array, *, degenerate_deg: float = np.nan) -> Array:
    """Angle between two vectors (…, D), 0–180°; NaN where one is missing.

    Uses 2·atan2(|u·|v| − v·|u||, |u·|v| + v·|u||) (Kahan), exact also near 0° and 180°, where arccos is not.

    Args:
        degenerate_deg: the angle where a vector has no length.
    """
    xp = namespace_of(first)
    first_length, second_length = compute_length(first)[..., None], compute_length(second)[..., None]
    difference = compute_length(first * second_length - second * first_length)
    total = compute_length(first * second_length + second * first_length)
    angle_deg = 2.0 * xp.atan2(difference, total) * (180.0 / np.pi)
    return xp.where((first_length * second_length)[..., 0] <= _NO_LENGTH, degenerate_deg, angle_deg)


def compute_joint_angle_deg(first: Array, middle: Array, last: Array, *, degenerate_deg: float = np.nan) -> Array:
    """Angle at `middle` between the limbs to `first` and `last`, 180° when straight. Shapes (…, D) → (…).

    >>> hip, knee, ankle = np.array([[0.0, 0, 0], [0, 1, 0], [0, 1, 1]])
    >>> round(float(compute_joint_angle_deg(hip, knee, ankle)), 6)
    90.0

    Args:
        degenerate_deg: the angle where a limb has no length.
    """
    return compute_angle_between_deg(first - middle, last - middle, degenerate_deg=degenerate_deg)


def compute_elevation_deg(low: Array, high: Array, *, degenerate_deg: float = np.nan) -> Array:
    """How far the limb from `low` to `high` rises over the horizontal, −90 to 90° (90 upright). (…, D) → (…).

    Args:
        degenerate_deg: the elevation where the limb has no length.
    """
    xp, limb = namespace_of(low), high - low
    up, across = -limb[..., 1], compute_length(take_level(limb))
    elevation_deg = xp.atan2(up, across) * (180.0 / np.pi)
    return xp.where(up * up + across * across <= _NO_LENGTH, degenerate_deg, elevation_deg)


def compute_lean_deg(low: Array, high: Array, *, degenerate_deg: float = np.nan) -> Array:
    """Angle of the limb from `low` to `high` to the vertical, 0° when upright, 0–180°. (…, D) → (…).

    Args:
        degenerate_deg: the lean where the limb has no length.
    """
    return 90.0 - compute_elevation_deg(low, high, degenerate_deg=90.0 - degenerate_deg)
