"""COCO keypoint JSON: annotations of a data set, or a list of results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError, PoseError
from formnet.readers.alphapose import parse_alphapose
from formnet.readers.detections import Detections
from formnet.readers.json_files import frame_number, read_json

# Visibility flags of annotations: 0 not labelled, 1 labelled but hidden, 2 visible.
CONFIDENCE_OF_FLAG = {0: 0.0, 1: 0.5, 2: 1.0}


def read_coco(path: Path) -> Detections:
    """Reads `{"images": …, "annotations": …}` or a flat list of results of 17 (or 26, 136) points.

    Frame numbers come from the images' file names where all have one, else from `image_id`.

    Raises:
        InputError: malformed JSON or another layout.
        PoseError: the file holds no pose.
    """
    return parse_coco(read_json(path), path)


def is_coco(content: Any) -> bool:
    """True for annotations of a data set."""
    return isinstance(content, dict) and isinstance(content.get("annotations"), list)


def parse_coco(content: Any, path: Path) -> Detections:
    """As `read_coco`, from the parsed file; `path` is for messages."""
    rows = content["annotations"] if is_coco(content) else content
    if not isinstance(rows, list):
        raise InputError(f"{path} is no COCO keypoint file: expected 'annotations' or a list of results")
    rows = [row for row in rows if not (isinstance(row, dict) and row.get("num_keypoints") == 0)]
    if not rows:
        raise PoseError(f"{path} holds no pose; no annotation has keypoints")
    if is_coco(content):
        names = _frame_names(content, path)
        rows = [_as_result(row, names, path, number) for number, row in enumerate(rows)]
    found = parse_alphapose(rows, path)
    return Detections(found.keypoints, found.boxes, found.frames, found.tracks, found.skeleton, "coco", found.unit)


def _frame_names(content: dict[str, Any], path: Path) -> dict[Any, Any]:
    images = content.get("images", [])
    if not isinstance(images, list) or not all(isinstance(image, dict) for image in images):
        raise InputError(f"{path}: expected a list of images, each an object with 'id'")
    names = {image.get("id"): image.get("file_name", image.get("id")) for image in images}
    numbers = [frame_number(name) for name in names.values()]
    if None in numbers or len(set(numbers)) != len(numbers):
        order = {identity: place for place, identity in enumerate(names)}
        return dict(order)
    return dict(zip(names, numbers, strict=True))


def _as_result(row: Any, names: dict[Any, Any], path: Path, number: int) -> dict[str, Any]:
    if not isinstance(row, dict) or not isinstance(row.get("keypoints"), list) or "image_id" not in row:
        raise InputError(f"{path}, annotation {number}: expected an object with 'keypoints' and 'image_id'")
    keypoints = list(row["keypoints"])
    keypoints[2::3] = [CONFIDENCE_OF_FLAG.get(flag, flag) for flag in keypoints[2::3]]
    image = row["image_id"]
    if not isinstance(image, (int, str)):
        raise InputError(f"{path}, annotation {number}: image_id must be a number or a name, got {image!r}")
    return {**row, "keypoints": keypoints, "image_id": names.get(image, image)}


def coco_flags(confidence: np.ndarray) -> np.ndarray:
    """Visibility flags for confidences 0–1, the inverse of how annotations are read."""
    return np.where(confidence <= 0, 0, np.where(confidence < 0.75, 1, 2))
