"""What arguments name: files as they are, folders searched throughout for videos and poses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from formnet.errors import FormnetError, InputError, OtherContentError, PoseError
from formnet.pose.photo import find_film, is_animated, is_moving_avif
from formnet.readers.clips import VIDEO_SUFFIXES
from formnet.readers.keypoints.files import OTHER_FILES, list_frame_files
from formnet.readers.keypoints.keys import PEOPLE_KEYS, PERSON_KEYS, SPACE_KEYS
from formnet.readers.keypoints.names import are_joints, plain_key
from formnet.readers.keypoints.tables import is_joint_table
from formnet.readers.source import IMAGE_SUFFIXES, POSE_SUFFIXES, is_pose_source, read_pose_source
from formnet.storage.kinds import read_head
from formnet.storage.outputs import is_own_answer

FILM_SUFFIXES = VIDEO_SUFFIXES | {
    ".gif", ".ogv", ".vob", ".asf", ".divx", ".f4v", ".mxf", ".dv", ".3g2", ".h264", ".264", ".hevc", ".265", ".mjpeg",
}  # fmt: skip
_SNIFFED_BYTES = 2**16
_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LABELLED_KEYS = ("nodes", "shapes", "keypointlabels")
_SAID = 6
_PLACEHOLDER = ".icloud"
"""Hidden; stands for a file that is in the cloud only."""
_SETTINGS = (".yaml", ".yml", ".pth", ".pkl", ".pickle", ".joblib", ".msgpack")
"""Of files that belong to programs more often than they hold poses: counted, without a word of theirs."""
_EXPLAINED = 3
_PACKED = (".zip", ".gz", ".tgz", ".tar", ".xz", ".bz2", ".zst", ".7z", ".rar")


@dataclass(frozen=True)
class FoundSources:
    """What arguments name.

    Attributes:
        sources: files, and folders that hold a file of poses for each frame, in order, each once.
        notes: what was left out, one sentence a folder.
    """

    sources: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass
class _LeftOut:
    """What of a folder is left out: how many files of each kind, and why, of a kind that may be missed."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, reason: str = "") -> None:
        self.counts[kind] += 1
        if reason:
            self.reasons.setdefault(kind, reason)

    def __str__(self) -> str:
        if not self.counts:
            return ""
        shown = [f"{count} {kind}" for kind, count in self.counts.most_common(_SAID)]
        more = ", …" if len(self.counts) > _SAID else ""
        n_files = sum(self.counts.values())
        reasons = "".join(f"; {reason}" for reason in list(self.reasons.values())[:_EXPLAINED])
        return f": {n_files} other file{'s' if n_files > 1 else ''} ({', '.join(shown)}{more}){reasons}"


def find_sources(paths: Sequence[Path], *, with_pictures: bool = False, without: Path | None = None) -> FoundSources:
    """Sources of poses, from files and folders.

    Args:
        with_pictures: pictures count, too; animated ones, and photos with a film inside, always do.
        without: a file that is none of them, such as the result.

    Raises:
        InputError: a path does not exist, or a folder holds nothing of use.
    """
    sources: list[Path] = []
    notes: list[str] = []
    for path in paths:
        if not path.exists():
            if str(path) == "-":
                raise InputError("- is no file, and nothing is read from standard input; save the video and name it")
            raise InputError(f"{path} does not exist; check the spelling and the folder")
        if not path.is_dir():
            sources.append(path)
            continue
        others = _LeftOut()
        if frames := list_frame_files(path):
            sources.append(path)
            for beside in sorted({one for one in path.iterdir() if not one.name.startswith(".")} - set(frames)):
                others.add(beside.suffix.lower() or beside.name)
            notes += [f"{path} was taken as one clip, a file a frame, and left out{others}"] if others.counts else []
            continue
        inside = sorted(_search(path, with_pictures, without, others, set()))
        if not inside:
            raise InputError(f"the folder {path} holds no video and no poses{others}; {_remedy(others.counts)}")
        sources += inside
        if others.counts:
            notes.append(f"left out of {path}{others}")
    return FoundSources(tuple(dict.fromkeys(sources)), tuple(notes))


