"""What arguments name: files as they are, folders searched throughout for videos and poses."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from formnet.errors import FormnetError, InputError
from formnet.pose.photo import find_film, is_animated
from formnet.readers.clips import VIDEO_SUFFIXES
from formnet.readers.keypoints.files import OTHER_FILES, TEXT_SUFFIXES, WORLD_SUFFIXES, list_frame_files
from formnet.readers.keypoints.keys import PERSON_KEYS, SPACE_KEYS
from formnet.readers.keypoints.names import are_joints, plain_key
from formnet.readers.keypoints.tables import is_joint_table
from formnet.readers.source import IMAGE_SUFFIXES
from formnet.storage.outputs import is_own_answer

FILM_SUFFIXES = VIDEO_SUFFIXES | {
    ".gif", ".ogv", ".vob", ".asf", ".divx", ".f4v", ".mxf", ".dv", ".3g2", ".h264", ".264", ".hevc", ".265", ".mjpeg",
}  # fmt: skip
_SNIFFED_BYTES = 2**16
_KEY = re.compile(r'"([^"\\]{1,60})"')
_PEOPLE_KEYS = ("people", "bodies", "predictions", "instanceinfo", "instances", "annotations")
_SAID = 6
_PLACEHOLDER = ".icloud"
"""Hidden; stands for a file that is in the cloud only."""
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
        if not path.is_dir() or list_frame_files(path):
            sources.append(path)
            continue
        others: Counter[str] = Counter()
        inside = sorted(_search(path, with_pictures, without, others, set()))
        if not inside:
            raise InputError(f"the folder {path} holds no video and no poses{_tell(others)}; {_remedy(others)}")
        sources += inside
        if others:
            notes.append(f"left out of {path}{_tell(others)}")
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
    folder: Path, with_pictures: bool, without: Path | None, others: Counter[str], seen: set[Path]
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
                others[_PLACEHOLDER] += 1
            continue
        if path.is_dir():
            yield from _search(path, with_pictures, without, others, seen)
        elif path.is_file() and not (without is not None and path.resolve() == without.resolve()):
            if is_own_answer(path):
                others["of formnet's own"] += 1
            elif _is_source(path, with_pictures):
                yield path
            else:
                others[path.suffix.lower() or path.name] += 1


def _is_source(path: Path, with_pictures: bool) -> bool:
    suffix = path.suffix.lower()
    if suffix in FILM_SUFFIXES or suffix in WORLD_SUFFIXES or (with_pictures and suffix in IMAGE_SUFFIXES):
        return True
    try:
        if suffix in IMAGE_SUFFIXES:
            return path.stat().st_size > 0 and (is_animated(path) or find_film(path) is not None)
        if suffix in (".npz", ".npy"):
            return _is_motion_archive(path) if suffix == ".npz" else True
        return suffix in TEXT_SUFFIXES and suffix not in OTHER_FILES and _looks_like_poses(path)
    except (OSError, FormnetError):
        return False


def _is_motion_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "positions.npy" in archive.namelist()
    except zipfile.BadZipFile:
        # It calls itself an archive of ours, or nearly: that it is broken is worth a word.
        return True


def _looks_like_poses(path: Path) -> bool:
    """A look at the beginning: tables by their columns, the rest by the keys of people."""
    with path.open("rb") as file:
        raw = file.read(_SNIFFED_BYTES)
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="ignore")
    if path.suffix.lower() in (".csv", ".tsv"):
        return is_joint_table(text)
    if not path.suffix.lower().startswith(".json"):
        return False
    names = _KEY.findall(text)
    # Broken JSON that begins like a list of rows is told of by the reader, not passed over.
    return (
        not {*PERSON_KEYS, *SPACE_KEYS, *_PEOPLE_KEYS}.isdisjoint(map(plain_key, names))
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


def _tell(others: Counter[str]) -> str:
    if not others:
        return ""
    shown = [f"{count} {kind}" for kind, count in others.most_common(_SAID)]
    more = ", …" if len(others) > _SAID else ""
    n_files = sum(others.values())
    return f": {n_files} other file{'s' if n_files > 1 else ''} ({', '.join(shown)}{more})"
