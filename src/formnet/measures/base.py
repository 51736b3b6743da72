"""What a measure is, and how its value is read from a curve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np

from formnet.measures.curves import Curve
from formnet.measures.performance import Performance
from formnet.motion import FloatArray

Unit = Literal["°", "ratio", "shin lengths", "foot lengths", "hip widths", "s"]
Event = Literal["bottom", "greatest", "least", "change", "greatest change", "whole"]
_LEAST_DEPTH = 0.4
"""Greatest and least values are read where at least this part of the depth is reached."""
_HELD = 0.2
"""They are what is held for this part of that time, at least: a shorter one is a slip of the estimator more often than
of the person (heels and trunk of real people, `benchmarks/transfer.py` and `benchmarks/postures.py`)."""

_TREMBLE_S = 0.1


@dataclass(frozen=True)
class RawValue:
    """A value as it was read, before any correction.

    Attributes:
        value: in the measure's unit; NaN where it could not be read.
        time_s: when, on the clip's own clock.
        tremble: of what ought to be still, how far it trembles, in the measure's unit (`compute_restlessness`).
    """

    value: float
    time_s: float
    tremble: float = 0.0


@dataclass(frozen=True, eq=False)
class Measure:
    """One quantity of one repetition.

    Attributes:
        name: identifier in files and JSON.
        title: as shown to people.
        unit: of the value.
        definition: one sentence that says what is measured between what.
        event: what of the curve it is: the mean around the deepest moment ("bottom"), the same less the person's own
            standing ("change"), what is held while the person is deep ("greatest", "least"), that less the own
            standing ("greatest change"); or of the "whole" repetition.
        source: who defined it, or why it is here.
        path: the curve over time that the value is read from; of a "whole" one, the function that gives the value.
        joints: kinds of joints (without side) it rests on, which have to be seen.
        least_errors: view → one standard deviation that people have from there who went through pictures, where
            simulated joints have less.
        hidden_from: views whose pictures do not show it, although simulated joints do.
        is_still: a squat hardly moves what it is read from, so that what moves fast there is the estimator's error.
    """

    name: str
    title: str
    unit: Unit
    definition: str
    event: Event
    source: str
    path: Curve | Callable[[Performance], RawValue]
    joints: tuple[str, ...]
    least_errors: Mapping[str, float] = field(default_factory=dict)
    hidden_from: tuple[str, ...] = ()
    is_still: bool = False

    @property
    def is_change(self) -> bool:
        """Whether the person's own standing has to be seen, too."""
        return self.event in ("change", "greatest change")

    def read(self, performance: Performance) -> RawValue:
        """The value of a repetition."""
        values = self.path(performance)
        if isinstance(values, RawValue):
            return values
        raw = _READINGS[self.event](values, performance)
        return replace(raw, tremble=compute_restlessness(values, performance)) if self.is_still else raw


def _mean_at_bottom(values: FloatArray, p: Performance) -> RawValue:
    return RawValue(mean_of(values[p.at_bottom]), p.bottom_s)


def _change_at_bottom(values: FloatArray, p: Performance) -> RawValue:
    return RawValue(mean_of(values[p.at_bottom]) - median_of(values[p.standing]), p.bottom_s)


def _extreme(values: FloatArray, p: Performance, *, sign: float, from_standing: bool) -> RawValue:
    deep = np.where(find_deep(p), sign * values, np.nan)
    if np.isnan(deep).all():
        return RawValue(float("nan"), p.bottom_s)
    held = sign * float(np.nanquantile(deep, 1.0 - _HELD))
    zero = median_of(values[p.standing]) if from_standing else 0.0
    return RawValue(held - zero, float(p.motion.timestamps[int(np.nanargmax(deep))]))


_READINGS: Mapping[Event, Callable[[FloatArray, Performance], RawValue]] = {
    "bottom": _mean_at_bottom,
    "change": _change_at_bottom,
    "greatest": partial(_extreme, sign=1.0, from_standing=False),
    "least": partial(_extreme, sign=-1.0, from_standing=False),
    "greatest change": partial(_extreme, sign=1.0, from_standing=True),
}
"""How a value is read from a curve (T,); NaN where it cannot be, changes also where nobody stood."""


def find_deep(p: Performance) -> np.ndarray:
    """(T,) True in the repetition's frames that reach a good part of its depth."""
    height = p.hip_height
    own = height[p.inside]
    if np.isnan(own).all():
        return p.at_bottom
    top, bottom = np.nanmax(own), np.nanmin(own)
    deep = np.zeros(len(height), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        deep[p.inside] = own <= top - _LEAST_DEPTH * (top - bottom)
    return deep


def compute_restlessness(values: FloatArray, p: Performance) -> float:
    """How far a curve (T,) trembles while the person is deep: the standard deviation of white noise that would bend it
    as much over a tenth of a second; 0 where too little of it is there."""
    step = max(1, round(_TREMBLE_S * p.motion.fps))
    bent = np.full(len(values), np.nan)
    if len(values) > 2 * step:
        bent[step:-step] = values[2 * step :] - 2 * values[step:-step] + values[: -2 * step]
    seen = bent[find_deep(p)]
    seen = seen[np.isfinite(seen)]
    return float(np.sqrt(np.mean(seen**2) / 6.0)) if len(seen) else 0.0


def mean_of(values: FloatArray) -> float:
    """The mean of what is there, NaN where nothing is."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def median_of(values: FloatArray) -> float:
    """The median of what is there, NaN where nothing is."""
    return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")
