"""What a standard is: faults, each with the measures and limits that make it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["above", "below"]
Evidence = Literal["strong", "moderate", "weak", "convention"]


@dataclass(frozen=True)
class Criterion:
    """A limit on one measure.

    Attributes:
        measure: its name.
        side: on which side of the limit the fault lies.
        limit: in the measure's unit.
        tolerance: how far a good performance may be beyond the limit and count as at it (one standard deviation of
            where people who judge would put the limit).
    """

    measure: str
    side: Side
    limit: float
    tolerance: float = 0.0


@dataclass(frozen=True)
class Rule:
    """A fault and what makes it: all criteria have to be met.

    Attributes:
        fault: name in `formnet.faults`, or one of the user's own.
        criteria: one or more.
        is_required: without this fault being judgeable a repetition cannot be called good.
        source: who says so.
        evidence: how well that is founded.
    """

    fault: str
    criteria: tuple[Criterion, ...]
    is_required: bool
    source: str
    evidence: Evidence


@dataclass(frozen=True)
class Standard:
    """A named set of rules.

    Attributes:
        name: identifier.
        title, description: as shown to people.
        rules: at most one for each fault, or several ways to the same fault.
        reported: measures that the report shows though nothing is held against them.
        good: the label of a repetition without a clear fault.
    """

    name: str
    title: str
    description: str
    rules: tuple[Rule, ...]
    reported: tuple[str, ...] = ()
    good: str = "good"

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults it knows, in its order."""
        return tuple(dict.fromkeys(rule.fault for rule in self.rules))

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that its rules rest on, then those it reports."""
        judged = [criterion.measure for rule in self.rules for criterion in rule.criteria]
        return tuple(dict.fromkeys([*judged, *self.reported]))
