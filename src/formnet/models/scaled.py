"""A network that brings its own scale of the input."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from formnet.layers import standardise


class ScaledNetwork(nn.Module):
    """Features (B, T, F) → what the network makes of channels (B, F, T) of mean 0 and deviation 1.

    What is missing (NaN) becomes 0, the mean of the training data: the value that says nothing.

    Attributes:
        mean, deviation: (F,) buffers; 0 and 1 until `fit_scale`.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, network: nn.Module, n_channels: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.zeros(n_channels))
        self.register_buffer("deviation", torch.ones(n_channels))

    def fit_scale(self, features: Tensor) -> None:
        """Takes mean and deviation of every channel from training features (N, T, F), ignoring what is missing."""
        mean, deviation = measure_scale(features.reshape(-1, features.shape[-1]))
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)

    def forward(self, features: Tensor) -> Tensor:
        return self.network(standardise(features, self.mean, self.deviation).transpose(1, 2))


def measure_scale(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation (F,) of values (N, F), ignoring what is missing."""
    flat = values.double()
    seen = torch.isfinite(flat)
    count = seen.sum(0).clamp(min=1)
    mean = torch.where(seen, flat, 0.0).sum(0) / count
    variance = torch.where(seen, (flat - mean) ** 2, 0.0).sum(0) / count
    # A channel that never changes carries nothing; dividing by its deviation would blow noise up.
    return mean, torch.where(variance > 1e-12, variance.sqrt(), 1.0)
