"""Kernel ridge on several blocks of features, each of which counts the same (Saunders et al. 1998; a mean of kernels).

Features are standardised and clipped, every block is scaled to a mean kernel diagonal of 1, and the mean of the linear
kernels is regressed on one column of ±1 for each class. What is stored is the primal: one weight a feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from formnet.errors import CheckpointError
from formnet.learners.base import Arrays, take_array
from formnet.motion import FloatArray


@dataclass(frozen=True, eq=False)
class BlockRidge:
    """A fitted regression.

    Attributes:
        means, inverse_deviations: (D,) of all features of all blocks; 0 for a feature that never changes.
        scales: (B,) divisors of the blocks.
        sizes: (B,) features of each block, D together.
        weights: (D, C); intercepts: (C,).
        clip: standardised features count at most this much.
    """

    means: FloatArray
    inverse_deviations: FloatArray
    scales: FloatArray
    sizes: np.ndarray
    weights: FloatArray
    intercepts: FloatArray
    clip: float

    def scores(self, blocks: Sequence[FloatArray]) -> FloatArray:
        """(N, C): about +1 for the class it is, -1 for the others."""
        values = self._scaled(np.concatenate(list(blocks), axis=1))
        return np.asarray(values @ self.weights + self.intercepts)

    def _scaled(self, features: FloatArray) -> FloatArray:
        divisors = np.repeat(self.scales, self.sizes) * np.sqrt(len(self.sizes))
        standard = (features.astype(np.float64) - self.means) * self.inverse_deviations
        return np.asarray(np.clip(standard, -self.clip, self.clip) / divisors)

    def arrays(self) -> Arrays:
        names = ("means", "inverse_deviations", "scales", "sizes", "weights", "intercepts")
        return {f"ridge.{name}": getattr(self, name) for name in names} | {"ridge.clip": np.array([self.clip])}


def restore_ridge(arrays: Mapping[str, np.ndarray], n_classes: int) -> BlockRidge:
    """What `BlockRidge.arrays` gave; raises `CheckpointError` for what does not fit."""
    sizes = take_array(arrays, "ridge.sizes", (None,), "i")
    width = int(sizes.sum())
    if (sizes < 1).any():
        raise CheckpointError("'ridge.sizes' of the stored learner holds an empty block; get the model again")
    return BlockRidge(
        take_array(arrays, "ridge.means", (width,)),
        take_array(arrays, "ridge.inverse_deviations", (width,)),
        take_array(arrays, "ridge.scales", (len(sizes),)),
        sizes,
        take_array(arrays, "ridge.weights", (width, n_classes)),
        take_array(arrays, "ridge.intercepts", (n_classes,)),
        float(take_array(arrays, "ridge.clip", (1,))[0]),
    )


def fit_ridge(
    blocks: Sequence[FloatArray], labels: np.ndarray, n_classes: int, alpha: float = 0.3, clip: float = 4.0,
    weights: FloatArray | None = None,
) -> BlockRidge:  # fmt: skip
    """The regression on all rows.

    Args:
        blocks: features (N, d) each.
        labels: (N,) class numbers.
        alpha: of the ridge, beside a kernel whose diagonal is about 1.
        weights: (N,) of the rows, 1 on average; None for all alike.
    """
    features = np.concatenate([block.astype(np.float64) for block in blocks], axis=1)
    sizes = np.array([block.shape[1] for block in blocks], dtype=np.int64)
    means, deviations = features.mean(axis=0), features.std(axis=0)
    inverse = np.where(deviations < 1e-8, 0.0, 1.0 / np.maximum(deviations, 1e-8))
    plain = BlockRidge(
        means, inverse, np.ones(len(sizes)), sizes, np.zeros((len(means), n_classes)), np.zeros(n_classes), clip
    )
    values = plain._scaled(features) * np.sqrt(len(sizes))
    edges = np.concatenate([[0], np.cumsum(sizes)])
    power = [(values[:, a:b] ** 2).sum(axis=1).mean() for a, b in pairwise(edges)]
    scales = np.sqrt(np.maximum(power, 1e-12))
    values /= np.repeat(scales, sizes) * np.sqrt(len(sizes))
    kernel = values @ values.T
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0)
    each = np.ones(len(labels)) if weights is None else weights
    dual, centre = solve_ridge(kernel, targets, alpha, each)
    return BlockRidge(means, inverse, scales, sizes, values.T @ dual, centre, clip)


def solve_ridge(
    kernel: FloatArray, targets: FloatArray, alpha: float, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Dual weights (N, C) and the mean target (C,); a row of weight w counts as w rows."""
    centre = np.asarray(np.average(targets, axis=0, weights=weights), dtype=np.float64)
    dual = np.asarray(np.linalg.solve(kernel + np.diag(alpha / weights), targets - centre), dtype=np.float64)
    return dual, centre
