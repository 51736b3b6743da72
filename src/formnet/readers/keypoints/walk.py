"""Finds people in JSON whatever it is wrapped in: frames by name, by number or by place, people by their keys.

Known to be read: AlphaPose (default, cmu, open, sep-json), PoseFlow and tracked files, OpenPose and ControlNet, COCO
annotations and results, COCO-WholeBody, CVAT, MMPose and RTMPose, openpifpaf, Ultralytics, TF.js and MediaPipe.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray
from formnet.readers.keypoints.clock import TimeUnit, find_time
from formnet.readers.keypoints.points import Points, describe, parse_points

FrameKey = int | str
PERSON_KEYS = (
    "keypoints", "pose_keypoints_2d", "pose_keypoints", "joints", "keypoints_2d", "keypoints2d", "landmarks",
    "pose_landmarks", "poseLandmarks", "kpts", "joints_2d", "joints2d",
)  # fmt: skip
_SCORE_KEYS = ("keypoint_scores", "keypoints_scores", "keypoint_score", "kp_score", "kp_scores", "keypoints_visible",
               "scores", "confidences")  # fmt: skip
_GROUP_KEYS = (
    "people", "bodies", "instances", "predictions", "annotations", "poses", "persons", "detections", "results",
    "instance_info", "frames", "data",
)  # fmt: skip
_LIST_OF_FRAMES = "frames"
_FRAME_KEYS = ("image_id", "frame_id", "frame", "frame_number", "frame_index", "image_name", "img_name", "file_name",
               "filename", "image", "image_path")  # fmt: skip
_TRACK_KEYS = ("idx", "track_id", "id_", "person_id", "tracking_id", "tracked_id", "instance_id")
# Other people of the body that WholeBody annotations keep beside it.
_FOOT_KEY = "foot_kpts"
MAX_DEPTH = 12
MAX_SIZE = 2**17
"""Pixels of a picture, in width or height."""
_MIN_POINTS = 14
_MIN_NUMBERS = 2 * _MIN_POINTS


@dataclass(frozen=True, eq=False)
class Row:
    """One person in one frame, as found.

    Attributes:
        frame: number or name of the frame; None where the file leaves it to the place in a list.
        place: place in that list; -1 where there is none.
        track: the file's own number of the person; None where it has none.
        box: (4,) x, y, width, height; NaN where not given.
        time: of the frame, where the file says it, in the unit that `Found` names.
    """

    points: Points
    frame: FrameKey | None
    place: int
    track: int | None
    box: FloatArray
    time: float | None = None


@dataclass
class Found:
    """All rows of a file, and what it says about the picture.

    Attributes:
        n_places: length of the list of frames, with the empty ones.
        size: (width, height) of the picture; None where the file does not tell.
        keys: every key that was seen on the way to a person, to tell formats apart.
        has_places: frames are told by their place in a list of lists.
        time_units: in which the times of the rows are.
        fps: frames a second, where the file says it.
    """

    rows: list[Row] = field(default_factory=list)
    size: tuple[int, int] | None = None
    keys: set[str] = field(default_factory=set)
    has_places: bool = False
    time_units: set[TimeUnit] = field(default_factory=set)
    fps: float | None = None


def find_people(content: Any, source: str, frame: FrameKey | None = None) -> Found:
    """Every person in a parsed file.

    Args:
        frame: of the whole file, where there is a file for each frame.

    Raises:
        InputError: points that cannot be read, naming where; nesting that no pose file has.
    """
    found = Found()
    _walk(content, source, frame, -1, None, 0, found)
    return found


def _walk(
    node: Any, where: str, frame: FrameKey | None, place: int, time: float | None, depth: int, found: Found
) -> None:
    if depth > MAX_DEPTH:
        raise InputError(f"{where}: nested too deeply for a keypoint file; write it again")
    if isinstance(node, dict):
        _walk_object(node, where, frame, place, time, depth, found)
    elif isinstance(node, list):
        _walk_list(node, where, frame, place, time, depth, found)


def _walk_object(
    node: dict[str, Any], where: str, frame: FrameKey | None, place: int, time: float | None, depth: int, found: Found
) -> None:
    found.keys.update(key for key in node if isinstance(key, str) and len(node) < 40)
    found.size = found.size or _read_size(node)
    own = _read_frame(node)
    frame = own if own is not None else frame
    if (stated := find_time(node)) is not None:
        time, unit = stated
        found.time_units.add(unit)
    key = next((key for key in PERSON_KEYS if isinstance(node.get(key), (list, dict)) and node[key]), None)
    if key is not None and not _holds_people(node[key]):
        scores = next((node[name] for name in _SCORE_KEYS if isinstance(node.get(name), list)), None)
        people = parse_points(_with_feet(node, key), scores, where)
        boxes = _read_box(node, where)
        is_shared = len(people) > 1 and frame is None and place < 0
        for number, points in enumerate(people):
            at = number if is_shared else place
            found.rows.append(Row(points, frame, at, _read_track(node), boxes, time))
        return
    groups = [name for name in (*_GROUP_KEYS, *PERSON_KEYS) if isinstance(node.get(name), (list, dict))]
    if groups:
        for name in groups:
            if name == _LIST_OF_FRAMES and isinstance(node[name], list) and frame is None and place < 0:
                found.has_places = True
                for number, item in enumerate(node[name]):
                    _walk(item, f"{where}, {name}, {_noun(item)} {number}", None, number, time, depth + 1, found)
                continue
            _walk(node[name], f"{where}, {name}", frame, place, time, depth + 1, found)
        return
    if node and all(isinstance(part, (list, dict)) for part in node.values()):
        for name, part in node.items():
            _walk(part, f"{where}, {name}", name if frame is None else frame, place, time, depth + 1, found)


def _walk_list(
    node: list[Any], where: str, frame: FrameKey | None, place: int, time: float | None, depth: int, found: Found
) -> None:
    if node and all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in node):
        if len(node) < _MIN_NUMBERS:
            return
        found.rows.append(Row(parse_points(node, None, where)[0], frame, place, None, np.full(4, np.nan), time))
        return
    if _is_list_of_points(node):
        found.rows.append(Row(parse_points(node, None, where)[0], frame, place, None, np.full(4, np.nan), time))
        return
    # In a list of lists, or of objects that hold people, each item is a frame; people in one list share theirs.
    is_frames = frame is None and place < 0 and any(isinstance(item, list) or _is_frame(item) for item in node)
    found.has_places |= is_frames
    for number, item in enumerate(node):
        at = number if is_frames or (frame is None and place < 0 and depth == 0) else place
        _walk(item, f"{where}, {_noun(item)} {number}", frame, at, time, depth + 1, found)


def _is_point(item: Any) -> bool:
    return isinstance(item, dict) and "x" in item and "y" in item and not any(key in item for key in PERSON_KEYS)


def _noun(item: Any) -> str:
    return "pose" if isinstance(item, dict) and any(key in item for key in PERSON_KEYS) else "item"


def _is_frame(item: Any) -> bool:
    return isinstance(item, dict) and any(isinstance(item.get(key), list) for key in _GROUP_KEYS)


def _holds_people(value: Any) -> bool:
    """Whether what stands under a person's key is a list of people: of objects, or of lists of points (MediaPipe)."""
    return isinstance(value, list) and any(
        any(key in item for key in PERSON_KEYS) if isinstance(item, dict) else _is_list_of_points(item)
        for item in value
    )


