"""Laying one body over another: weighted Procrustes without reflection, and its generalised form.

A reflection would forgive swapped sides, so every rotation here is proper (determinant +1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray

_ROUNDS = 3
"""Alignments of shapes to their mean; two or three suffice."""


@dataclass(frozen=True, eq=False)
class Similarity:
    """The map x ↦ scale · rotation · x + translation.

    Attributes:
        rotation: (D, D), proper.
        scale: above 0.
        translation: (D,).
    """

    rotation: FloatArray
    scale: float
    translation: FloatArray

    def apply(self, points: FloatArray) -> FloatArray:
        """Points (…, D) mapped."""
        return self.scale * points @ self.rotation.T + self.translation


def estimate_rotation(a: FloatArray, b: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Proper rotation (D, D) that minimises Σ w |R a − b|² over vectors a, b (n, D) (Kabsch 1976).

    Rows with a NaN or weight 0 do not count. Without any row the identity is returned.
    """
    a, b, weights = _usable(a, b, weights)
    n_dimensions = a.shape[1]
    covariance = (weights[:, None] * b).T @ a
    left, _, right = np.linalg.svd(covariance)
    signs = np.ones(n_dimensions)
    signs[-1] = np.sign(np.linalg.det(left @ right)) or 1.0
    return (left * signs) @ right


def estimate_robust_rotation(
    a: FloatArray, b: FloatArray, weights: FloatArray | None = None, *, scale: float = 0.2, rounds: int = 10
) -> FloatArray:
    """As `estimate_rotation`, but rows that stay far off count less: the majority decides.

    Iteratively reweighted with Geman–McClure weights 1 / (1 + (r / scale)²)², so that a limb held wrongly does
    not turn the whole body.

    Args:
        scale: residual at which a row's weight falls to a quarter, in the unit of a and b.
    """
    a, b, weights = _usable(a, b, weights)
    rotation = estimate_rotation(a, b, weights)
    for _ in range(rounds):
        squares = ((a @ rotation.T - b) ** 2).sum(axis=1)
        rotation = estimate_rotation(a, b, weights / (1.0 + squares / scale**2) ** 2)
    return rotation


def estimate_vertical_rotation(a: FloatArray, b: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Rotation (3, 3) about the vertical (y) that minimises Σ w |R a − b|²: only the camera's bearing changes."""
    a, b, weights = _usable(a, b, weights)
    cosine = float((weights * (a[:, 0] * b[:, 0] + a[:, 2] * b[:, 2])).sum())
    sine = float((weights * (a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2])).sum())
    return rotation_about_vertical(np.arctan2(sine, cosine))


def rotation_about_vertical(angle_rad: float) -> FloatArray:
    """Rotation (3, 3) about y that takes the direction (cos a, 0, sin a) to +x."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def compute_rotation_angle_deg(rotation: FloatArray) -> float:
    """Angle of a proper rotation (2, 2) or (3, 3), 0–180°."""
    n_dimensions = len(rotation)
    cosine = (np.trace(rotation) - (n_dimensions - 2)) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def compute_tilt_deg(rotation: FloatArray) -> float:
    """How far a rotation (3, 3) moves the vertical, 0–180°."""
    return float(np.degrees(np.arccos(np.clip(rotation[1, 1], -1.0, 1.0))))


def estimate_similarity(a: FloatArray, b: FloatArray, weights: FloatArray | None = None) -> Similarity:
    """Weighted Procrustes: the map of a (n, D) onto b (n, D) with the least weighted sum of squares, no reflection.

    Raises:
        InputError: fewer than two points that both have, or all of them in one place.
    """
    a, b, weights = _usable(a, b, weights)
    if len(a) < 2:
        raise InputError("expected two points or more that both poses have; use poses with joints in common")
    total = weights.sum()
    centre_a, centre_b = weights @ a / total, weights @ b / total
    a, b = a - centre_a, b - centre_b
    size_a = float(weights @ (a**2).sum(axis=1))
    if size_a <= 0:
        raise InputError("all joints of a pose lie in one place; use a pose with some extent")
    rotation = estimate_rotation(a, b, weights)
    factor = float((weights[:, None] * (a @ rotation.T) * b).sum() / size_a)
    # Unrelated points can ask for a negative scale, which would be a point reflection.
    factor = max(factor, 1e-9)
    return Similarity(rotation, factor, centre_b - factor * rotation @ centre_a)


def align_generalised(shapes: Sequence[FloatArray]) -> tuple[FloatArray, list[FloatArray]]:
    """Generalised Procrustes (Gower 1975): every shape aligned to the mean of all, and the mean.

    Args:
        shapes: k arrays (n, D) of corresponding points.

    Returns:
        the mean (n, D), of the size, place and direction of the first shape, and the aligned shapes.
    """
    if not shapes:
        raise InputError("expected one shape or more to average; give at least one reference")
    aligned = [np.asarray(shape, dtype=np.float64) for shape in shapes]
    mean = aligned[0]
    for _ in range(_ROUNDS):
        aligned = [estimate_similarity(shape, mean).apply(shape) for shape in aligned]
        # Averaging shrinks; fixing the mean to the first shape keeps size and direction from drifting.
        mean = np.mean(aligned, axis=0)
        mean = estimate_similarity(mean, aligned[0]).apply(mean)
    return mean, aligned


def _usable(a: FloatArray, b: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray, FloatArray]:
    assert a.shape == b.shape, "points come in pairs"
    assert a.ndim == 2, "points are rows of an array (n, D)"
    weights = np.ones(len(a)) if weights is None else np.asarray(weights, dtype=np.float64)
    there = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1) & (weights > 0)
    return a[there], b[there], weights[there]
