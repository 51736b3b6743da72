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

from formnet.motion import FloatArray

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
