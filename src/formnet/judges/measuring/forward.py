"""The measuring network at work, in NumPy; see `formnet.judges.measuring.network`, which is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from formnet.checks import check_fields, real, whole, within
from formnet.features.registry import compute_channels
from formnet.geometry.vectors import Array as AnyArray
from formnet.geometry.vectors import namespace_of
from formnet.judges.measuring.sight import Array, Sight, mirror_sight, mirror_values
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.layers import Linear, relu, standardise, take_linear
from formnet.lifting.observation import OBSERVED_24
from formnet.models.forward import ResNetForward, take_resnet
from formnet.motion import FloatArray
from formnet.skeleton import skeleton_named
from formnet.storage.weights import Arrays, StoredWeights

LOG_SD = -4.0, 1.5
"""Least and greatest logarithm of a standard deviation."""
N_WAVES = 4


@dataclass(frozen=True)
class NetworkOptions:
    """What a `MeasureNetwork` is made of.

    Attributes:
        width: channels of the ResNet.
        n_layers: its residual layers, each of which halves time.
        hidden: values that it hands to the head, and width of the head.
        dropout: in the ResNet and the head.
    """

    width: int = within(whole(1, 4096), 64)
    n_layers: int = within(whole(1, 16), 4)
    hidden: int = within(whole(1, 4096), 96)
    dropout: float = within(real(0, 1), 0.1)

    def __post_init__(self) -> None:
        check_fields(self, "task.network")


@dataclass(frozen=True, eq=False)
class Scale:
    """Mean and deviation (F,) of values."""

    mean: Array
    deviation: Array


@dataclass(frozen=True, eq=False)
class MeasureForward:
    """Means and logarithms of standard deviations (B, M) of all measures, in deviations of the training truths.

    Attributes:
        arrays: its weights as they were stored, by name.
        channels, readings, truths: scales of what goes in and comes out.
        body, head, straight: as in `MeasureNetwork`; no body where no distances are seen.
    """

    spec: MeasuringSpec
    options: NetworkOptions
    arrays: Arrays
    channels: Scale | None
    body: ResNetForward | None
    head: tuple[Linear, Linear]
    straight: Linear
    readings: Scale
    truths: Scale

    def __call__(self, sight: Sight) -> tuple[Array, Array]:
        inputs = []
        if self.body is not None and self.channels is not None:
            distances = see_distances(sight.solid, sight.picture, self.spec)
            inputs.append(self.body(_scaled(distances, self.channels)))
        if "readings" in self.spec.sees:
            waves = wave_view(sight.view_deg).astype(np.float32)
            inputs += [_scaled(sight.readings.astype(np.float32), self.readings), waves]
        together = np.concatenate(inputs, axis=-1)
        mean, log_sd = np.split(self.head[1](relu(self.head[0](together))), 2, axis=-1)
        return mean + self.straight(together), np.clip(log_sd, *LOG_SD)

    def estimate(self, sight: Sight, batch_size: int = 256) -> tuple[FloatArray, FloatArray]:
        """Values and standard deviations (N, M) in the measures' units, of repetitions.

        The mean of what it says of the repetition and, mirrored back, of its mirror image.
        """
        values, deviations = [], []
        mirrored = mirror_sight(sight, self.spec)
        for start in range(0, len(sight), batch_size):
            rows = slice(start, start + batch_size)
            said = [self._in_units(side[rows]) for side in (sight, mirrored)]
            turned = [mirror_values(part, self.spec.measures) for part in said[1]]
            values.append((said[0][0] + turned[0]) / 2)
            deviations.append((said[0][1] + np.abs(turned[1])) / 2)
        return np.concatenate(values), np.concatenate(deviations)

    def _in_units(self, sight: Sight) -> tuple[FloatArray, FloatArray]:
        with np.errstate(all="ignore"):
            mean, log_sd = self(sight)
            values = mean * self.truths.deviation + self.truths.mean
            return values.astype(float), (np.exp(log_sd) * self.truths.deviation).astype(float)


def see_distances(solid: AnyArray, picture: AnyArray, spec: MeasuringSpec) -> AnyArray:
    """Joints (B, T, J, 3) and (B, T, 24, 2) → distances (B, T, F), NumPy or PyTorch."""
    parts = []
    if "solid" in spec.sees:
        parts.append(compute_channels(solid, skeleton_named(spec.solid.skeleton), spec.solid.features).values)
    if "picture" in spec.sees:
        parts.append(compute_channels(picture, OBSERVED_24, spec.picture).values)
    return namespace_of(solid).concatenate(parts, -1)


def wave_view(view_deg: AnyArray) -> AnyArray:
    """(B,) → (B, 4) sines and cosines of the angle and its double, 0 where it is unknown; NumPy or PyTorch."""
    xp = namespace_of(view_deg)
    angle = xp.deg2rad(view_deg)
    return xp.nan_to_num(xp.stack([f(n * angle) for n in (1, 2) for f in (xp.sin, xp.cos)], -1))


def _scaled(values: FloatArray | Array, scale: Scale) -> Array:
    return np.asarray(standardise(values, scale.mean, scale.deviation), dtype=np.float32)


def restore_forward(arrays: Arrays, spec: MeasuringSpec, options: NetworkOptions, path: Path) -> MeasureForward:
    """The network of these options with its weights from `path`; raises `CheckpointError` where they do not fit."""
    weights = StoredWeights(arrays, path)
    n_measures, n_channels, hidden = len(spec.measures), spec.n_channels, options.hidden
    n_inputs = (hidden if n_channels else 0) + (n_measures + N_WAVES if "readings" in spec.sees else 0)

    def take_scale(start: str, count: int) -> Scale:
        return Scale(weights.take(f"{start}mean", count), weights.take(f"{start}deviation", count))

    def take_body() -> ResNetForward:
        return take_resnet(weights, "body.network", n_channels, hidden, options.width, options.n_layers)

    network = MeasureForward(
        spec,
        options,
        arrays,
        take_scale("body.", n_channels) if n_channels else None,
        take_body() if n_channels else None,
        (take_linear(weights, "head.0", n_inputs, hidden), take_linear(weights, "head.3", hidden, 2 * n_measures)),
        take_linear(weights, "straight", n_inputs, n_measures),
        take_scale("read_", n_measures),
        take_scale("true_", n_measures),
    )
    weights.finish()
    return network
