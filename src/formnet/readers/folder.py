"""Videos of one's own: a folder for each class, or a CSV that says what each clip shows.

Layouts, which may be mixed:
- `class/clip.mp4`, `class/subject/clip.mp4`, `class/subject/session/clip.mp4`;
- `class/s01_clip.mp4` or `class/s01_d2_clip.mp4`: person, and day, in the file name;
- `labels.csv` at the root with the columns `clip,class` and, optionally, `subject,session`; `clip` is the path below
  the root. With a CSV the folders mean nothing.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from formnet.errors import InputError
from formnet.readers.clips import VIDEO_SUFFIXES, ClipCollection, VideoClip, clip_name, find_videos
from formnet.readers.collect import Problem
from formnet.storage.texts import read_text

CSV_NAME = "labels.csv"
_IN_NAME = re.compile(r"^(?:s|subj|subject)0*(\d+)(?:[_-](?:d|day|session)0*(\d+))?(?=[_\-.]|$)", re.IGNORECASE)


def collect_folder(root: Path) -> ClipCollection:
    """Finds the clips below `root`, their labels, and what does not fit together."""
    problems: list[Problem] = []
    if not root.is_dir():
        problems.append(Problem("missing file", str(root), "this folder is not there"))
        return ClipCollection("folder", (), (), tuple(problems), str(root))
    videos = find_videos(root)
    table = root / CSV_NAME
    clips = _clips_of_csv(table, root, videos, problems) if table.is_file() else _clips_of_paths(root, videos, problems)
    classes = tuple(sorted({clip.label for clip in clips}))
    if not clips:
        problems.append(Problem("empty", ".", f"no labelled video was found (expected class/clip.mp4 or {CSV_NAME})"))
    elif len(classes) < 2:
        problems.append(Problem("note", ".", f"all clips are of one class ({classes[0]}); a model needs two"))
    collection = ClipCollection("folder", tuple(clips), classes, tuple(problems), str(root))
    if clips and collection.grouped_by == "clip":
        note = "no clip names its person or day, so each clip stands for itself and held-out numbers will flatter"
        problems.append(Problem("note", ".", note))
    return ClipCollection("folder", tuple(clips), classes, tuple(problems), str(root))


def person_and_day_in_name(stem: str) -> tuple[str, str]:
    """`s01_d2_squat` → ("s01", "d2"); empty strings where the name says nothing."""
    match = _IN_NAME.match(stem)
    if match is None:
        return "", ""
    return f"s{int(match[1]):02d}", f"d{int(match[2])}" if match[2] else ""


def _clips_of_paths(root: Path, videos: list[Path], problems: list[Problem]) -> list[VideoClip]:
    clips: list[VideoClip] = []
    for path in videos:
        folders = path.relative_to(root).parts[:-1]
        where = path.relative_to(root).as_posix()
        if not folders:
            problems.append(Problem("missing label", where, "stands in no class folder and in no labels.csv"))
            continue
        if len(folders) > 3:
            problems.append(Problem("bad label", where, "lies deeper than class/subject/session/clip"))
            continue
        subject, session = person_and_day_in_name(path.stem)
        subject = folders[1] if len(folders) > 1 else subject
        session = folders[2] if len(folders) > 2 else session
        # A day belongs to a person: the second day of one is not the second day of another.
        session = f"{subject}_{session}" if subject and session else session
        clips.append(VideoClip(clip_name(path, root), path, _class_name(folders[0]), subject, session))
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        if not any(clip.path.is_relative_to(folder) for clip in clips):
            problems.append(Problem("empty", folder.name, "this class folder holds no video"))
    return _report_twins(clips, problems)


def _clips_of_csv(table: Path, root: Path, videos: list[Path], problems: list[Problem]) -> list[VideoClip]:
    try:
        lines = io.StringIO(read_text(table, "table of labels"), newline="")
        reader = csv.DictReader(lines, skipinitialspace=True)
        columns = [name.strip().lower() for name in reader.fieldnames or ()]
        rows = [{str(k).strip().lower(): (v or "").strip() for k, v in row.items() if k} for row in reader]
    except (InputError, csv.Error, AttributeError) as error:
        problems.append(Problem("unreadable", table.name, f"the labels cannot be read ({error})"))
        return []
    if not {"clip", "class"} <= set(columns):
        message = f"expected the columns clip,class[,subject,session], got {', '.join(columns) or 'nothing'}"
        problems.append(Problem("wrong shape", table.name, message))
        return []
    by_name = {clip_name(path, root): path for path in videos}
    clips: dict[str, VideoClip] = {}
    for number, row in enumerate(rows, 2):
        given = Path(row["clip"].replace("\\", "/"))
        name = (given.with_suffix("") if given.suffix.lower() in VIDEO_SUFFIXES else given).as_posix()
        if name not in by_name:
            message = f"row {number} labels {row['clip']!r}, but there is no such video"
            problems.append(Problem("missing clip", table.name, message))
        elif not row["class"]:
            problems.append(Problem("bad label", table.name, f"row {number} ({row['clip']}) names no class"))
        elif name in clips:
            problems.append(Problem("duplicate", table.name, f"row {number} labels {row['clip']!r} a second time"))
        else:
            label = _class_name(row["class"])
            clips[name] = VideoClip(name, by_name[name], label, row.get("subject", ""), row.get("session", ""))
    labelled = {row["clip"].replace("\\", "/").rsplit(".", 1)[0] for row in rows} | set(clips)
    for name in sorted(set(by_name) - labelled):
        where = by_name[name].relative_to(root).as_posix()
        problems.append(Problem("missing label", where, f"the video is there, but {table.name} has no row for it"))
    return _report_twins(sorted(clips.values(), key=lambda clip: clip.name), problems)


def _report_twins(clips: list[VideoClip], problems: list[Problem]) -> list[VideoClip]:
    """Two files of one name (clip.mp4 and clip.mov) would overwrite each other's poses: the first is kept."""
    kept: dict[str, VideoClip] = {}
    for clip in clips:
        if clip.name in kept:
            problems.append(Problem("duplicate", clip.name, f"stands there as {kept[clip.name].path.suffix} and "
                                    f"{clip.path.suffix}; keep one"))  # fmt: skip
        kept.setdefault(clip.name, clip)
    return list(kept.values())


def _class_name(text: str) -> str:
    return re.sub(r"[\s\-]+", "_", text.strip().lower())
