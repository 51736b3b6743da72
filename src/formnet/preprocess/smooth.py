"""Zero-phase low-pass smoothing with the cut-off in Hz, on true timestamps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from formnet.errors import InputError
from formnet.geometry.paths import find_runs, interpolate_at
from formnet.motion import FloatArray, Motion

CUTOFFS_HZ = (0.5, 100.0)
"""Below the least a squat of two seconds is flattened; above the greatest no camera sees anything to remove."""
_REFLECTED = 27
"""Frames that are added to each end."""


@dataclass(frozen=True)
class LowPass:
    """y[t] + a₁ y[t−1] + a₂ y[t−2] = gain · (x[t] + 2 x[t−1] + x[t−2]).

    SciPy's filters do the same, but to import them takes longer than to judge a clip.
    """

    gain: float
    a1: float
    a2: float

    def run(self, values: FloatArray) -> FloatArray:
        """Values (T, …) filtered once, as if the first had stood there for ever."""
        flat = values.reshape(len(values), -1)
        moved = np.pad(flat - flat[0], [(2, 0), (0, 0)])
        smooth = np.zeros_like(moved)
        smooth[2:] = self.gain * (moved[2:] + 2 * moved[1:-1] + moved[:-2])
        for t in range(2, len(smooth)):
            smooth[t] -= self.a1 * smooth[t - 1] + self.a2 * smooth[t - 2]
        return (smooth[2:] + flat[0]).reshape(values.shape)


def design_butterworth(cutoff_hz: float, fps: float) -> LowPass:
    """Of order 2, by the bilinear transform: −3 dB at the cut-off."""
    k = math.tan(math.pi * cutoff_hz / fps)
    norm = 1 + math.sqrt(2) * k + k * k
    return LowPass(k * k / norm, 2 * (k * k - 1) / norm, (1 - math.sqrt(2) * k + k * k) / norm)


def describe_cutoff_problem(cutoff_hz: float) -> str | None:
    """What is wrong with a cut-off that somebody chose; None where nothing is."""
    least, greatest = CUTOFFS_HZ
    if least <= cutoff_hz <= greatest:
        return None
    return f"must be {least:g}–{greatest:g} Hz, got {cutoff_hz:g}; 4–8 Hz suits human movement"


def smooth_butterworth(motion: Motion, cutoff_hz: float) -> Motion:
    """Low-pass filters every joint forwards and backwards by a Butterworth filter of order 2, so nothing is delayed.

    Frames of variable rate are put on a uniform grid at the median rate, filtered, and read back at their own
    times. Stretches between gaps are filtered by themselves; stretches of fewer than four frames, and motions
    whose Nyquist frequency lies at or below the cut-off, stay as they are.

    Args:
        cutoff_hz: frequency whose amplitude falls to a half (two passes of −3 dB).

    Raises:
        InputError: for a cut-off that is not above 0.
    """
    if not cutoff_hz > 0:
        raise InputError(f"expected a cut-off above 0 Hz, got {cutoff_hz}; 4–8 Hz suits human movement")
    if len(motion) < 4 or cutoff_hz >= 0.5 * motion.fps:
        return motion
    lowpass = design_butterworth(cutoff_hz, motion.fps)
    positions = motion.positions.copy()
    flat = positions.reshape(len(motion), len(motion.skeleton), -1)
    whole = ~motion.missing.any(axis=0)
    if whole.any():
        flat[:, whole] = _smooth_run(flat[:, whole], motion.timestamps, motion.fps, lowpass)
    for joint in np.flatnonzero(~whole):
        for start, stop in find_runs(~motion.missing[:, joint]):
            if stop - start >= 4:
                flat[start:stop, joint] = _smooth_run(
                    flat[start:stop, joint], motion.timestamps[start:stop], motion.fps, lowpass
                )
    return motion.replace(positions=positions)


def _smooth_run(values: FloatArray, times_s: FloatArray, fps: float, lowpass: LowPass) -> FloatArray:
    """Filters (T, …) without gaps."""
    steps_s = np.diff(times_s)
    uniform = bool(np.allclose(steps_s, 1.0 / fps, rtol=0.02, atol=0))
    if uniform:
        return _filter_both_ways(values, lowpass)
    n_grid = max(4, round((times_s[-1] - times_s[0]) * fps) + 1)
    grid_s = np.linspace(times_s[0], times_s[-1], n_grid)
    smooth = _filter_both_ways(interpolate_at(grid_s, times_s, values), lowpass)
    return interpolate_at(times_s, grid_s, smooth)


def _filter_both_ways(values: FloatArray, lowpass: LowPass) -> FloatArray:
    # Odd reflection at the ends keeps a path's end where it is; a short stretch can only be reflected once.
    pad = min(_REFLECTED, len(values) - 1)
    longer = np.pad(values, [(pad, pad)] + [(0, 0)] * (values.ndim - 1), mode="reflect", reflect_type="odd")
    for _ in range(2):
        longer = lowpass.run(longer)[::-1]
    return longer[pad : pad + len(values)]
