"""The verdict as one self-contained page that a coach can open, print and send on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from formnet.report.colours import PAGE
from formnet.report.view import shown_name, view_clip
from formnet.storage.files import atomic_path, write_text
from formnet.verdict import Verdict


def write_html_report(
    verdict: Verdict,
    path: Path,
    *,
    videos: Mapping[str, str] | None = None,
    bottoms: Mapping[str, Sequence[str | None]] | None = None,
) -> None:
    """Writes the report.

    Args:
        videos: clip path → overlay video, as a link relative to the report, quoted.
        bottoms: clip path → a base64 JPEG of each repetition's deepest position.

    Raises:
        InputError: when the file cannot be written.
    """
    clips = [
        view_clip(clip, (videos or {}).get(clip.path), (bottoms or {}).get(clip.path, ())) for clip in verdict.clips
    ]
    write_page(
        path,
        "report.html",
        clips=clips,
        model=verdict.model,
        failures=[
            (shown_name(name), reason.replace(name, shown_name(name))) for name, reason in verdict.failures.items()
        ],
        n_repetitions=sum(len(clip.repetitions) for clip in verdict.clips),
        n_faults=sum(repetition.is_fault for clip in verdict.clips for repetition in clip.repetitions),
    )


def write_page(path: Path, template: str, **shown: Any) -> None:
    """Writes one of the folder's templates with what it shows; raises `InputError` when the file cannot be written."""
    loader = jinja2.PackageLoader("formnet.report", "templates")
    templates = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
    page = templates.get_template(template).render(colours=PAGE, **shown)
    with atomic_path(path) as temporary:
        write_text(temporary, page)
