"""Fitness-AQA (Parmar et al., ECCV 2022), back squats: videos with errors marked in seconds.

Layout of the release: `Squat/Labeled_Dataset/{videos,Labels,Splits}`. `Labels/error_knees_inward.json` and
`error_knees_forward.json` map a clip to a list of [start, end] in seconds (empty: no such error);
`Shallow_Squat_Error_Dataset/labels_shallow_depth.json` maps `<clip>_<frame>` to 0 or 1. `Splits/…_keys.json`
are the authors' split. Clip names begin with the number of the person.

A clip can show several errors, so one error is judged at a time: that one against all other clips ("good" means: not
this error).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from formnet.errors import InputError
from formnet.readers.clips import ClipCollection, VideoClip, find_videos
from formnet.readers.collect import Problem
from formnet.storage.texts import read_json

ERRORS = {
    "inward_knees": "Labels/error_knees_inward.json",
    "knees_forward": "Labels/error_knees_forward.json",
    "shallow": "Shallow_Squat_Error_Dataset/labels_shallow_depth.json",
}
_BASES = (".", "Labeled_Dataset", "Squat/Labeled_Dataset", "Fitness-AQA_dataset_release/Squat/Labeled_Dataset")


def collect_fitness_aqa(root: Path, error: str = "knees_forward") -> ClipCollection:
    """Finds the clips, whether they show `error`, and the authors' split.

    Args:
        root: the release, its folder `Squat`, or `Labeled_Dataset`.
        error: "inward_knees", "knees_forward" or "shallow" (a clip is shallow when most of its judged frames are).

    Raises:
        InputError: for an error that is not labelled in the set.
    """
    if error not in ERRORS:
        raise InputError(f"Fitness-AQA has no labels for {error!r}; use one of {', '.join(ERRORS)}")
    classes, problems = ("good", error), list[Problem]()
    base = next((root / folder for folder in _BASES if (root / folder / "Labels").is_dir()), None)
    if base is None:
        problems.append(Problem("missing file", "Labeled_Dataset/Labels", "this folder is not there"))
        return ClipCollection("fitness-aqa", (), classes, tuple(problems), str(root))
    labels = _read_labels(base / ERRORS[error], root, error == "shallow", problems)
    sides = _read_split(base, root, problems)
    folders = [base / "videos", base.parent / "videos"]
    videos = {path.stem: path for folder in folders if folder.is_dir() for path in find_videos(folder)}
    if not videos:
        problems.append(Problem("missing file", "Labeled_Dataset/videos", "there is no video; unpack videos.zip there"))
    clips = []
    for name in sorted(labels):
        if name not in videos:
            if videos:
                problems.append(Problem("missing clip", name, "is labelled, but its video is not there"))
            continue
        label, person = classes[labels[name]], name.split("_")[0]
        clips.append(VideoClip(name, videos[name], label, subject=person, official=sides.get(name, "")))
    # The authors label fewer clips than they give, so a clip without a label is no damage.
    extra = sorted(set(videos) - set(labels))
    if extra:
        note = f"{len(extra)} videos have no label for {error} and are left out (first: {extra[0]})"
        problems.append(Problem("note", "videos", note))
    return ClipCollection("fitness-aqa", tuple(clips), classes, tuple(problems), str(root))


def _read_json(path: Path, root: Path, problems: list[Problem]) -> object:
    where = path.relative_to(root).as_posix()
    try:
        return read_json(path, "table of labels")
    except InputError as error:
        kind = "unreadable" if path.exists() else "missing file"
        problems.append(Problem(kind, where, f"cannot be read as JSON ({error})"))
    return None


def _read_labels(path: Path, root: Path, by_frame: bool, problems: list[Problem]) -> dict[str, int]:
    content = _read_json(path, root, problems)
    if content is None:
        return {}
    where = path.relative_to(root).as_posix()
    if not isinstance(content, dict) or not all(isinstance(entry, list | int | bool) for entry in content.values()):
        problems.append(Problem("wrong shape", where, "expected an object that maps each clip to its errors"))
        return {}
    if not by_frame:
        return {str(name): int(bool(entry)) for name, entry in content.items()}
    votes: dict[str, list[int]] = defaultdict(list)
    for key, entry in content.items():
        votes[str(key).rpartition("_")[0]].append(int(bool(entry)))
    return {name: int(2 * sum(found) >= len(found)) for name, found in votes.items() if name}


def _read_split(base: Path, root: Path, problems: list[Problem]) -> dict[str, str]:
    sides: dict[str, str] = {}
    for side in ("train", "val", "test"):
        content = _read_json(base / "Splits" / f"{side}_keys.json", root, problems)
        for name in content if isinstance(content, list) else ():
            if sides.setdefault(str(name), side) != side:
                problems.append(Problem("duplicate", str(name), f"is in {sides[str(name)]} and in {side}"))
    return sides
