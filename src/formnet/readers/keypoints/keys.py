"""The keys of objects in files of poses: people, points, frames, boxes and sizes, however they are spelled.

Keys are compared without capitals and signs: `pose_landmarks`, `poseLandmarks` and `PoseLandmarks` are one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray
from formnet.readers.keypoints.names import plain
from formnet.readers.keypoints.points import describe

FrameKey = int | str
PERSON_KEYS = (
    "keypoints", "posekeypoints2d", "posekeypoints", "keypoints2d", "keypoint2d", "joints", "landmarks",
    "poselandmarks", "landmark", "kpts", "kps", "joints2d", "predkeypoints", "preds", "bodyparts", "xy",
    "keypointswithscores",
)  # fmt: skip
"""Of the points of one person in the picture, or of several."""
SPACE_KEYS = (
    "worldlandmarks", "poseworldlandmarks", "keypoints3d", "posekeypoints3d", "joints3d", "jointpositions", "keypoint",
)  # fmt: skip
"""Of the points of one person in space."""
SCORE_KEYS = (
    "keypointscores", "keypointsscores", "keypointscore", "kpscore", "kpscores", "keypointsvisible", "scores",
    "confidences", "keypointconfidence", "keypointsconf", "conf", "confidence",
)  # fmt: skip
"""Of confidences that stand beside the points."""
PEOPLE_KEYS = ("people", "bodies", "instances", "predictions", "annotations", "instanceinfo")
"""Of lists of people, in hardly any other file."""
GROUP_KEYS = (*PEOPLE_KEYS, "poses", "persons", "detections", "results", "frames", "data", "skeletons", "bodylist")
"""Of what people stand in."""
LIST_OF_FRAMES = "frames"
_FRAME_KEYS = ("imageid", "frameid", "frame", "framenumber", "frameindex", "frameidx", "framenum", "imagename",
               "imgname", "filename", "image", "imagepath")  # fmt: skip
_TRACK_KEYS = ("idx", "trackid", "id_", "personid", "trackingid", "trackedid", "instanceid", "bodyid", "userid")
_PLACE_KEYS = frozenset({"x", "y", "left", "top", "xmin", "x1"})
MAX_SIZE = 2**17
"""Pixels of a picture, in width or height."""


def read_frame(node: Mapping[str, Any]) -> FrameKey | None:
    """Number or name of the frame that a `plain` object says, as those below are; None where it says none."""
    for key in _FRAME_KEYS:
        value = node.get(key)
        if isinstance(value, (int, str)) and not isinstance(value, bool):
            return value
    return None


def read_identity(node: Mapping[str, Any]) -> int | None:
    """The number of the person; None where there is none."""
    attributes = node.get("attributes")
    for holder in (node, plain(attributes) if isinstance(attributes, dict) else {}):
        for key in _TRACK_KEYS:
            value = holder.get(key)
            while isinstance(value, list) and value:
                value = value[0]
            if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
                value = int(value)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
                # -1 is how trackers say that they do not know.
                return int(value) if 0 <= value < 2**53 else None
    return None


def read_box(node: Mapping[str, Any], where: str) -> FloatArray:
    """(4,) x, y, width, height; NaN where not known. Raises `InputError` for a box of too few numbers."""
    box = node.get("box", node.get("bbox"))
    if isinstance(box, dict):
        corners = [box.get(key) for key in ("x1", "y1", "x2", "y2")]
        return _from_corners(corners)
    if isinstance(box, list) and len(box) == 1 and isinstance(box[0], list):
        return _from_corners(box[0])
    # With a fifth number, its score, it is one of corners or of sizes: nothing tells which.
    if box is None or (isinstance(box, list) and (len(box) > 4 or "keypointscores" in node)):
        return np.full(4, np.nan)
    if not isinstance(box, list) or len(box) != 4:
        raise InputError(
            f"{where}, box: expected 4 numbers, got {len(box) if isinstance(box, list) else describe(box)}"
        )
    return _numbers(box)


def _from_corners(corners: list[Any]) -> FloatArray:
    values = _numbers(corners[:4])
    return np.array([values[0], values[1], values[2] - values[0], values[3] - values[1]])


def _numbers(values: list[Any]) -> FloatArray:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.full(4, np.nan)
    return array if array.shape == (4,) else np.full(4, np.nan)


def read_size(node: Mapping[str, Any]) -> tuple[int, int] | None:
    """(width, height) of the picture; None where an object does not say it."""
    if _PLACE_KEYS & node.keys():
        # A box has them, too.
        return None
    for names in (("canvaswidth", "canvasheight"), ("imagewidth", "imageheight"), ("width", "height")):
        if all(isinstance(node.get(name), (int, float)) and 0 < node[name] < MAX_SIZE for name in names):
            return int(node[names[0]]), int(node[names[1]])
    for name, is_reversed in (("imagesize", False), ("origshape", True)):
        value = node.get(name)
        if isinstance(value, list) and len(value) == 2 and all(isinstance(v, int) and 0 < v < MAX_SIZE for v in value):
            return (value[1], value[0]) if is_reversed else (value[0], value[1])
    return None
