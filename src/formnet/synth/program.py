"""The program of a repetition: how depth runs over time.

Speed rises and falls as x^a·(1 - x)^b over a phase's time x. With a = b = 2 that is the minimum-jerk curve
(Flash & Hogan 1985), which begins and ends at rest: right for a paused bottom. Who turns round without a
pause is pushed upwards all through the turn, so there the exponent is near 1 (below it the push would be
infinite). The ascent has a sticking
region (bar speed dips in the lower half of the way up, e.g. van den Tillaar et al. 2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.synth.kinematics import Array, minimum_jerk
from formnet.synth.rows import Rows

_GRID = 257


@dataclass(frozen=True)
class Tempo(Rows):
    """Durations and shapes of N repetitions, each (N,).

    Attributes:
        before_s, descent_s, pause_s, ascent_s, after_s: standing, down, deepest, up, standing.
        ease_top, ease_turn: exponents of the speed at the standing end and at the deepest end of both phases.
        sticking: loss of speed in the sticking region, 0–1.
        sticking_at: where in the ascent's time it lies, 0–1.
        sinking: share of the depth that is still gained and lost during the pause.
    """

    before_s: Array
    descent_s: Array
    pause_s: Array
    ascent_s: Array
    after_s: Array
    ease_top: Array
    ease_turn: Array
    sticking: Array
    sticking_at: Array
    sinking: Array

    def __len__(self) -> int:
        return len(self.descent_s)

    @property
    def start_s(self) -> Array:
        """Begin of the descent, counted from the begin of the standing before it."""
        return self.before_s

    @property
    def bottom_s(self) -> Array:
        """Deepest moment."""
        return self.before_s + self.descent_s + self.pause_s / 2

    @property
    def end_s(self) -> Array:
        """End of the ascent."""
        return self.before_s + self.descent_s + self.pause_s + self.ascent_s

    @property
    def total_s(self) -> Array:
        """With the standing before and after."""
        return self.end_s + self.after_s


def sample_tempo(
    rng: np.random.Generator, repetitions: int, pace: Array | float = 1.0, standing_s: tuple[float, float] = (0.1, 0.5)
) -> Tempo:
    """Draws the tempo of `repetitions` repetitions.

    Args:
        pace: factor on the durations, the person's own.
        standing_s: limits of the standing before and after.
    """
    n = repetitions

    def lasting(median_s: float, spread: float, low_s: float, high_s: float) -> Array:
        return np.clip(median_s * pace * np.exp(rng.normal(0, spread, n)), low_s, high_s)

    paused = rng.uniform(size=n) < 0.4
    pause = np.where(paused, rng.uniform(0.15, 1.0, n), rng.uniform(0.0, 0.15, n))
    descent, ascent = lasting(1.35, 0.30, 0.8, 2.5), lasting(1.15, 0.28, 0.72, 2.0)
    # Legs push only so hard: a quick ascent gathers speed over more of its way and does not stick.
    hurry = np.clip((0.95 - ascent) / 0.25, 0, 1)
    return Tempo(
        before_s=rng.uniform(*standing_s, n),
        descent_s=descent,
        pause_s=pause,
        ascent_s=ascent,
        after_s=rng.uniform(*standing_s, n),
        ease_top=rng.uniform(1.6, 2.4, n),
        ease_turn=np.clip(rng.uniform(1.0, 1.35, n) + np.maximum(np.minimum(pause / 0.4, 1.0), hurry), 1.0, 2.2),
        sticking=np.clip(rng.normal(0.2, 0.2, n), 0, 0.6) * (1 - hurry),
        sticking_at=rng.uniform(0.3, 0.55, n),
        sinking=rng.uniform(0.0, 0.03, n) * np.minimum(pause / 0.4, 1.0),
    )


def compute_depth(tempo: Tempo, times_s: Array) -> tuple[Array, Array]:
    """Depth over time.

    Args:
        tempo: N repetitions.
        times_s: (N, T) seconds since the begin of each repetition's standing; may lie outside of it.

    Returns:
        Depth (N, T), 0 standing and 1 deepest, and (N, T) 0 on the way down and 1 on the way up.
    """
    since = times_s - tempo.before_s[:, None]
    down = _eased(since / tempo.descent_s[:, None], _way_down(tempo))
    since_pause = since - tempo.descent_s[:, None]
    up = _eased((since_pause - tempo.pause_s[:, None]) / tempo.ascent_s[:, None], _way_up(tempo))
    share = np.clip(since_pause / np.maximum(tempo.pause_s[:, None], 1e-6), 0, 1)
    sunk = tempo.sinking[:, None] * (1 - np.cos(2 * np.pi * share)) / 2
    depth = np.minimum(down, 1 - up) * (1 - tempo.sinking[:, None]) + sunk
    turn_s = tempo.bottom_s[:, None]
    return depth, minimum_jerk((times_s - turn_s) / 0.4 + 0.5)


def _way_down(tempo: Tempo) -> Array:
    x = (np.arange(_GRID - 1) + 0.5) / (_GRID - 1)
    return _accumulate(x ** tempo.ease_top[:, None] * (1 - x) ** tempo.ease_turn[:, None])


def _way_up(tempo: Tempo) -> Array:
    x = (np.arange(_GRID - 1) + 0.5) / (_GRID - 1)
    speed = x ** tempo.ease_turn[:, None] * (1 - x) ** tempo.ease_top[:, None]
    slowed = 1 - tempo.sticking[:, None] * np.exp(-0.5 * ((x - tempo.sticking_at[:, None]) / 0.10) ** 2)
    return _accumulate(speed * slowed)


def _accumulate(speed: Array) -> Array:
    """Ways (N, _GRID) from 0 to 1 that are run through at `speed` (N, _GRID - 1)."""
    way = np.concatenate([np.zeros((len(speed), 1)), np.cumsum(speed, axis=1)], axis=1)
    return way / way[:, -1:]


def _eased(share: Array, curve: Array) -> Array:
    """Values (N, T) of each row's curve (N, _GRID) at `share` (N, T) of its way, by linear interpolation."""
    place = np.clip(share, 0, 1) * (_GRID - 1)
    low = np.minimum(place.astype(np.intp), _GRID - 2)
    rest = place - low
    return np.take_along_axis(curve, low, axis=1) * (1 - rest) + np.take_along_axis(curve, low + 1, axis=1) * rest


