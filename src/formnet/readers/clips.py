"""Sets of labelled videos: what a reader of such a set returns before any pose is estimated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from formnet.errors import FormnetError
from formnet.readers.collect import Problem
from formnet.storage.outputs import is_own_answer

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".3gp", ".mts", ".m2ts", ".wmv", ".flv", ".ts"}
)


@dataclass(frozen=True)
class VideoClip:
    """One labelled video.

    Attributes:
        name: unique within its set; the path below the root without its suffix.
        label: class name.
        subject, session: empty where unknown.
        official: side in the authors' split, empty where there is none.
    """

    name: str
    path: Path
    label: str
    subject: str = ""
    session: str = ""
    official: str = ""


@dataclass(frozen=True)
class ClipCollection:
    """The labelled videos of a copy, and what is wrong with it.

    Attributes:
        grouped_by: "subject", "session" or "clip": the best that every clip has.
    """

    dataset: str
    clips: tuple[VideoClip, ...]
    classes: tuple[str, ...]
    problems: tuple[Problem, ...]
    root: str

    @property
    def damage(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.is_damage)

    @property
    def grouped_by(self) -> str:
        return choose_grouping(self.clips)


def choose_grouping(clips: tuple[VideoClip, ...]) -> str:
    """Persons where every clip names one, else sessions, else each clip by itself."""
    for unit in ("subject", "session"):
        if clips and all(getattr(clip, unit) for clip in clips):
            return unit
    return "clip"


def find_videos(folder: Path) -> list[Path]:
    """All videos below a folder in order of their paths; hidden files and what formnet drew itself are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in VIDEO_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
        and not is_own_answer(path)
    )


def clip_name(path: Path, root: Path) -> str:
    """The path below the root, without suffix, with forward slashes."""
    return path.relative_to(root).with_suffix("").as_posix()


def probe_clips(collection: ClipCollection, probe: Callable[[Path], object] | None = None) -> ClipCollection:
    """Adds what can be seen of a video without judging it: empty files, and files that `probe` refuses.

    Args:
        probe: opens a video and raises `FormnetError` when it cannot be read; None looks at sizes only.
    """
    problems = list(collection.problems)
    usable = []
    for clip in collection.clips:
        where = clip.path.relative_to(collection.root).as_posix()
        if clip.path.stat().st_size == 0:
            problems.append(Problem("empty", where, "the video is empty; get the file again"))
            continue
        try:
            if probe is not None:
                probe(clip.path)
        except FormnetError as error:
            problems.append(Problem("unreadable", where, str(error)))
            continue
        usable.append(clip)
    return replace(collection, clips=tuple(usable), problems=tuple(problems))
