"""What pose networks are made of: residual encoders, deconvolutions, the hourglass."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_LAYERS = 3
"""Of one deconvolution: itself, normalisation, ReLU."""


def conv(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class Residual(nn.Module):
    """Basic block (He et al., CVPR 2016): two 3×3 convolutions beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(inputs, outputs, stride=stride),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        is_same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if is_same else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


class ResidualEncoder(nn.Module):
    """A ResNet of basic blocks: pictures (N, 3, H, W) → features (N, C, H/2ⁿ, W/2ⁿ).

    The first level stands at a quarter of the picture, every other halves. Widths (64, 128, 256, 512) with blocks
    (2, 2, 2, 2) or (3, 4, 6, 3) are ResNet-18 and 34 with a stem of two 3×3 convolutions.

    Args:
        conditions: maps at a quarter of the picture that it is shown beside it; they join the stem's features.
        patches: the stem is one convolution over patches of 4 × 4 pixels; nothing is computed at half of the picture,
            where small networks spend a third of their time.
    """

    def __init__(
        self, widths: Sequence[int], blocks: Sequence[int], conditions: int = 0, *, patches: bool = False
    ) -> None:
        super().__init__()
        self.join = nn.Conv2d(conditions, widths[0], 1) if conditions else None
        self.stem = (
            nn.Sequential(nn.PixelUnshuffle(4), conv(3 * 4 * 4, widths[0]))
            if patches else nn.Sequential(conv(3, widths[0], stride=2), conv(widths[0], widths[0], stride=2))
        )  # fmt: skip
        levels, inputs = [], widths[0]
        for level, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            stride = 1 if level == 0 else 2
            levels.append(
                nn.Sequential(
                    Residual(inputs, width, stride),
                    *(Residual(width, width) for _ in range(count - 1)),
                )
            )
            inputs = width
        self.levels = nn.Sequential(*levels)
        self.level_channels = tuple(widths)
        self.channels, self.n_halvings = inputs, len(widths) - 1

    def see_levels(self, x: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """The features of every level, the largest first."""
        features = [self.stem(x)]
        if self.join is not None:
            assert condition is not None
            features[0] = features[0] + self.join(condition)
        for level in self.levels:
            features.append(level(features[-1]))
        return features[1:]


class DeconvTrunk(nn.Module):
    """Encoder, then deconvolutions back to a quarter of the picture (Xiao et al., ECCV 2018).

    With `lateral` each level of the encoder is added, by a 1×1 convolution, to the deconvolutions of its size (Lin et
    al., CVPR 2017): places stay sharp and people apart who share a cell of the smallest level. The convolutions see
    where they are, too (CoordConv, Liu et al., NeurIPS 2018), which offsets need. They begin at zero.
    """

    def __init__(self, encoder: ResidualEncoder, width: int, *, lateral: bool = False) -> None:
        super().__init__()
        self.encoder = encoder
        layers: list[nn.Module] = []
        inputs = encoder.channels
        for _ in range(encoder.n_halvings):
            layers += [
                nn.ConvTranspose2d(inputs, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
            ]  # fmt: skip
            inputs = width
        self.up = nn.Sequential(*layers)
        sizes = encoder.level_channels[-2::-1] if lateral else ()
        self.lateral = nn.ModuleList(_begin_at_zero(nn.Conv2d(size + 2, width, 1)) for size in sizes)
        self.channels = inputs

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        *finer, features = self.encoder.see_levels(x, condition)
        if not self.lateral:
            return self.up(features)
        for number, (beside, add) in enumerate(zip(reversed(finer), self.lateral, strict=True)):
            features = self.up[_LAYERS * number : _LAYERS * (number + 1)](features) + add(_with_coordinates(beside))
        return features


def _with_coordinates(features: Tensor) -> Tensor:
    """Features (N, C, H, W) → (N, C + 2, H, W) with x and y, each −1 to 1 from one edge to the other."""
    height, width = features.shape[-2:]
    y, x = (torch.linspace(-1, 1, cells, device=features.device) for cells in (height, width))
    plane = torch.stack([x.expand(height, width), y[:, None].expand(height, width)]).to(features.dtype)
    return torch.cat([features, plane.expand(features.shape[0], 2, height, width)], dim=1)


def _begin_at_zero(layer: nn.Conv2d) -> nn.Conv2d:
    for part in layer.parameters():
        nn.init.zeros_(part)
    return layer


class HourglassStem(nn.Module):
    """Pictures → features at a quarter, before the first hourglass."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(3, width // 2, 7, 2), Residual(width // 2, width), nn.MaxPool2d(2), Residual(width, width)
        )
        self.channels = width

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class Hourglass(nn.Module):
    """Down to 2⁻ᵈ and up again, with a residual block beside each level (Newell et al., ECCV 2016)."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.beside = Residual(width, width)
        self.down = nn.Sequential(nn.MaxPool2d(2), Residual(width, width))
        self.inner = Hourglass(width, depth - 1) if depth > 1 else Residual(width, width)
        self.up = Residual(width, width)

    def forward(self, x: Tensor) -> Tensor:
        low = self.up(self.inner(self.down(x)))
        return self.beside(x) + nn.functional.interpolate(low, scale_factor=2, mode="nearest")


def refinement(width: int, layers: int = 3) -> nn.Sequential:
    """A later stage of Cao et al. (CVPR 2017), with 7×7 split into 3×3 as in their later version (TPAMI 2019)."""
    return nn.Sequential(*(conv(width, width) for _ in range(layers)))