@dataclass(frozen=True)
class Drift(Rows):
    """Slow unrest of N bodies: sums of a few sinusoids per channel.

    Attributes:
        amplitude, rate_hz, phase: (N, channels, terms).
    """

    amplitude: Array
    rate_hz: Array
    phase: Array

    def at(self, times_s: Array) -> dict[str, Array]:
        """Channel → values (N, T) at `times_s` (N, T)."""
        angle = 2 * np.pi * self.rate_hz[:, None] * times_s[:, :, None, None] + self.phase[:, None]
        values = np.einsum("nck,ntck->cnt", self.amplitude, np.sin(angle))
        return dict(zip(DRIFT_CHANNELS, values, strict=True))


# Channel → (root mean square, slowest and fastest rate in Hz). Breathing is the one steady rhythm.
DRIFT_CHANNELS: dict[str, tuple[float, float, float]] = {
    "sway_forward_m": (0.006, 0.15, 0.9),
    "sway_aside_m": (0.005, 0.15, 0.9),
    "breath_deg": (0.5, 0.2, 0.4),
    "spine_deg": (0.7, 0.1, 0.7),
    "trunk_twist_deg": (0.6, 0.1, 0.8),
    "pelvis_yaw_deg": (0.6, 0.1, 0.8),
    "head_pitch_deg": (1.8, 0.1, 0.8),
    "head_yaw_deg": (2.2, 0.1, 0.8),
    "arm_x": (0.25, 0.1, 1.0),
    "arm_y": (0.25, 0.1, 1.0),
    "arm_z": (0.25, 0.1, 1.0),
    "knee_left_deg": (0.9, 0.3, 2.0),
    "knee_right_deg": (0.9, 0.3, 2.0),
}
_TERMS = 3


def sample_drift(rng: np.random.Generator, restlessness: Array) -> Drift:
    """Draws the unrest of N bodies, scaled by `restlessness` (N,)."""
    shape = (len(restlessness), len(DRIFT_CHANNELS), _TERMS)
    spread, low, high = (np.array(column)[:, None] for column in zip(*DRIFT_CHANNELS.values(), strict=True))
    rate = low * (high / low) ** rng.uniform(size=shape)
    amplitude = spread * np.abs(rng.normal(size=shape)) * np.sqrt(2.0 / _TERMS) * (low / rate) ** 0.5
    return Drift(amplitude * restlessness[:, None, None], rate, rng.uniform(0, 2 * np.pi, shape))
