"""Finds people in JSON whatever it is wrapped in: frames by name, by number or by place, people by their keys.

Known to be read: AlphaPose (default, cmu, open, sep-json), PoseFlow and tracked files, OpenPose, ControlNet and DWPose,
COCO annotations and results, COCO-WholeBody, CVAT, MMPose and RTMPose, openpifpaf, Ultralytics, Detectron2, TF.js,
MediaPipe, ML Kit, Vision, ZED, Nuitrack and Azure Kinect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray
from formnet.readers.keypoints.candidates import holds_candidates, parse_candidates
from formnet.readers.keypoints.clock import TimeUnit, find_time
from formnet.readers.keypoints.keys import (
    GROUP_KEYS,
    LIST_OF_FRAMES,
    PERSON_KEYS,
    SCORE_KEYS,
    SPACE_KEYS,
    FrameKey,
    read_box,
    read_frame,
    read_identity,
    read_size,
)
from formnet.readers.keypoints.layouts import BY_COUNT
from formnet.readers.keypoints.names import are_joints, joint_named, plain
from formnet.readers.keypoints.points import Points, find_place, parse_points

# Other people of the body that WholeBody annotations keep beside it.
_FOOT_KEY = "footkpts"
_PICTURES_KEY = "imagepaths"
_SKIPPED_KEYS = ("box", "bbox", "bboxes", "boxes", *SPACE_KEYS)
MAX_DEPTH = 12
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
        size: (width, height) of the picture; None where the file does not tell.
        keys: every key that was seen on the way to a person, to tell formats apart.
        has_places: frames are told by their place in a list of lists.
        time_units: in which the times of the rows are.
        fps: frames a second, where the file says it.
        is_space: points are in space and not in the picture.
    """

    rows: list[Row] = field(default_factory=list)
    size: tuple[int, int] | None = None
    keys: set[str] = field(default_factory=set)
    has_places: bool = False
    time_units: set[TimeUnit] = field(default_factory=set)
    fps: float | None = None
    is_space: bool = False


@dataclass(frozen=True)
class _At:
    """Where in a file the walk is, and what was said on the way there.

    Attributes:
        where: for messages.
    """

    where: str
    frame: FrameKey | None = None
    place: int = -1
    time: float | None = None
    depth: int = 0

    @property
    def is_timeless(self) -> bool:
        """Whether nothing told the frame so far."""
        return self.frame is None and self.place < 0

    def inside(self, name: str, frame: FrameKey | None = None, place: int | None = None) -> _At:
        """One step down."""
        return _At(
            f"{self.where}, {name}",
            self.frame if frame is None else frame,
            self.place if place is None else place,
            self.time,
            self.depth + 1,
        )


def find_people(content: Any, source: str, frame: FrameKey | None = None) -> Found:
    """Every person in a parsed file: those in the picture, else those in space.

    Args:
        frame: of the whole file, where there is a file for each frame.

    Raises:
        InputError: points that cannot be read, naming where; nesting that no pose file has.
    """
    found = Found()
    _walk(content, _At(source, frame), found, PERSON_KEYS)
    if not found.rows:
        space = Found(is_space=True)
        _walk(content, _At(source, frame), space, SPACE_KEYS)
        return space if space.rows else found
    return found


def _walk(node: Any, at: _At, found: Found, keys: tuple[str, ...]) -> None:
    if at.depth > MAX_DEPTH:
        raise InputError(f"{at.where}: nested too deeply for a keypoint file; write it again")
    if isinstance(node, dict):
        _walk_object(node, at, found, keys)
    elif isinstance(node, list):
        _walk_list(node, at, found, keys)


def _walk_object(node: dict[str, Any], at: _At, found: Found, person_keys: tuple[str, ...]) -> None:
    known = plain(node)
    found.keys.update(key for key in known if len(node) < 40)
    found.size = found.size or read_size(known)
    frame, time = read_frame(known), at.time
    if (stated := find_time(node)) is not None:
        time, unit = stated
        found.time_units.add(unit)
    at = _At(at.where, at.frame if frame is None else frame, at.place, time, at.depth)
    if not found.is_space and (people := parse_candidates(known, at.where)) is not None:
        _add(people, known, at, found)
        return
    key = next((key for key in person_keys if _may_hold_points(known.get(key))), None)
    if key is not None and not _holds_people(known[key], person_keys):
        scores = next((known[name] for name in SCORE_KEYS if isinstance(known.get(name), list)), None)
        _add(parse_points(_with_feet(known, key), scores, at.where), known, at, found)
    elif not found.is_space and are_joints(node):
        _add(parse_points(node, None, at.where), known, at, found)
    elif groups := {name: part for name, part in known.items() if name in (*GROUP_KEYS, *person_keys)}:
        for name, part in groups.items():
            if isinstance(part, list) and at.is_timeless and (name == LIST_OF_FRAMES or any(map(_is_numbered, part))):
                _walk_frames(part, at.inside(name), found, person_keys)
            else:
                _walk(part, at.inside(name), found, person_keys)
    elif node and all(isinstance(part, (list, dict)) for part in node.values()) and all(map(_names_frame, node)):
        for name, part in node.items():
            _walk(part, at.inside(name, name if at.is_timeless else None), found, person_keys)
    else:
        for name, part in known.items():
            if not isinstance(part, (list, dict)) or name in _SKIPPED_KEYS or _is_numeric(part):
                continue
            is_wrapped = at.is_timeless and not any(_is_person(one, person_keys) for one in part)
            if isinstance(part, list) and is_wrapped and not _is_list_of_points(part):
                _walk_frames(part, at.inside(name), found, person_keys)
            else:
                _walk(part, at.inside(name), found, person_keys)


