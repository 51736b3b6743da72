"""Ranges of numbers that a user or a file may give, said once and checked alike everywhere.

A dataclass of options names its ranges with the fields and checks them all when it is made:

    @dataclass(frozen=True)
    class FitOptions:
        batch_size: int = within(whole(1, 65536), 64)

        def __post_init__(self) -> None:
            check_fields(self, "fit")
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from formnet.errors import InputError

_SHOWN = 60


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both allowed; never NaN or infinite.

    Attributes:
        is_whole: only whole numbers.
        or_none: None is allowed, too.
    """

    low: float
    high: float
    is_whole: bool = False
    or_none: bool = False

    def holds(self, value: object) -> bool:
        """Whether a value is such a number."""
        if value is None:
            return self.or_none
        if isinstance(value, bool) or not isinstance(value, int if self.is_whole else int | float):
            return False
        return self.low <= value <= self.high

    def __str__(self) -> str:
        kind = "a whole number" if self.is_whole else "a number"
        if self.low == -math.inf and self.high == math.inf:
            limits = kind
        elif self.high == math.inf:
            limits = f"{kind} of {_say(self.low)} or more"
        else:
            limits = f"{kind} of {_say(self.low)}…{_say(self.high)}"
        return f"{limits} or null" if self.or_none else limits


def whole(low: float = 0, high: float = 2**31 - 1, *, or_none: bool = False) -> Range:
    """Whole numbers; without limits 0 and more."""
    return Range(low, high, is_whole=True, or_none=or_none)


def real(low: float = 0.0, high: float = 1e9, *, or_none: bool = False) -> Range:
    """Numbers that need not be whole; without limits 0 and more."""
    return Range(low, high, or_none=or_none)


def within(allowed: Range, default: Any) -> Any:
    """A dataclass field of this default whose values `check_fields` holds against the range."""
    return dataclasses.field(default=default, metadata={"range": allowed})


def check_fields(options: Any, where: str) -> None:
    """Holds every field of a dataclass that was made by `within` against its range.

    Args:
        where: how the user names the group, before the field's name.

    Raises:
        InputError: naming every field that is out of range, and what is allowed.
    """
    ranged = [field for field in dataclasses.fields(options) if "range" in field.metadata]
    check_values(where, **{field.name: (getattr(options, field.name), field.metadata["range"]) for field in ranged})


def check_values(where: str, **values: tuple[object, Range]) -> None:
    """Holds values against ranges; raises `InputError` naming all that are out of theirs."""
    wrong = [
        f"{where}.{name} to be {allowed}, got {say_value(value)}"
        for name, (value, allowed) in values.items()
        if not allowed.holds(value)
    ]
    if wrong:
        raise InputError(f"expected {'; '.join(wrong)}; correct {'it' if len(wrong) == 1 else 'them'}")


def say_value(value: object) -> str:
    """A value as a message may show it: short, whatever it is."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        return f"a number of {int(value.bit_length() * math.log10(2)) + 1} digits"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def join_words(words: Sequence[str]) -> str:
    """As a sentence lists them: "hips, knees and ankles"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _say(limit: float) -> str:
    return f"{limit:g}" if abs(limit) < 1e6 else f"{limit:.10g}"
