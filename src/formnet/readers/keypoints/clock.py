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

TimeUnit = Literal["s", "ms", "us", "ns", "timecode", "unknown"]
_UNITS = (
    r"s|secs?|seconds|ms|m(?:illi)?secs?|millis|milliseconds|[uµ]s|[uµ]secs?|micros|microseconds|ns|nsecs?|nanos|"
    r"nanosecs?|nanoseconds"
)
_KEY = re.compile(
    r"^(?:(?:video|elapsed|relative|frame|unix|epoch|utc|local|pts|capture|presentation|ros|media|clip)_?)?"
    r"(?:time_?stamps?|time_?code|date_?time|time|stamp|ts|tc|t|elapsed|utc|(?:captured|recorded|acquired)_at)"
    rf"(?:[ _(\[]{{1,2}}(?P<unit>{_UNITS})[)\]]?)?$"
)
_UNIT_KEY = re.compile(r"^(?:seconds|milliseconds|millis|microseconds|micros|nanoseconds|nanos)$")
"""Keys that are called by the unit alone."""
_HOLDERS = ("header", "stamp", "meta", "metadata", "info")
"""Objects in which the time of a frame stands beside its people, as in messages of ROS."""
_UNIT_BEGINS: dict[str, TimeUnit] = {"s": "s", "mic": "us", "m": "ms", "u": "us", "µ": "us", "n": "ns"}
_SCALES_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_BEFORE_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_RATE_KEYS = ("fps", "frame_rate", "framerate", "frameRate", "sampling_rate")
_RATE_IN_TEXT = re.compile(r"\b(?:fps|frame[ _]?rate|frequency)\b[\s:=,;\"]*(\d[\d.,/]*)", re.IGNORECASE)
_RATES = (1.0, 1000.0)
# Median step between frames in the unit → seconds in it: up to 120 frames a second, down to about one.
_USUAL_STEPS_S = (0.008, 0.9)
_UNITS_S = (1.0, 1e-3, 1e-6, 1e-9)
_MIN_RISING = 0.25
_LISTED = 5
_MOST_FALLING = 0.1
"""More steps back are no joints between recordings: the numbers are no times."""
_CLOCK = re.compile(r"^(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)$")
_TIMECODE = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2})[:;](\d{2,3})$")
"""Hours, minutes, seconds and the frame within the second (SMPTE)."""
_FRAMES_IN_TIMECODE = 1000
RATES_OF_TIMECODES = (24, 25, 30, 48, 50, 60, 100, 120)
_DATE = re.compile(r"^\d{4}([-/]?)\d{2}\1\d{2}[T ]\d")
_WITH_UNIT = re.compile(rf"^(?P<number>[\d.,]+) ?(?P<unit>{_UNITS})$")
_PARTS_S = {"secs": 1.0, "sec": 1.0, "seconds": 1.0, "nsecs": 1e-9, "nsec": 1e-9, "nanosec": 1e-9, "nanosecs": 1e-9,
            "nanos": 1e-9, "nanoseconds": 1e-9, "usec": 1e-6, "usecs": 1e-6, "micros": 1e-6}  # fmt: skip
"""Of times in two parts, as ROS and protocol buffers have them."""
_LONGEST_CLIP_S = 86_400.0
_LATEST_START_S = 3_600.0
"""Times that begin later are those of a day, or since a computer was started."""


def time_unit_of(key: str) -> TimeUnit | None:
    """The unit of a key or column that holds times (`time_s`, `timestamp_ms`, `Time (s)`, `time`); None for others."""
    key = _BEFORE_CAPITAL.sub("_", key.strip()).lower()
    if _UNIT_KEY.match(key):
        return _unit_named(key)
    match = _KEY.match(key)
    if match is None:
        return None
    return "unknown" if match["unit"] is None else _unit_named(match["unit"])


def _unit_named(name: str) -> TimeUnit:
    return next(unit for begins, unit in _UNIT_BEGINS.items() if name.startswith(begins))


