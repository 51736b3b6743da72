"""The squats of Ogata et al. (CVPRW 2019): videos in seven class folders, and JSON files of 171 distances a frame.

Folder names are the authors' own (with their spelling), with or without a folder between class and file. File names
begin with the month and day of recording (`0918_squat_000016`), which is the group: who is seen is not said.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.faults import WASEDA_CLASSES
from formnet.motion import FloatArray, Motion
from formnet.readers.clips import ClipCollection, VideoClip, clip_name, find_videos
from formnet.readers.collect import Collection, LabelledRepetition, Problem
from formnet.readers.distances import reconstruct_joints
from formnet.skeleton import HMR_19
from formnet.storage.texts import read_json

FPS = 30.0
N_DISTANCES = 171
CLASS_FOLDERS = {
    "good": "good",
    "bad_innner_thigh": "inward_knees",
    "bad_inner_thigh": "inward_knees",
    "bad_back_round": "round_back",
    "bad_back_warp": "warped_back",
    "bad_head": "head_up",
    "bad_shallow": "shallow",
    "bad_toe": "knees_forward",
}


def collect_waseda(root: Path) -> ClipCollection:
    """Finds the videos of the class folders."""
    problems: list[Problem] = []
    clips = [
        VideoClip(clip_name(path, root), path, label, session=day_of_clip(path.stem))
        for label, folder in _class_folders(root, problems)
        for path in find_videos(folder)
    ]
    if not clips:
        problems.append(Problem("empty", ".", "no video was found in the class folders"))
    return ClipCollection("waseda", tuple(clips), WASEDA_CLASSES, tuple(problems), str(root))


def collect_waseda_distances(root: Path) -> Collection:
    """Reads the JSON files of the class folders; joints are rebuilt from their distances (see `reconstruct_joints`)."""
    problems: list[Problem] = []
    repetitions: list[LabelledRepetition] = []
    for label, folder in _class_folders(root, problems):
        for path in sorted(folder.rglob("*.json")):
            try:
                joints = reconstruct_joints(read_distances(path), HMR_19)
            except InputError as error:
                kind = "not a number" if "NaN" in str(error) else "wrong shape" if "171" in str(error) else "unreadable"
                problems.append(Problem(kind, path.relative_to(root).as_posix(), str(error)))
                continue
            motion = Motion(joints, np.ones(joints.shape[:2]), np.arange(len(joints)) / FPS, HMR_19, "body")
            day, name = day_of_clip(path.stem), clip_name(path, root)
            repetitions.append(LabelledRepetition(name, motion, label, group=day or name, session=day))
    if not repetitions and not problems:
        problems.append(Problem("empty", ".", "no JSON file of distances was found in the class folders"))
    return Collection("waseda-distances", tuple(repetitions), WASEDA_CLASSES, tuple(problems), "session", str(root))


def day_of_clip(stem: str) -> str:
    """`0918_squat_000016` → "0918"; "" when the name does not begin with four digits."""
    match = re.match(r"(\d{4})_", stem)
    return match.group(1) if match else ""


def read_distances(path: Path) -> FloatArray:
    """The distances of one file as (T, 171): the strict upper triangle over the 19 joints of `hmr19`, row by row.

    Frames may be a list, or an object with the frame numbers as keys.

    Raises:
        InputError: naming what is wrong with the file.
    """
    try:
        content = read_json(path, "file of distances")
    except InputError as error:
        raise InputError(f"{path.name} cannot be read as JSON ({error}); get the file again") from None
    if isinstance(content, dict):
        try:
            content = [content[key] for key in sorted(content, key=int)]
        except ValueError:
            raise InputError(f"{path.name} has keys that are no frame numbers; expected 171 distances each") from None
    if not isinstance(content, list) or not content:
        raise InputError(f"{path.name} holds no frames; expected 171 distances a frame")
    try:
        rows = [np.asarray(frame, dtype=np.float64).ravel() for frame in content]
    except (TypeError, ValueError):
        raise InputError(f"{path.name} holds something that is no number; expected 171 distances a frame") from None
    sizes = {len(row) for row in rows}
    if sizes != {N_DISTANCES}:
        raise InputError(f"{path.name} has {sorted(sizes)} numbers a frame; expected {N_DISTANCES}")
    distances = np.stack(rows)
    if not np.isfinite(distances).all() or (distances < 0).any():
        raise InputError(f"{path.name} holds NaN, infinite or negative distances; get the file again")
    return distances


def _class_folders(root: Path, problems: list[Problem]) -> list[tuple[str, Path]]:
    folders = sorted(root.iterdir()) if root.is_dir() else []
    found = [(CLASS_FOLDERS[folder.name], folder) for folder in folders if folder.name in CLASS_FOLDERS]
    for label in WASEDA_CLASSES:
        if label not in {name for name, _ in found}:
            expected = " or ".join(name for name, known in CLASS_FOLDERS.items() if known == label)
            problems.append(Problem("missing file", expected, f"the folder of the class {label} is not there"))
    return found
