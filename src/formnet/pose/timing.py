"""Times of frames that strictly increase, whatever the container says."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeGuard, TypeVar

T = TypeVar("T")

MAX_HOLD_S = 60.0
"""A picture may stand this long; a longer step is a joint between two recordings."""
_MAX_REORDER_S = 1.0
_MAX_REORDER_STEPS = 32


class MonotonicClock:
    """Turns container times into seconds since the first frame, strictly increasing.

    A good time is kept to the digit. A missing time is one nominal step after its predecessor. A repeated time
    (less than a step back) is put half a step after it, so that the next good time is kept again, also after many that
    repeat one. A jump back of the container's times of more, or ahead of more than `MAX_HOLD_S`, is a joint between
    recordings: all later times are shifted so that it goes on.

    Attributes:
        joints_s: where recordings were joined.
        n_guessed: frames that had no time.
    """

    def __init__(self, step_s: float) -> None:
        self._step_s = step_s if math.isfinite(step_s) and step_s > 0 else 1 / 30
        self._offset_s: float | None = None
        self._last_s = self._last_container_s = -math.inf
        self._recent_s = math.inf
        self.joints_s: list[float] = []
        self.n_guessed = 0

    def advance(self, container_s: float | None) -> float:
        """Time of the next frame, given what the container says (None or NaN where it says nothing)."""
        time_s = self._next(container_s)
        assert time_s > self._last_s
        if math.isfinite(self._last_s):
            self._recent_s = time_s - self._last_s
        self._last_s = time_s
        return time_s

    def _next(self, container_s: float | None) -> float:
        if not is_time(container_s):
            self.n_guessed += 1
            return 0.0 if math.isinf(self._last_s) else self._last_s + self._step_s
        if self._offset_s is None:
            # Frames without a time may have gone before.
            self._offset_s = (0.0 if math.isinf(self._last_s) else self._last_s + self._step_s) - container_s
        time_s = container_s + self._offset_s
        is_back = container_s <= self._last_container_s - self._step_s
        self._last_container_s = container_s
        if is_back or (-math.inf < self._last_s and time_s > self._last_s + MAX_HOLD_S):
            # The mean step of a film that jumps ahead may be long.
            joined_s = self._last_s + min(self._step_s, self._recent_s)
            self._offset_s += joined_s - time_s
            time_s = joined_s
            self.joints_s.append(time_s)
        return time_s if time_s > self._last_s else self._last_s + self._step_s / 2


def is_time(container_s: float | None) -> TypeGuard[float]:
    """Whether a container says a time at all."""
    return container_s is not None and math.isfinite(container_s)


def sort_times(
    pictures: Iterable[tuple[float | None, T]], depth: int, step_s: float
) -> Iterator[tuple[float | None, T]]:
    """Pictures in their order with their times sorted.

    Decoders give pictures in the order of showing. Containers such as AVI hold the times of decoding instead of
    showing, so that with B-frames the right times arrive at the wrong pictures, a few places off.

    Args:
        pictures: (time or None, picture) in the order of showing.
        depth: how many places a time may be off; 0 changes nothing.
        step_s: nominal step; a time that is far from the others begins another recording and is not mixed with them.
    """
    reach_s = max(_MAX_REORDER_S, _MAX_REORDER_STEPS * step_s)
    waiting: deque[tuple[float | None, T]] = deque()
    times: list[float] = []

    def next_picture() -> tuple[float | None, T]:
        own_s, picture = waiting.popleft()
        return (heapq.heappop(times) if is_time(own_s) else own_s), picture

    try:
        for time_s, picture in pictures:
            if is_time(time_s):
                if times and not times[0] - reach_s <= time_s <= max(times) + MAX_HOLD_S:
                    while waiting:
                        yield next_picture()
                heapq.heappush(times, time_s)
            waiting.append((time_s, picture))
            if len(waiting) > depth:
                yield next_picture()
    except Exception:
        # What broke off later is told after the pictures that came before it.
        while waiting:
            yield next_picture()
        raise
    while waiting:
        yield next_picture()


class Thinner:
    """Chooses frames so that on average no more than `max_fps` remain; all where it is None."""

    def __init__(self, max_fps: float | None) -> None:
        assert max_fps is None or max_fps > 0
        self._step_s = 0.0 if max_fps is None else 1.0 / max_fps
        self._due_s = 0.0

    def keeps(self, time_s: float) -> bool:
        """Whether the frame at `time_s` stays."""
        # A frame a quarter step early is taken: rates such as 29.97 and 30 must not beat against each other.
        if time_s < self._due_s - 0.25 * self._step_s:
            return False
        self._due_s = max(self._due_s + self._step_s, time_s + 0.5 * self._step_s)
        return True
