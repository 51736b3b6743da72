"""Tells pictures of moving people from pictures of badly lifted ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from formnet.lifting.observation import OBSERVED_24
from formnet.skeleton import name_both_sides

WINDOW, _EVERY, _PIECES = 5, 3, 4
_TRUNK = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_HEAD = ("nose", "left_ear", "right_ear")


_PARTS = (
    OBSERVED_24.joints,
    (*_TRUNK, *_HEAD, *name_both_sides("elbow", "wrist")),
    (*_TRUNK, *name_both_sides("knee", "ankle", "heel", "foot_index")),
    (*_TRUNK, *_HEAD, *name_both_sides("knee")),
    (*_TRUNK, "left_elbow", "left_wrist"),
    (*_TRUNK, "right_elbow", "right_wrist"),
)


class Discriminator(nn.Module):
    """Windows of pictures (N, 5, 24, 2) → (N, parts), high for those that look real.

    Every part of the body is judged by itself, too: an arm that goes astray changes little of a whole person.
    """

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        spectral = nn.utils.parametrizations.spectral_norm
        self.parts = [OBSERVED_24.indices(part) for part in _PARTS]
        self.judges = nn.ModuleList(
            nn.Sequential(
                spectral(nn.Linear(WINDOW * len(part) * 2, width)), nn.LeakyReLU(0.2),
                spectral(nn.Linear(width, width)), nn.LeakyReLU(0.2),
                nn.Linear(width, 1),
            )
            for part in _PARTS
        )  # fmt: skip

    def forward(self, windows: Tensor) -> Tensor:
        scores = [judge(windows[:, :, part].flatten(1)) for judge, part in zip(self.judges, self.parts, strict=True)]
        return torch.cat(scores, dim=1)


def sample_windows(frames: int, generator: torch.Generator) -> Tensor:
    """(4, 5) frame numbers of windows out of a clip; a clip that is shorter than a window ends in its last frame."""
    starts = torch.randint(max(1, frames - _EVERY * (WINDOW - 1)), (_PIECES, 1), generator=generator)
    return (starts + _EVERY * torch.arange(WINDOW)).clamp_max(frames - 1)


def cut_windows(pictures: Tensor, frames: Tensor) -> Tensor:
    """Pictures (B, T, 24, 2) → windows (B · 4, 5, 24, 2) at frame numbers (4, 5)."""
    return pictures[:, frames].flatten(0, 1)
