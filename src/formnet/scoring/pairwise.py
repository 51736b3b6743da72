"""Confidence-weighted sums over joints for every pair of frames: the loops that BLAS cannot express."""

from __future__ import annotations

import numba
import numpy as np

from formnet.motion import FloatArray, Motion


def split_motion(motion: Motion) -> tuple[FloatArray, FloatArray]:
    """Positions (T, J, D) with 0 for missing joints, and confidences (T, J), which are 0 there."""
    return np.nan_to_num(motion.positions, nan=0.0), np.array(motion.confidence)


def centre_and_scale(motion: Motion) -> tuple[FloatArray, FloatArray]:
    """Every frame about the mean of its seen joints, with mean squared distance 1 from it; (T, J, D) and (T, J)."""
    positions, confidence = split_motion(motion)
    seen = (confidence > 0)[..., None]
    count = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    positions = np.where(seen, positions - positions.sum(axis=1, keepdims=True) / count, 0.0)
    square = (positions**2).sum(axis=(1, 2), keepdims=True) / count
    return positions / np.sqrt(np.where(square > 0, square, 1.0)), confidence


@numba.njit(cache=True, nogil=True)
def sum_weighted(a, weights_a, b, weights_b, order):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Σ w ‖Δ‖ / Σ w with w = w_a · w_b for frames a (n, J, D), b (m, J, D), in the norm of order 1 or 2.

    NaN where no joint is shared.
    """
    result = np.empty((len(a), len(b)))
    for i in range(len(a)):
        for j in range(len(b)):
            top, bottom = 0.0, 0.0
            for k in range(a.shape[1]):
                weight = weights_a[i, k] * weights_b[j, k]
                apart = 0.0
                for d in range(a.shape[2]):
                    apart += abs(a[i, k, d] - b[j, k, d]) ** order
                top += weight * (apart if order == 1 else np.sqrt(apart))
                bottom += weight
            result[i, j] = top / bottom if bottom > 0 else np.nan
    return result
