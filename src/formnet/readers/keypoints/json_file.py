"""A parsed JSON keypoint file → Detections, whichever tool wrote it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError, OtherContentError, PoseError
from formnet.readers.detections import Detections
from formnet.readers.keypoints.annotations import unfold_annotations
from formnet.readers.keypoints.cells import parse_texts
from formnet.readers.keypoints.clock import find_rate, find_time
from formnet.readers.keypoints.frames import MIN_FILM
from formnet.readers.keypoints.gather import follow_each_other, gather
from formnet.readers.keypoints.keys import PEOPLE_KEYS, FrameKey
from formnet.readers.keypoints.names import plain
from formnet.readers.keypoints.points import describe
from formnet.readers.keypoints.walk import Found, find_people

_LOOKED_FOR = (
    "people with 'keypoints' (AlphaPose, COCO, MMPose, openpifpaf, YOLO) or 'pose_keypoints_2d' (OpenPose, ControlNet)"
)

_NAMES_KEYS = ("keypointid2name", "jointnames", "keypointnames", "landmarknames", "skeleton", "joints", "bodyparts")


def parse_keypoints(content: Any, path: Path, size: tuple[int, int] | None = None) -> Detections:
    """Detections of a whole file.

    Args:
        path: for messages.
        size: (width, height) of the picture where the user knows it.

    Raises:
        OtherContentError: no people as any known tool writes them; says what was looked for and what was found.
        InputError: people whose points cannot be read.
        PoseError: nobody was found.
    """
    content = unfold_annotations(parse_texts(content, path), str(path))
    if _is_coco(content):
        return _parse_coco(content, path, size)
    found = find_people(content, str(path))
    if not found.rows:
        if _is_empty(content):
            raise PoseError(f"{path} holds no pose; nobody was found in the clip")
        raise OtherContentError(
            f"{path} holds no poses that formnet knows: looked for {_LOOKED_FOR}, found {_tell(content)}"
        )
    found.fps = find_rate(content)
    names = _names_of_meta(content)
    if names is not None:
        _name_points(found, names)
    return gather(found, name_format(found, content), str(path), size=size)


def parse_frames(contents: list[tuple[Any, Path]], source: Path, size: tuple[int, int] | None = None) -> Detections:
    """As `parse_keypoints`, from one parsed file for each frame, whose names count the frames."""
    merged = Found()
    kind = "openpose"
    for content, path in contents:
        content = unfold_annotations(content, str(path))
        found = find_people(content, str(path), path.name)
        if not found.rows and not _is_empty(content):
            raise InputError(f"{path} is no frame of poses: looked for {_LOOKED_FOR}, found {_tell(content)}")
        merged.rows += [replace(row, frame=path.name) for row in found.rows]
        merged.size = merged.size or found.size
        merged.time_units |= found.time_units
        merged.fps = merged.fps or find_rate(content)
        if found.rows:
            kind = name_format(found, content)
    return gather(merged, kind, str(source), is_film=True, size=size)


def is_frame(content: Any) -> bool:
    """Whether a parsed file holds the people of one picture and does not say which."""
    try:
        content = unfold_annotations(content, "")
        found = find_people(content, "")
    except InputError:
        return False
    if not found.rows:
        return isinstance(content, dict) and any(isinstance(content.get(key), list) for key in ("people", "bodies"))
    values = [row.points.values for row in found.rows]
    # Few pictures show as many people, and none shows them in one place.
    is_film = len(values) >= MIN_FILM and len(set(map(len, values))) == 1 and follow_each_other(np.stack(values))
    return not is_film and all(row.frame is None for row in found.rows) and not found.has_places


def name_format(found: Found, content: Any) -> str:
    """The tool that wrote a file, told by its keys."""
    keys = found.keys
    if {"candidate", "subset"} <= keys:
        return "dwpose"
    if "AlphaPose" in str(content)[:200] or "bodies" in keys:
        return "alphapose"
    if {"canvaswidth", "canvasheight"} & keys:
        return "controlnet"
    if {"people", "posekeypoints2d"} & keys:
        return "openpose"
    if {"instanceinfo", "instances", "keypointscores"} & keys:
        return "mmpose"
    if {"predictions", "id_"} & keys:
        return "openpifpaf"
    if "class" in keys and "keypoints" in keys:
        return "ultralytics"
    if "imageid" in keys and "idx" not in keys and all(isinstance(row.frame, int) for row in found.rows):
        return "coco"
    if {"imageid", "idx"} & keys or any(isinstance(row.frame, str) for row in found.rows):
        return "alphapose"
    return "keypoints"


def _is_coco(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("annotations"), list)


def _parse_coco(content: dict[str, Any], path: Path, size: tuple[int, int] | None) -> Detections:
    images = content.get("images", [])
    if not isinstance(images, list) or not all(isinstance(image, dict) for image in images):
        raise InputError(f"{path}: expected a list of images, each an object with 'id'")
    by_id = {image.get("id"): image for image in images if isinstance(image.get("id"), (int, str))}
    rows = [row for row in content["annotations"] if not (isinstance(row, dict) and row.get("num_keypoints") == 0)]
    if not rows:
        raise PoseError(f"{path} holds no pose; no annotation has keypoints")
    if not any(isinstance(row, dict) and "keypoints" in row for row in rows):
        raise OtherContentError(f"{path} holds annotations without keypoints; export it with them")
    merged = Found(keys={"annotations"}, fps=find_rate(content))
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("keypoints"), list) or "image_id" not in row:
            raise InputError(f"{path}, annotation {number}: expected an object with 'keypoints' and 'image_id'")
        image = by_id.get(row["image_id"], {}) if isinstance(row["image_id"], (int, str)) else {}
        found = find_people(row, f"{path}, annotation {number}")
        frame: FrameKey = image.get("file_name") or row["image_id"]
        stated = find_time(image)
        merged.time_units |= found.time_units if stated is None else {stated[1]}
        merged.rows += [replace(one, frame=frame, time=one.time if stated is None else stated[0]) for one in found.rows]
    names = _names_of_categories(content.get("categories"))
    if names is not None:
        _name_points(merged, names)
    sizes = Counter((image.get("width"), image.get("height")) for image in images)
    stated = next((one for one, _ in sizes.most_common() if all(isinstance(v, int) and v > 0 for v in one)), None)
    merged.size = (int(stated[0]), int(stated[1])) if stated else None
    return gather(merged, "coco", str(path), has_flags=True, size=size)


def _names_of_categories(categories: Any) -> tuple[str, ...] | None:
    for category in categories if isinstance(categories, list) else []:
        names = category.get("keypoints") if isinstance(category, dict) else None
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return tuple(names)
    return None


def _names_of_meta(content: Any) -> tuple[str, ...] | None:
    """Names of points that a file has once: MMPose's by their numbers, Azure Kinect's and others' as a list."""
    if not isinstance(content, dict):
        return None
    known = plain(content)
    if isinstance(known.get("metainfo"), dict):
        known |= plain(known["metainfo"])
    for names in (known.get(key) for key in _NAMES_KEYS):
        if isinstance(names, dict) and names and all(str(key).isdigit() for key in names):
            return tuple(str(names[key]) for key in sorted(names, key=lambda key: int(key)))
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            return tuple(names)
    return None


def _name_points(found: Found, names: tuple[str, ...]) -> None:
    for number, row in enumerate(found.rows):
        if len(row.points.values) == len(names):
            found.rows[number] = replace(row, points=replace(row.points, names=names))


def _is_empty(content: Any) -> bool:
    """Whether there is no number in a parsed file that could belong to a pose."""
    if isinstance(content, dict):
        people = [part for key, part in plain(content).items() if key in PEOPLE_KEYS]
        return bool(people) and all(_is_empty(part) for part in people)
    return isinstance(content, list) and all(_is_empty(part) for part in content)


def _tell(content: Any) -> str:
    inside = f", first {describe(content[0])}" if isinstance(content, list) and content else ""
    return describe(content) + inside
