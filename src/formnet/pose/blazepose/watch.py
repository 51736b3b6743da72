"""When a person's outline is asked for: standing and at the bottom, seen from the side.

The outline costs nearly as much as all the rest of the network's answer and is wanted in few pictures only: where the
hips have come to rest above, where they slow down below, and where they have turned round without either.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from formnet.motion import FloatArray
from formnet.skeleton import BLAZEPOSE_33

SIDE_WIDTH = 0.5
"""From the side shoulders and hips seem to be so far apart at most, in lengths of the trunk."""
_TURN, _WAY = 0.04, 0.12
"""Hips have turned round when they are so far from their highest or lowest, in lengths of the trunk; a way between the
two is so long at least."""
_PART = 0.15
"""Of a short way this part is enough."""
_REST_S, _SPEED_S = 0.2, 0.14
_FAST, _SLOW = 0.5, 0.35
"""Hips that went down so fast, in lengths of the trunk a second, and have slowed down to that share of it are nearly
there: a thirtieth of an even way is left. Slower ones are still there when they are seen to have turned."""
_LOOKS, _APART_S = 2, 0.03
"""Looks at one moment, and how far apart at least: what differs between them is no back."""
_AGAIN_S, _SAME_HEIGHT = 5.0, 0.1
"""Somebody who stands as before is not looked at again sooner; lengths of the trunk."""
_SHOULDERS, _HIPS = (
    BLAZEPOSE_33.indices([f"{side}_{joint}" for side in ("left", "right")]) for joint in ("shoulder", "hip")
)


class Watch:
    """Follows how one person's hips go up and down."""

    def __init__(self) -> None:
        self._goes_down = False
        self._began_px = self._farthest_px = self._looked_at_px = self._stood_px = math.nan
        self._fastest_px, self._has_slowed = 0.0, False
        self._stood_s, self._next_s, self._looks_left = -math.inf, -math.inf, 0
        self._last: deque[tuple[float, float]] = deque()

    def wants(self, time_s: float) -> bool:
        """Whether the outline of the picture at that time is wanted."""
        return self._looks_left > 0 and time_s >= self._next_s

    def tell(self, joints: FloatArray, time_s: float, *, was_outlined: bool = False) -> None:
        """Takes note of a picture: joints (33, 2) in pixels, and whether its outline was looked at."""
        if was_outlined:
            self._looks_left, self._next_s = self._looks_left - 1, time_s + _APART_S
        shoulders, hips = joints[_SHOULDERS], joints[_HIPS]
        trunk_px = float(np.linalg.norm(shoulders.mean(axis=0) - hips.mean(axis=0)))
        if self._finds_moment(float(hips[:, 1].mean()), trunk_px, time_s):
            self._looks_left = _LOOKS
        if max(np.linalg.norm(np.diff(pair, axis=0)) for pair in (shoulders, hips)) > SIDE_WIDTH * trunk_px:
            self._looks_left = 0

    def _finds_moment(self, hips_px: float, trunk_px: float, time_s: float) -> bool:
        while self._last and self._last[0][0] < time_s - _REST_S:
            self._last.popleft()
        self._last.append((time_s, hips_px))
        sign = 1.0 if self._goes_down else -1.0
        if not sign * hips_px <= sign * self._farthest_px:
            self._farthest_px = hips_px
        if not sign * (self._farthest_px - self._looked_at_px) <= _TURN * trunk_px:
            self._looked_at_px = math.nan
        back_px = sign * (self._farthest_px - hips_px)
        if back_px > _WAY * trunk_px:
            self._goes_down = not self._goes_down
            self._began_px, self._farthest_px, self._looked_at_px = self._farthest_px, hips_px, math.nan
            self._fastest_px, self._has_slowed = 0.0, False
            return False
        slows = self._slows_down(trunk_px, time_s) and not self._has_slowed
        if not math.isnan(self._looked_at_px):
            return False
        way_px = abs(self._farthest_px - self._began_px)
        turns = back_px > min(_TURN * trunk_px, math.inf if math.isnan(way_px) else _PART * way_px)
        if not turns and not (slows if self._goes_down else self._is_at_rest(trunk_px, time_s)):
            return False
        self._has_slowed = self._has_slowed or (self._goes_down and slows)
        self._looked_at_px = self._farthest_px
        return self._goes_down or self._is_news(hips_px, trunk_px, time_s)

    def _slows_down(self, trunk_px: float, time_s: float) -> bool:
        before_s, before_px = next(look for look in self._last if look[0] >= time_s - _SPEED_S - 1e-6)
        if before_s >= time_s:
            return False
        speed_px = (self._last[-1][1] - before_px) / (time_s - before_s)
        self._fastest_px = max(self._fastest_px, speed_px)
        return self._fastest_px > _FAST * trunk_px and speed_px < _SLOW * self._fastest_px

    def _is_at_rest(self, trunk_px: float, time_s: float) -> bool:
        heights = [height for _, height in self._last]
        lasts = time_s - self._last[0][0] >= 0.5 * _REST_S
        return lasts and max(heights) - min(heights) <= 0.5 * _TURN * trunk_px

    def _is_news(self, hips_px: float, trunk_px: float, time_s: float) -> bool:
        """Whether this standing was not looked at already."""
        if time_s < self._stood_s + _AGAIN_S and abs(hips_px - self._stood_px) <= _SAME_HEIGHT * trunk_px:
            return False
        self._stood_s, self._stood_px = time_s, hips_px
        return True
