"""The verdict as one self-contained page that a coach can open, print and send on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from formnet.faults import fault_named
from formnet.report.clock import format_time
from formnet.report.text import all_warnings
from formnet.storage.files import atomic_path
from formnet.verdict import ClipVerdict, RepetitionVerdict, Verdict


def write_html_report(
    verdict: Verdict,
    path: Path,
    *,
    videos: Mapping[str, str] | None = None,
    bottoms: Mapping[str, Sequence[str | None]] | None = None,
) -> None:
    """Writes the report.

    Args:
        videos: clip path → overlay video, as a path relative to the report.
        bottoms: clip path → a base64 JPEG of each repetition's deepest position.

    Raises:
        InputError: when the file cannot be written.
    """
    loader = jinja2.PackageLoader("formnet.report", "templates")
    template = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True).get_template("report.html")
    clips = [
        _clip_view(clip, (videos or {}).get(clip.path), (bottoms or {}).get(clip.path, ())) for clip in verdict.clips
    ]
    page = template.render(
        clips=clips,
        model=verdict.model,
        n_repetitions=sum(len(clip.repetitions) for clip in verdict.clips),
        n_faults=sum(repetition.is_fault for clip in verdict.clips for repetition in clip.repetitions),
    )
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _clip_view(clip: ClipVerdict, video: str | None, images: Sequence[str | None]) -> dict[str, Any]:
    scale = 1000 / max(clip.duration_s, 1e-9)
    padded = [*images, *[None] * (len(clip.repetitions) - len(images))]
    return {
        "verdict": clip,
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
        "repetitions": [
            _repetition_view(number, repetition, image)
            for number, (repetition, image) in enumerate(zip(clip.repetitions, padded, strict=True), start=1)
        ],
    }


def _repetition_view(number: int, repetition: RepetitionVerdict, image: str | None) -> dict[str, Any]:
    return {
        "number": number,
        "image": image,
        "start": format_time(repetition.start_s),
        "bottom": format_time(repetition.bottom_s),
        "end": format_time(repetition.end_s),
        "kind": repetition.kind,
        "title": repetition.title,
        "basis": repetition.basis,
        "findings": [finding.describe() for finding in repetition.findings if finding.state != "none"],
        "advice": fault_named(repetition.label).advice,
    }
