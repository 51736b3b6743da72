"""Human proportions and how they vary: the shape space of the procedural body.

Means are those of an adult of 1.72 m (segment lengths as fractions of stature after Drillis & Contini,
as printed in Winter, Biomechanics and Motor Control of Human Movement; breadths after the ANSUR survey).
One unit of a shape coefficient is about one standard deviation between people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Proportions:
    """Measures of one body, in metres unless they are factors.

    Attributes:
        scale: factor on everything.
        hip_half: half the distance between the hip joint centres.
        hip_drop: height of the pelvis joint above the hip joints.
        thigh, shank: hip to knee, knee to ankle.
        ankle_height: ankle joint above the ground.
        spine: pelvis-spine1, spine1-spine2, spine2-spine3, spine3-neck, neck-head, all measured upwards.
        shoulder_half: half the distance between the shoulder joint centres.
        upper_arm, forearm, hand: shoulder to elbow, elbow to wrist, wrist to fingertip.
        foot: length of the foot.
        head, girth, belly, pelvis_width, chest_width: factors.
    """

    scale: float = 1.0
    hip_half: float = 0.085
    hip_drop: float = 0.08
    thigh: float = 0.405
    shank: float = 0.41
    ankle_height: float = 0.085
    spine: tuple[float, float, float, float, float] = (0.10, 0.13, 0.055, 0.20, 0.085)
    shoulder_half: float = 0.178
    upper_arm: float = 0.285
    forearm: float = 0.25
    hand: float = 0.185
    foot: float = 0.265
    head: float = 1.0
    girth: float = 1.0
    belly: float = 1.0
    pelvis_width: float = 1.0
    chest_width: float = 1.0


COMPONENT_NAMES: tuple[str, ...] = (
    "stature",
    "leg_to_trunk",
    "thigh_to_shank",
    "shoulder_width",
    "hip_width",
    "arm_length",
    "foot_length",
    "girth",
    "head_size",
    "belly",
)
BETA_LIMIT = 2.5
"""Shape coefficients beyond this many standard deviations no longer look human."""


def vary(mean: Proportions, betas: np.ndarray) -> Proportions:
    """Proportions of the person with shape coefficients `betas` (up to 10,), in order of `COMPONENT_NAMES`."""
    stature, legs, thigh, shoulders, hips, arms, foot, girth, head, belly = np.concatenate(
        [betas, np.zeros(len(COMPONENT_NAMES) - len(betas))]
    )
    leg_factor, trunk_factor = 1 + 0.030 * legs, 1 - 0.040 * legs
    return replace(
        mean,
        scale=mean.scale * (1 + 0.050 * stature),
        hip_half=mean.hip_half + 0.006 * hips,
        thigh=mean.thigh * (leg_factor + 0.025 * thigh),
        shank=mean.shank * (leg_factor - 0.025 * thigh),
        spine=tuple(length * trunk_factor for length in mean.spine),
        shoulder_half=mean.shoulder_half + 0.010 * shoulders,
        upper_arm=mean.upper_arm * (1 + 0.035 * arms),
        forearm=mean.forearm * (1 + 0.035 * arms),
        hand=mean.hand * (1 + 0.030 * arms),
        foot=mean.foot * (1 + 0.045 * foot),
        head=mean.head * (1 + 0.030 * head),
        girth=mean.girth * (1 + 0.085 * girth),
        belly=mean.belly * (1 + 0.110 * belly),
        pelvis_width=mean.pelvis_width * (1 + 0.055 * hips),
        chest_width=mean.chest_width * (1 + 0.045 * shoulders),
    )


def rest_joints(p: Proportions) -> dict[str, np.ndarray]:
    """Joint centres in the rest pose, joint name → (3,) metres; x left, y up, z forwards, pelvis at 0."""
    heights = np.cumsum(p.spine)
    back = (-0.022, -0.026, -0.018, -0.034, -0.004)
    joints = {"pelvis": np.zeros(3)}
    for name, height, z in zip(("spine1", "spine2", "spine3", "neck", "head"), heights, back, strict=True):
        joints[name] = np.array([0.0, height, z])
    shoulder_y = heights[3] - 0.045
    leg_x = p.hip_half + 0.010
    arm_x = p.shoulder_half + np.cumsum([p.upper_arm, p.forearm, 0.47 * p.hand])
    knee_y = -p.hip_drop - p.thigh
    ankle = np.array([leg_x - 0.004, knee_y - p.shank, -0.028])
    left = {
        "hip": (p.hip_half, -p.hip_drop, -0.004),
        "knee": (leg_x, knee_y, 0.004),
        "ankle": ankle,
        "foot_index": ankle + p.foot * foot_direction() * 0.47 + (0, 0.025 - p.ankle_height, 0),
        "collar": (0.44 * p.shoulder_half, shoulder_y - 0.012, -0.030),
        "shoulder": (p.shoulder_half, shoulder_y, -0.038),
        "elbow": (arm_x[0], shoulder_y - 0.004, -0.046),
        "wrist": (arm_x[1], shoulder_y, -0.040),
        "hand": (arm_x[2], shoulder_y - 0.006, -0.036),
    }
    for name, place in left.items():
        joints[f"left_{name}"] = np.asarray(place, dtype=float)
        joints[f"right_{name}"] = joints[f"left_{name}"] * (-1, 1, 1)
    return {name: place * p.scale for name, place in joints.items()}


def foot_direction() -> np.ndarray:
    """Unit vector (3,) from heel to toes of the left foot, turned out by 8 degrees."""
    return np.array([np.sin(np.radians(8.0)), 0.0, np.cos(np.radians(8.0))])
