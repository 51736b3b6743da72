"""Vectors of NumPy and PyTorch alike, (…, D); y points down.

PyTorch is not imported here: the namespace is found from the array itself, so scoring and reports work without it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

Array = Any
"""A NumPy array or a PyTorch tensor."""


def namespace_of(array: Array) -> Any:
    """`numpy` or `torch`; both know sqrt, stack, where, log, atan2, amin, amax, clip and concatenate."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(array, torch.Tensor) else np


def compute_length(vectors: Array) -> Array:
    """Euclidean length of vectors, (…, D) → (…)."""
    # Coordinate by coordinate: a reduction over an axis of three is the slowest way to add three numbers.
    squares = [vectors[..., i] * vectors[..., i] for i in range(vectors.shape[-1])]
    return namespace_of(vectors).sqrt(sum(squares[1:], squares[0]))


def compute_distance(first: Array, second: Array) -> Array:
    """Distance of points, (…, D) → (…)."""
    return compute_length(first - second)


def compute_unit_vectors(vectors: Array, *, degenerate: float = np.nan, least: float = 1e-9) -> Array:
    """Vectors (…, D) of length 1; one with NaN stays NaN.

    Args:
        degenerate: every coordinate of the result where a vector is no longer than `least`: NaN (it has no direction),
            or 0 where such a vector shall count for nothing.
    """
    xp, length = namespace_of(vectors), compute_length(vectors)[..., None]
    is_degenerate = length <= least
    return xp.where(is_degenerate, degenerate, vectors / xp.where(is_degenerate, 1.0, length))


def take_level(vectors: Array) -> Array:
    """The horizontal part (…, D−1): all coordinates but y."""
    return namespace_of(vectors).concatenate([vectors[..., :1], vectors[..., 2:]], -1)


def mirror_points(points: Array, order: np.ndarray, axis: float = 0.0) -> Array:
    """Points (…, J, D) as a mirror shows them: left joints swapped with right ones, x turned round.

    Doing it twice gives the points back.

    >>> mirror_points(np.array([[1.0, 5.0], [3.0, 6.0]]), order=np.array([1, 0]))
    array([[-3.,  6.],
           [-1.,  5.]])

    Args:
        order: (J,) of the joint set, `Skeleton.mirror`.
        axis: x of the mirror.
    """
    swapped = points[..., order.tolist(), :]
    return namespace_of(points).concatenate([2.0 * axis - swapped[..., :1], swapped[..., 1:]], -1)
