"""Several networks that vote with their probabilities, kept in one file."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from formnet.models.build import register_network


@register_network("ensemble")
class Ensemble(nn.Module):
    """(B, in_channels, T) → logits (B, n_classes): the logarithm of the mean of the members' probabilities.

    A softmax of the result is that mean, so an ensemble is used like a single network.
    """

    def __init__(self, in_channels: int, n_classes: int, members: Sequence[nn.Module]) -> None:
        super().__init__()
        del in_channels, n_classes  # of the members
        self.members = nn.ModuleList(members)

    def forward(self, x: Tensor) -> Tensor:
        log_probabilities = torch.stack([torch.log_softmax(member(x), dim=-1) for member in self.members])
        return torch.logsumexp(log_probabilities, dim=0) - torch.log(torch.tensor(float(len(self.members))))
