"""Zero-phase low-pass smoothing with the cut-off in Hz, on true timestamps."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfiltfilt

from formnet.errors import InputError
from formnet.geometry.paths import find_runs, interpolate_at
from formnet.motion import FloatArray, Motion

CUTOFFS_HZ = (0.5, 100.0)
"""Below the least a squat of two seconds is flattened; above the greatest no camera sees anything to remove."""


def describe_cutoff_problem(cutoff_hz: float) -> str | None:
    """What is wrong with a cut-off that somebody chose; None where nothing is."""
    least, greatest = CUTOFFS_HZ
    if least <= cutoff_hz <= greatest:
        return None
    return f"must be {least:g}–{greatest:g} Hz, got {cutoff_hz:g}; 4–8 Hz suits human movement"


def smooth_butterworth(motion: Motion, cutoff_hz: float, order: int = 2) -> Motion:
    """Low-pass filters every joint forwards and backwards, so nothing is delayed.

    Frames of variable rate are put on a uniform grid at the median rate, filtered, and read back at their own
    times. Stretches between gaps are filtered by themselves; stretches of fewer than four frames, and motions
    whose Nyquist frequency lies at or below the cut-off, stay as they are.

    Args:
        cutoff_hz: frequency whose amplitude falls to a half (two passes of −3 dB).
        order: of the Butterworth filter in each direction.

    Raises:
        InputError: for a cut-off that is not above 0.
    """
    if not cutoff_hz > 0:
        raise InputError(f"expected a cut-off above 0 Hz, got {cutoff_hz}; 4–8 Hz suits human movement")
    if len(motion) < 4 or cutoff_hz >= 0.5 * motion.fps:
        return motion
    sections = butter(order, cutoff_hz, fs=motion.fps, output="sos")
    positions = motion.positions.copy()
    flat = positions.reshape(len(motion), len(motion.skeleton), -1)
    whole = ~motion.missing.any(axis=0)
    if whole.any():
        flat[:, whole] = _smooth_run(flat[:, whole], motion.timestamps, motion.fps, sections)
    for joint in np.flatnonzero(~whole):
        for start, stop in find_runs(~motion.missing[:, joint]):
            if stop - start >= 4:
                flat[start:stop, joint] = _smooth_run(
                    flat[start:stop, joint], motion.timestamps[start:stop], motion.fps, sections
                )
    return motion.replace(positions=positions)


def _smooth_run(values: FloatArray, times_s: FloatArray, fps: float, sections: FloatArray) -> FloatArray:
    """Filters (T, …) without gaps."""
    steps_s = np.diff(times_s)
    uniform = bool(np.allclose(steps_s, 1.0 / fps, rtol=0.02, atol=0))
    if uniform:
        return _filter_both_ways(values, sections)
    n_grid = max(4, round((times_s[-1] - times_s[0]) * fps) + 1)
    grid_s = np.linspace(times_s[0], times_s[-1], n_grid)
    smooth = _filter_both_ways(interpolate_at(grid_s, times_s, values), sections)
    return interpolate_at(times_s, grid_s, smooth)


def _filter_both_ways(values: FloatArray, sections: FloatArray) -> FloatArray:
    # Odd reflection at the ends keeps a path's end where it is; a short stretch can only be reflected once.
    pad = min(3 * (2 * len(sections) + 1) * 3, len(values) - 1)
    return sosfiltfilt(sections, values, axis=0, padtype="odd", padlen=pad)
