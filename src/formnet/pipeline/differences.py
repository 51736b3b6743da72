"""How a performance differs from a reference in measured quantities: "knee flexion 12 ± 9° less at the bottom"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from formnet.measures.measurement import Measurement, describe_value
from formnet.measures.registry import MEASURES
from formnet.preprocess.repetitions import Segmentation
from formnet.verdict import RepetitionVerdict

_NOT_COMPARED = ("femur_over_trunk", "descent", "pause", "ascent")
"""Who a person is, and a pace that comparison leaves out on purpose."""


@dataclass(frozen=True)
class Difference:
    """One measure of a performance against the same of a reference.

    Attributes:
        measure: its name.
        value, reference: means over the repetitions, in the measure's unit.
        error: one standard deviation of their difference.
    """

    measure: str
    value: float
    reference: float
    error: float

    @property
    def difference(self) -> float:
        return self.value - self.reference

    @property
    def excess(self) -> float:
        """How many standard deviations the difference is."""
        return abs(self.difference) / max(self.error, 1e-9)

    def describe(self) -> str:
        """For people: "Knee flexion 25 ± 11° less (96°, reference 121°)"."""
        measure = MEASURES[self.measure]
        how = "more" if self.difference > 0 else "less"
        size = describe_value(abs(self.difference), measure.unit, self.error)
        ends = (describe_value(value, measure.unit) for value in (self.value, self.reference))
        return f"{measure.title} {size} {how} ({', reference '.join(ends)})"

    def to_dict(self) -> dict[str, Any]:
        return {
            "measure": self.measure,
            "unit": MEASURES[self.measure].unit,
            "value": round(self.value, 3),
            "reference": round(self.reference, 3),
            "difference": round(self.difference, 3),
            "error": round(self.error, 3),
        }


def choose_differences(compared: Sequence[Difference]) -> tuple[Difference, ...]:
    """Those beyond their error, the surest first."""
    return tuple(sorted((d for d in compared if d.excess > 1), key=lambda d: -d.excess))


def compare_measures(
    repetitions: Sequence[RepetitionVerdict], references: Sequence[RepetitionVerdict]
) -> tuple[Difference, ...]:
    """Every measure of both, in the registry's order; what either view hides is left out.

    Errors are mostly the same in every repetition of a clip (a view, a body), so they do not shrink with the number
    of repetitions.
    """
    found = []
    for name in MEASURES:
        ours, theirs = ([r.measures[name] for r in side if name in r.measures] for side in (repetitions, references))
        if name in _NOT_COMPARED or not (_are_shown(ours) and _are_shown(theirs)):
            continue
        (value, error), (reference, other) = _mean(ours), _mean(theirs)
        found.append(Difference(name, value, reference, math.hypot(error, other)))
    return tuple(found)


def _are_shown(measurements: Sequence[Measurement]) -> bool:
    return bool(measurements) and all(m.is_shown and math.isfinite(m.value) for m in measurements)


def _mean(measurements: Sequence[Measurement]) -> tuple[float, float]:
    return float(np.mean([m.value for m in measurements])), float(np.mean([m.error for m in measurements]))


def name_other_movement(found: Segmentation, reference: Segmentation) -> str:
    """What is to be said where clip and reference, of which these squats are left, do not both show any."""
    seen = [
        f"the {which} shows {'squats' if kept.spans else 'no squat'}"
        + (f" but what looks like {kept.other}" if kept.other and not kept.spans else "")
        for which, kept in (("clip", found), ("reference", reference))
    ]
    different = "these are different movements: " if bool(found.spans) != bool(reference.spans) else ""
    return f"{different}{' and '.join(seen)}, so nothing was measured"
