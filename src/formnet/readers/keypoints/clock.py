"""Times and rates as tools write them: which unit they are in, and where they count from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from formnet.motion import FloatArray

TimeUnit = Literal["s", "ms", "unknown"]
_KEY = re.compile(
    r"^(?:video_?)?(?:time_?stamp|time|ts|t)(?:[ _(\[]{1,2}(?P<unit>s|sec|seconds|ms|msec|milliseconds)[)\]]?)?$"
)
_BEFORE_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_RATE_KEYS = ("fps", "frame_rate", "framerate", "frameRate", "sampling_rate")
_RATES = (1.0, 1000.0)
# Median step between frames in the unit → seconds in it: up to 120 frames a second, down to about one.
_USUAL_STEPS_S = (0.008, 0.9)
_UNITS_S = (1.0, 1e-3, 1e-6, 1e-9)
_LONGEST_CLIP_S = 86_400.0


def time_unit_of(key: str) -> TimeUnit | None:
    """The unit of a key or column that holds times (`time_s`, `timestamp_ms`, `Time (s)`, `time`); None for others."""
    match = _KEY.match(_BEFORE_CAPITAL.sub("_", key.strip()).lower())
    if match is None:
        return None
    unit = match["unit"]
    return "unknown" if unit is None else "ms" if unit.startswith("m") else "s"


def find_time(node: Mapping[str, Any]) -> tuple[float, TimeUnit] | None:
    """The time that an object says, and its unit; None where it says none."""
    for key, value in node.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
            unit = time_unit_of(key) if isinstance(key, str) else None
            if unit is not None:
                return float(value), unit
    return None


def find_rate(content: Any) -> float | None:
    """Frames a second that a file says at its top or one level below; None where it says none."""
    if not isinstance(content, dict):
        return None
    for node in (content, *(part for part in content.values() if isinstance(part, dict))):
        for key in _RATE_KEYS:
            value = node.get(key)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and _RATES[0] <= value <= _RATES[1]:
                return float(value)
    return None


def settle_times(times: FloatArray, units: set[TimeUnit]) -> FloatArray | None:
    """(N,) times in seconds; None where they are not all there, or nothing tells their unit.

    Times of a day, or since 1970, count from the first.
    """
    if not len(times) or not np.isfinite(times).all() or len(units) != 1:
        return None
    (unit,) = units
    scale_s = {"s": 1.0, "ms": 1e-3}.get(unit) or _guess_unit_s(times)
    if scale_s is None:
        return None
    # The first is taken off before the unit is: nanoseconds since 1970 have more digits than a float holds.
    first = float(times.min())
    start_s = first * scale_s
    return (times - first) * scale_s + (start_s if start_s < _LONGEST_CLIP_S else 0.0)


def _guess_unit_s(times: FloatArray) -> float | None:
    """Seconds in the unit of times, by the steps between them; None where they could as well count frames."""
    steps = np.diff(np.unique(times))
    if not len(steps):
        return None
    step = float(np.median(steps))
    return next((unit_s for unit_s in _UNITS_S if _USUAL_STEPS_S[0] <= step * unit_s <= _USUAL_STEPS_S[1]), None)
