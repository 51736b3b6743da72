"""Unknowns in which the objective is round: L-BFGS then needs tens of iterations instead of thousands.

Along each channel over time the objective bends by about H = c I + s DᵀD, with the pull c of the joints it moves, the
weight s of smoothness and D the second differences. With H = UᵀU the channel is x = U⁻¹ z, and z has unit curvature.
H has five bands, so both directions cost O(T).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.linalg import cholesky_banded, solve_banded
from torch import Tensor

from formnet.motion import FloatArray


class _Unwhiten(torch.autograd.Function):
    """Solves U x = z for each group of channels; the gradient solves Uᵀ."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, factors: list[FloatArray]) -> Tensor:
        ctx.factors = factors
        paths = z.detach().numpy()
        solved = [solve_banded((0, 2), upper, paths[:, k]) for k, upper in enumerate(factors)]
        return torch.as_tensor(np.stack(solved, axis=1), dtype=z.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        slope = gradients[0].detach().numpy()
        solved = [solve_banded((2, 0), _transpose_bands(upper), slope[:, k]) for k, upper in enumerate(ctx.factors)]
        return torch.as_tensor(np.stack(solved, axis=1), dtype=gradients[0].dtype), None


class Whitening:
    """Change of unknowns for G groups of channels over T frames.

    Args:
        roughness: (3, T) lower bands of DᵀD.
        pull: (G,) curvature c of each group, above 0.
        smoothness: (G,) weight s of each group.
    """

    def __init__(self, roughness: FloatArray, pull: FloatArray, smoothness: FloatArray) -> None:
        n_frames = roughness.shape[1]
        self.factors: list[FloatArray] = []
        for c, s in zip(pull, smoothness, strict=True):
            bands = s * roughness
            bands[0] += c
            # scipy's upper form: entry (i, j) of the matrix stands at [2 + i - j, j].
            upper = np.zeros((3, n_frames))
            for k in range(3):
                upper[2 - k, k:] = bands[k, : n_frames - k]
            self.factors.append(cholesky_banded(upper))

    def __call__(self, z: Tensor) -> Tensor:
        """Channels (T, G, …) from round unknowns of the same shape."""
        return _Unwhiten.apply(z, self.factors)


def _transpose_bands(upper: FloatArray) -> FloatArray:
    lower = np.zeros_like(upper)
    for k in range(3):
        lower[k, : upper.shape[1] - k] = upper[2 - k, k:]
    return lower
