"""Exact nearest neighbours among unit vectors: a tree where poses cluster, a scan where they do not.

Poses of people fill few of their 34 dimensions, and there SciPy's KD tree on the principal axes is fastest;
scattered vectors defeat every tree, and there one BLAS product in single precision with proof in double is.
`build_nearest` chooses by how much of the variance lies in the first axes; benchmarks/bench_search.py measures both
beside a vantage-point tree, scikit-learn's trees and plain scans.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.motion import FloatArray

_BLOCK = 256
_FEW_AXES = 8
_CLUSTERED_SHARE = 0.75
# One neighbour more than asked for is taken from the tree, which shows whether a tie was cut.
_SPARE = 1


class Nearest(Protocol):
    """Vectors ready for exact queries by Euclidean distance."""

    def query(self, vector: FloatArray, k: int = 1) -> tuple[NDArray[np.intp], FloatArray]:
        """Rows (k,) of the nearest vectors by rising distance, and distances (k,); of equal ones the first row."""
        ...


def build_nearest(vectors: FloatArray) -> Nearest:
    """Whichever of `NearestTree` and `NearestScan` is faster for unit vectors (N, D) like these.

    Raises:
        InputError: nothing, or vectors that do not have length 1.
    """
    vectors = _check_vectors(vectors)
    variance = np.linalg.eigvalsh(np.cov(vectors, rowvar=False, bias=True).reshape(vectors.shape[1], -1))[::-1]
    is_clustered = variance[:_FEW_AXES].sum() >= _CLUSTERED_SHARE * variance.sum()
    return NearestTree(vectors) if is_clustered else NearestScan(vectors)


@dataclass(frozen=True, eq=False)
class NearestTree:
    """N unit vectors (N, D) in SciPy's KD tree on their principal axes (an orthonormal turn keeps distances)."""

    vectors: FloatArray
    _mean: FloatArray = field(init=False, repr=False)
    _turn: FloatArray = field(init=False, repr=False)
    _tree: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        from scipy.spatial import cKDTree

        vectors = _check_vectors(self.vectors)
        mean = vectors.mean(axis=0)
        _, turn = np.linalg.eigh((vectors - mean).T @ (vectors - mean))
        turn = np.ascontiguousarray(turn[:, ::-1])
        tree = cKDTree((vectors - mean) @ turn)
        for name, value in (("vectors", vectors), ("_mean", mean), ("_turn", turn), ("_tree", tree)):
            object.__setattr__(self, name, value)

    def query(self, vector: FloatArray, k: int = 1) -> tuple[NDArray[np.intp], FloatArray]:
        """As `Nearest.query`; raises `InputError` for k below 1 or a vector of another size or length."""
        vector = _check_query(vector, self.vectors, k)
        wanted = min(k + _SPARE, len(self.vectors))
        turned = (vector - self._mean) @ self._turn
        while True:
            near, rows = self._tree.query(turned, wanted)
            near, rows = np.atleast_1d(near), np.atleast_1d(rows)
            # Equal distances at the edge of what was found may continue outside of it.
            if wanted == len(self.vectors) or near[-1] > near[min(k, wanted) - 1] + 1e-9:
                break
            wanted = min(2 * wanted, len(self.vectors))
        distances = np.linalg.norm(self.vectors[rows] - vector, axis=1)
        order = np.lexsort((rows, distances))[:k]
        return rows[order], distances[order]


@dataclass(frozen=True, eq=False)
class NearestScan:
    """N unit vectors (N, D) in single precision for one BLAS product.

    For unit vectors |x − q|² = 2 − 2 x·q, so the nearest rows have the greatest products. Rows within the error of
    single precision of the k-th best are compared again in double precision, so the answer is exact.
    """

    vectors: FloatArray
    _single: NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        vectors = _check_vectors(self.vectors)
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "_single", vectors.astype(np.float32))

    @property
    def margin(self) -> float:
        """Twice the greatest error of a product of unit vectors in single precision, rounding of both included."""
        return 2.0 * (self.vectors.shape[1] + 3) * float(np.finfo(np.float32).eps)

    def query(self, vector: FloatArray, k: int = 1) -> tuple[NDArray[np.intp], FloatArray]:
        """As `Nearest.query`; raises `InputError` for k below 1 or a vector of another size or length."""
        vector = _check_query(vector, self.vectors, k)
        products = self._single @ vector.astype(np.float32)
        rows = np.flatnonzero(products >= _kth_best_or_less(products, k) - self.margin)
        distances = np.linalg.norm(self.vectors[rows] - vector, axis=1)
        order = np.lexsort((rows, distances))[:k]
        return rows[order], distances[order]


def _check_vectors(vectors: FloatArray) -> FloatArray:
    vectors = np.ascontiguousarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise InputError(f"expected rows × values with at least one of each, got shape {vectors.shape}")
    if not (np.abs(np.einsum("ij,ij->i", vectors, vectors) - 1.0) < 1e-6).all():
        raise InputError("expected vectors of length 1; normalise poses before indexing them")
    return vectors


def _check_query(vector: FloatArray, vectors: FloatArray, k: int) -> FloatArray:
    vector = np.asarray(vector, dtype=np.float64)
    if vector.shape != (vectors.shape[1],):
        raise InputError(f"expected a vector of {vectors.shape[1]} values, got shape {vector.shape}")
    if not abs(vector @ vector - 1.0) < 1e-6:
        raise InputError("expected a vector of length 1; normalise the pose first")
    if k < 1:
        raise InputError(f"the number of neighbours must be 1 or more, got {k}")
    return vector


def _kth_best_or_less(products: NDArray[np.float32], k: int) -> float:
    """A number that at least k products reach: the k-th best of the blocks' best ones."""
    n_blocks = len(products) // _BLOCK
    if k > n_blocks:
        return float(np.partition(products, -k)[-k]) if k <= len(products) else -np.inf
    best = products[: n_blocks * _BLOCK].reshape(n_blocks, _BLOCK).max(axis=1)
    if k == 1:
        return float(best.max())
    return float(np.partition(best, -k)[-k])
