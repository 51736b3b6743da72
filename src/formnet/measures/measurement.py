"""A measured value with its error: what a finding rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from formnet.measures.registry import MEASURES


@dataclass(frozen=True)
class Measurement:
    """One measure of one repetition.

    Attributes:
        name: of the measure.
        value: in the measure's unit; NaN where it could not be read.
        error: one standard deviation, in the same unit.
        time_s: when it was read, on the clip's own clock.
        is_shown: this view and this pose source show it.
        reason: why it is not shown, one clause; empty otherwise.
    """

    name: str
    value: float
    error: float
    time_s: float
    is_shown: bool = True
    reason: str = ""

    @property
    def unit(self) -> str:
        return MEASURES[self.name].unit

    @property
    def title(self) -> str:
        return MEASURES[self.name].title

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON; what could not be read is null."""
        return {
            "value": _rounded(self.value, self.unit),
            "error": _rounded(self.error, self.unit),
            "unit": self.unit,
            "shown": self.is_shown,
            **({"reason": self.reason} if self.reason else {}),
        }

    def describe(self) -> str:
        """For people: "34 ± 4°", "1.28 ± 0.14"."""
        return describe_value(self.value, self.unit, self.error)


Measurements = Mapping[str, Measurement]


def describe_value(value: float, unit: str, error: float | None = None) -> str:
    """A value as people write it: whole degrees, two decimals otherwise, ratios without a unit."""
    digits = 0 if unit == "°" else 2
    number = f"{value:.{digits}f}".replace("-0", "0") if round(value, digits) == 0 else f"{value:.{digits}f}"
    spread = "" if error is None else f" ± {error:.{digits}f}"
    return f"{number}{spread}{_tail(unit)}"


def describe_limit(limit: float, unit: str) -> str:
    """A limit just as its standard writes it: "4.5°", "0.3 shin lengths"."""
    return f"{limit:g}{_tail(unit)}"


def _tail(unit: str) -> str:
    return "" if unit == "ratio" else unit if unit == "°" else f" {unit}"


def _rounded(value: float, unit: str) -> float | None:
    if not math.isfinite(value):
        return None
    return round(value, 1 if unit == "°" else 3)
