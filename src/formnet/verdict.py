"""The frozen answer of formnet: what each repetition shows, on what it rests, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from formnet.faults import UNSURE, fault_named
from formnet.measures.measurement import Measurement
from formnet.motion import FloatArray
from formnet.standards.finding import Finding, clear_faults

SCHEMA = "formnet-verdict-2"
"""Of the JSON; `verdict.schema.json` beside this file describes it."""
RepetitionKind = Literal["good", "fault", "unsure"]


@dataclass(frozen=True)
class RepetitionVerdict:
    """One repetition.

    Attributes:
        start_s, bottom_s, end_s: seconds on the clip's own clock.
        label: the worst clear fault, the standard's word for good, or `UNSURE` when what matters cannot be judged.
        findings: every fault of the standard held against its measurement; empty where a network gave the class.
        measures: name → measurement.
        probabilities: class → calibrated probability where a network gave the class (`--model`); empty otherwise.
        warnings: what this repetition or view cannot tell.
        courses: measure → seconds (T,) and degrees (T,) over the repetition, for drawings; not part of the JSON.
    """

    start_s: float
    bottom_s: float
    end_s: float
    label: str
    findings: tuple[Finding, ...] = ()
    measures: Mapping[str, Measurement] = field(default_factory=dict)
    probabilities: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    courses: Mapping[str, tuple[FloatArray, FloatArray]] = field(default_factory=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"RepetitionVerdict({self.label}, {self.start_s:.1f}–{self.end_s:.1f} s, bottom {self.bottom_s:.1f} s)"

    @property
    def title(self) -> str:
        return fault_named(self.label).title

    @property
    def faults(self) -> tuple[str, ...]:
        """Names of the clear findings, the furthest beyond its limit first."""
        return tuple(finding.fault for finding in clear_faults(self.findings))

    @property
    def likely(self) -> tuple[Finding, ...]:
        """Borderline findings that are more likely than not, the likeliest first: what a coach would look at again."""
        near = [finding for finding in self.findings if finding.state == "borderline" and finding.excess > 0]
        return tuple(sorted(near, key=lambda finding: -finding.excess))

    @property
    def finding(self) -> Finding | None:
        """The finding that gave the label; None for good and unsure ones."""
        return next((finding for finding in self.findings if finding.fault == self.label), None)

    @property
    def is_fault(self) -> bool:
        return self.finding is not None or fault_named(self.label).is_fault

    @property
    def kind(self) -> RepetitionKind:
        """What reports colour by."""
        if self.label == UNSURE:
            return "unsure"
        return "fault" if self.is_fault else "good"

    @property
    def probability(self) -> float | None:
        """Of the label where a network gave it, else of the finding behind it; None where there is neither."""
        if self.probabilities:
            return max(self.probabilities.values())
        return None if self.finding is None else self.finding.probability

    @property
    def basis(self) -> str:
        """What the label rests on, for people: the quantity, its error and the limit."""
        if self.finding is not None:
            doubt = self.finding.describe_doubt()
            return self.finding.describe() + (f"; {doubt}" if doubt else "")
        if self.probabilities:
            return f"{max(self.probabilities.values()):.0%} by the network's classes"
        return f"look at: {', '.join(map(_name_likely, self.likely))}" if self.likely else ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "start_s": round(self.start_s, 3),
            "bottom_s": round(self.bottom_s, 3),
            "end_s": round(self.end_s, 3),
            "label": self.label,
            "faults": list(self.faults),
            "findings": [finding.to_dict() for finding in self.findings],
            "measures": {name: measurement.to_dict() for name, measurement in self.measures.items()},
            **(
                {"probabilities": {name: round(value, 4) for name, value in self.probabilities.items()}}
                if self.probabilities
                else {}
            ),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class ClipVerdict:
    """All repetitions of one clip, in order of time."""

    path: str
    fps: float
    duration_s: float
    repetitions: tuple[RepetitionVerdict, ...]
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"ClipVerdict({self.path}: {', '.join(repetition.label for repetition in self.repetitions)})"

    def to_dict(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "fps": round(self.fps, 3),
            "duration_s": round(self.duration_s, 3),
            "repetitions": [repetition.to_dict() for repetition in self.repetitions],
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class Verdict:
    """The answer for one or more clips, with what gave it.

    Attributes:
        clips: one entry for each clip that could be judged.
        model: provenance: standard or model, lifter, hashes, versions.
        failures: path → one sentence, for clips that could not be judged.
    """

    clips: tuple[ClipVerdict, ...]
    model: Mapping[str, Any]
    failures: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "schema": SCHEMA,
            "clips": [clip.to_dict() for clip in self.clips],
            "model": dict(self.model),
        }
        if self.failures:
            answer["failures"] = dict(self.failures)
        return answer


def _name_likely(finding: Finding) -> str:
    doubt = finding.describe_doubt()
    return finding.title.lower() + (f" ({doubt})" if doubt else "")


def choose_label(findings: Sequence[Finding], good: str = "good") -> str:
    """The worst clear fault, else `good`, or `UNSURE` when a required fault cannot be judged."""
    clear = clear_faults(findings)
    if clear:
        return clear[0].fault
    return UNSURE if any(f.is_required and f.state == "not judgeable" for f in findings) else good