def _add(people: list[Points], known: Mapping[str, Any], at: _At, found: Found) -> None:
    """The people that one object holds: of one frame, or of the pictures named beside them."""
    pictures = known.get(_PICTURES_KEY)
    are_named = (
        isinstance(pictures, list) and len(pictures) == len(people) and all(isinstance(p, str) for p in pictures)
    )
    is_shared = len(people) > 1 and at.is_timeless
    for number, points in enumerate(people):
        frame = pictures[number] if are_named and isinstance(pictures, list) else at.frame
        place = number if is_shared else at.place
        found.rows.append(Row(points, frame, place, read_identity(known), read_box(known, at.where), at.time))


def _walk_list(node: list[Any], at: _At, found: Found, person_keys: tuple[str, ...]) -> None:
    is_row = _is_numbers(node) and len(node) >= _MIN_NUMBERS
    if is_row or _is_array(node) or _is_list_of_points(node):
        found.rows.append(
            Row(parse_points(node, None, at.where)[0], at.frame, at.place, None, np.full(4, np.nan), at.time)
        )
    elif _is_numbers(node):
        return
    elif at.is_timeless and any(isinstance(item, list) or _is_frame(item, person_keys) for item in node):
        # In a list of lists, or of objects that hold people, each item is a frame; people in one list share theirs.
        _walk_frames(node, at, found, person_keys)
    else:
        is_counted = at.is_timeless and at.depth == 0
        for number, item in enumerate(node):
            _walk(item, at.inside(f"{_noun(item)} {number}", None, number if is_counted else None), found, person_keys)


def _walk_frames(frames: list[Any], at: _At, found: Found, person_keys: tuple[str, ...]) -> None:
    found.has_places = True
    for number, item in enumerate(frames):
        _walk(item, at.inside(f"{_noun(item)} {number}", None, number), found, person_keys)


def _names_frame(key: Any) -> bool:
    """Whether a key is the name or number of a frame and not that of a part of a person or file."""
    return any(letter.isdigit() for letter in str(key)) or "." in str(key)


def _may_hold_points(value: Any) -> bool:
    """Whether there is something in a list or object, and not only names of joints."""
    if not isinstance(value, (list, dict)) or not value:
        return False
    return not all(isinstance(item, str) and joint_named(item) is not None for item in value) or isinstance(value, dict)


def _is_numbers(node: list[Any]) -> bool:
    return bool(node) and all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in node)


def _is_array(node: list[Any]) -> bool:
    """Whether a list is that of one person's points, x, y (and confidence) each."""
    return (
        len(node) >= _MIN_POINTS
        and len(node) in BY_COUNT
        and all(isinstance(item, list) and len(item) in (2, 3) and _is_numbers(item) for item in node)
    )


def _is_numeric(part: Any) -> bool:
    """Whether lists hold numbers in the end: outlines, hands and matrices of which no key says that they are people."""
    while isinstance(part, list) and part:
        part = part[0]
    return isinstance(part, (int, float))


def _is_person(item: Any, person_keys: tuple[str, ...]) -> bool:
    return isinstance(item, dict) and any(key in person_keys for key in plain(item))


def _noun(item: Any) -> str:
    return "pose" if _is_person(item, PERSON_KEYS) else "item"


def _is_frame(item: Any, person_keys: tuple[str, ...]) -> bool:
    """Whether an object holds a list of people, maybe of nobody."""
    if not isinstance(item, dict):
        return False
    return holds_candidates(item) or any(
        isinstance(part, list)
        and (name in GROUP_KEYS or any(_is_person(one, person_keys) or _is_list_of_points(one) for one in part))
        for name, part in plain(item).items()
    )


def _holds_people(value: Any, person_keys: tuple[str, ...]) -> bool:
    """Whether what stands under a person's key is a list of people: of objects, or of lists of points (MediaPipe)."""
    if not isinstance(value, list):
        return False
    return any(_is_list_of_points(item) or _is_person(item, person_keys) or _is_numbered(item) for item in value)


def _is_numbered(item: Any) -> bool:
    """Whether an object holds arrays of points by the numbers of people."""
    if not isinstance(item, dict) or not item:
        return False
    return all(str(key).isdigit() and isinstance(part, list) and _is_array(part) for key, part in item.items())


def _is_list_of_points(item: Any) -> bool:
    return isinstance(item, list) and len(item) >= _MIN_POINTS and all(_is_point(point) for point in item)


def _is_point(item: Any) -> bool:
    return isinstance(item, dict) and find_place(item) is not None and not _is_person(item, PERSON_KEYS)


def _with_feet(known: Mapping[str, Any], key: str) -> Any:
    value, feet = known[key], known.get(_FOOT_KEY)
    is_flat = isinstance(value, list) and len(value) == 51 and isinstance(feet, list) and len(feet) == 18
    return [*value, *feet] if is_flat else value  # type: ignore[misc]
