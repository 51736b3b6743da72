"""RPSTN: joints in video by their relations (Dang et al., IEEE TIP 2022).

    M'₁ = BN(JRE(P(I₁)));  X_t = conv(f_t ⊕ M'_t);  M_{t+1} = conv(S(X_t) ⊗ F(I_{t+1}));  M'_{t+1} = BN(JRE(M_{t+1}))

P finds joints in the first frame, F gives the features of a frame, S predicts a depthwise kernel from the features
and joints of the frame before, with which the next frame is searched. Built from the paper's formulae.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from formnet.pose.networks.blocks import conv
from formnet.pose.networks.staged import MapTensors

Relation = Literal["joints", "nonlocal", "none"]
KERNEL = 7


class MapRelation(nn.Module):
    """Joint-relation extractor: heatmaps (N, K, H, W) → (N, K, H, W).

    W = softmax(M̄ M̄ᵀ) over rows, Z = conv1×1(W · conv1×1(M)) + M: each joint hears of those whose maps look alike.
    """

    def __init__(self, joints: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Conv2d(joints, joints, 1), _small(nn.Conv2d(joints, joints, 1))

    def forward(self, maps: Tensor) -> Tensor:
        flat = maps.flatten(2)
        relation = torch.softmax(flat @ flat.transpose(1, 2), dim=-1)
        mixed = (relation @ self.inner(maps).flatten(2)).view_as(maps)
        return self.outer(mixed) + maps


class NonLocal(nn.Module):
    """Embedded Gaussian non-local block over places (Wang et al., CVPR 2018), what the extractor is compared with."""

    def __init__(self, joints: int) -> None:
        super().__init__()
        inner = max(1, joints // 2)
        self.query, self.key, self.value = (nn.Conv2d(joints, inner, 1) for _ in range(3))
        self.outer = _small(nn.Conv2d(inner, joints, 1))

    def forward(self, maps: Tensor) -> Tensor:
        query, key, value = (part(maps).flatten(2) for part in (self.query, self.key, self.value))
        attention = torch.softmax(query.transpose(1, 2) @ key, dim=-1)
        mixed = (attention @ value.transpose(1, 2)).transpose(1, 2)
        return self.outer(mixed.reshape(*mixed.shape[:2], *maps.shape[2:])) + maps


class Propagator(nn.Module):
    """Relation-guided semantics propagator: what the last frame knew becomes a kernel that searches the next one.

    Kernels begin as the one that changes nothing, so an untrained propagator finds in each frame what that frame shows.
    """

    def __init__(self, width: int, joints: int) -> None:
        super().__init__()
        self.join = conv(width + joints, width)
        last = _small(nn.Conv2d(width, width, 1))
        self.kernel = nn.Sequential(conv(width, width), nn.AdaptiveAvgPool2d(KERNEL), last)
        self.usual = nn.Parameter(torch.zeros(width, KERNEL, KERNEL))
        with torch.no_grad():
            self.usual[:, KERNEL // 2, KERNEL // 2] = 1
        self.head = nn.Conv2d(width, joints, 1)

    def forward(self, features: Tensor, maps: Tensor, following: Tensor) -> Tensor:
        """Maps (N, K, H, W) of the following frame from its features and from features and maps of the one before."""
        known = self.join(torch.cat([features, maps], dim=1))
        return self.head(correlate(following, self.usual + self.kernel(known)))


def _small(layer: nn.Conv2d) -> nn.Conv2d:
    """What stands beside a shortcut adds little in the beginning."""
    nn.init.normal_(layer.weight, std=0.001)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def correlate(features: Tensor, kernels: Tensor) -> Tensor:
    """Depthwise convolution (cross-correlation, padded) of features (N, C, H, W) with own kernels (N, C, 7, 7)."""
    n, channels = features.shape[:2]
    flat = features.reshape(1, n * channels, *features.shape[2:])
    weights = kernels.reshape(n * channels, 1, *kernels.shape[2:])
    found = nn.functional.conv2d(flat, weights, padding=kernels.shape[-1] // 2, groups=n * channels)
    return found.view_as(features)


class Rpstn(nn.Module):
    """Frames (N, T, 3, H, W) → heatmaps (N, T, K, H/4, W/4).

    Args:
        stem: F, pictures → features.
        width: channels of the features.
        joints: K.
        relation: "joints" the extractor, "nonlocal" in its place, "none" neither.
        propagate: False finds joints in every frame as in the first, by P: the network frame by frame.
    """

    def __init__(
        self, stem: nn.Module, width: int, joints: int, relation: Relation = "joints", propagate: bool = True
    ) -> None:
        super().__init__()
        self.stem, self.first = stem, nn.Conv2d(width, joints, 1)
        makers = {"joints": MapRelation, "nonlocal": NonLocal}
        self.relate = makers[relation](joints) if relation in makers else nn.Identity()
        self.normalise = nn.BatchNorm2d(joints)
        # Heatmaps are nearly empty: at unit variance the first thousand steps would only make them so.
        nn.init.constant_(self.normalise.weight, 0.1)
        self.propagator = Propagator(width, joints) if propagate else None
        if self.propagator is not None:
            self.propagator.head.load_state_dict(self.first.state_dict())

    def forward(self, frames: Tensor) -> list[MapTensors]:
        n, t = frames.shape[:2]
        features = self.stem(frames.flatten(0, 1))
        features = features.view(n, t, *features.shape[1:])
        if self.propagator is None:
            maps = self._settle(self.first(features.flatten(0, 1)))
            return [{"heatmaps": maps.view(n, t, *maps.shape[1:])}]
        found = [self._settle(self.first(features[:, 0]))]
        for step in range(1, t):
            searched = self.propagator(features[:, step - 1], found[-1], features[:, step])
            found.append(self._settle(searched))
        return [{"heatmaps": torch.stack(found, dim=1)}]

    def _settle(self, maps: Tensor) -> Tensor:
        return self.normalise(self.relate(maps))
