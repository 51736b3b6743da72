"""How quantities run over time: windows, waypoints, repetitions that go round, slow unrest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.synth.kinematics import Array, minimum_jerk
from formnet.synth.program import Tempo, compute_depth, sample_tempo

_KEPT_REPETITIONS = 64


def ramp(times: Array, begin: Array | float, end: Array | float) -> Array:
    """0 before `begin`, 1 after `end`, minimum-jerk between."""
    return minimum_jerk((times - begin) / (np.asarray(end) - begin))


def window(times: Array, rise: tuple[float, float], fall: tuple[float, float]) -> Array:
    """Goes up in `rise` (begin, end) and down again in `fall`."""
    return ramp(times, *rise) * (1 - ramp(times, *fall))


def hump(times: Array, begin: float, end: float) -> Array:
    """0 outside `begin` to `end`, 1 in the middle, without a jolt; it leaves 0 faster than a `ramp` does."""
    share = np.clip((times - begin) / (end - begin), 0, 1)
    return np.asarray((4 * share * (1 - share)) ** 2)


def wander(rng: np.random.Generator, times: Array, size: tuple[int, ...], rms: float, slow_hz: float = 0.1,
           fast_hz: float = 0.8) -> Array:  # fmt: skip
    """Slow unrest (N, T, *size) of root mean square `rms`: three sinusoids each; slow ones are larger.

    Args:
        times: (N, T) seconds.
    """
    shape = (len(times), 1, *size, 3)
    rate = slow_hz * (fast_hz / slow_hz) ** rng.uniform(size=shape)
    amplitude = rms * np.abs(rng.normal(size=shape)) * np.sqrt(2 / 3) * (slow_hz / rate) ** 0.5
    phase = rng.uniform(0, 2 * np.pi, shape)
    spread = times.reshape(*times.shape, *(1,) * (len(size) + 1))
    return (amplitude * np.sin(2 * np.pi * rate * spread + phase)).sum(axis=-1)


def waypoints(rng: np.random.Generator, times: Array, low: Array, high: Array, *, pace_s: tuple[float, float],
              rest_share: float = 0.3) -> Array:  # fmt: skip
    """Quantities that go from one random value to another, with rests (N, T, C); 0 is their neutral value.

    All quantities of a row move at the same moments, each to its own value.

    Args:
        times: (N, T) seconds, from any start.
        low, high: (C,) or (N, C) range of the values.
        pace_s: shortest and longest duration of one move.
        rest_share: how often a quantity goes back to neutral instead.
    """
    count = len(times)
    first, last = times.min(), times.max()
    moves = int((last - first) / pace_s[0]) + 4
    duration = rng.uniform(*pace_s, (count, moves))
    hold = np.where(rng.uniform(size=(count, moves)) < 0.5, 0.0, rng.uniform(0, 0.8, (count, moves)))
    # The course starts somewhere in its first two moves.
    begin = np.cumsum(duration + hold, axis=1) - (duration + hold)
    begin = begin + first - rng.uniform(0, 1, (count, 1)) * begin[:, 2:3]
    low, high = (np.broadcast_to(np.asarray(edge, dtype=float), (count, np.shape(edge)[-1])) for edge in (low, high))
    shape = (count, moves + 1, low.shape[1])
    # Triangular about neutral would be timid: uniform over the whole range.
    values = low[:, None] + (high - low)[:, None] * rng.uniform(size=shape)
    values = np.where(rng.uniform(size=shape) < rest_share, 0.0, values)
    course = np.repeat(values[:, :1], times.shape[1], axis=1)
    for move in range(moves):
        done = ramp(times, begin[:, move : move + 1], begin[:, move : move + 1] + duration[:, move : move + 1])
        course = course + done[..., None] * (values[:, move + 1] - values[:, move])[:, None]
    return course


@dataclass(frozen=True)
class Rounds:
    """Repetitions one after the other, begun before the first frame.

    Attributes:
        depth: (N, T) 0 at rest, 1 in the middle of the repetition.
        share: (N, T) share of the repetition's time that has passed, 0–1.
        number: (N, T) how many repetitions have passed.
    """

    depth: Array
    share: Array
    number: Array

    def pick(self, values: Array) -> Array:
        """One of the values (N, K, …) for each repetition (N, T, …), coming round after K."""
        rows = np.arange(len(values))[:, None]
        return np.asarray(values[rows, self.number.astype(np.intp) % values.shape[1]])


def sample_rounds(rng: np.random.Generator, times: Array, *, pace: Array | float = 1.0) -> Rounds:
    """Draws repetitions in the tempo of squats, slower by the factor `pace`; the first has begun at random."""
    count = len(times)
    own = np.exp(rng.normal(0, 0.2, count)) * pace
    tempo: Tempo = sample_tempo(rng, count, own, standing_s=(0.05, 0.5))
    total = tempo.total_s[:, None]
    since = times - times.min() + rng.uniform(0, 1, (count, 1)) * total
    number = np.floor(since / total)
    depth, _ = compute_depth(tempo, since - number * total)
    return Rounds(depth, since / total - number, number)


def vary_rounds(rng: np.random.Generator, count: int, low: float, high: float, spread: float) -> Array:
    """Values (count, K) of each repetition: the person's own in [low, high] times a little variation."""
    own = rng.uniform(low, high, (count, 1))
    return own * np.clip(1 + spread * rng.normal(size=(count, _KEPT_REPETITIONS)), 0.5, 1.3)


def sample_sides(rng: np.random.Generator, count: int) -> Array:
    """Side (count, K) of each repetition, 0 left and 1 right: always the same or alternating."""
    first = rng.integers(0, 2, (count, 1))
    alternates = rng.integers(0, 2, (count, 1))
    return (first + alternates * np.arange(_KEPT_REPETITIONS)) % 2
