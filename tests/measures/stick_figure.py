"""A person made of sticks whose every angle is known: the truth that measures are tested against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.motion import Motion
from formnet.preprocess.repetitions import RepetitionSpan
from formnet.skeleton import LIFTED_32

SPAN = RepetitionSpan(15, 45, 75, 0.5, 1.5, 2.5, 0.4)
"""The repetition of `build_squat` at its usual pace."""
THIGH_M, SHIN_M, TRUNK_M, FOOT_M, HALF_HIP_M = 0.42, 0.40, 0.50, 0.22, 0.12


@dataclass(frozen=True)
class Pose:
    """Angles in degrees, as the measures define them."""

    thigh: float = 88.0
    shank: float = 2.0
    trunk: float = 0.0
    back_bend: float = 0.0
    head_tip: float = 0.0
    heel_rise: float = 0.0
    toe_out: float = 0.0
    knee_out: float = 0.0


def build_pose(pose: Pose) -> np.ndarray:
    """(32, 3) joints, x to the person's left, y down, facing -z, the middle of the hips at the origin."""
    joint: dict[str, np.ndarray] = {}

    def forwards(angle_deg: float, length: float) -> np.ndarray:
        """Up by `length`, tipped forwards."""
        angle = np.radians(angle_deg)
        return np.array([0.0, -np.cos(angle), -np.sin(angle)]) * length

    for sign, side in ((1.0, "left"), (-1.0, "right")):
        hip = np.array([sign * HALF_HIP_M, 0.0, 0.0])
        out, elevation = np.radians(pose.knee_out), np.radians(pose.thigh)
        flat = np.array([sign * np.sin(out), 0.0, -np.cos(out)])
        knee = hip + THIGH_M * (np.cos(elevation) * flat + np.array([0.0, np.sin(elevation), 0.0]))
        ankle = knee - forwards(pose.shank, SHIN_M)
        turn, pitch = np.radians(pose.toe_out), np.arcsin(pose.heel_rise)
        ahead = np.array([sign * np.sin(turn), 0.0, -np.cos(turn)])
        heel = ankle + np.array([0.0, 0.06, 0.0]) - 0.05 * ahead
        toes = heel + FOOT_M * (np.cos(pitch) * ahead + np.array([0.0, np.sin(pitch), 0.0]))
        joint |= {f"{side}_hip": hip, f"{side}_knee": knee, f"{side}_ankle": ankle, f"{side}_heel": heel,
                  f"{side}_foot_index": toes}  # fmt: skip
    low, high = pose.trunk - pose.back_bend / 2, pose.trunk + pose.back_bend / 2
    joint["pelvis"] = np.zeros(3)
    joint["spine2"] = forwards(low, TRUNK_M / 2)
    joint["neck"] = joint["spine2"] + forwards(high, TRUNK_M / 2)
    joint["head_top"] = joint["neck"] + forwards(pose.trunk - pose.head_tip, 0.25)
    for sign, side in ((1.0, "left"), (-1.0, "right")):
        joint[f"{side}_shoulder"] = joint["neck"] + np.array([sign * 0.18, 0.0, 0.0])
    return np.stack([joint.get(name, np.full(3, np.nan)) for name in LIFTED_32.joints])


def build_squat(bottom: Pose, *, standing: Pose | None = None, fps: float = 30.0, half_s: float = 1.0) -> Motion:
    """Half a second of standing, down to `bottom` and up again, standing: angles run along a cosine."""
    standing = standing or Pose(toe_out=bottom.toe_out)
    still, way = round(0.5 * fps), round(half_s * fps)
    depth = np.concatenate([np.zeros(still), 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * way + 1) / way), np.zeros(still)])
    frames = [
        build_pose(
            Pose(**{name: value + share * (getattr(bottom, name) - value) for name, value in vars(standing).items()})
        )
        for share in depth
    ]
    positions = np.stack(frames)
    return Motion(positions, np.isfinite(positions[..., 0]).astype(float), np.arange(len(frames)) / fps, LIFTED_32)


def turned(motion: Motion, yaw_deg: float = 0.0, pitch_deg: float = 0.0, roll_deg: float = 0.0) -> Motion:
    """The motion before a camera that stands elsewhere and is tilted."""
    from scipy.spatial.transform import Rotation

    matrix = Rotation.from_euler("zxy", [roll_deg, pitch_deg, yaw_deg], degrees=True).as_matrix()
    return motion.replace(positions=motion.positions @ matrix.T)
