"""Dynamic time warping, exact and fast: a BLAS matrix of frame distances, then a compiled recursion over it.

Without a band (`band_frames=None`) a path may leave the diagonal as far as it likes; 0 keeps it on the diagonal.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.motion import FloatArray

Path = NDArray[np.intp]

# Below this share of the squared norms, |a|² + |b|² − 2ab has lost too many digits and is summed directly.
_CANCELLATION = 1e-6


def compute_squared_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Squared Euclidean distances (n, m) between rows of a (n, k) and b (m, k), relative error below 1e-9.

    Raises:
        InputError: other shapes, or values that are not finite.
    """
    a, b = _check_series(a), _check_series(b)
    if a.shape[1] != b.shape[1]:
        raise InputError(f"expected frames of equal size, got {a.shape[1]} and {b.shape[1]}; use the same joints")
    # A common centre keeps the norms small; distances do not change.
    centre = (a.sum(axis=0) + b.sum(axis=0)) / (len(a) + len(b))
    near_a, near_b = a - centre, b - centre
    products = near_a @ near_b.T
    squares_a, squares_b = np.einsum("ij,ij->i", near_a, near_a), np.einsum("ij,ij->i", near_b, near_b)
    return _finish_squares(products, squares_a, squares_b, np.ascontiguousarray(a), np.ascontiguousarray(b))


def compute_dtw_distance(a: FloatArray, b: FloatArray, band_frames: int | None = None) -> float:
    """Square root of the least sum of squared frame distances along a warping path.

    The same definition as dtaidistance's `dtw_ndim.distance` (and `dtw.distance` for one dimension).

    Args:
        a, b: (n, k) and (m, k).
        band_frames: greatest distance of the path from the line between the corners, in frames of b.
    """
    cost = compute_squared_distances(a, b)
    low, high = compute_band(len(cost), cost.shape[1], band_frames)
    return float(np.sqrt(_least_sum(cost, low, high)))


def find_nearest_of_classes(
    rows: FloatArray, columns: FloatArray, labels: np.ndarray, n_classes: int, band_frames: int | None = None,
    *, exclude_same: bool = False,
) -> FloatArray:  # fmt: skip
    """(N, n_classes) `compute_dtw_distance` of each row to the nearest column of each class; infinity without any.

    A distance that is certain to be no nearest one is given up early, which changes nothing but the time.

    Args:
        rows, columns: (N, n, k) and (M, m, k) series.
        labels: (M,) class of each column.
        exclude_same: row i is not held against column i.
    """
    low, high = compute_band(rows.shape[1], columns.shape[1], band_frames)
    return _find_nearest(rows, columns, labels, n_classes, low, high, exclude_same)


def align_by_cost(cost: FloatArray, band_frames: int | None = None) -> tuple[float, Path]:
    """Least sum of costs from corner to corner of (n, m) by steps down, right and diagonal, and its path (length, 2).

    Of equal predecessors the diagonal wins, then the one that only moves on in a.
    """
    cost = np.ascontiguousarray(cost, dtype=np.float64)
    if cost.ndim != 2 or 0 in cost.shape:
        raise InputError(f"expected a cost matrix of at least one frame on each side, got shape {cost.shape}")
    low, high = compute_band(len(cost), cost.shape[1], band_frames)
    total, directions = _least_sum_and_directions(cost, low, high)
    return float(total), _walk_back(directions)


