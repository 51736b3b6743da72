"""All measures by name; documentation, report and tests are made from this."""

from __future__ import annotations

from formnet.errors import InputError
from formnet.measures import back, depth, feet, knees, symmetry, tempo, trunk
from formnet.measures.base import Measure, RawValue
from formnet.measures.performance import Performance
from formnet.motion import FloatArray

FAMILIES: dict[str, tuple[Measure, ...]] = {
    "depth": depth.MEASURES,
    "knees": knees.MEASURES,
    "trunk": trunk.MEASURES,
    "back and head": back.MEASURES,
    "feet": feet.MEASURES,
    "symmetry": symmetry.MEASURES,
    "tempo": tempo.MEASURES,
}
MEASURES: dict[str, Measure] = {measure.name: measure for family in FAMILIES.values() for measure in family}


def measure_named(name: str) -> Measure:
    """The measure of that name; raises `InputError` listing the known ones."""
    try:
        return MEASURES[name]
    except KeyError:
        raise InputError(f"there is no measure {name!r}; use one of {', '.join(MEASURES)}") from None


def read_values(performance: Performance) -> dict[str, float]:
    """Name → value as read, NaN where it could not be read; every measure is there."""
    return {name: measure.read(performance).value for name, measure in MEASURES.items()}


def read_course(performance: Performance, name: str) -> tuple[FloatArray, FloatArray]:
    """The path that a measure is read from over the repetition: seconds (T,) and values (T,)."""
    values = measure_named(name).path(performance)
    assert not isinstance(values, RawValue), "durations and proportions have no course"
    return performance.motion.timestamps[performance.inside], values[performance.inside]


def describe_measures() -> list[dict[str, str]]:
    """What the list of measures shows, one row each; errors are those of the default pose source by view."""
    from formnet.measures.calibration import LEAST_RELIABILITY, calibration_for  # it reads this registry

    lines = calibration_for("supervised+picture").lines
    rows = []
    for family, measures in FAMILIES.items():
        for measure in measures:
            of_views = lines.get(measure.name, {})
            seen = {view: line for view, line in of_views.items() if line.reliability >= LEAST_RELIABILITY}
            errors = " / ".join(
                _error_text(seen[view].error, measure.unit) if view in seen else "hidden" for view in ("front", "side")
            )
            rows.append(
                {
                    "name": measure.name, "title": measure.title, "family": family, "unit": measure.unit,
                    "event": measure.event, "definition": measure.definition, "source": measure.source,
                    "views": ", ".join(seen), "errors": errors,
                }
            )  # fmt: skip
    return rows


def _error_text(error: float, unit: str) -> str:
    return f"{error:.0f}°" if unit == "°" else f"{error:.2f}"
