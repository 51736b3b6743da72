"""Measurements held against the limits of a standard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from formnet.faults import fault_named
from formnet.measures.measurement import Measurement, Measurements, describe_limit
from formnet.measures.registry import MEASURES
from formnet.standards.standard import Criterion, Rule, Standard

State = Literal["clear", "borderline", "none", "not judgeable"]
_DECISIVE = 1.0
"""Excess beyond which a fault is clear; less than its negative, and there is none."""
_REPEATED = 0.5
"""By how much the excess differs between recordings of one repetition (`benchmarks/same_footage.py`)."""


@dataclass(frozen=True)
class Finding:
    """A fault held against what was measured.

    Attributes:
        fault: its name.
        state: clear: beyond limit and error; borderline: within the error of the limit; none; or not judgeable from
            this view.
        probability: that the true value lies beyond the limit, by the error; NaN where it is not judgeable.
        excess: how far beyond the limit, in standard deviations of error and tolerance; negative inside it.
        measurement: the one that decides: of several criteria that all have to be met, the one met least.
        criterion: the limit it was held against.
        is_required: see `Rule`.
        reason: why it is not judgeable, one clause.
    """

    fault: str
    state: State
    probability: float
    excess: float
    measurement: Measurement
    criterion: Criterion
    is_required: bool
    reason: str = ""

    @property
    def title(self) -> str:
        return fault_named(self.fault).title

    @property
    def time_s(self) -> float:
        """When it shows, on the clip's own clock."""
        return self.measurement.time_s

    @property
    def close_to(self) -> State | None:
        """The state that another recording of the same repetition may well give it; None where it is far from any."""
        if self.state == "not judgeable" or abs(abs(self.excess) - _DECISIVE) > _REPEATED:
            return None
        if self.state != "borderline":
            return "borderline"
        return "clear" if self.excess > 0 else "none"

    def describe(self) -> str:
        """For people: "Trunk lean 52 ± 6° (at most 45°)"."""
        if self.state == "not judgeable":
            return f"{self.measurement.title}: {self.reason} ({self.describe_bound()})"
        return f"{self.measurement.title} {self.measurement.describe()} ({self.describe_bound()})"

    def describe_doubt(self) -> str:
        """For people: "close to borderline", or nothing."""
        return "" if self.close_to is None else f"close to {self.close_to}"

    def describe_bound(self) -> str:
        """What is good, for people: "at most 45°"."""
        bound = "at most" if self.criterion.side == "above" else "at least"
        return f"{bound} {describe_limit(self.criterion.limit, MEASURES[self.criterion.measure].unit)}"

    def to_dict(self) -> dict[str, Any]:
        judged = self.state != "not judgeable"
        return {
            "fault": self.fault,
            "state": self.state,
            **({} if self.close_to is None else {"close_to": self.close_to}),
            "probability": round(self.probability, 3) if judged else None,
            "measure": self.criterion.measure,
            **{key: value for key, value in self.measurement.to_dict().items() if key in ("value", "error", "unit")},
            "limit": self.criterion.limit,
            "side": self.criterion.side,
            "time_s": round(self.time_s, 3),
            **({"reason": self.reason} if self.reason else {}),
        }


def find_faults(standard: Standard, measurements: Measurements) -> tuple[Finding, ...]:
    """One finding for each fault of a standard, in its order; of several ways to one fault the furthest beyond."""
    found: dict[str, Finding] = {}
    for rule in standard.rules:
        finding = hold_against(rule, measurements)
        other = found.get(rule.fault)
        if other is None or _rank(finding) > _rank(other):
            found[rule.fault] = finding
    return tuple(found.values())


def hold_against(rule: Rule, measurements: Measurements) -> Finding:
    """The finding of one rule."""
    held = [(criterion, measurements[criterion.measure]) for criterion in rule.criteria]
    hidden = [(c, m) for c, m in held if not m.is_shown or not math.isfinite(m.value)]
    if hidden:
        criterion, measurement = hidden[0]
        reason = measurement.reason or "cannot be measured"
        return Finding(
            rule.fault, "not judgeable", math.nan, math.nan, measurement, criterion, rule.is_required, reason
        )
    excess, criterion, measurement = min(
        ((compute_excess(criterion, measurement), criterion, measurement) for criterion, measurement in held),
        key=lambda entry: entry[0],
    )
    state: State = "clear" if excess > _DECISIVE else "borderline" if excess > -_DECISIVE else "none"
    return Finding(rule.fault, state, _normal_cdf(excess), excess, measurement, criterion, rule.is_required)


def compute_excess(criterion: Criterion, measurement: Measurement) -> float:
    """How far a measurement lies beyond a limit, in standard deviations of its error and the limit's tolerance."""
    sign = 1.0 if criterion.side == "above" else -1.0
    spread = math.hypot(measurement.error, criterion.tolerance)
    return sign * (measurement.value - criterion.limit) / max(spread, 1e-9)


def clear_faults(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The clear ones, the furthest beyond its limit first."""
    return tuple(sorted((f for f in findings if f.state == "clear"), key=lambda f: -f.excess))


def _rank(finding: Finding) -> float:
    """Clear before borderline before none; what cannot be judged one way does not hide what another way shows."""
    return -math.inf if finding.state == "not judgeable" else finding.excess


def _normal_cdf(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
