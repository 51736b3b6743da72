"""What the report shows of a verdict, ready for its template."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from markupsafe import Markup

from formnet.checks import join_words
from formnet.faults import fault_named
from formnet.measures.registry import FAMILIES, MEASURES
from formnet.report.clock import format_time
from formnet.report.colours import COURSES
from formnet.report.summary import seen_faults, summarise
from formnet.report.svg import draw_courses, draw_range, draw_trend
from formnet.report.text import all_warnings
from formnet.standards.finding import Finding
from formnet.verdict import ClipVerdict, RepetitionVerdict

_COURSES = (("thigh", "thigh"), ("knee_flexion", "knee"), ("trunk_lean", "trunk"))
_WIDTHS = 6.0
"""A range bar reaches this many errors to both sides of its limit, and further where the value does."""
_STATES = {"clear": "fault", "borderline": "unsure", "none": "good", "not judgeable": "unsure"}


def shown_name(path: str) -> str:
    """The name of a clip as a report may say it: no absolute path of the machine it was judged on."""
    return PurePath(path).name if PurePath(path).is_absolute() else path


def view_clip(clip: ClipVerdict, video: str | None, images: Sequence[str | None]) -> dict[str, Any]:
    """A clip for the template.

    Args:
        video: the overlay, relative to the report.
        images: a base64 JPEG of each repetition's deepest position, None where there is none.
    """
    scale = 1000 / max(clip.duration_s, 1e-9)
    padded = [*images, *[None] * (len(clip.repetitions) - len(images))]
    return {
        "name": shown_name(clip.path),
        "summary": summarise(clip),
        "video": video,
        "warnings": all_warnings(clip),
        "bars": [
            {
                "x": round(repetition.start_s * scale, 1),
                "width": round((repetition.end_s - repetition.start_s) * scale, 1),
                "bottom": round(repetition.bottom_s * scale, 1),
                "kind": repetition.kind,
                "title": f"{number}: {repetition.title}",
            }
            for number, repetition in enumerate(clip.repetitions, start=1)
        ],
        "trends": view_trends(clip.repetitions),
        "repetitions": [
            view_repetition(number, repetition, image)
            for number, (repetition, image) in enumerate(zip(clip.repetitions, padded, strict=True), start=1)
        ],
    }


def view_repetition(number: int, repetition: RepetitionVerdict, image: str | None) -> dict[str, Any]:
    """A repetition for the template: findings with range bars, all measures by family, angles over time."""
    return {
        "number": number,
        "image": image,
        "start": format_time(repetition.start_s),
        "bottom": format_time(repetition.bottom_s),
        "end": format_time(repetition.end_s),
        "kind": repetition.kind,
        "title": ", ".join(fault_named(f).title for f in seen_faults(repetition)) or repetition.title,
        "basis": repetition.basis if repetition.probabilities else "",
        "findings": [view_finding(finding) for finding in repetition.findings],
        "families": view_families(repetition),
        "courses": Markup(_draw_courses(repetition)),
        "advice": list_advice(repetition),
    }


def list_advice(repetition: RepetitionVerdict) -> list[str]:
    """A coach's sentence for each clear fault; where there is none, what to look at again, else to go on like this."""
    if faults := seen_faults(repetition):
        return [fault_named(fault).advice for fault in faults]
    if repetition.kind == "good" and repetition.likely:
        named = join_words([finding.title.lower() for finding in repetition.likely])
        return [f"No clear fault; {named} may be one: look again."]
    return [fault_named(repetition.label).advice]


def view_finding(finding: Finding) -> dict[str, Any]:
    """A finding for the template."""
    measurement, criterion = finding.measurement, finding.criterion
    is_judged = finding.state != "not judgeable"
    bar = ""
    if is_judged:
        reach = max(_WIDTHS * max(measurement.error, 1e-9), 1.2 * abs(measurement.value - criterion.limit))
        bar = draw_range(
            measurement.value, measurement.error, criterion.limit, criterion.side,
            criterion.limit - reach, criterion.limit + reach,
        )  # fmt: skip
    return {
        "title": finding.title,
        "measure": measurement.title,
        "state": finding.state,
        "doubt": finding.describe_doubt(),
        "kind": _STATES[finding.state],
        "value": measurement.describe() if is_judged else finding.reason,
        "limit": finding.describe_bound(),
        "bar": Markup(bar),
    }


def view_families(repetition: RepetitionVerdict) -> list[dict[str, Any]]:
    """The measures that this view shows, by family."""
    found = []
    for family, measures in FAMILIES.items():
        rows = [
            {"title": measure.title, "value": repetition.measures[measure.name].describe()}
            for measure in measures
            if measure.name in repetition.measures and repetition.measures[measure.name].is_shown
        ]
        if rows:
            found.append({"name": family, "rows": rows})
    return found


def view_trends(repetitions: Sequence[RepetitionVerdict]) -> list[dict[str, Any]]:
    """Each judged measure over the repetitions of the set, where there are two or more."""
    judged = {finding.criterion.measure: finding.criterion.limit for r in repetitions for finding in r.findings}
    trends = []
    for name, limit in judged.items():
        shown = [r.measures.get(name) for r in repetitions]
        values = [m.value if m is not None and m.is_shown else float("nan") for m in shown]
        errors = [m.error if m is not None else 0.0 for m in shown]
        if drawing := draw_trend(values, errors, limit):
            trends.append({"title": f"{MEASURES[name].title} ({MEASURES[name].unit})", "drawing": Markup(drawing)})
    return trends


def _draw_courses(repetition: RepetitionVerdict) -> str:
    courses = [
        (title, colour, *repetition.courses[name])
        for (name, title), colour in zip(_COURSES, COURSES, strict=True)
        if name in repetition.courses
    ]
    return draw_courses(courses, repetition.bottom_s)
