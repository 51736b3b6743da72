"""Dips of a curve: where it goes down and up again, told by how far it turns, whatever its level or speed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray


@dataclass(frozen=True)
class Dip:
    """Indices of the lowest point and of the highest ones before and after it.

    At the ends of the curve `before` or `after` may be the lowest point itself: that way is not there.
    """

    before: int
    bottom: int
    after: int


def find_dips(values: FloatArray, least: float, recovery: float = 0.5, share: float = 0.2) -> tuple[Dip, ...]:
    """The dips of a curve without gaps, in order; neighbours share the point between them.

    Args:
        values: (T,).
        least: what turns by less is unrest.
        recovery: two minima are two dips when this part of the shallower one's depth is regained between them.
        share: dips shallower than this part of the deepest one are left out.
    """
    turns = _find_turns(values, least)
    bottoms = _merge(values, turns, recovery)
    tops = [turns.start, *(_highest(values, a, b) for a, b in itertools.pairwise(bottoms)), turns.stop]
    dips = [
        Dip(_highest(values, before, bottom, last=True), bottom, _highest(values, bottom, after))
        for before, bottom, after in zip(tops, bottoms, tops[1:], strict=False)
    ]
    depths = [max(values[dip.before], values[dip.after]) - values[dip.bottom] for dip in dips]
    enough = max([least, *(share * depth for depth in depths)])
    return tuple(dip for dip, depth in zip(dips, depths, strict=True) if depth >= enough)


@dataclass(frozen=True)
class _Turns:
    """Lowest points of a curve between turns, and its first and last index."""

    start: int
    stop: int
    bottoms: tuple[int, ...]


def _find_turns(values: FloatArray, least: float) -> _Turns:
    """A minimum counts once the curve has risen by `least` over it, and again once it has fallen by as much."""
    bottoms: list[int] = []
    low = high = 0
    is_rising: bool | None = None
    for i, value in enumerate(values):
        if value < values[low]:
            low = i
        if value > values[high]:
            high = i
        if is_rising is not True and value - values[low] >= least:
            bottoms.append(low)
            is_rising, high = True, i
        elif is_rising is not False and values[high] - value >= least:
            is_rising, low = False, i
    if is_rising is False:
        bottoms.append(low)
    return _Turns(0, len(values) - 1, tuple(bottoms))


def _merge(values: FloatArray, turns: _Turns, recovery: float) -> list[int]:
    """Bottoms without those that a rise too small parts from a deeper one; the smallest rise goes first."""
    bottoms = list(turns.bottoms)
    while len(bottoms) > 1:
        top = [values[: bottoms[0] + 1].max(), *(values[a : b + 1].max() for a, b in itertools.pairwise(bottoms)),
               values[bottoms[-1] :].max()]  # fmt: skip
        regained = []
        for number, (a, b) in enumerate(itertools.pairwise(bottoms)):
            shallow = max(values[a], values[b])
            # How deep the pair is goes by the better of the tops around it.
            around = max(top[number], top[number + 2], top[number + 1])
            regained.append((top[number + 1] - shallow) / max(around - shallow, 1e-9))
        worst = int(np.argmin(regained))
        if regained[worst] >= recovery:
            break
        pair = bottoms[worst : worst + 2]
        bottoms[worst : worst + 2] = [min(pair, key=lambda i: values[i])]
    return bottoms


def _highest(values: FloatArray, start: int, stop: int, last: bool = False) -> int:
    """Index of the maximum of values[start…stop]; the last one when there are several and `last`."""
    part: NDArray[np.float64] = values[start : stop + 1]
    return stop - int(np.argmax(part[::-1])) if last else start + int(np.argmax(part))


def estimate_minimum_s(times_s: FloatArray, values: FloatArray, lowest: int) -> float:
    """Time of the minimum between frames: the vertex of the parabola through the lowest frame and its two
    neighbours, at true times; the frame's own time at an edge, beside a gap, or where the path is flat."""
    if not 0 < lowest < len(values) - 1 or np.isnan(values[lowest - 1 : lowest + 2]).any():
        return float(times_s[lowest])
    before_s, here_s, after_s = times_s[lowest - 1 : lowest + 2]
    left = (values[lowest] - values[lowest - 1]) / (here_s - before_s)
    right = (values[lowest + 1] - values[lowest]) / (after_s - here_s)
    if right - left < 1e-12:
        return float(here_s)
    # Slopes left and right belong to the middles of the two steps; the vertex is where the slope crosses 0.
    vertex_s = 0.5 * (before_s + here_s) - left * 0.5 * (after_s - before_s) / (right - left)
    return float(np.clip(vertex_s, before_s, after_s))


def estimate_bottom_s(times_s: FloatArray, values: FloatArray, dip: Dip, share: float = 0.15) -> float:
    """Time of the bottom of a dip: the middle of the time in which at most `share` of its depth is missing.

    Who stays at the bottom for a while has no sharper one, and who marks bottoms by eye marks this middle: of 34 marked
    bottoms of real clips, 97 % are found within 0.2 s (with a share of 0.03, 88 %). Going up half as fast as down
    shifts it by a hundredth of the depth. Where an end of the dip cuts that time off, the vertex of the minimum
    (`estimate_minimum_s`).
    """
    low = values[dip.bottom]
    level = low + share * (max(values[dip.before], values[dip.after]) - low)
    times = [_leave(times_s, values, dip.bottom, end, level) for end in (dip.before, dip.after)]
    if times[0] is None or times[1] is None:
        return estimate_minimum_s(times_s, values, dip.bottom)
    return 0.5 * (times[0] + times[1])


def _leave(times_s: FloatArray, values: FloatArray, bottom: int, end: int, level: float) -> float | None:
    """When the curve first rises over `level` on the way from the bottom to an end; None if it never does."""
    step = 1 if end > bottom else -1
    known = [i for i in range(bottom, end + step, step) if not np.isnan(values[i])]
    for inner, outer in itertools.pairwise(known):
        if values[outer] > level:
            part = (level - values[inner]) / (values[outer] - values[inner])
            return float(times_s[inner] + part * (times_s[outer] - times_s[inner]))
    return None