def find_one(path: Path, on_note: Callable[[str], None] | None = None) -> Path:
    """The one source that a path names: itself, or what a folder holds where that is one.

    Args:
        on_note: is told in one sentence what of a folder is left out.

    Raises:
        InputError: it does not exist, or a folder holds several or none.
    """
    found = find_sources([path])
    sources = found.sources
    if len(sources) > 1:
        shown = ", ".join(str(source.relative_to(path)) for source in sources[:3])
        more = ", …" if len(sources) > 3 else ""
        raise InputError(f"the folder {path} holds {len(sources)} videos or files of poses ({shown}{more}); name one")
    if on_note is not None:
        for note in found.notes:
            on_note(note)
    return sources[0]


def _search(
    folder: Path, with_pictures: bool, without: Path | None, others: _LeftOut, seen: set[Path]
) -> Iterator[Path]:
    if (real := folder.resolve()) in seen:
        # A link that leads back up.
        return
    seen.add(real)
    frames = set(list_frame_files(folder))
    if frames:
        yield folder
    for path in folder.iterdir():
        if path.name.startswith(".") or path in frames:
            if path.suffix.lower() == _PLACEHOLDER:
                others.add(_PLACEHOLDER)
            continue
        if path.is_dir():
            yield from _search(path, with_pictures, without, others, seen)
        elif path.is_file() and not (without is not None and path.resolve() == without.resolve()):
            if is_own_answer(path):
                others.add("of formnet's own")
            elif (reason := _why_not(path, with_pictures)) is None:
                yield path
            else:
                others.add(path.suffix.lower() or path.name, reason)


def _why_not(path: Path, with_pictures: bool) -> str | None:
    """Why a file in a folder is no source; empty where that goes without saying, None for sources.

    A file is what it is when it is named: poses are read. What is broken and begins like poses is a source, so that it
    is told of.
    """
    suffix = path.suffix.lower()
    if suffix in FILM_SUFFIXES or (with_pictures and suffix in IMAGE_SUFFIXES):
        return None
    try:
        if suffix in IMAGE_SUFFIXES:
            films = (is_animated, is_moving_avif, lambda one: find_film(one) is not None)
            return None if path.stat().st_size > 0 and any(is_film(path) for is_film in films) else ""
        if not is_pose_source(path):
            return ""
        read_pose_source(path)
    except PoseError:
        return None
    except OtherContentError as error:
        return str(error) if _may_be_missed(path) else ""
    except (OSError, FormnetError):
        return None if _may_be_missed(path) else ""
    return None


def _may_be_missed(path: Path) -> bool:
    """Whether a user may think that a file holds poses: by its kind, columns of a table or keys of people."""
    suffix = path.suffix.lower()
    if not suffix.startswith((".json", ".csv", ".tsv")):
        return suffix in (*POSE_SUFFIXES, *OTHER_FILES) and suffix not in (".txt", *_SETTINGS)
    head = read_head(path, _SNIFFED_BYTES)
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="ignore")
    if suffix in (".csv", ".tsv"):
        return is_joint_table(text)
    names = _KEY.findall(text)
    # An empty file was to hold something.
    return (
        not {*PERSON_KEYS, *SPACE_KEYS, *PEOPLE_KEYS, *_LABELLED_KEYS}.isdisjoint(map(plain_key, names))
        or are_joints(names)
        or len(text.strip()) < 3
    )


def _remedy(others: Counter[str]) -> str:
    if any(kind in _PACKED for kind in others):
        return "unpack what is packed, and give the folder again"
    if others[_PLACEHOLDER]:
        return "download what is in iCloud only, and give the folder again"
    if any(kind in IMAGE_SUFFIXES for kind in others):
        return "single pictures are no film: give the video itself, or make one of them"
    return "give a folder with .mp4, .mov or other video files, or files of poses"
