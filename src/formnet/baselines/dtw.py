"""Nearest neighbour under dynamic time warping (Sakoe and Chiba 1978), all channels warped together."""

from __future__ import annotations

import numpy as np
from numba import njit

from formnet.baselines.base import N_FRAMES, compute_series, require_rows
from formnet.motion import FloatArray
from formnet.readers.table import RepetitionTable


@njit(cache=True)
def compute_dtw_distance(a: FloatArray, b: FloatArray, window: int) -> float:
    """Root of the least sum of squared differences along a warping path of two series (T, C) and (U, C).

    Args:
        window: how far the path may leave the diagonal, in frames; negative for no limit.
    """
    n, m = len(a), len(b)
    reach = max(n, m) if window < 0 else max(window, abs(n - m))
    norms = (b * b).sum(axis=1)
    products = a @ b.T
    before = np.full(m + 1, np.inf)
    before[0] = 0.0
    for i in range(n):
        now = np.full(m + 1, np.inf)
        norm = (a[i] * a[i]).sum()
        for j in range(max(0, i - reach), min(m, i + reach + 1)):
            cost = max(norm + norms[j] - 2.0 * products[i, j], 0.0)
            now[j + 1] = cost + min(before[j], before[j + 1], now[j])
        before = now
    return float(np.sqrt(before[m]))


@njit(cache=True)
def _compute_distances(rows: FloatArray, columns: FloatArray, window: int) -> FloatArray:
    distances = np.empty((len(rows), len(columns)))
    for i in range(len(rows)):
        for j in range(len(columns)):
            distances[i, j] = compute_dtw_distance(rows[i], columns[j], window)
    return distances


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
        between = _compute_distances(self._series[some], self._series[some], self.window_frames)
        np.fill_diagonal(between, np.inf)
        nearest = between.min(axis=1)
        self._typical = float(np.median(nearest[np.isfinite(nearest)])) if len(some) > 1 else 1.0
        return self

    def predict_proba(self, table: RepetitionTable) -> FloatArray:
        distances = _compute_distances(compute_series(table, self.n_frames), self._series, self.window_frames)
        nearest = np.full((len(table), len(table.classes)), np.inf)
        for number in set(self._labels.tolist()):
            nearest[:, number] = distances[:, self._labels == number].min(axis=1)
        closeness = np.exp(-(nearest - nearest.min(axis=1, keepdims=True)) / max(self._typical, 1e-12))
        return np.asarray(closeness / closeness.sum(axis=1, keepdims=True))
