"""What `classify --out` leaves behind: verdict.json, verdict.csv, report.html and one overlay video for each clip."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import quote

from formnet.errors import FormnetError
from formnet.faults import fault_named
from formnet.pipeline import JudgedClip
from formnet.report.html import write_html_report
from formnet.report.moments import BottomStills, render_bottoms
from formnet.report.overlay import OverlaySegment, write_overlay_video
from formnet.report.table import write_verdict_csv
from formnet.storage.files import all_or_none, atomic_path, write_text
from formnet.storage.outputs import fresh_answers, is_ours
from formnet.verdict import Verdict

ProgressBar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


class ResultsFolder:
    """The folder as it fills: after every clip it holds all that is known, and nothing half-written.

    What cannot be written (a full disk, an overlay that is locked) is kept in `problems`, one sentence each, and costs
    that file alone: the verdict itself goes on.

    Args:
        out: the folder; made when the first file is written.
        clips: all that are going to be judged, which decides the names of overlays.
        with_video: draw overlays.
        progress_bar: shows how a drawing goes on.
    """

    def __init__(self, out: Path, clips: Sequence[Path], *, with_video: bool, progress_bar: ProgressBar) -> None:
        self.out, self.with_video, self.progress_bar = out, with_video, progress_bar
        self.names = dict(zip(map(str, clips), _choose_video_names([str(clip) for clip in clips]), strict=True))
        self.videos: dict[str, str] = {}
        self.bottoms: dict[str, Sequence[str | None]] = {}
        self.overlays: list[Path] = []
        self.problems: list[str] = []

    @property
    def answers(self) -> tuple[Path, Path, Path]:
        """The files that speak for the whole run: report, table and verdict."""
        return self.out / "report.html", self.out / "verdict.csv", self.out / "verdict.json"

    @property
    def targets(self) -> tuple[Path, ...]:
        """Every file that may be written."""
        return (*self.answers, *(self.out / name for name in self.names.values() if self.with_video))

    def add_clip(self, clip: JudgedClip) -> None:
        """Draws what shows a judged clip."""
        path, segments = clip.verdict.path, describe_segments(clip)
        if clip.picture is None:
            return
        name, picture = self.names[path], clip.picture
        stills = BottomStills(clip.track, segments)
        if self.with_video:
            overlay = self.out / name
            with self._keeping_problems(), fresh_answers(overlay), self.progress_bar(f"drawing {name}") as on_frame:
                write_overlay_video(picture, clip.track, segments, overlay, on_frame=on_frame, on_picture=stills.look)
                self.videos[path] = name
                self.overlays.append(overlay)
        with self._keeping_problems():
            # Without a whole overlay the clip was not looked through, and is read for the stills.
            is_seen = path in self.videos or stills.is_complete
            self.bottoms[path] = stills.images() if is_seen else render_bottoms(picture, clip.track, segments)

    def discard_earlier(self) -> None:
        """Removes the answers of an earlier run: this one has none, and theirs must not pass for its own."""
        for path in self.answers:
            if is_ours(path):
                path.unlink(missing_ok=True)

    def write_verdict(self, verdict: Verdict, *, is_complete: bool) -> None:
        """Writes verdict.json anew.

        Args:
            is_complete: no clip is to come any more; until then the file says so and stands alone.
        """
        *others, answer = self.answers
        for other in others:
            if not is_complete and is_ours(other):
                # It would speak of other clips than this file.
                other.unlink(missing_ok=True)
        content = json.dumps({**verdict.to_dict(), "complete": is_complete}, indent=1, ensure_ascii=False)
        with self._keeping_problems(), fresh_answers(answer), atomic_path(answer) as temporary:
            write_text(temporary, content + "\n")

    def finish(self, verdict: Verdict) -> None:
        """Writes report.html, verdict.csv and the complete verdict.json, which appear together."""
        with self._keeping_problems(), all_or_none():
            self.write_report(verdict)
            self.write_verdict(verdict, is_complete=True)

    def write_report(self, verdict: Verdict) -> None:
        """Writes report.html and verdict.csv."""
        links = {path: quote(os.fsencode(name)) for path, name in self.videos.items()}
        report, table, _ = self.answers
        with self._keeping_problems(), fresh_answers(report):
            write_html_report(verdict, report, videos=links, bottoms=self.bottoms)
        with self._keeping_problems(), fresh_answers(table):
            write_verdict_csv(verdict, table)

    @property
    def files(self) -> list[Path]:
        """Everything that was written."""
        return [*self.overlays, *(path for path in self.answers if path.is_file())]

    @contextmanager
    def _keeping_problems(self) -> Iterator[None]:
        try:
            yield
        except FormnetError as error:
            if str(error) not in self.problems:
                self.problems.append(str(error))


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
