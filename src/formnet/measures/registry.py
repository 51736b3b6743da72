"""All measures by name; documentation, report and tests are made from this."""

from __future__ import annotations

from formnet.errors import InputError
from formnet.measures import back, depth, feet, knees, symmetry, tempo, trunk
from formnet.measures.base import Measure
from formnet.measures.performance import Performance

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
