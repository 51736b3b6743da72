"""What makes a fitted pose good: near the joints, smooth, within what joints can do, on a likely body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from formnet.lifting.fitting.points import compute_second_differences
from formnet.lifting.fitting.warm_start import relaxed_pose
from formnet.motion import FloatArray
from formnet.skeleton import SMPL_24


@dataclass(frozen=True)
class FitWeights:
    """Typical sizes of everything that is kept small: a term counts one where it reaches its size.

    Attributes:
        observed_m: error of an observed joint.
        outlier_m: distance beyond which a joint pulls less and less (Geman & McClure 1987).
        rotation_rad_s2: angular acceleration of a joint.
        translation_m_s2: acceleration of the pelvis.
        limit_rad: how far a joint may pass its limits.
        shape: shape coefficients, in standard deviations.
    """

    observed_m: float = 0.02
    outlier_m: float = 0.15
    rotation_rad_s2: float = 8.0
    translation_m_s2: float = 2.5
    limit_rad: float = 0.05
    shape: float = 1.0


# Joint → lower and upper limits in degrees about x (flexion), y and z of the left side, and how far from relaxed a
# joint is by itself. Knees and elbows are hinges. Wider than the ranges of the American Academy of Orthopaedic
# Surgeons: they stop impossible poses, not unusual ones. Shoulders move freely.
_LIMITS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float], float]] = {
    "spine1": ((-35, -30, -30), (45, 30, 30), 30),
    "spine2": ((-25, -30, -25), (45, 30, 25), 30),
    "spine3": ((-25, -30, -25), (45, 30, 25), 30),
    "neck": ((-45, -50, -35), (45, 50, 35), 30),
    "head": ((-45, -50, -35), (45, 50, 35), 30),
    "hip": ((-155, -60, -60), (40, 80, 80), 90),
    "knee": ((-5, -10, -10), (155, 10, 10), 90),
    "ankle": ((-60, -50, -40), (50, 50, 40), 30),
    "foot_index": ((-40, -5, -10), (40, 5, 10), 15),
    "collar": ((-15, -25, -25), (15, 25, 25), 15),
    "shoulder": ((-360, -360, -360), (360, 360, 360), 90),
    "elbow": ((-10, -160, -10), (10, 5, 10), 90),
    "wrist": ((-80, -80, -80), (80, 80, 80), 30),
    "hand": ((-20, -20, -20), (20, 20, 20), 15),
}


def compute_joint_limits() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lower and upper limits (24, 3) and spread (24,) of every joint in radians; the pelvis has none."""
    lower, upper = np.full((len(SMPL_24), 3), -np.inf), np.full((len(SMPL_24), 3), np.inf)
    spread = np.full(len(SMPL_24), np.inf)
    for number, joint in enumerate(SMPL_24.joints):
        if joint == "pelvis":
            continue
        low, high, wide = _LIMITS[joint.removeprefix("left_").removeprefix("right_")]
        lower[number], upper[number], spread[number] = np.radians(low), np.radians(high), np.radians(wide)
        if joint.startswith("right_"):
            # Mirroring keeps rotations about x and reverses the others.
            lower[number, 1:], upper[number, 1:] = -np.radians(high[1:]), -np.radians(low[1:])
    return lower, upper, spread


class Objective:
    """Sum of all terms over a clip, for one shape.

    Args:
        targets: (T, J, 3) places in metres, NaN where missing.
        confidence: (T, J) how much each counts.
        timestamps: (T,) seconds.
    """

    def __init__(self, targets: FloatArray, confidence: FloatArray, timestamps: FloatArray) -> None:
        self.weights = FitWeights()
        self.targets = torch.as_tensor(np.nan_to_num(targets), dtype=torch.float32)
        self.confidence = torch.as_tensor(confidence, dtype=torch.float32)
        self.second = torch.as_tensor(compute_second_differences(timestamps), dtype=torch.float32)
        lower, upper, spread = compute_joint_limits()
        self.lower, self.upper = (torch.as_tensor(limit, dtype=torch.float32) for limit in (lower, upper))
        self.pull = torch.as_tensor(1 / spread, dtype=torch.float32)
        self.relaxed = torch.as_tensor(relaxed_pose(), dtype=torch.float32)

    def __call__(self, points: Tensor, axis_angle: Tensor, rotations: Tensor, place: Tensor, betas: Tensor) -> Tensor:
        """Mean per frame.

        Args:
            points: (T, J, 3) the body's own places of the targets.
            axis_angle: (T, 24, 3), of which the pelvis is not looked at.
            rotations: (T, 24, 3, 3).
            place: (T, 3) of the pelvis, metres.
            betas: (S,).
        """
        w = self.weights
        square = ((points - self.targets) ** 2).sum(-1)
        near = (self.confidence * square / (1 + square / w.outlier_m**2)).sum() / w.observed_m**2
        # Half the squared Frobenius norm of a small rotation matrix change is the squared angle.
        smooth = (
            self._roughness(rotations.flatten(1)) / (2 * w.rotation_rad_s2**2)
            + self._roughness(place) / w.translation_m_s2**2
        )
        excess = torch.relu(self.lower - axis_angle) + torch.relu(axis_angle - self.upper)
        limits = (excess**2).sum() / w.limit_rad**2
        prior = (((axis_angle - self.relaxed) * self.pull[:, None]) ** 2).sum()
        return (near + smooth + limits + prior + (betas**2).sum() / w.shape**2) / len(points)

    def _roughness(self, paths: Tensor) -> Tensor:
        before, here, after = (weight[:, None] for weight in self.second.unbind(-1))
        return ((before * paths[:-2] + here * paths[1:-1] + after * paths[2:]) ** 2).sum()
