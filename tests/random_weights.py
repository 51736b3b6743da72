"""Networks of PyTorch as if they had been trained: no part of them does nothing."""

from __future__ import annotations

import torch
from torch import nn


def randomise(network: nn.Module, seed: int = 0) -> None:
    """Gives every weight, scale and running figure of the network a random value, and no variance one of 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                noise = torch.randn(tensor.shape, generator=generator)
                is_scale = name.endswith(("_var", "deviation"))
                share = 0.5 if tensor.ndim < 2 else 1.0 / tensor[0].numel() ** 0.5
                tensor.copy_(0.5 + noise.abs() if is_scale else share * noise)
