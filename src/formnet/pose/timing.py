"""Times of frames that strictly increase, whatever the container says."""

from __future__ import annotations

import math


class MonotonicClock:
    """Turns container times into seconds since the first frame, strictly increasing.

    A good time is kept to the digit. A missing time is one nominal step after its predecessor. A repeated time
    (less than a step back) is put half a step after it, so that the next good time is kept again. A jump back of
    more is a joined recording: all later times are shifted so that it goes on.
    """

    def __init__(self, step_s: float) -> None:
        self._step_s = step_s if math.isfinite(step_s) and step_s > 0 else 1 / 30
        self._offset_s: float | None = None
        self._last_s = -math.inf

    def advance(self, container_s: float | None) -> float:
        """Time of the next frame, given what the container says (None or NaN where it says nothing)."""
        if container_s is None or not math.isfinite(container_s):
            time_s = 0.0 if self._offset_s is None else self._last_s + self._step_s
            if self._offset_s is None:
                self._offset_s = 0.0
        else:
            if self._offset_s is None:
                self._offset_s = -container_s
            time_s = container_s + self._offset_s
            if time_s <= self._last_s:
                if self._last_s - time_s < self._step_s:
                    time_s = self._last_s + self._step_s / 2
                else:
                    self._offset_s += self._last_s + self._step_s - time_s
                    time_s = self._last_s + self._step_s
        assert time_s > self._last_s
        self._last_s = time_s
        return time_s


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
