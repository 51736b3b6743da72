"""The frozen answer of formnet: what each repetition shows, how surely, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from formnet.faults import UNSURE, fault_named

RepetitionKind = Literal["good", "fault", "unsure"]


@dataclass(frozen=True)
class RepetitionVerdict:
    """One repetition.

    Attributes:
        start_s, bottom_s, end_s: seconds on the clip's own clock.
        label: class name, or `UNSURE` when no class is sure enough.
        probability: of the most probable class (also when the label is `UNSURE`).
        probabilities: class name → calibrated probability; they sum to 1.
        warnings: what this repetition or view cannot tell.
    """

    start_s: float
    bottom_s: float
    end_s: float
    label: str
    probability: float
    probabilities: Mapping[str, float]
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return fault_named(self.label).title

    @property
    def is_fault(self) -> bool:
        return fault_named(self.label).is_fault

    @property
    def kind(self) -> RepetitionKind:
        """What reports colour by."""
        if self.label == UNSURE:
            return "unsure"
        return "fault" if self.is_fault else "good"

    def to_dict(self) -> dict[str, Any]:
        return {
            "start_s": round(self.start_s, 3),
            "bottom_s": round(self.bottom_s, 3),
            "end_s": round(self.end_s, 3),
            "label": self.label,
            "probability": round(self.probability, 4),
            "probabilities": {name: round(value, 4) for name, value in self.probabilities.items()},
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
        model: provenance: model name, hash of the weights, versions.
        failures: path → one sentence, for clips that could not be judged.
    """

    clips: tuple[ClipVerdict, ...]
    model: Mapping[str, Any]
    failures: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"clips": [clip.to_dict() for clip in self.clips], "model": dict(self.model)}
        if self.failures:
            answer["failures"] = dict(self.failures)
        return answer
