"""Stages that each give all maps: SimpleBaseline, stacked hourglass, refinement of part affinity fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

MapTensors = dict[str, Tensor]


class StagedNetwork(nn.Module):
    """Features, then stages; every stage's maps are supervised and fed into the next (Newell et al. 2016).

    Args:
        stem: pictures (N, 3, H, W) → features (N, C, H/4, W/4).
        bodies: one module a stage, features → features.
        width: C.
        channels: name → channels of each kind of map.
    """

    def __init__(self, stem: nn.Module, bodies: Sequence[nn.Module], width: int, channels: Mapping[str, int]) -> None:
        super().__init__()
        total = sum(channels.values())
        self.stem, self.bodies = stem, nn.ModuleList(bodies)
        self.heads = nn.ModuleList(_make_head(width, total) for _ in bodies)
        self.again = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in bodies[1:])
        self.maps_again = nn.ModuleList(nn.Conv2d(total, width, 1) for _ in bodies[1:])
        self.channels = dict(channels)

    def forward(self, pictures: Tensor, *conditions: Tensor) -> list[MapTensors]:
        """Maps of every stage, the last are the answer; (N, C, H/4, W/4) each."""
        features = self.stem(pictures, *conditions)
        stages = []
        for number, (body, head) in enumerate(zip(self.bodies, self.heads, strict=True)):
            inner = body(features)
            maps = head(inner)
            stages.append(split_maps(maps, self.channels))
            if number + 1 < len(self.bodies):
                features = features + self.again[number](inner) + self.maps_again[number](maps)
        return stages


def _make_head(width: int, channels: int) -> nn.Conv2d:
    """Maps begin near zero, which most of their cells are."""
    head = nn.Conv2d(width, channels, 1)
    nn.init.normal_(head.weight, std=0.001)
    if head.bias is not None:
        nn.init.zeros_(head.bias)
    return head


def split_maps(maps: Tensor, channels: Mapping[str, int]) -> MapTensors:
    """One tensor of all channels → by name, in the order of `channels`."""
    parts = torch.split(maps, list(channels.values()), dim=1)
    return dict(zip(channels, parts, strict=True))
