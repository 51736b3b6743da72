"""The network: temporal distance matrices → the paper's 1D ResNet → a normal distribution for every measure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from formnet.judges.measuring.forward import (
    LOG_SD,
    N_WAVES,
    MeasureForward,
    NetworkOptions,
    restore_forward,
    see_distances,
    wave_view,
)
from formnet.judges.measuring.sight import Sight
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.layers import standardise
from formnet.models.resnet1d import ResNet1d
from formnet.models.scaled import ScaledNetwork, measure_scale
from formnet.motion import FloatArray
from formnet.storage.modules import arrays_of


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
        n_measures = len(spec.measures)
        self.body = None
        n_inputs = 0
        if spec.n_channels:
            resnet = ResNet1d(spec.n_channels, options.hidden, options.width, options.n_layers, options.dropout)
            self.body = ScaledNetwork(resnet, spec.n_channels)
            n_inputs = options.hidden
        self.sees_readings = "readings" in spec.sees
        n_read = n_measures + N_WAVES if self.sees_readings else 0
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
            solid, picture = (torch.from_numpy(part) for part in (sight.solid, sight.picture))
            self.body.fit_scale(see_distances(solid, picture, self.spec))
        for name, values in (("read", sight.readings), ("true", truths)):
            mean, deviation = measure_scale(torch.from_numpy(np.asarray(values)))
            getattr(self, f"{name}_mean").copy_(mean)
            getattr(self, f"{name}_deviation").copy_(deviation)

    def forward(self, solid: Tensor, picture: Tensor, readings: Tensor, view_deg: Tensor) -> tuple[Tensor, Tensor]:
        inputs = [] if self.body is None else [self.body(see_distances(solid, picture, self.spec))]
        if self.sees_readings:
            inputs += [standardise(readings, self.read_mean, self.read_deviation), wave_view(view_deg)]
        together = torch.cat(inputs, dim=-1)
        mean, log_sd = self.head(together).chunk(2, dim=-1)
        return mean + self.straight(together), log_sd.clamp(*LOG_SD)

    def freeze(self) -> MeasureForward:
        """What it has learnt, to be asked."""
        return restore_forward(arrays_of(self), self.spec, self.options, Path("the training"))
