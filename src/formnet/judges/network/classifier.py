"""A network with what belongs to it: the scale of its input and the temperature of its output."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from formnet.models.scaled import ScaledNetwork


class Classifier(ScaledNetwork):
    """Features (B, T, F) → logits (B, C).

    Attributes:
        temperature: () buffer; divides the logits in `probabilities`, calibrated on validation data.
    """

    temperature: Tensor

    def __init__(self, network: nn.Module, n_channels: int) -> None:
        super().__init__(network, n_channels)
        self.register_buffer("temperature", torch.ones(()))

    def probabilities(self, features: Tensor) -> Tensor:
        """(B, C), each row sums to 1."""
        return torch.softmax(self.forward(features) / self.temperature, dim=-1)
