"""MiniRocket for several channels (Dempster, Schmidt and Webb, KDD 2021), with a ridge classifier.

84 kernels of length 9 hold the weight 2 at three places and -1 at the other six. Each is laid over the series at
several dilations, on a random few channels that are summed; a feature is the share of frames in which the result is
above a bias, and biases are quantiles of the results on training rows. Written from the paper's description.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numba import njit, prange
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.linear_model import RidgeClassifierCV
from sklearn.preprocessing import StandardScaler

from formnet.judges.parts.series import N_FRAMES, compute_series, require_rows, spread_probabilities
from formnet.judges.parts.threads import one_thread
from formnet.motion import FloatArray
from formnet.readers.table import RepetitionTable

KERNEL_LENGTH = 9
KERNELS = np.array(list(combinations(range(KERNEL_LENGTH), 3)), dtype=np.int64)
"""(84, 3): where each kernel holds the weight 2."""
MOST_CHANNELS = 9
GOLDEN = (np.sqrt(5.0) + 1.0) / 2.0


@dataclass(frozen=True, eq=False)
class RocketPlan:
    """What a fitted transform lays over a series: one row for each pair of a dilation and a kernel.

    Attributes:
        dilations: (P,) frames between neighbouring weights.
        kernels: (P,) rows of `KERNELS`.
        channels: (P, MOST_CHANNELS) channels that are summed, -1 where fewer are.
        padded: (P,) whether the ends count (with zeros beyond them).
        biases: (P, B) thresholds, NaN where a pair has fewer features.
    """

    dilations: np.ndarray
    kernels: np.ndarray
    channels: np.ndarray
    padded: np.ndarray
    biases: FloatArray


@njit(cache=True)
def convolve_dilated(series: FloatArray, kernel: np.ndarray, dilation: int, channels: np.ndarray) -> FloatArray:
    """(T,) result of one kernel on the sum of some channels of (C, T), zeros beyond the ends.

    With the weights -1 everywhere plus 3 at three places: minus the sum of all nine shifts, plus 3 times three of them.
    """
    n_frames = series.shape[1]
    summed = np.zeros(n_frames)
    for channel in channels:
        if channel >= 0:
            summed += series[channel]
    result = np.zeros(n_frames)
    for place in range(9):
        shift = (place - 4) * dilation
        weight = 2.0 if place == kernel[0] or place == kernel[1] or place == kernel[2] else -1.0
        for t in range(max(0, -shift), min(n_frames, n_frames - shift)):
            result[t] += weight * summed[t + shift]
    return result


@njit(cache=True)
def _valid_range(n_frames: int, dilation: int, padded: bool) -> tuple[int, int]:
    margin = 0 if padded else 4 * dilation
    return margin, n_frames - margin


@njit(cache=True, parallel=False)
def _transform(
    series: FloatArray,
    table: np.ndarray,
    dilations: np.ndarray,
    kernels: np.ndarray,
    channels: np.ndarray,
    padded: np.ndarray,
    biases: FloatArray,
) -> FloatArray:
    n_pairs, n_biases = biases.shape
    features = np.zeros((len(series), n_pairs, n_biases))
    for row in prange(len(series)):
        for pair in range(n_pairs):
            values = convolve_dilated(series[row], table[kernels[pair]], dilations[pair], channels[pair])
            first, last = _valid_range(series.shape[2], dilations[pair], padded[pair])
            for number in range(n_biases):
                above = 0
                for t in range(first, last):
                    if values[t] > biases[pair, number]:
                        above += 1
                features[row, pair, number] = above / (last - first)
    return features


def choose_dilations(n_frames: int, features_per_kernel: int, most: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Dilations in powers of two up to the length of the series, and how many features of a kernel each gets."""
    n_levels = min(features_per_kernel, most)
    top = np.log2((n_frames - 1) / (KERNEL_LENGTH - 1))
    levels = np.logspace(0, max(top, 0.0), n_levels, base=2.0).astype(np.int64)
    dilations, counts = np.unique(levels, return_counts=True)
    shares = (counts * (features_per_kernel / n_levels)).astype(np.int64)
    left, number = features_per_kernel - int(shares.sum()), 0
    while left > 0:
        shares[number % len(shares)] += 1
        left, number = left - 1, number + 1
    return dilations, shares


