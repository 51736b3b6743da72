"""Times and rates as tools write them: which unit they are in, and where they count from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray
from formnet.pose.timing import MAX_HOLD_S, MonotonicClock
from formnet.readers.keypoints.numbers import number_in

TimeUnit = Literal["s", "ms", "us", "ns", "unknown"]
_KEY = re.compile(
    r"^(?:video_?|elapsed_?|relative_?|frame_?)?(?:time_?stamps?|time_?code|time|ts|t|elapsed)"
    r"(?:[ _(\[]{1,2}(?P<unit>s|secs?|seconds|ms|m(?:illi)?secs?|milliseconds|[uµ]s|[uµ]secs?|microseconds|ns|nsecs?|"
    r"nanoseconds)[)\]]?)?$"
)
_UNIT_BEGINS: dict[str, TimeUnit] = {"s": "s", "mic": "us", "m": "ms", "u": "us", "µ": "us", "n": "ns"}
_SCALES_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_BEFORE_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_RATE_KEYS = ("fps", "frame_rate", "framerate", "frameRate", "sampling_rate")
_RATE_IN_TEXT = re.compile(r"\b(?:fps|frame[ _]?rate)\b[\s:=,;\"]*(\d[\d.,/]*)", re.IGNORECASE)
_RATES = (1.0, 1000.0)
# Median step between frames in the unit → seconds in it: up to 120 frames a second, down to about one.
_USUAL_STEPS_S = (0.008, 0.9)
_UNITS_S = (1.0, 1e-3, 1e-6, 1e-9)
_MIN_RISING = 0.25
_LISTED = 5
_CLOCK = re.compile(r"^(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)$")
TIMECODE = re.compile(r"^\d{1,2}:\d{2}:\d{2}[:;]\d{2}$")
"""Hours, minutes, seconds and the frame within the second."""
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d")
_LONGEST_CLIP_S = 86_400.0
_LATEST_START_S = 3_600.0
"""Times that begin later are those of a day, or since a computer was started."""


def time_unit_of(key: str) -> TimeUnit | None:
    """The unit of a key or column that holds times (`time_s`, `timestamp_ms`, `Time (s)`, `time`); None for others."""
    match = _KEY.match(_BEFORE_CAPITAL.sub("_", key.strip()).lower())
    if match is None:
        return None
    unit = match["unit"]
    if unit is None:
        return "unknown"
    return next(name for begins, name in _UNIT_BEGINS.items() if unit.startswith(begins))


def find_time(node: Mapping[str, Any]) -> tuple[float, TimeUnit] | None:
    """The time that an object says, and its unit; None where it says none."""
    for key, value in node.items():
        unit = time_unit_of(key) if isinstance(key, str) else None
        if unit is not None and (stated := read_time(value, unit)) is not None:
            return stated
    return None


def read_time(value: Any, unit: TimeUnit) -> tuple[float, TimeUnit] | None:
    """A time as a number, as a number in a text, as `0:00:01.5` or as a date, and its unit; None for what is none."""
    if isinstance(value, str):
        if (clock := _CLOCK.match(value.strip())) is not None:
            hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in clock.groups())
            return 3600 * hours + 60 * minutes + seconds, "s"
        if _DATE.match(value.strip()):
            try:
                return datetime.fromisoformat(value.strip().replace("Z", "+00:00")).timestamp(), "s"
            except (ValueError, OverflowError, OSError):
                return None
        value = number_in(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
        return float(value), unit
    return None


def read_rate(value: Any) -> float | None:
    """Frames a second as a number, a text or a ratio of two as FFmpeg writes it; None for what is none."""
    if isinstance(value, str):
        top, _, bottom = value.partition("/")
        divisor = number_in(bottom or "1")
        value = number_in(top) / divisor if divisor else None
    is_rate = isinstance(value, (int, float)) and not isinstance(value, bool) and _RATES[0] <= value <= _RATES[1]
    return float(value) if is_rate else None


def find_rate(content: Any) -> float | None:
    """Frames a second that a file says at its top or one level below; None where it says none."""
    if not isinstance(content, dict):
        return None
    for node in (content, *(part for part in content.values() if isinstance(part, dict))):
        for key in _RATE_KEYS:
            if (rate := read_rate(node.get(key))) is not None:
                return rate
    return None


def find_rate_in_text(text: str) -> float | None:
    """Frames a second that lines above a table say; None where they say none."""
    match = _RATE_IN_TEXT.search(text)
    return None if match is None else read_rate(match[1])


def settle_times(times: FloatArray, units: set[TimeUnit]) -> FloatArray | None:
    """(N,) times in seconds; None where they are not all there, or nothing tells their unit.

    Times of a day, or since 1970, count from the first.
    """
    if not len(times) or not np.isfinite(times).all() or len(units) != 1:
        return None
    (unit,) = units
    scale_s = _SCALES_S.get(unit) or _guess_unit_s(times)
    if scale_s is None:
        return None
    # The first is taken off before the unit is: nanoseconds since 1970 have more digits than a float holds.
    first = float(times.min())
    start_s = first * scale_s
    return (times - first) * scale_s + (start_s if start_s < _LATEST_START_S else 0.0)


def mend_times(times_s: FloatArray, frames: NDArray[np.int64]) -> tuple[FloatArray | None, tuple[str, ...]]:
    """(N,) times of rows that rise with their frames, and notes; None where they hardly rise at all.

    Times that stand twice are put between their neighbours; a step back, or ahead by more than a minute that no frames
    are missing for, is a joint between recordings.
    """
    numbers, first, back = np.unique(frames, return_index=True, return_inverse=True)
    stated_s = times_s[first]
    steps_s = np.diff(stated_s)
    if not len(steps_s) or (steps_s.min() > 0 and steps_s.max() <= MAX_HOLD_S):
        return times_s, ()
    if np.abs(steps_s).max() > _LONGEST_CLIP_S:
        # No recordings lie as far apart in one file: left to be refused as what they are.
        return times_s, ()
    if np.mean(steps_s > 0) < _MIN_RISING:
        return None, ("the times of the file do not rise with its frames and were not used",)
    usual_s = float(np.median(steps_s[steps_s > 0]))
    lost_s = np.minimum(usual_s * (np.diff(numbers) - 1), np.maximum(steps_s - usual_s, 0.0))
    without_s = np.append(0.0, np.cumsum(lost_s))
    clock = MonotonicClock(usual_s)
    mended_s = stated_s[0] + np.array([clock.advance(float(time_s)) for time_s in stated_s - without_s]) + without_s
    at = ", ".join(f"{float(mended_s[np.searchsorted(mended_s - without_s, stated_s[0] + joint_s)]):.1f}"
                   for joint_s in clock.joints_s[:_LISTED])  # fmt: skip
    told = f"the file joins recordings: its time jumps at {at} s; each part goes on where the one before ends"
    return mended_s[back], (told,) if clock.joints_s else ()


def _guess_unit_s(times: FloatArray) -> float | None:
    """Seconds in the unit of times, by the steps between them; None where they could as well count frames."""
    steps = np.diff(np.unique(times))
    if not len(steps):
        return None
    step = float(np.median(steps))
    return next((unit_s for unit_s in _UNITS_S if _USUAL_STEPS_S[0] <= step * unit_s <= _USUAL_STEPS_S[1]), None)
