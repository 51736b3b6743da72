"""The network: temporal distance matrices → the paper's 1D ResNet → a normal distribution for every measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from formnet.checks import check_fields, real, whole, within
from formnet.features.registry import compute_channels
from formnet.judges.measuring.sight import Sight, mirror_sight, mirror_values
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.lifting.observation import OBSERVED_24
from formnet.models.resnet1d import ResNet1d
from formnet.models.scaled import ScaledNetwork, measure_scale, standardise
from formnet.motion import FloatArray
from formnet.skeleton import skeleton_named

_LEAST_LOG_SD, _GREATEST_LOG_SD = -4.0, 1.5


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


class MeasureNetwork(nn.Module):
    """Means and logarithms of standard deviations (B, M) of all measures, in deviations of the training truths.

    Attributes:
        read_mean, read_deviation: (M,) scale of the readings.
        true_mean, true_deviation: (M,) scale of the truths.
    """

    read_mean: Tensor
    read_deviation: Tensor
    true_mean: Tensor
    true_deviation: Tensor

    def __init__(self, spec: MeasuringSpec, options: NetworkOptions) -> None:
        super().__init__()
        self.spec, self.options = spec, options
        self.skeleton = skeleton_named(spec.solid.skeleton)
        n_measures = len(spec.measures)
        self.body = None
        n_inputs = 0
        if spec.n_channels:
            resnet = ResNet1d(spec.n_channels, options.hidden, options.width, options.n_layers, options.dropout)
            self.body = ScaledNetwork(resnet, spec.n_channels)
            n_inputs = options.hidden
        self.sees_readings = "readings" in spec.sees
        n_read = n_measures + 4 if self.sees_readings else 0
        self.head = nn.Sequential(
            nn.Linear(n_inputs + n_read, options.hidden), nn.ReLU(), nn.Dropout(options.dropout),
            nn.Linear(options.hidden, 2 * n_measures),
        )  # fmt: skip
        # Geometry is nearly right where the view is good: a straight way from a reading to its measure.
        self.straight = nn.Linear(n_inputs + n_read, n_measures)
        for name in ("read", "true"):
            self.register_buffer(f"{name}_mean", torch.zeros(n_measures))
            self.register_buffer(f"{name}_deviation", torch.ones(n_measures))

    def fit_scale(self, sight: Sight, truths: FloatArray) -> None:
        """Takes all scales from training repetitions and their truths (N, M)."""
        if self.body is not None:
            self.body.fit_scale(self.channels(*_tensors(sight)[:2]))
        for name, values in (("read", sight.readings), ("true", truths)):
            mean, deviation = measure_scale(torch.from_numpy(np.asarray(values)))
            getattr(self, f"{name}_mean").copy_(mean)
            getattr(self, f"{name}_deviation").copy_(deviation)

    def channels(self, solid: Tensor, picture: Tensor) -> Tensor:
        """Joints (B, T, J, 3) and (B, T, 24, 2) → distances (B, T, F)."""
        parts = []
        if "solid" in self.spec.sees:
            parts.append(compute_channels(solid, self.skeleton, self.spec.solid.features).values)
        if "picture" in self.spec.sees:
            parts.append(compute_channels(picture, OBSERVED_24, self.spec.picture).values)
        return torch.cat(parts, dim=-1)

    def forward(self, solid: Tensor, picture: Tensor, readings: Tensor, view_deg: Tensor) -> tuple[Tensor, Tensor]:
        inputs = [] if self.body is None else [self.body(self.channels(solid, picture))]
        if self.sees_readings:
            angle = torch.deg2rad(view_deg)
            waves = torch.stack([f(n * angle) for n in (1, 2) for f in (torch.sin, torch.cos)], dim=-1)
            inputs += [standardise(readings, self.read_mean, self.read_deviation), torch.nan_to_num(waves)]
        together = torch.cat(inputs, dim=-1)
        mean, log_sd = self.head(together).chunk(2, dim=-1)
        return mean + self.straight(together), log_sd.clamp(_LEAST_LOG_SD, _GREATEST_LOG_SD)

    def estimate(self, sight: Sight, batch_size: int = 256) -> tuple[FloatArray, FloatArray]:
        """Values and standard deviations (N, M) in the measures' units, of repetitions.

        The mean of what it says of the repetition and, mirrored back, of its mirror image.
        """
        self.eval()
        values, deviations = [], []
        mirrored = mirror_sight(sight, self.spec)
        with torch.inference_mode():
            for start in range(0, len(sight), batch_size):
                rows = slice(start, start + batch_size)
                said = [self._in_units(side[rows]) for side in (sight, mirrored)]
                turned = [mirror_values(part, self.spec.measures) for part in said[1]]
                values.append((said[0][0] + turned[0]) / 2)
                deviations.append((said[0][1] + np.abs(turned[1])) / 2)
        return np.concatenate(values), np.concatenate(deviations)

    def _in_units(self, sight: Sight) -> tuple[FloatArray, FloatArray]:
        mean, log_sd = self(*_tensors(sight))
        values = mean * self.true_deviation + self.true_mean
        return values.double().numpy(), (log_sd.exp() * self.true_deviation).double().numpy()


def _tensors(sight: Sight) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return (
        torch.from_numpy(sight.solid),
        torch.from_numpy(sight.picture),
        torch.from_numpy(sight.readings).float(),
        torch.from_numpy(sight.view_deg).float(),
    )
