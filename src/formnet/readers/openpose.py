"""OpenPose output: a folder with one `*_keypoints.json` for each frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError, PoseError
from formnet.readers.detections import Detections, clean_keypoints
from formnet.readers.json_files import frame_number, read_json, read_numbers
from formnet.skeleton import BODY_25, COCO_18, MPI_15, Skeleton

SKELETON_OF: dict[int, Skeleton] = {75: BODY_25, 54: COCO_18, 45: MPI_15}


def read_openpose(path: Path) -> Detections:
    """Reads a folder of `*_keypoints.json` (or one such file) of BODY_25, COCO-18 or MPI-15 points.

    Raises:
        InputError: no such files, malformed JSON, rows of another length, or mixed joint sets.
        PoseError: nobody was found in any frame.
    """
    files = _list_files(path)
    keypoints, frames, tracks = [], [], []
    for order, file in enumerate(files):
        content = read_json(file)
        number = frame_number(file.name.removesuffix(".json").removesuffix("_keypoints"))
        for person, values in _read_people(content, file):
            keypoints.append(values)
            tracks.append(person)
            frames.append(order if number is None else number)
    sizes = {len(row) for row in keypoints}
    if not keypoints:
        raise PoseError(f"{path} holds no pose; nobody was found in the clip")
    if len(sizes) != 1:
        raise InputError(f"{path} mixes joint sets of {sorted(size // 3 for size in sizes)} points; keep one")
    skeleton = SKELETON_OF[sizes.pop()]
    cleaned = clean_keypoints(np.stack(keypoints).reshape(len(keypoints), -1, 3))
    there = ~np.isnan(cleaned[..., 0]).all(axis=1)
    if not there.any():
        raise PoseError(f"{path} holds no pose; every joint of every frame is missing")
    return Detections(
        cleaned[there],
        np.full((int(there.sum()), 4), np.nan),
        np.array(frames, dtype=np.int64)[there],
        np.array(tracks, dtype=np.int64)[there],
        skeleton,
        "openpose",
    )


def is_openpose(content: Any) -> bool:
    """True for the parsed file of one frame."""
    return isinstance(content, dict) and isinstance(content.get("people"), list)


def _list_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*_keypoints.json")) or sorted(path.glob("*.json"))
    if not files:
        raise InputError(f"{path} holds no *_keypoints.json; give a folder that OpenPose wrote with --write_json")
    return sorted(files, key=lambda file: (frame_number(file.name.split("_keypoints")[0]) or 0, file.name))


def _read_people(content: Any, file: Path) -> list[tuple[int, np.ndarray]]:
    if not is_openpose(content):
        raise InputError(f"{file} is no OpenPose frame: expected an object with a list 'people'")
    found = []
    for number, person in enumerate(content["people"]):
        where = f"{file}, person {number}"
        if not isinstance(person, dict):
            raise InputError(f"{where}: expected an object with 'pose_keypoints_2d'")
        # Version 1.0 of the format wrote the body as "pose_keypoints".
        values = person.get("pose_keypoints_2d", person.get("pose_keypoints"))
        if values:
            found.append((number, read_numbers(values, tuple(SKELETON_OF), where)))
    return found
