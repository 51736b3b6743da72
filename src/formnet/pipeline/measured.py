"""The judge that measures: lifted joints → repetitions → measurements → findings of a standard."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from formnet import __version__
from formnet.checks import join_words
from formnet.gate.recognition import keep_squats
from formnet.judges.measuring.estimator import MeasureEstimator
from formnet.judges.parts.threads import one_thread
from formnet.lifting.lifter import Lifter
from formnet.measures import outline
from formnet.measures.calibration import FAST_EYES, calibration_for, measure_repetition, view_name
from formnet.measures.measurement import Measurement
from formnet.measures.misfit import describe_misfit
from formnet.measures.performance import Performance, make_performance
from formnet.measures.registry import read_course
from formnet.motion import Motion
from formnet.pipeline.judge import clip_verdict
from formnet.pose.model_bundle import Eyes
from formnet.pose.track import PoseTrack
from formnet.preprocess.repetitions import RepetitionSpan, Segmentation
from formnet.preprocess.spec import PreprocessSpec, clean_motion, segment_clip
from formnet.skeleton import BLAZEPOSE_33
from formnet.standards.finding import Finding, find_faults
from formnet.standards.standard import Standard
from formnet.verdict import ClipVerdict, RepetitionVerdict, choose_label

SEEN_BY_NETWORK: Mapping[str, tuple[str, ...]] = {
    "trunk_lean_greatest": ("front",),
    "trunk_minus_shank": ("back oblique", "back"),
    "trunk_minus_shank_greatest": ("back oblique",),
}
"""Measure → views in which the network's value is taken: better than the geometry on simulated people, and on UI-PRMD's
recorded ones before virtual cameras no worse. Elsewhere it beats the geometry in simulation only (docs/measures.md)."""
COURSES = ("thigh", "knee_flexion", "trunk_lean")
"""Kept over time for the drawings of reports."""


@dataclass(frozen=True, eq=False)
class MeasuringJudge:
    """Holds what is measured against a standard.

    Attributes:
        standard: the limits.
        lifter: what makes the joints 3D.
        spec: how motions are cleaned.
        network: measures from distance matrices; None leaves it out.
        seen_by_network: measure → views in which its value is taken instead of the geometry's.
    """

    standard: Standard
    lifter: Lifter
    spec: PreprocessSpec = field(default_factory=PreprocessSpec)
    network: MeasureEstimator | None = None
    seen_by_network: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: SEEN_BY_NETWORK)

    def judge(self, track: PoseTrack, source: str) -> ClipVerdict:
        """The verdict on an estimated pose; raises `PoseError` when it shows no whole repetition."""
        return clip_verdict(track, source, *self.judge_repetitions(track))

    @one_thread()
    def judge_repetitions(self, track: PoseTrack) -> tuple[tuple[RepetitionVerdict, ...], tuple[str, ...]]:
        """The verdict on every repetition, maybe none, and warnings; raises as lifters do."""
        clean, found = self.find_squats(track)
        source = name_source(track, self.lifter)
        return tuple(self._judge_span(clean, span, source, track) for span in found.spans), found.warnings

    @one_thread()
    def find_squats(self, track: PoseTrack) -> tuple[Motion, Segmentation]:
        """The lifted motion, cleaned, and its repetitions that are squats; raises as lifters do."""
        clean = clean_motion(self.lifter.lift(track), self.spec)
        return clean, keep_squats(clean, segment_clip(clean, self.spec, track.image), track.image)

    def _judge_span(self, motion: Motion, span: RepetitionSpan, source: str, track: PoseTrack) -> RepetitionVerdict:
        performance = make_performance(motion, span.start, span.bottom, span.end, span.bottom_s)
        measurements = self._see_by_network(
            measure_repetition(performance, calibration_for(source)), performance, track.image
        )
        measurements[outline.NAME] = outline.see_outline(measurements[outline.NAME], performance, track)
        if misfit := describe_misfit(performance):
            measurements = {name: replace(one, is_shown=False, reason=misfit) for name, one in measurements.items()}
        findings = find_faults(self.standard, measurements)
        return RepetitionVerdict(
            span.start_s,
            span.bottom_s,
            span.end_s,
            choose_label(findings, self.standard.good),
            findings,
            measurements,
            warnings=(*span.warnings, *describe_hidden(findings)),
            courses={name: read_course(performance, name) for name in COURSES},
        )

    def _see_by_network(
        self, measurements: dict[str, Measurement], performance: Performance, image: Motion
    ) -> dict[str, Measurement]:
        """The network's values and errors in place of the geometry's, where it is asked and joints are seen."""
        view = view_name(performance.view_deg)
        asked = [name for name, views in self.seen_by_network.items() if view in views]
        names = [name for name in asked if math.isfinite(measurements[name].value)]
        if not names or self.network is None or self.network.lifter != self.lifter.name:
            return measurements
        estimates = self.network.estimate(performance, image)
        seen = {
            name: replace(measurements[name], value=value, error=error, is_shown=True, reason="")
            for name, (value, error) in estimates.items()
            if name in names
        }
        return {**measurements, **seen}

    def describe(self) -> dict[str, Any]:
        """Provenance for a verdict."""
        return {
            "name": "measures",
            "standard": self.standard.name,
            "lifter": self.lifter.name,
            "network": None if self.network is None else self.network.about.get("sha256"),
            "formnet": __version__,
        }


def name_source(track: PoseTrack, lifter: Lifter) -> str:
    """Under which name the errors of a pose source are kept."""
    if track.image.skeleton == BLAZEPOSE_33:
        return lifter.name if track.eyes is not Eyes.FAST else f"{lifter.name}{FAST_EYES}"
    return "solid" if lifter.needs_depth else f"{lifter.name} keypoints"


def describe_hidden(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """One sentence for each reason why faults cannot be judged."""
    by_reason: dict[str, list[str]] = {}
    for finding in findings:
        if finding.state == "not judgeable":
            by_reason.setdefault(finding.reason, []).append(finding.title.lower())
    return tuple(f"{join_words(titles)} cannot be judged: {reason}" for reason, titles in by_reason.items())
