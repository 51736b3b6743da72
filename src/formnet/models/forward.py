"""The 1D ResNet in NumPy, in evaluation; see `formnet.models.resnet1d`, which is trained."""

from __future__ import annotations

from dataclasses import dataclass

from formnet.layers import Array, Convolution, Linear, pad_frames, relu, take_convolution, take_linear
from formnet.storage.weights import StoredWeights


@dataclass(frozen=True, eq=False)
class ResidualForward:
    """(B, T, width) → (B, ⌈T / 2⌉, width)."""

    first: Convolution
    second: Convolution
    third: Convolution
    shortcut: Convolution

    def __call__(self, x: Array) -> Array:
        inner = relu(self.first(pad_frames(x, 1), stride=2))
        inner = relu(self.third(pad_frames(relu(self.second(pad_frames(inner, 1))), 1)))
        return inner + self.shortcut(x, stride=2)


@dataclass(frozen=True, eq=False)
class ResNetForward:
    """(B, T, channels) → (B, outputs)."""

    stem: Convolution
    layers: tuple[ResidualForward, ...]
    head: Linear

    def __call__(self, x: Array) -> Array:
        x = relu(self.stem(pad_frames(x, 1), stride=2))
        for layer in self.layers:
            x = layer(x)
        return self.head(x.mean(axis=1))


def take_resnet(
    weights: StoredWeights, name: str, channels: int, outputs: int, width: int, n_layers: int
) -> ResNetForward:
    """A `ResNet1d` that looks at all channels, stored under `name`."""

    def take(part: str, number: int, inputs: int, kernel: int) -> Convolution:
        place = f"{name}.{part}"
        return take_convolution(weights, f"{place}.{number}", inputs, width, kernel, norm=f"{place}.{number + 1}")

    def take_layer(part: str) -> ResidualForward:
        first, second, third = (take(f"{part}.body", number, width, 3) for number in (0, 3, 7))
        return ResidualForward(first, second, third, take(f"{part}.shortcut", 0, width, 1))

    return ResNetForward(
        take("stem", 0, channels, 3),
        tuple(take_layer(f"layers.{number}") for number in range(n_layers)),
        take_linear(weights, f"{name}.head.1", width, outputs, 1),
    )