def _is_list_of_points(item: Any) -> bool:
    return isinstance(item, list) and len(item) >= _MIN_POINTS and all(_is_point(point) for point in item)


def _with_feet(node: Mapping[str, Any], key: str) -> Any:
    value, feet = node[key], node.get(_FOOT_KEY)
    is_flat = isinstance(value, list) and len(value) == 51 and isinstance(feet, list) and len(feet) == 18
    return [*value, *feet] if is_flat else value  # type: ignore[misc]


def _read_frame(node: Mapping[str, Any]) -> FrameKey | None:
    for key in _FRAME_KEYS:
        value = node.get(key)
        if isinstance(value, (int, str)) and not isinstance(value, bool):
            return value
    return None


def _read_track(node: Mapping[str, Any]) -> int | None:
    attributes = node.get("attributes")
    for holder in (node, attributes if isinstance(attributes, dict) else {}):
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


def _read_box(node: Mapping[str, Any], where: str) -> FloatArray:
    box = node.get("box", node.get("bbox"))
    if isinstance(box, dict):
        corners = [box.get(key) for key in ("x1", "y1", "x2", "y2")]
        return _from_corners(corners)
    if isinstance(box, list) and len(box) == 1 and isinstance(box[0], list):
        return _from_corners(box[0])
    if box is None or (isinstance(box, list) and len(box) not in (4, 5) and "keypoint_scores" in node):
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


def _read_size(node: Mapping[str, Any]) -> tuple[int, int] | None:
    for names in (("canvas_width", "canvas_height"), ("image_width", "image_height"), ("width", "height")):
        if all(isinstance(node.get(name), (int, float)) and 0 < node[name] < MAX_SIZE for name in names):
            return int(node[names[0]]), int(node[names[1]])
    for name, is_reversed in (("image_size", False), ("orig_shape", True)):
        value = node.get(name)
        if isinstance(value, list) and len(value) == 2 and all(isinstance(v, int) and 0 < v < MAX_SIZE for v in value):
            return (value[1], value[0]) if is_reversed else (value[0], value[1])
    return None
