"""Turning lifted people before the camera and taking their picture again."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from formnet.lifting.observation import OBSERVED_24

_HIPS = [OBSERVED_24.index("left_hip"), OBSERVED_24.index("right_hip")]
_MEASURED = [
    OBSERVED_24.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("shoulder", "hip", "knee", "ankle")
]


def sample_turns(pitch: Tensor, generator: torch.Generator, unsure_deg: float = 3.0) -> Tensor:
    """(N, 3, 3) turns of any angle about the vertical, from before one's own camera to before another's of the batch.

    Args:
        pitch: (N,) by how much each camera looks down, radians (`estimate_pitch`).
    """
    yaw = 2 * math.pi * torch.rand(len(pitch), generator=generator)
    before, after = pitch + math.radians(unsure_deg) * torch.randn(2, len(pitch), generator=generator)
    other = torch.randperm(len(pitch), generator=generator)
    return about_x(after[other]) @ _about_y(yaw) @ about_x(-before)


def take_picture(joints: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Perspective pictures of joints (N, T, 24, 3) in sizes of the person, from 4–11 sizes away.

    Returns:
        Points (N, T, 24, 2) normalised as `normalise_points` does, and the factor (N,) from lengths to pictures.
    """
    distance = 4 + 7 * torch.rand(len(joints), 1, 1, 1, generator=generator)
    flat = joints[..., :2] / (1 + joints[..., 2:] / distance).clamp_min(0.3)
    flat = flat - flat[:, :, _HIPS].mean(dim=2, keepdim=True)
    measured = flat[:, :, _MEASURED] - flat[:, :, _MEASURED].mean(dim=2, keepdim=True)
    size = measured.square().sum(dim=-1).mean(dim=-1).sqrt().median(dim=1).values.clamp_min(0.1)
    return flat / size[:, None, None, None], 1 / size


def turn(joints: Tensor, turns: Tensor) -> Tensor:
    """Joints (N, T, K, 3) turned by (N, 3, 3)."""
    return torch.einsum("nij,ntkj->ntki", turns, joints)


def about_x(angle: Tensor) -> Tensor:
    """Turns (N, 3, 3) by angles (N,) in radians about the x axis."""
    cos, sin, one, zero = torch.cos(angle), torch.sin(angle), torch.ones_like(angle), torch.zeros_like(angle)
    return torch.stack([one, zero, zero, zero, cos, -sin, zero, sin, cos], dim=-1).reshape(-1, 3, 3)


def _about_y(angle: Tensor) -> Tensor:
    cos, sin, one, zero = torch.cos(angle), torch.sin(angle), torch.ones_like(angle), torch.zeros_like(angle)
    return torch.stack([cos, zero, sin, zero, one, zero, -sin, zero, cos], dim=-1).reshape(-1, 3, 3)
