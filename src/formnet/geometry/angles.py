"""Angles between joints and to gravity. All functions take arrays (…, D) and return degrees (…)."""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray


def compute_angle_between_deg(first: FloatArray, second: FloatArray) -> FloatArray:
    """Angle between two vectors (…, D), 0–180°; NaN where one is missing or of no length.

    Uses 2·atan2(|u·|v| − v·|u||, |u·|v| + v·|u||) (Kahan), exact also near 0° and 180°, where arccos is not.
    """
    first_length = np.linalg.norm(first, axis=-1, keepdims=True)
    second_length = np.linalg.norm(second, axis=-1, keepdims=True)
    difference = np.linalg.norm(first * second_length - second * first_length, axis=-1)
    total = np.linalg.norm(first * second_length + second * first_length, axis=-1)
    angle_deg = np.degrees(2.0 * np.arctan2(difference, total))
    degenerate = (first_length * second_length)[..., 0] <= 1e-12
    return np.where(degenerate, np.nan, angle_deg)


def compute_joint_angle_deg(first: FloatArray, middle: FloatArray, last: FloatArray) -> FloatArray:
    """Angle at `middle` between the limbs to `first` and `last`, 180° when straight. Shapes (…, D) → (…)."""
    return compute_angle_between_deg(first - middle, last - middle)


def compute_lean_deg(low: FloatArray, high: FloatArray) -> FloatArray:
    """Angle of the limb from `low` to `high` to the vertical, 0° when upright; y points down. (…, D) → (…)."""
    up = np.zeros(np.broadcast_shapes(low.shape, high.shape)[-1])
    up[1] = -1.0
    return compute_angle_between_deg(high - low, np.broadcast_to(up, np.broadcast_shapes(low.shape, high.shape)))
