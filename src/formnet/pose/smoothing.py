"""Smoothing over time as MediaPipe does it, so that joints rest when the person rests and follow when they move.

The one-euro filter (Casiez, Roussel, Vogel 2012): a first-order low pass whose cutoff frequency rises with speed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.motion import FloatArray

_VISIBILITY_SHARE = 0.1
_MAX_GAP_S = 0.5
"""After a longer time without the person the filters start anew."""


@dataclass(frozen=True)
class OneEuro:
    """Parameters of the filter.

    Attributes:
        least_cutoff_hz: cutoff at rest.
        beta: how much the cutoff rises with speed (sizes per second).
        speed_cutoff_hz: cutoff of the low pass for the speed itself.
    """

    least_cutoff_hz: float
    beta: float
    speed_cutoff_hz: float = 1.0


# As MediaPipe's pose landmarker has them.
IN_PICTURE = OneEuro(0.05, 80.0)
IN_METRES = OneEuro(0.1, 40.0)


def smooth_places(values: FloatArray, times_s: FloatArray, sizes: FloatArray, filter: OneEuro) -> FloatArray:
    """Values (T, …) at times (T,), smoothed, each number by itself.

    What is missing (NaN) stays so, and rests where it was last until it is there again.

    Args:
        sizes: (T,) of the person, in the unit of the values: speed is measured in sizes per second.
    """
    missing = np.isnan(values)
    if missing.any():
        return np.where(missing, np.nan, smooth_places(_hold(values), times_s, sizes, filter))
    smoothed = np.array(values, dtype=np.float64)
    speed = np.zeros(values.shape[1:])
    for now in range(1, len(values)):
        step_s = times_s[now] - times_s[now - 1]
        if step_s > _MAX_GAP_S:
            speed = np.zeros(values.shape[1:])
            continue
        moved = (values[now] - values[now - 1]) / (max(sizes[now], 1e-6) * step_s)
        speed = speed + _share(filter.speed_cutoff_hz, step_s) * (moved - speed)
        share = _share(filter.least_cutoff_hz + filter.beta * np.abs(speed), step_s)
        smoothed[now] = smoothed[now - 1] + share * (values[now] - smoothed[now - 1])
    return smoothed


def _hold(values: FloatArray) -> FloatArray:
    """Values (T, …) with gaps held at the value before, or at the first there is; 0 where there is none at all."""
    there = ~np.isnan(values)
    frames = np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1))
    last = np.maximum.accumulate(np.where(there, frames, -1), axis=0)
    first = np.argmax(there, axis=0)[None]
    return np.nan_to_num(np.take_along_axis(values, np.where(last < 0, first, last), axis=0))


def smooth_visibility(values: FloatArray, times_s: FloatArray) -> FloatArray:
    """Shares (T, J) by a low pass that takes a tenth of each new value, whatever the rate."""
    smoothed = np.array(values, dtype=np.float64)
    for now in range(1, len(values)):
        if times_s[now] - times_s[now - 1] <= _MAX_GAP_S:
            smoothed[now] = smoothed[now - 1] + _VISIBILITY_SHARE * (values[now] - smoothed[now - 1])
    return smoothed


def _share(cutoff_hz: float | FloatArray, step_s: float) -> FloatArray:
    """Share of a new value in a low pass with that cutoff."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * np.asarray(cutoff_hz) * step_s)))
