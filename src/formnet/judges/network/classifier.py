"""A network with what belongs to it: the scale of its input and the temperature of its output."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Classifier(nn.Module):
    """Features (B, T, F) → logits (B, C).

    Channels are brought to mean 0 and deviation 1 of the training data. What is missing (NaN) becomes 0, the mean:
    the value that says nothing.

    Attributes:
        mean, deviation: (F,) buffers; 0 and 1 until `fit_scale`.
        temperature: () buffer; divides the logits in `probabilities`, calibrated on validation data.
    """

    mean: Tensor
    deviation: Tensor
    temperature: Tensor

    def __init__(self, network: nn.Module, n_channels: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.zeros(n_channels))
        self.register_buffer("deviation", torch.ones(n_channels))
        self.register_buffer("temperature", torch.ones(()))

    def fit_scale(self, features: Tensor) -> None:
        """Takes mean and deviation of every channel from training features (N, T, F), ignoring what is missing."""
        flat = features.reshape(-1, features.shape[-1]).double()
        seen = torch.isfinite(flat)
        count = seen.sum(0).clamp(min=1)
        mean = torch.where(seen, flat, 0.0).sum(0) / count
        variance = torch.where(seen, (flat - mean) ** 2, 0.0).sum(0) / count
        # A channel that never changes carries nothing; dividing by its deviation would blow noise up.
        deviation = torch.where(variance > 1e-12, variance.sqrt(), 1.0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)

    def forward(self, features: Tensor) -> Tensor:
        scaled = (features - self.mean) / self.deviation
        scaled = torch.where(torch.isfinite(scaled), scaled, 0.0).clamp(-10.0, 10.0)
        return self.network(scaled.transpose(1, 2))

    def probabilities(self, features: Tensor) -> Tensor:
        """(B, C), each row sums to 1."""
        return torch.softmax(self.forward(features) / self.temperature, dim=-1)
