"""AlphaPose result files: a flat list with one object for each person and frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError, PoseError
from formnet.readers.detections import Detections, clean_keypoints, is_l2_normalised
from formnet.readers.json_files import frame_number, read_json, read_numbers
from formnet.skeleton import COCO_17, HALPE_26, Skeleton

# Halpe-136 begins with the 26 points of the body; face and hand points are not used.
SKELETON_OF: dict[int, Skeleton] = {51: COCO_17, 78: HALPE_26, 408: HALPE_26}


def read_alphapose(path: Path) -> Detections:
    """Reads an AlphaPose JSON of 17, 26 or 136 points, of a video ("12.jpg") or of images ("me.png").

    Raises:
        InputError: malformed JSON, another layout, or a row of the wrong length (named).
        PoseError: the file holds no pose.
    """
    return parse_alphapose(read_json(path), path)


def parse_alphapose(content: Any, path: Path) -> Detections:
    """As `read_alphapose`, from the parsed file; `path` is for messages."""
    if not isinstance(content, list):
        raise InputError(f"{path} is no AlphaPose file: expected a list of poses, got {type(content).__name__}")
    if not content:
        raise PoseError(f"{path} holds no pose; nobody was found in the clip")
    keypoints, boxes, tracks = [], [], []
    for number, row in enumerate(content):
        where = f"{path}, pose {number}"
        if not isinstance(row, dict) or "keypoints" not in row:
            raise InputError(f"{where}: expected an object with 'keypoints'; is this an AlphaPose result file?")
        keypoints.append(read_numbers(row["keypoints"], tuple(SKELETON_OF), where))
        boxes.append(_read_box(row, where))
        tracks.append(_read_track(row))
    sizes = {len(row) for row in keypoints}
    if len(sizes) != 1:
        raise InputError(f"{path} mixes joint sets of {sorted(size // 3 for size in sizes)} points; keep one")
    skeleton = SKELETON_OF[sizes.pop()]
    points = np.stack(keypoints).reshape(len(content), -1, 3)[:, : len(skeleton)]
    cleaned = clean_keypoints(points)
    there = ~np.isnan(cleaned[..., 0]).all(axis=1)
    if not there.any():
        raise PoseError(f"{path} holds no pose: every joint of every row is missing")
    found = Detections(
        cleaned,
        np.stack(boxes),
        number_frames([row.get("image_id") for row in content], path),
        np.array(tracks, dtype=np.int64),
        skeleton,
        "alphapose",
        "body" if is_l2_normalised(cleaned) else "pixel",
    )
    return found.rows(np.flatnonzero(there))


def number_frames(names: list[Any], path: Path) -> np.ndarray:
    """Frame numbers (N,) from image names; names of single pictures count in order of appearance.

    Raises:
        InputError: a row without a name among rows with one.
    """
    if any(name is None for name in names):
        raise InputError(f"{path}, pose {names.index(None)}: it has no image_id; write the file again")
    numbers = [frame_number(name) for name in names]
    order = {str(name): place for place, name in enumerate(dict.fromkeys(map(str, names)))}
    numbered = None not in numbers and len(set(numbers)) == len(order)
    # A single picture called TKD_6.png is picture 0, not frame 6; a single frame 6.jpg is frame 6.
    if numbered and (len(order) > 1 or Path(str(names[0])).stem.isdigit()):
        return np.array(numbers, dtype=np.int64)
    return np.array([order[str(name)] for name in names], dtype=np.int64)


def _read_box(row: dict[str, Any], where: str) -> np.ndarray:
    box = row.get("box", row.get("bbox"))
    return np.full(4, np.nan) if box is None else read_numbers(box, (4,), f"{where}, box")


def _read_track(row: dict[str, Any]) -> int:
    track = row.get("idx", row.get("track_id", 0))
    while isinstance(track, list) and track:
        track = track[0]
    return int(track) if isinstance(track, (int, float)) and np.isfinite(track) else 0
