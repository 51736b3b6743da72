"""Nearest neighbour under dynamic time warping (Sakoe and Chiba 1978), all channels warped together."""

from __future__ import annotations

import numpy as np
from numba import njit

from formnet.judges.parts.series import N_FRAMES, compute_series, require_rows
from formnet.motion import FloatArray
from formnet.readers.table import RepetitionTable


@njit(cache=True, fastmath=True)
def _squared_difference(a: FloatArray, b: FloatArray) -> float:
    total = 0.0
    for channel in range(len(a)):
        total += (a[channel] - b[channel]) ** 2
    return total


@njit(cache=True)
def compute_dtw_distance(a: FloatArray, b: FloatArray, window: int, cutoff: float = np.inf) -> float:
    """Root of the least sum of squared differences along a warping path of two series (T, C) and (U, C).

    Args:
        window: how far the path may leave the diagonal, in frames; negative for no limit.
        cutoff: a distance above which nobody cares: infinity is returned as soon as it is certain to be passed.
    """
    n, m = len(a), len(b)
    reach = max(n, m) if window < 0 else max(window, abs(n - m))
    limit = cutoff * cutoff
    before = np.full(m + 1, np.inf)
    now = np.full(m + 1, np.inf)
    before[0] = 0.0
    for i in range(n):
        now[:] = np.inf
        least = np.inf
        for j in range(max(0, i - reach), min(m, i + reach + 1)):
            best = min(before[j], before[j + 1], now[j])
            # Where no path of interest arrives, the cost need not be known.
            if best <= limit and best < np.inf:
                now[j + 1] = best + _squared_difference(a[i], b[j])
                least = min(least, now[j + 1])
        if least > limit:
            return np.inf
        before, now = now, before
    return float(np.sqrt(before[m])) if before[m] <= limit else np.inf


@njit(cache=True)
def _compute_nearest(
    rows: FloatArray, columns: FloatArray, labels: np.ndarray, n_classes: int, window: int, exclude_same: bool
) -> FloatArray:
    """(N, n_classes) distance of each row to the nearest column of each class; infinity where there is none."""
    nearest = np.full((len(rows), n_classes), np.inf)
    for i in range(len(rows)):
        for j in range(len(columns)):
            if exclude_same and i == j:
                continue
            distance = compute_dtw_distance(rows[i], columns[j], window, nearest[i, labels[j]])
            nearest[i, labels[j]] = min(nearest[i, labels[j]], distance)
    return nearest


class NearestNeighbourDTW:
    """1-NN on joints relative to the hips.

    The answer is the class of the nearest training row. Its probability falls with the distance to the nearest row of
    each class, in units of the typical distance between neighbours in training.

    Args:
        n_frames: frames of each series.
        window: half width of the warping band, as part of the frames.
    """

    def __init__(self, n_frames: int = N_FRAMES, window: float = 0.2) -> None:
        self.n_frames = n_frames
        self.window_frames = round(window * n_frames)

    def fit(self, table: RepetitionTable) -> NearestNeighbourDTW:
        require_rows(table, 1)
        self._series = compute_series(table, self.n_frames)
        self._labels = np.asarray(table.labels)
        some = np.linspace(0, len(table) - 1, min(len(table), 24)).astype(np.intp)
        subset, alike = self._series[some], np.zeros(len(some), dtype=np.int64)
        nearest = _compute_nearest(subset, subset, alike, 1, self.window_frames, True)[:, 0]
        self._typical = float(np.median(nearest[np.isfinite(nearest)])) if len(some) > 1 else 1.0
        return self

    def predict_proba(self, table: RepetitionTable) -> FloatArray:
        nearest = _compute_nearest(
            compute_series(table, self.n_frames),
            self._series,
            self._labels,
            len(table.classes),
            self.window_frames,
            False,
        )
        closeness = np.exp(-(nearest - nearest.min(axis=1, keepdims=True)) / max(self._typical, 1e-12))
        return np.asarray(closeness / closeness.sum(axis=1, keepdims=True))
