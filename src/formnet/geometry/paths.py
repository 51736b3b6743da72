"""Paths over time (T, …): frames by time, stretches, gaps closed, and values between frames, by straight lines."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray

Values = TypeVar("Values", bound=NDArray[np.floating])


def nearest_frame(times_s: FloatArray, time_s: float) -> int:
    """Number of the frame of `times_s` (T,) that is nearest in time."""
    return int(np.argmin(np.abs(times_s - time_s)))


def find_runs(wanted: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(start, stop) of every stretch of True, stop exclusive."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def interpolate_at(at: FloatArray, times: FloatArray, values: FloatArray) -> FloatArray:
    """Values (T, …) at `times` (T,), increasing → values (n, …) at `at` (n,), held beyond the ends."""
    columns = values.reshape(len(values), -1).T
    between = np.stack([np.interp(at, times, column) for column in columns], axis=-1)
    return between.reshape(len(at), *values.shape[1:])


def interpolate_gaps(values: Values, times: FloatArray | None = None, *, unseen: float = np.nan) -> Values:
    """Values (T, …) with NaN replaced by interpolation in time, each channel by itself, held at the ends.

    >>> interpolate_gaps(np.array([np.nan, 1.0, np.nan, 3.0]))
    array([1., 1., 2., 3.])

    Args:
        times: (T,) of the frames; None when they are even.
        unseen: what a channel of NaN alone becomes.
    """
    filled: Any = np.array(values, order="C")
    columns = filled.reshape(len(filled), -1)
    at = np.arange(len(filled)) if times is None else times
    for channel in np.flatnonzero(np.isnan(columns).any(axis=0)):
        path = columns[:, channel]
        known = ~np.isnan(path)
        columns[:, channel] = np.interp(at, at[known], path[known]) if known.any() else unseen
    return filled


def sample_frames(values: FloatArray, at: FloatArray) -> FloatArray:
    """Values (T, …) at the frame numbers `at` (n,) of 0…T−1, which may lie between frames → (n, …)."""
    below = np.floor(at).astype(np.intp)
    above = np.minimum(below + 1, len(values) - 1)
    weight = (at - below).reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray((1 - weight) * values[below] + weight * values[above])


def resample_frames(values: FloatArray, n_frames: int) -> FloatArray:
    """(T, …) → (n_frames, …) at even steps, first and last frame kept."""
    return sample_frames(values, np.linspace(0.0, len(values) - 1.0, n_frames))
