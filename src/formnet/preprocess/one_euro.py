"""One-Euro filter (Casiez, Roussel, Vogel, CHI 2012): little jitter at rest, little delay in movement, for live use."""

from __future__ import annotations

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion


class OneEuroFilter:
    """Filters joints frame by frame, knowing only the past.

    Args:
        least_cutoff_hz: cut-off at rest; lower removes more jitter.
        speed_share: growth of the cut-off with speed, in Hz per unit per s; higher removes delay.
        speed_cutoff_hz: cut-off for the speed itself.

    Raises:
        InputError: a cut-off that is not above 0, or a negative share.
    """

    def __init__(self, least_cutoff_hz: float = 1.0, speed_share: float = 2.0, speed_cutoff_hz: float = 1.0) -> None:
        if not (least_cutoff_hz > 0 and speed_cutoff_hz > 0 and speed_share >= 0):
            raise InputError("cut-offs must be above 0 Hz and the share of speed 0 or more")
        self.least_cutoff_hz = least_cutoff_hz
        self.speed_share = speed_share
        self.speed_cutoff_hz = speed_cutoff_hz
        self._time_s = np.zeros(0)
        self._position: FloatArray | None = None
        self._velocity: FloatArray | None = None

    def filter(self, positions: FloatArray, time_s: float) -> FloatArray:
        """The filtered joints (J, D) of a frame; a missing joint stays NaN and starts afresh when it comes back.

        Raises:
            InputError: time that does not go on.
        """
        positions = np.asarray(positions, dtype=np.float64)
        if self._position is None or self._velocity is None:
            self._position, self._velocity = positions.copy(), np.zeros_like(positions)
            self._time_s = np.full(len(positions), time_s)
            return positions.copy()
        step_s = time_s - self._time_s
        seen = ~np.isnan(positions).any(axis=1)
        if seen.any() and not (step_s > 0).all():
            raise InputError(f"frames must come in order of time, got {time_s} s after {self._time_s.max()} s")
        fresh = seen & np.isnan(self._position).any(axis=1)
        going = seen & ~fresh
        rate = 1.0 / step_s[going, None]
        velocity = (positions[going] - self._position[going]) * rate
        blend = _blend(self.speed_cutoff_hz, rate)
        self._velocity[going] = blend * velocity + (1 - blend) * self._velocity[going]
        speed = np.linalg.norm(self._velocity[going], axis=1, keepdims=True)
        blend = _blend(self.least_cutoff_hz + self.speed_share * speed, rate)
        self._position[going] = blend * positions[going] + (1 - blend) * self._position[going]
        self._position[fresh], self._velocity[fresh] = positions[fresh], 0.0
        self._position[~seen] = np.nan
        self._time_s[:] = time_s
        return self._position.copy()


def _blend(cutoff_hz: float | FloatArray, rate_hz: FloatArray) -> FloatArray:
    """Weight of the new value in exponential smoothing with a cut-off."""
    return np.asarray(1.0 / (1.0 + rate_hz / (2 * np.pi * cutoff_hz)))


def smooth_one_euro(motion: Motion, least_cutoff_hz: float = 1.0, speed_share: float = 2.0) -> Motion:
    """The motion as `OneEuroFilter` would have given it live (with its delay)."""
    live = OneEuroFilter(least_cutoff_hz, speed_share)
    frames = [live.filter(frame, float(t)) for frame, t in zip(motion.positions, motion.timestamps, strict=True)]
    return motion.replace(positions=np.stack(frames))