def find_time(node: Mapping[str, Any]) -> tuple[float, TimeUnit] | None:
    """The time that an object says, itself or in its header, and its unit; None where it says none."""
    for key, value in node.items():
        unit = time_unit_of(key) if isinstance(key, str) else None
        if unit is not None and (stated := read_time(value, unit)) is not None:
            return stated
    for key in _HOLDERS:
        holder = node.get(key)
        if isinstance(holder, dict) and (stated := _read_parts(holder) or find_time(holder)) is not None:
            return stated
    return None


def read_time(value: Any, unit: TimeUnit) -> tuple[float, TimeUnit] | None:
    """A time as a number, a number in a text, `1.5 s`, `0:00:01.5`, a timecode, a date or an object of its parts, and
    its unit; None for what is none."""
    if isinstance(value, dict):
        return _read_parts(value)
    if isinstance(value, str):
        value = value.strip()
        if (clock := _CLOCK.match(value)) is not None:
            hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in clock.groups())
            return 3600 * hours + 60 * minutes + seconds, "s"
        if (code := _TIMECODE.match(value)) is not None:
            hours, minutes, seconds, frame = map(int, code.groups())
            return (3600 * hours + 60 * minutes + seconds) * _FRAMES_IN_TIMECODE + frame, "timecode"
        if _DATE.match(value):
            try:
                return datetime.fromisoformat(value.replace("/", "-").replace("Z", "+00:00")).timestamp(), "s"
            except (ValueError, OverflowError, OSError):
                return None
        if (with_unit := _WITH_UNIT.match(value.lower())) is not None:
            value, unit = with_unit["number"], _unit_named(with_unit["unit"])
        value = number_in(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
        return float(value), unit
    return None


def _read_parts(holder: Mapping[str, Any]) -> tuple[float, TimeUnit] | None:
    """Seconds and their parts ({"secs": 3, "nsecs": 5}), or a count and how many make a second (Apple's CMTime)."""
    parts = [(_PARTS_S[key], number_in(str(value))) for key, value in holder.items() if key in _PARTS_S]
    if len(parts) == 2 and all(np.isfinite(number) for _, number in parts):
        return sum(scale * number for scale, number in parts), "s"
    value, in_a_second = (number_in(str(holder.get(key))) for key in ("value", "timescale"))
    return (value / in_a_second, "s") if np.isfinite(value) and in_a_second > 0 else None


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


def settle_times(times: FloatArray, units: set[TimeUnit], fps: float | None = None) -> FloatArray | None:
    """(N,) times in seconds; None where they are not all there, or nothing tells their unit.

    Times of a day, or since 1970, count from the first.

    Args:
        fps: frames a second, for timecodes; where it is not known, the highest frame number tells it.
    """
    if not len(times) or not np.isfinite(times).all() or len(units) != 1:
        return None
    (unit,) = units
    if unit == "timecode":
        seconds, frames = np.divmod(times, _FRAMES_IN_TIMECODE)
        rate = _find_rate_of_timecodes(seconds, frames, fps)
        times, unit = (times, unit) if rate is None else (seconds + frames / rate, "s")
    scale_s = _SCALES_S.get(unit) or (_guess_unit_s(times) if unit == "unknown" else None)
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
    if np.mean(steps_s > 0) < _MIN_RISING or np.mean(steps_s < 0) > _MOST_FALLING:
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


def _find_rate_of_timecodes(seconds: FloatArray, frames: FloatArray, fps: float | None) -> int | None:
    """Frames that a second of timecodes has: as stated, else the usual rate above the highest number of a frame; None
    for less than a second, which does not tell."""
    if fps is not None and round(fps) > frames.max():
        return round(fps)
    usual = next((rate for rate in RATES_OF_TIMECODES if rate > frames.max()), None)
    return usual if np.ptp(seconds) > 0 else None


def _guess_unit_s(times: FloatArray) -> float | None:
    """Seconds in the unit of times, by the steps between them; None where they could as well count frames."""
    steps = np.diff(np.unique(times))
    if not len(steps):
        return None
    step = float(np.median(steps))
    return next((unit_s for unit_s in _UNITS_S if _USUAL_STEPS_S[0] <= step * unit_s <= _USUAL_STEPS_S[1]), None)
