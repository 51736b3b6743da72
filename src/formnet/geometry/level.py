"""Which way is up, and which way a person faces.

A phone is tilted; leans need the vertical. A person who stands upright has the shoulders over the ankles: that gives
it (DESIGN §4.12), whatever the lens or the tripod.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.geometry.align import rotation_about_vertical
from formnet.geometry.angles import compute_joint_angle_deg
from formnet.geometry.joints import Joints
from formnet.motion import FloatArray, Motion

UP: FloatArray = np.array([0.0, -1.0, 0.0])


def estimate_up(ankles: FloatArray, shoulders: FloatArray) -> FloatArray | None:
    """(3,) unit vector from the ankles to the shoulders, the median over standing frames.

    Args:
        ankles, shoulders: (T, 3) middles of the two sides, in any axes with y roughly down; NaN where unseen.

    Returns:
        None where no frame shows both, or the answer lies more than 45° from the picture's own vertical: then the
        person did not stand, or the picture lies on its side.
    """
    directions = shoulders - ankles
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    usable = np.isfinite(length[:, 0]) & (length[:, 0] > 0)
    if not usable.any():
        return None
    up = np.median(directions[usable] / length[usable], axis=0)
    size = float(np.linalg.norm(up))
    if size <= 0 or up @ UP < size * np.cos(np.radians(45.0)):
        return None
    return np.asarray(up / size)


def rotation_between(source: FloatArray, target: FloatArray) -> FloatArray:
    """Smallest rotation (3, 3) that takes the unit vector `source` to `target`; not for opposite vectors."""
    axis = np.cross(source, target)
    cosine = float(source @ target)
    skew = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    return np.asarray(np.eye(3) + skew + skew @ skew / (1.0 + cosine))


def rotation_to_front(across: FloatArray) -> FloatArray:
    """Rotation (3, 3) about the vertical that brings a person's right-to-left direction to +x: they face -z.

    Args:
        across: (3,) from the right to the left side of the body; its height does not count.
    """
    return rotation_about_vertical(np.arctan2(across[2], across[0]))


def find_standing(hip_deg: FloatArray, knee_deg: FloatArray, threshold_deg: float = 150.0) -> NDArray[np.bool_]:
    """(T,) True where hips and knees are open: the canonical posture of Ogata et al. (2019). Unseen frames are False.

    Args:
        hip_deg: (T,) angle shoulder–hip–knee, 180 when straight.
        knee_deg: (T,) angle hip–knee–ankle.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray((hip_deg >= threshold_deg) & (knee_deg >= threshold_deg))


def find_standing_frames(motion: Motion) -> NDArray[np.bool_]:
    """(T,) True where hips and knees are open, the mean of the sides that the joint set has."""
    return find_standing(
        _compute_opening_deg(motion, "shoulder", "hip", "knee"), _compute_opening_deg(motion, "hip", "knee", "ankle")
    )


def rotation_to_level(motion: Motion, standing: NDArray[np.bool_]) -> FloatArray | None:
    """Rotation (3, 3) that makes gravity +y by the person's own standing; None where `estimate_up` cannot tell.

    Args:
        motion: (T, J, 3) with y roughly down.
        standing: (T,) frames in which the person stands.
    """
    joints = Joints.of(motion, absent="nan")
    up = estimate_up(joints.middle("ankle")[standing], joints.middle("shoulder")[standing])
    return None if up is None else rotation_between(up, UP)


def compute_across(motion: Motion) -> FloatArray | None:
    """(3,) from right to left through hips and shoulders, the mean over frames; None where neither is ever seen."""
    joints = Joints.of(motion, absent="nan")
    lines = np.concatenate([joints.across("hip"), joints.across("shoulder")])
    seen = np.isfinite(lines).all(axis=1)
    return np.asarray(lines[seen].mean(axis=0)) if seen.any() else None


def rotate_motion(motion: Motion, rotation: FloatArray) -> Motion:
    """The motion (T, J, 3) turned about its origin by a rotation (3, 3)."""
    return motion.replace(positions=motion.positions @ rotation.T)


def _compute_opening_deg(motion: Motion, first: str, middle: str, last: str) -> FloatArray:
    """(T,) angle at a joint, the mean of the sides that the joint set has."""
    joints = Joints.of(motion)
    sides = [
        compute_joint_angle_deg(*joints.side(side, first, middle, last))
        for side in ("left", "right")
        if all(f"{side}_{joint}" in joints for joint in (first, middle, last))
    ]
    return np.asarray(np.mean(sides, axis=0)) if sides else np.full(len(motion), np.nan)
