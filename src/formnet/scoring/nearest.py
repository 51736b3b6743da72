"""Exact nearest neighbours among unit vectors: one BLAS product in single precision, then proof in double.

For unit vectors |x − q|² = 2 − 2 x·q, so the nearest rows have the greatest products. Single precision reads half
the memory; rows within its error of the k-th best are compared again in double precision, so the answer is exact.
Unlike a tree the time does not depend on how the poses lie: benchmarks/bench_search.py measures it beside a
vantage-point tree, KD trees and plain scans, for real and for scattered poses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.motion import FloatArray

_BLOCK = 256


@dataclass(frozen=True, eq=False)
class NearestScan:
    """N unit vectors (N, D), ready for exact queries by Euclidean distance."""

    vectors: FloatArray
    _single: NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        vectors = np.ascontiguousarray(self.vectors, dtype=np.float64)
        if vectors.ndim != 2 or 0 in vectors.shape:
            raise InputError(f"expected rows × values with at least one of each, got shape {vectors.shape}")
        if not (np.abs(np.einsum("ij,ij->i", vectors, vectors) - 1.0) < 1e-6).all():
            raise InputError("expected vectors of length 1; normalise poses before indexing them")
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "_single", vectors.astype(np.float32))

    @property
    def margin(self) -> float:
        """Twice the greatest error of a product of unit vectors in single precision, rounding of both included."""
        return 2.0 * (self.vectors.shape[1] + 3) * float(np.finfo(np.float32).eps)

    def query(self, vector: FloatArray, k: int = 1) -> tuple[NDArray[np.intp], FloatArray]:
        """Rows (k,) of the nearest vectors by rising distance, and distances (k,); of equal ones the first row.

        Raises:
            InputError: k below 1, or a vector of another size or length.
        """
        vector = np.asarray(vector, dtype=np.float64)
        if vector.shape != (self.vectors.shape[1],):
            raise InputError(f"expected a vector of {self.vectors.shape[1]} values, got shape {vector.shape}")
        if not abs(vector @ vector - 1.0) < 1e-6:
            raise InputError("expected a vector of length 1; normalise the pose first")
        if k < 1:
            raise InputError(f"the number of neighbours must be 1 or more, got {k}")
        products = self._single @ vector.astype(np.float32)
        rows = np.flatnonzero(products >= _kth_best_or_less(products, k) - self.margin)
        distances = np.linalg.norm(self.vectors[rows] - vector, axis=1)
        order = np.lexsort((rows, distances))[:k]
        return rows[order], distances[order]


def _kth_best_or_less(products: NDArray[np.float32], k: int) -> float:
    """A number that at least k products reach: the k-th best of the blocks' best ones."""
    n_blocks = len(products) // _BLOCK
    if k > n_blocks:
        return float(np.partition(products, -k)[-k]) if k <= len(products) else -np.inf
    best = products[: n_blocks * _BLOCK].reshape(n_blocks, _BLOCK).max(axis=1)
    if k == 1:
        return float(best.max())
    return float(np.partition(best, -k)[-k])
