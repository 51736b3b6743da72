"""Kernel ridge on several blocks of features, each of which counts the same (Saunders et al. 1998; a mean of kernels).

Features are standardised and clipped, every block is scaled to a mean kernel diagonal of 1, and the mean of the kernels
is regressed on one column of ±1 for each class. Of a linear kernel the primal is stored, one weight a feature; of a
radial one the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from formnet.errors import CheckpointError
from formnet.judges.protocol import Arrays, take_array
from formnet.motion import FloatArray


@dataclass(frozen=True, eq=False)
class BlockScale:
    """How features of several blocks become one vector, whose square is about 1.

    Attributes:
        means, inverse_deviations: (D,) of all features of all blocks; 0 for a feature that never changes.
        scales: (B,) divisors of the blocks.
        sizes: (B,) features of each block, D together.
        clip: standardised features count at most this much.
    """

    means: FloatArray
    inverse_deviations: FloatArray
    scales: FloatArray
    sizes: np.ndarray
    clip: float

    def apply(self, blocks: Sequence[FloatArray]) -> FloatArray:
        """Blocks (N, d) each → (N, D)."""
        features = np.concatenate([block.astype(np.float64) for block in blocks], axis=1)
        divisors = np.repeat(self.scales, self.sizes) * np.sqrt(len(self.sizes))
        standard = (features - self.means) * self.inverse_deviations
        return np.asarray(np.clip(standard, -self.clip, self.clip) / divisors)

    def arrays(self, prefix: str) -> Arrays:
        names = ("means", "inverse_deviations", "scales", "sizes")
        return {f"{prefix}{name}": getattr(self, name) for name in names} | {f"{prefix}clip": np.array([self.clip])}


def fit_scale(blocks: Sequence[FloatArray], clip: float) -> BlockScale:
    """The scale of training rows."""
    features = np.concatenate([block.astype(np.float64) for block in blocks], axis=1)
    sizes = np.array([block.shape[1] for block in blocks], dtype=np.int64)
    means, deviations = features.mean(axis=0), features.std(axis=0)
    inverse = np.where(deviations < 1e-8, 0.0, 1.0 / np.maximum(deviations, 1e-8))
    values = np.clip((features - means) * inverse, -clip, clip)
    edges = np.concatenate([[0], np.cumsum(sizes)])
    power = [(values[:, a:b] ** 2).sum(axis=1).mean() for a, b in pairwise(edges)]
    return BlockScale(means, inverse, np.sqrt(np.maximum(power, 1e-12)), sizes, clip)


def restore_scale(arrays: Mapping[str, np.ndarray], prefix: str) -> BlockScale:
    """What `BlockScale.arrays` gave; raises `CheckpointError` for what does not fit."""
    sizes = take_array(arrays, f"{prefix}sizes", (None,), "i")
    width = int(sizes.sum())
    if (sizes < 1).any():
        raise CheckpointError(f"'{prefix}sizes' of the stored learner holds an empty block; get the model again")
    return BlockScale(
        take_array(arrays, f"{prefix}means", (width,)),
        take_array(arrays, f"{prefix}inverse_deviations", (width,)),
        take_array(arrays, f"{prefix}scales", (len(sizes),)),
        sizes,
        float(take_array(arrays, f"{prefix}clip", (1,))[0]),
    )


@dataclass(frozen=True, eq=False)
class BlockRidge:
    """A fitted regression with a linear kernel: weights (D, C), intercepts (C,)."""

    scale: BlockScale
    weights: FloatArray
    intercepts: FloatArray

    def scores(self, blocks: Sequence[FloatArray]) -> FloatArray:
        """(N, C): about +1 for the class it is, -1 for the others."""
        return np.asarray(self.scale.apply(blocks) @ self.weights + self.intercepts)

    def arrays(self, prefix: str = "ridge.") -> Arrays:
        own = {f"{prefix}weights": self.weights, f"{prefix}intercepts": self.intercepts}
        return self.scale.arrays(prefix) | own


def restore_ridge(arrays: Mapping[str, np.ndarray], n_classes: int, prefix: str = "ridge.") -> BlockRidge:
    """What `BlockRidge.arrays` gave; raises `CheckpointError` for what does not fit."""
    scale = restore_scale(arrays, prefix)
    weights = take_array(arrays, f"{prefix}weights", (len(scale.means), n_classes))
    return BlockRidge(scale, weights, take_array(arrays, f"{prefix}intercepts", (n_classes,)))


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
    scale = fit_scale(blocks, clip)
    values = scale.apply(blocks)
    each = np.ones(len(labels)) if weights is None else weights
    dual, centre = solve_ridge(values @ values.T, make_targets(labels, n_classes), alpha, each)
    return BlockRidge(scale, values.T @ dual, centre)


@dataclass(frozen=True, eq=False)
class RadialRidge:
    """A fitted regression with the kernel exp(-width · squared distance).

    Far from all that was learnt its scores go back to the mean target, where a linear kernel would go on growing.

    Attributes:
        rows: (N, D) scaled training rows, 32-bit; dual: (N, C); intercepts: (C,).
    """

    scale: BlockScale
    rows: np.ndarray
    dual: FloatArray
    intercepts: FloatArray
    width: float

    def scores(self, blocks: Sequence[FloatArray]) -> FloatArray:
        """(N, C): about +1 for the class it is, -1 for the others."""
        return compute_radial(self.scale.apply(blocks), self.rows, self.width) @ self.dual + self.intercepts

    def arrays(self, prefix: str) -> Arrays:
        own = {f"{prefix}{name}": getattr(self, name) for name in ("rows", "dual", "intercepts")}
        return self.scale.arrays(prefix) | own | {f"{prefix}width": np.array([self.width])}


def restore_radial(arrays: Mapping[str, np.ndarray], n_classes: int, prefix: str) -> RadialRidge:
    """What `RadialRidge.arrays` gave; raises `CheckpointError` for what does not fit."""
    scale = restore_scale(arrays, prefix)
    rows = take_array(arrays, f"{prefix}rows", (None, len(scale.means)))
    return RadialRidge(
        scale,
        rows,
        take_array(arrays, f"{prefix}dual", (len(rows), n_classes)),
        take_array(arrays, f"{prefix}intercepts", (n_classes,)),
        float(take_array(arrays, f"{prefix}width", (1,))[0]),
    )


def fit_radial(
    blocks: Sequence[FloatArray], labels: np.ndarray, n_classes: int, alpha: float, clip: float, width: float
) -> RadialRidge:
    """As `fit_ridge`, with a radial kernel."""
    scale = fit_scale(blocks, clip)
    rows = scale.apply(blocks).astype(np.float32)
    kernel = compute_radial(rows.astype(np.float64), rows, width)
    dual, centre = solve_ridge(kernel, make_targets(labels, n_classes), alpha, np.ones(len(labels)))
    return RadialRidge(scale, rows, dual, centre, width)


def compute_radial(values: FloatArray, rows: np.ndarray, width: float) -> FloatArray:
    """(N, M) kernel of values (N, D) with rows (M, D)."""
    known = rows.astype(np.float64)
    distances = (values**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2.0 * values @ known.T
    return np.asarray(np.exp(-width * np.maximum(distances, 0.0)))


def make_targets(labels: np.ndarray, n_classes: int) -> FloatArray:
    """(N, C): 1 for the class of a row, -1 for the others."""
    return np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0)


def solve_ridge(
    kernel: FloatArray, targets: FloatArray, alpha: float, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Dual weights (N, C) and the mean target (C,); a row of weight w counts as w rows."""
    centre = np.asarray(np.average(targets, axis=0, weights=weights), dtype=np.float64)
    dual = np.asarray(np.linalg.solve(kernel + np.diag(alpha / weights), targets - centre), dtype=np.float64)
    return dual, centre
