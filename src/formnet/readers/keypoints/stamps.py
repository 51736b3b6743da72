"""Times in the names of pictures: clock and milliseconds, timecode, seconds with a decimal point."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from formnet.readers.keypoints.clock import RATES_OF_TIMECODES

_BETWEEN = re.compile(r"[ _\-.,:;]?[hms]?[ _\-.,:;]?$", re.IGNORECASE)
# Digits of the numbers at the end of a name → those of hours, minutes, seconds and parts of a second in them.
_CLOCKS = (
    ((2, 2, 2, 3), (2, 2, 2, 3)), ((6, 3), (2, 2, 2, 3)), ((9,), (2, 2, 2, 3)), ((2, 2, 2, 6), (2, 2, 2, 6)),
    ((6, 6), (2, 2, 2, 6)), ((12,), (2, 2, 2, 6)), ((2, 2, 2, 2), (2, 2, 2, 2)), ((2, 2, 3), (0, 2, 2, 3)),
    ((2, 2, 2), (0, 2, 2, 2)),
)  # fmt: skip
_DATES = (8, 6)
"""Digits of a day before the clock."""
_ENDS = (24, 60, 60)
_STEPS_S = (0.004, 0.9)
_EVEN = (0.4, 2.5)


def read_stamps_us(numbers: Sequence[tuple[str, ...]], texts: Sequence[str]) -> NDArray[np.int64] | None:
    """(N,) microseconds that names say, which differ in their numbers only; None where these are no times.

    Seconds and their parts are times where the step from one second to the next is like those within it: films that
    are numbered from 0 leap there.

    Args:
        numbers: of each name, as digits.
        texts: before, between and after them.
    """
    widths = [{len(digits) for digits in column} for column in zip(*numbers, strict=True)]
    if not widths or len(numbers) < 3:
        return None
    for given, parts_of_clock in _CLOCKS:
        if len(given) > len(widths) or not all(map(_BETWEEN.match, texts[-len(given) : -1])):
            continue
        dated = (given, *((given[0] + n, *given[1:]) for n in _DATES))
        tail = next((one for one in dated if widths[-len(one) :] == [{width} for width in one]), None)
        if tail is None:
            continue
        digits = ["".join(row[-len(tail) :])[-sum(parts_of_clock) :] for row in numbers]
        if (stamps := _read_clock(digits, parts_of_clock)) is not None:
            return stamps
    if len(widths) > 1 and texts[-2] == ".":
        seconds = np.array([int(row[-2][:9]) for row in numbers], dtype=np.int64)
        parts = np.array([int(row[-1][:6].ljust(6, "0")) for row in numbers], dtype=np.int64)
        return _check(seconds, parts, 1_000_000)
    return None


def _read_clock(digits: list[str], widths: tuple[int, ...]) -> NDArray[np.int64] | None:
    ends = np.cumsum(widths)
    fields = [np.array([int(one[end - width : end] or 0) for one in digits], dtype=np.int64)
              for width, end in zip(widths, ends, strict=True)]  # fmt: skip
    *clock, parts = fields
    if any(field.max() >= end for field, end in zip(clock, _ENDS, strict=True)):
        return None
    seconds = 3600 * clock[0] + 60 * clock[1] + clock[2]
    if widths[-1] != 2:
        return _check(seconds, parts, 10 ** widths[-1])
    rate = next((rate for rate in RATES_OF_TIMECODES if rate > parts.max()), None)
    return None if rate is None else _check(seconds, parts, rate)


def _check(seconds: NDArray[np.int64], parts: NDArray[np.int64], parts_of_second: int) -> NDArray[np.int64] | None:
    """Microseconds, where they make even steps."""
    stamps_us = seconds * 1_000_000 + parts * 1_000_000 // parts_of_second
    ordered, first = np.unique(stamps_us, return_index=True)
    if len(ordered) < len(stamps_us):
        return None
    is_next_second = np.diff(seconds[first]) > 0
    steps_s = np.diff(ordered) / 1e6
    if is_next_second.sum() < 1 or is_next_second.all():
        return None
    usual_s, between_s = np.median(steps_s[~is_next_second]), np.median(steps_s[is_next_second])
    is_even = _EVEN[0] * usual_s <= between_s <= _EVEN[1] * usual_s
    return stamps_us if is_even and _STEPS_S[0] <= usual_s <= _STEPS_S[1] else None
