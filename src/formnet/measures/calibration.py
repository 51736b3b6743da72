"""From readings to measurements: what a pose source and a view make of a true value, undone, with the error left.

A lifter shrinks extremes and each view hides something. For each pose source, measure and view a line
value = offset + gain · reading was fitted where the truth is known (simulated people through cameras, the fitted
errors of the estimator and the lifter); what scatters about it is the error, and the share of the variation that it
explains tells whether this view shows the measure at all. `formnet fit-errors` makes the file that is read here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError
from formnet.measures.base import Measure, RawValue
from formnet.measures.measurement import Measurement
from formnet.measures.performance import Performance
from formnet.measures.registry import MEASURES
from formnet.storage.texts import parse_json

VIEWS: dict[str, tuple[float, float]] = {
    "front": (0.0, 25.0),
    "front oblique": (25.0, 65.0),
    "side": (65.0, 115.0),
    "back oblique": (115.0, 155.0),
    "back": (155.0, 180.0),
}
"""Name → how far the camera stands from the person's front, degrees; left and right are alike."""
LEAST_RELIABILITY = 0.33
"""A measure counts as shown where at least this share of its variation is explained; its error says how well."""
FAST_EYES = ", fast eyes"
"""Ending of a pose source's name whose joints the small size of BlazePose saw."""
FAST_ERROR = 1.2
"""How much larger all errors are then: what brings rendered people to the stated shares (`benchmarks/sizes.py`)."""
FAST_NOT_FROM = dict.fromkeys(("heel_rise", "heel_height", "toe_rise"), ("side", "back oblique", "back"))
"""What is not shown then, and from where: flat feet of real people seem to rise by 0.2 to 0.5 of a foot's length
(`benchmarks/real_clips.py --eyes fast`)."""
RESTLESS = 2.0
"""How many times the tremble of a curve that ought to be still its readings are off: with it flat feet of real people
whose tracks tremble (15 readings, by 0.02 to 0.15 of a foot) scatter as stated."""
_PARTS = ("offset", "gain", "error", "reliability")


@dataclass(frozen=True)
class Line:
    """value = offset + gain · reading, with one standard deviation of what is left.

    Attributes:
        reliability: share of the variation of true values that the line explains, 0–1.
    """

    offset: float
    gain: float
    error: float
    reliability: float


@dataclass(frozen=True)
class Calibration:
    """The lines of one pose source.

    Attributes:
        source: which: a lifter with what BlazePose sees ("supervised"), with what other detectors see
            ("supervised keypoints"), or joints that were 3D already ("solid").
        lines: measure → view → line.
    """

    source: str
    lines: Mapping[str, Mapping[str, Line]]

    def correct(self, name: str, reading: RawValue, view_deg: float) -> Measurement:
        """The measurement behind a reading."""
        line = line_at(self.lines[name], view_deg) if name in self.lines else None
        if not math.isfinite(reading.value):
            return Measurement(
                name, math.nan, math.nan, reading.time_s, False, "its joints or the standing are not seen"
            )
        if line is None:
            return Measurement(name, reading.value, math.nan, reading.time_s, False, "its error is not known")
        value = line.offset + line.gain * reading.value
        shown = line.reliability >= LEAST_RELIABILITY
        reason = "" if shown else f"cannot be measured from the {view_name(view_deg)}"
        return Measurement(name, value, line.error, reading.time_s, shown, reason)


def line_at(lines: Mapping[str, Line], view_deg: float) -> Line:
    """The line for a camera anywhere: between the middles of two views, what lies between their lines."""
    if not math.isfinite(view_deg):
        return lines["front oblique"]
    away = abs((view_deg + 180.0) % 360.0 - 180.0)
    middles = [_middle_deg(view) for view in VIEWS]
    table = np.array([[getattr(lines[view], part) for part in _PARTS] for view in VIEWS])
    return Line(*(float(np.interp(away, middles, column)) for column in table.T))


def _middle_deg(view: str) -> float:
    """Where a view's line holds: straight before and behind for those, the middle of its range for the others."""
    low, high = VIEWS[view]
    return low if low == 0.0 else high if high == 180.0 else (low + high) / 2


def view_name(view_deg: float) -> str:
    """Which of `VIEWS` an angle (0 front, ±90 side, 180 back) belongs to; an unknown one counts as oblique."""
    if not math.isfinite(view_deg):
        return "front oblique"
    away = abs((view_deg + 180.0) % 360.0 - 180.0)
    return next(name for name, (_, end) in VIEWS.items() if away <= end)


def measure_repetition(performance: Performance, calibration: Calibration) -> dict[str, Measurement]:
    """All measures of a repetition, with errors, every one of the registry."""
    found = {}
    for name, measure in MEASURES.items():
        raw = measure.read(performance)
        measurement = calibration.correct(name, raw, performance.view_deg)
        measurement = replace(measurement, error=math.hypot(measurement.error, RESTLESS * raw.tremble))
        hidden = _name_hidden(performance, measure)
        if measurement.is_shown and hidden:
            measurement = replace(measurement, is_shown=False, reason=hidden)
        found[name] = measurement
    return found


def _name_hidden(performance: Performance, measure: Measure) -> str:
    """What neither side shows at the bottom, or of a change when standing: one clause, empty where all is seen."""
    moments = {"": performance.at_bottom}
    if measure.is_change and performance.standing.any():
        moments[" when standing"] = performance.standing
    for when, frames in moments.items():
        if hidden := [kind.replace("_", " ") for kind in measure.joints if performance.hides(kind, frames)]:
            return f"{' and '.join(hidden)} not seen{when}"
    return ""


@cache
def calibration_for(source: str) -> Calibration:
    """The fitted lines of a pose source; a source that was never fitted gets those of its lifter, or of "solid"."""
    if source.endswith(FAST_EYES):
        return with_fast_eyes(calibration_for(source.removesuffix(FAST_EYES)))
    known = read_shipped_calibrations()
    return known.get(source) or known.get(source.removesuffix(" keypoints")) or known["solid"]


def with_fast_eyes(calibration: Calibration) -> Calibration:
    """The lines of a pose source where the small size of BlazePose looked."""

    def widen(name: str, view: str, line: Line) -> Line:
        hidden = view in FAST_NOT_FROM.get(name, ())
        return replace(line, error=FAST_ERROR * line.error, reliability=0.0 if hidden else line.reliability)

    return Calibration(
        f"{calibration.source}{FAST_EYES}",
        {name: {view: widen(name, view, line) for view, line in of.items()} for name, of in calibration.lines.items()},
    )


@cache
def read_shipped_calibrations() -> dict[str, Calibration]:
    """Pose source → the fitted lines that formnet brings along; raises as `read_calibrations`."""
    text = resources.files("formnet.measures").joinpath("errors.json").read_text(encoding="utf-8")
    return read_calibrations(parse_json(text, Path("errors.json"), "file of errors"))


def read_calibrations(content: Mapping[str, Any]) -> dict[str, Calibration]:
    """Calibrations from the content of a file that `formnet fit-errors` wrote.

    Raises:
        InputError: when it is no such content.
    """
    try:
        return {
            source: Calibration(
                source,
                {
                    name: {view: Line(*(float(number) for number in line)) for view, line in views.items()}
                    for name, views in lines.items()
                },
            )
            for source, lines in content["sources"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"these are no errors of measures ({error}); make them with formnet fit-errors") from error