def fit_plan(series: FloatArray, n_features: int, rng: np.random.Generator) -> RocketPlan:
    """Chooses channels, and biases from the rows of (N, C, T)."""
    n_rows, n_channels, n_frames = series.shape
    per_kernel = max(1, n_features // len(KERNELS))
    dilations, shares = choose_dilations(n_frames, per_kernel)
    n_pairs = len(dilations) * len(KERNELS)
    most = min(n_channels, MOST_CHANNELS)
    channels = np.full((n_pairs, MOST_CHANNELS), -1, dtype=np.int64)
    biases = np.full((n_pairs, int(shares.max())), np.nan)
    pair_dilations = np.repeat(dilations, len(KERNELS))
    pair_kernels = np.tile(np.arange(len(KERNELS)), len(dilations))
    # Padding alternates over the pairs, so that every kernel and every dilation is seen both ways.
    padded = (np.arange(n_pairs) % len(KERNELS) + np.arange(n_pairs) // len(KERNELS)) % 2 == 0
    # A low-discrepancy sequence of quantiles, so that biases of all pairs together cover the range evenly.
    quantiles = (np.arange(1, n_pairs * int(shares.max()) + 1) * GOLDEN) % 1.0
    for pair in range(n_pairs):
        size = min(int(2 ** rng.uniform(0.0, np.log2(most + 1))), most)
        channels[pair, :size] = rng.choice(n_channels, size, replace=False)
        row = series[rng.integers(n_rows)]
        values = convolve_dilated(row, KERNELS[pair_kernels[pair]], int(pair_dilations[pair]), channels[pair])
        count = int(shares[pair // len(KERNELS)])
        biases[pair, :count] = np.quantile(values, quantiles[pair * int(shares.max()) :][:count])
    return RocketPlan(pair_dilations, pair_kernels, channels, padded, biases)


def transform_rocket(series: FloatArray, plan: RocketPlan) -> FloatArray:
    """Features (N, F) of series (N, C, T): shares of frames above each bias."""
    features = _transform(
        np.ascontiguousarray(series, dtype=np.float64),
        KERNELS,
        plan.dilations,
        plan.kernels,
        plan.channels,
        plan.padded,
        plan.biases,
    )
    return np.asarray(features[:, ~np.isnan(plan.biases)])


class MiniRocket:
    """MiniRocket on joints relative to the hips, ridge classifier, probabilities tempered on left-out rows.

    Args:
        n_features: about how many features.
        seed: of the random channels and biases.
    """

    def __init__(self, n_features: int = 10_000, n_frames: int = N_FRAMES, seed: int = 0) -> None:
        self.n_features, self.n_frames, self.seed = n_features, n_frames, seed

    @one_thread()
    def fit(self, table: RepetitionTable) -> MiniRocket:
        require_rows(table)
        series = self._series(table)
        self._plan = fit_plan(series, self.n_features, np.random.default_rng(self.seed))
        self._scaler = StandardScaler()
        features = self._scaler.fit_transform(transform_rocket(series, self._plan))
        self._ridge = RidgeClassifierCV(alphas=np.logspace(-1, 5, 13), store_cv_results=True)
        self._ridge.fit(features, table.labels)
        self._temperature = self._fit_temperature(np.asarray(table.labels))
        return self

    def predict_proba(self, table: RepetitionTable) -> FloatArray:
        features = self._scaler.transform(transform_rocket(self._series(table), self._plan))
        scores = _as_columns(self._ridge.decision_function(features))
        learnt = softmax(scores / self._temperature, axis=1)
        return spread_probabilities(learnt, self._ridge.classes_, len(table.classes))

    def _series(self, table: RepetitionTable) -> FloatArray:
        return np.ascontiguousarray(compute_series(table, self.n_frames).transpose(0, 2, 1))

    def _fit_temperature(self, labels: np.ndarray) -> float:
        """The softmax temperature that fits the squared errors ridge keeps of each row left out of training."""
        numbers = np.searchsorted(self._ridge.classes_, labels)
        best = int(np.argmin(np.abs(np.asarray(self._ridge.alphas) - self._ridge.alpha_)))
        errors = np.sqrt(np.maximum(_errors_of(self._ridge.cv_results_, best), 0.0))
        targets = np.where(np.arange(len(self._ridge.classes_)) == numbers[:, None], 1.0, -1.0)
        # Ridge keeps the size of the error, not its sign: margins shrink towards the wrong side as it grows.
        scores = targets * (1.0 - _as_columns_of_errors(errors, targets.shape[1]))

        def loss(log_temperature: float) -> float:
            log_probabilities = log_softmax(scores / np.exp(log_temperature), axis=1)
            return float(-log_probabilities[np.arange(len(numbers)), numbers].mean())

        return float(np.exp(minimize_scalar(loss, bounds=(-4.0, 3.0), method="bounded").x))


def _as_columns(scores: FloatArray) -> FloatArray:
    """One column of two-class margins → a column for each class."""
    return np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores


def _errors_of(results: FloatArray, alpha: int) -> FloatArray:
    chosen = results[..., alpha]
    return np.asarray(chosen.reshape(len(chosen), -1))


def _as_columns_of_errors(errors: FloatArray, n_classes: int) -> FloatArray:
    return np.repeat(errors, n_classes, axis=1) if errors.shape[1] == 1 else errors
