"""The 1D ResNet of Ogata et al. (CVPRW 2019) over the channels of a repetition.

[kernel, stride, channels]: conv[3, 2, 256]-BN-ReLU → 4 residual layers → average over time → conv[1, 1, classes].
Residual layer: conv[3, 2, 256]-BN-ReLU, twice conv[3, 1, 256]-BN-ReLU, plus the shortcut conv[1, 2, 256]-BN; no
ReLU after the sum. 300 frames become 150, 75, 38, 19, 10 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from formnet.checks import check_values, real, whole
from formnet.errors import InputError
from formnet.models.build import register_network


def _conv(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    return [nn.Conv1d(inputs, outputs, kernel, stride, padding=kernel // 2), nn.BatchNorm1d(outputs)]


class ResidualLayer(nn.Module):
    """(B, width, T) → (B, width, ⌈T / 2⌉)."""

    def __init__(self, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_conv(width, width, 3, 2), nn.ReLU(),
            *_conv(width, width, 3, 1), nn.ReLU(), nn.Dropout(dropout),
            *_conv(width, width, 3, 1), nn.ReLU(),
        )  # fmt: skip
        self.shortcut = nn.Sequential(*_conv(width, width, 1, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.shortcut(x)


@register_network("resnet1d")
class ResNet1d(nn.Module):
    """(B, in_channels, T) → logits (B, n_classes).

    Args:
        width: channels of every layer; the paper's 256 gives 2.77 million weights for 171 channels.
        n_layers: residual layers, each of which halves time.
        dropout: before the last convolution and inside the residual layers; the paper has none.
        channels: [start, stop] of the channels it looks at, as in a slice; None looks at all. In an ensemble, a
            member that sees few channels cannot lean on the others.
    """

    def __init__(
        self,
        in_channels: int,
        n_classes: int,
        width: int = 256,
        n_layers: int = 4,
        dropout: float = 0.0,
        channels: Sequence[int | None] | None = None,
    ) -> None:
        super().__init__()
        check_values(
            "model",
            width=(width, whole(1, 4096)),
            n_layers=(n_layers, whole(1, 16)),
            dropout=(dropout, real(0, 1)),
        )
        self.seen = slice(*channels) if channels else slice(None)
        n_seen = len(range(in_channels)[self.seen])
        if n_seen == 0:
            raise InputError(f"channels {list(channels or ())} leave none of {in_channels}; choose others")
        self.stem = nn.Sequential(*_conv(n_seen, width, 3, 2), nn.ReLU())
        self.layers = nn.Sequential(*[ResidualLayer(width, dropout) for _ in range(n_layers)])
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Conv1d(width, n_classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(self.layers(self.stem(x[:, self.seen])))).squeeze(-1)
