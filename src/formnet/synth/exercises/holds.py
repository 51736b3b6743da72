"""Arms: from joint angles to rotations, and the poses in which hands rest on something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formnet.skeleton import SMPL_24
from formnet.synth.anatomy import Anatomy
from formnet.synth.arms import ARM_STYLES, ArmStyle, place_wrists, pose_arms
from formnet.synth.kinematics import Array, compute_axis_angle, rotation_about

_SIDE_SIGNS = np.array([1.0, -1.0])
_MOST_ELBOW_DEG = 148.0

ODD_HOLDS: dict[str, ArmStyle] = {
    "scratch": ArmStyle("head", "chest", (0.10, 0.16, 0.02), (1.0, -0.1, 0.6), (0.06, 0.08, 0.08)),
    "chin": ArmStyle("head", "chest", (0.10, -0.16, 0.17), (0.5, -1.0, 0.3), (0.04, 0.06, 0.04)),
    "chest": ArmStyle("spine3", "chest", (0.06, 0.22, 0.30), (0.8, -1.0, 0.2), (0.06, 0.10, 0.05)),
    "clasped": ArmStyle("pelvis", "chest", (0.07, 0.06, 0.32), (1.0, 0.0, -0.6), (0.03, 0.12, 0.04)),
    "behind_back": ArmStyle("pelvis", "chest", (0.09, 0.10, -0.26), (1.0, 0.2, -0.5), (0.03, 0.06, 0.03)),
}
HOLDS: dict[str, ArmStyle] = {
    name: ARM_STYLES[name] for name in ("crossed", "behind_head", "bar_high", "hips", "goblet", "forward")
} | ODD_HOLDS
"""Ways of holding the hands; the places are those of the squat's arms and some more."""


@dataclass(frozen=True)
class ArmPose:
    """One pose of both arms of N bodies, as rotation vectors that may be blended with others.

    Attributes:
        upper: (N, 2, 3) upper arm against the chest.
        lower: (N, 2, 3) forearm against the upper arm.
    """

    upper: Array
    lower: Array

    @classmethod
    def none(cls, count: int) -> ArmPose:
        """Nothing held."""
        return cls(np.zeros((count, 2, 3)), np.zeros((count, 2, 3)))


def sample_holds(rng: np.random.Generator, anatomy: Anatomy, names: Sequence[str]) -> ArmPose:
    """Each body's own way to hold its hands.

    Args:
        names: (N,) keys of `HOLDS`.
    """
    count = len(anatomy)
    habit = np.clip(rng.normal(size=(count, 1, 1, 3)) + 0.35 * rng.normal(size=(count, 1, 2, 3)), -2, 2)
    rest = anatomy.rest[:, None]
    eye = np.broadcast_to(np.eye(3), (count, 1, 3, 3))
    bones = [anatomy.bones("shoulder", "elbow"), anatomy.bones("elbow", "wrist")]
    arm_m = sum(np.linalg.norm(bone[:, 0], axis=-1) for bone in bones)
    shoulders = rest[:, :, SMPL_24.indices(("left_shoulder", "right_shoulder"))]
    chosen = np.asarray(names)
    pose = ArmPose.none(count)
    for name in np.unique(chosen):
        rows = np.flatnonzero(chosen == name)
        wrists, elbows = place_wrists(
            HOLDS[str(name)], rest[rows], eye[rows], eye[rows], eye[rows], np.asarray(arm_m)[rows], habit[rows]
        )
        _, _, upper, lower = pose_arms(shoulders[rows], wrists, elbows, bones[0][rows], bones[1][rows])
        pose.upper[rows] = compute_axis_angle(upper)[:, 0]
        pose.lower[rows] = compute_axis_angle(np.swapaxes(upper, -1, -2) @ lower)[:, 0]
    return pose


def compute_arms(arms_deg: Array, hold: ArmPose, hold_share: Array) -> tuple[Array, Array]:
    """Rotations of upper arms against the chest and forearms against the upper arms, (N, T, 2, 3, 3).

    Args:
        arms_deg: (N, T, 2, 5) shoulder flexion, abduction, internal rotation, elbow flexion, pronation.
        hold: pose to blend in.
        hold_share: (N, T, 2) how much of it.
    """
    flexion, abduction, internal, elbow, pronation = np.moveaxis(arms_deg, -1, 0)
    sign = _SIDE_SIGNS
    # Flexion and abduction are one swing of the hanging arm; its axis lies in the horizontal plane.
    swing = np.zeros((*flexion.shape, 3))
    swing[..., 0] = -np.radians(flexion)
    swing[..., 2] = np.radians(abduction) * sign
    # Whoever raises the arm sideways turns it outwards, or the shoulder would jam.
    outward = 0.4 * np.logaddexp(0, (np.abs(abduction) - 60) / 15) * 15
    hanging = rotation_about(2, np.broadcast_to(-90.0 * sign, flexion.shape))
    # In the rest pose the arm points outwards, so turning inwards is a turn about x by the same sign on both sides.
    turned = rotation_about(0, internal - outward)
    upper = rotation_from_vector(swing) @ hanging @ turned
    bent = np.clip(elbow, 0, _MOST_ELBOW_DEG)
    lower = rotation_about(1, -bent * sign) @ rotation_about(0, pronation)
    if not hold_share.any():
        return upper, lower
    share = hold_share[..., None]
    return (
        rotation_from_vector(compute_axis_angle(upper) * (1 - share) + hold.upper[:, None] * share),
        rotation_from_vector(compute_axis_angle(lower) * (1 - share) + hold.lower[:, None] * share),
    )


def rotation_from_vector(vectors: Array) -> Array:
    """Rotation matrices (..., 3, 3) of axis-angle vectors (..., 3), by Rodrigues' formula."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    safe = np.maximum(angle, 1e-9)
    first = np.where(angle > 1e-6, np.sin(safe) / safe, 1.0)
    second = np.where(angle > 1e-6, (1 - np.cos(safe)) / safe**2, 0.5)
    return np.eye(3) + first * cross + second * (cross @ cross)