def compute_band(n: int, m: int, band_frames: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last+1 column (n,) each row may use; always wide enough that a path from corner to corner exists.

    Raises:
        InputError: a negative band.
    """
    if band_frames is None:
        return np.zeros(n, dtype=np.int64), np.full(n, m, dtype=np.int64)
    if band_frames < 0:
        raise InputError(f"the band must be 0 or more frames, got {band_frames}")
    slope = (m - 1) / max(n - 1, 1)
    line = np.arange(n) * slope
    reach = band_frames + max(slope, 1.0) / 2
    low = np.clip(np.ceil(line - reach), 0, m - 1).astype(np.int64)
    high = np.clip(np.floor(line + reach) + 1, 1, m).astype(np.int64)
    low[0], high[-1] = 0, m
    return low, high


def _check_series(series: FloatArray) -> FloatArray:
    series = np.asarray(series, dtype=np.float64)
    series = series[:, None] if series.ndim == 1 else series
    if series.ndim != 2 or 0 in series.shape:
        raise InputError(f"expected frames × values with at least one of each, got shape {series.shape}")
    if not np.isfinite(series).all():
        raise InputError("frames hold missing values; fill the gaps before aligning")
    return series


@numba.njit(cache=True, nogil=True)
def _finish_squares(products, squares_a, squares_b, a, b):  # type: ignore[no-untyped-def]  # pragma: no cover
    n, m = products.shape
    for i in range(n):
        square = squares_a[i]
        lost = 0
        for j in range(m):
            both = square + squares_b[j]
            value = both - 2.0 * products[i, j]
            products[i, j] = value
            lost += value < _CANCELLATION * both
        if lost:
            for j in range(m):
                if products[i, j] < _CANCELLATION * (square + squares_b[j]):
                    value = 0.0
                    for k in range(a.shape[1]):
                        value += (a[i, k] - b[j, k]) ** 2
                    products[i, j] = value
    return products


@numba.njit(cache=True, nogil=True)
def _least_sum(cost, low, high):  # type: ignore[no-untyped-def]  # pragma: no cover
    n, m = cost.shape
    row = np.full(m + 1, np.inf)
    row[0] = 0.0
    for i in range(n):
        diagonal = row[low[i]]
        left = np.inf
        for j in range(low[i], high[i]):
            up = row[j + 1]
            left = cost[i, j] + min(left, min(diagonal, up))
            diagonal = up
            row[j + 1] = left
        row[0] = np.inf
        if low[i] > 0:
            row[low[i]] = np.inf
    return row[m]


@numba.njit(cache=True, nogil=True)
def _least_sum_and_directions(cost, low, high):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Directions: 0 diagonal, 1 only a moves on, 2 only b moves on."""
    n, m = cost.shape
    directions = np.empty((n, m), dtype=np.uint8)
    row = np.full(m + 1, np.inf)
    row[0] = 0.0
    for i in range(n):
        diagonal = row[low[i]]
        left = np.inf
        for j in range(low[i], high[i]):
            up = row[j + 1]
            best = diagonal if diagonal <= up else up
            straight = np.uint8(0) if diagonal <= up else np.uint8(1)
            directions[i, j] = straight if best <= left else np.uint8(2)
            left = cost[i, j] + min(left, best)
            diagonal = up
            row[j + 1] = left
        row[0] = np.inf
        if low[i] > 0:
            row[low[i]] = np.inf
    return row[m], directions


@numba.njit(cache=True, nogil=True)
def _walk_back(directions):  # type: ignore[no-untyped-def]  # pragma: no cover
    n, m = directions.shape
    path = np.empty((n + m, 2), dtype=np.intp)
    i, j, count = n - 1, m - 1, 0
    while True:
        path[count, 0], path[count, 1] = i, j
        count += 1
        if i == 0 and j == 0:
            break
        direction = directions[i, j]
        if j == 0 or (direction == 1 and i > 0):
            i -= 1
        elif i == 0 or direction == 2:
            j -= 1
        else:
            i -= 1
            j -= 1
    return path[:count][::-1].copy()


@numba.njit(cache=True, fastmath=True)
def _squared_distance(a, b):  # type: ignore[no-untyped-def]  # pragma: no cover
    total = 0.0
    for channel in range(len(a)):
        total += (a[channel] - b[channel]) ** 2
    return total


@numba.njit(cache=True)
def _distance_below(a, b, low, high, cutoff):  # type: ignore[no-untyped-def]  # pragma: no cover
    """DTW distance of series (n, k), (m, k); infinity as soon as it is certain to pass `cutoff`."""
    n, m = len(a), len(b)
    limit = cutoff * cutoff
    before, now = np.full(m + 1, np.inf), np.full(m + 1, np.inf)
    before[0] = 0.0
    for i in range(n):
        now[:] = np.inf
        least = np.inf
        for j in range(low[i], high[i]):
            best = min(before[j], before[j + 1], now[j])
            # Where no path of interest arrives, the cost need not be known.
            if best <= limit and best < np.inf:
                now[j + 1] = best + _squared_distance(a[i], b[j])
                least = min(least, now[j + 1])
        if least > limit:
            return np.inf
        before, now = now, before
    return np.sqrt(before[m]) if before[m] <= limit else np.inf


@numba.njit(cache=True)
def _find_nearest(rows, columns, labels, n_classes, low, high, exclude_same):  # type: ignore[no-untyped-def]  # pragma: no cover
    nearest = np.full((len(rows), n_classes), np.inf)
    for i in range(len(rows)):
        for j in range(len(columns)):
            if exclude_same and i == j:
                continue
            distance = _distance_below(rows[i], columns[j], low, high, nearest[i, labels[j]])
            nearest[i, labels[j]] = min(nearest[i, labels[j]], distance)
    return nearest
