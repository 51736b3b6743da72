"""What `classify --out` leaves behind: verdict.json, verdict.csv, report.html and one overlay video for each clip."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from formnet.faults import fault_named
from formnet.pipeline import JudgedClip
from formnet.report.html import write_html_report
from formnet.report.moments import render_bottoms
from formnet.report.overlay import OverlaySegment, write_overlay_video
from formnet.report.table import write_csv
from formnet.storage.files import atomic_path
from formnet.verdict import Verdict

ProgressBar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


def write_results(
    out: Path, verdict: Verdict, judged: Sequence[JudgedClip], *, with_video: bool, progress_bar: ProgressBar
) -> list[Path]:
    """Writes everything into `out` (made if need be); each file appears only when it is whole.

    Returns:
        The files written.

    Raises:
        InputError: when the folder cannot be written or a clip can no longer be read.
    """
    names = _choose_video_names([clip.verdict.path for clip in judged])
    videos, bottoms, written = {}, {}, []
    for clip, name in zip(judged, names, strict=True):
        path, segments = clip.verdict.path, describe_segments(clip)
        if clip.picture is None:
            continue
        if with_video:
            with progress_bar(f"drawing {name}") as on_frame:
                write_overlay_video(clip.picture, clip.track, segments, out / name, on_frame=on_frame)
            videos[path] = name
            written.append(out / name)
        bottoms[path] = render_bottoms(clip.picture, clip.track, segments)
    write_html_report(verdict, out / "report.html", videos=videos, bottoms=bottoms)
    write_csv(verdict, out / "verdict.csv")
    with atomic_path(out / "verdict.json") as temporary:
        temporary.write_text(json.dumps(verdict.to_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [*written, out / "report.html", out / "verdict.csv", out / "verdict.json"]


def describe_segments(clip: JudgedClip) -> list[OverlaySegment]:
    """The repetitions of a judged clip as the overlay shows them."""
    return [
        OverlaySegment(
            start_s=repetition.start_s,
            bottom_s=repetition.bottom_s,
            end_s=repetition.end_s,
            number=number,
            title=repetition.title,
            kind=repetition.kind,
            probability=repetition.probability if repetition.probabilities else None,
            detail="" if repetition.finding is None else repetition.finding.describe(),
            joints=fault_named(repetition.label).joints,
            finding=repetition.finding,
        )
        for number, repetition in enumerate(clip.verdict.repetitions, start=1)
    ]


def _choose_video_names(paths: Sequence[str]) -> list[str]:
    """One name for each overlay; clips of one name in several folders get numbers."""
    names: list[str] = []
    for path in paths:
        stem, number = Path(path).stem, 2
        name = f"{stem}_overlay.mp4"
        while name in names:
            name = f"{stem}_{number}_overlay.mp4"
            number += 1
        names.append(name)
    return names
