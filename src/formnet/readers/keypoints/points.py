"""The points of one person, in any of the ways that tools write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from formnet.checks import say_value
from formnet.errors import InputError, OtherContentError
from formnet.motion import FloatArray
from formnet.readers.keypoints.layouts import BY_COUNT, COUNTS
from formnet.readers.keypoints.names import plain
from formnet.storage.texts import is_number

_PLACES = ("position", "coordinates", "pixel", "location", "proj", "position2d", "point2d")
"""Of objects or lists in which the place of a point stands."""
_CONFIDENCE = (
    "confidence", "score", "visibility", "visible", "v", "c", "likelihood", "inframelikelihood", "presence", "conf",
    "prob", "probability",
)  # fmt: skip
_NAME = ("name", "part", "joint", "label", "type", "landmark", "keypoint", "bodypart", "jointname")
MAX_NUMBERS = 4 * 200
"""More numbers than four for each of 200 points are no person."""


def drop_person_axis(array: np.ndarray) -> np.ndarray:
    """An array of four axes without that of its one person (or one clip), beside the frames; others as they are."""
    if array.ndim == 4 and 1 in array.shape[:2]:
        return np.asarray(array.squeeze(axis=0 if array.shape[0] == 1 else 1))
    return array


def may_be_points(array: np.ndarray) -> bool:
    """Whether an array of a file is frames × points × 2, 3 or 4 numbers, maybe with an axis for one person."""
    array = drop_person_axis(array)
    return array.ndim == 3 and array.shape[-1] in (2, 3, 4) and array.dtype.kind in "fiu"


@dataclass(frozen=True, eq=False)
class Points:
    """Points of one row of a file.

    Attributes:
        values: (J, 3) x, y and confidence; NaN where the file says nothing.
        names: of the points, where the file gives them.
        has_confidence: False where the file gives none and all points found count as sure.
        depth: (J,) the third coordinate, where it stands beside the other two.
        may_be_y_first: nothing says which of two places is x: y, x, score is how MoveNet writes 17 points.
    """

    values: FloatArray
    names: tuple[str, ...] | None = None
    has_confidence: bool = True
    depth: FloatArray | None = None
    may_be_y_first: bool = False


def align_names(people: Sequence[Points]) -> list[Points]:
    """Rows of named points with the same points in the same order, those that one does not have missing; rows that are
    not all named, or name a point twice, as they are."""
    names = [one.names for one in people]
    if len(set(names)) < 2 or not all(own and len(set(own)) == len(own) for own in names):
        return list(people)
    order = {name: number for number, name in enumerate(dict.fromkeys(name for own in names for name in own or ()))}
    aligned = []
    for one in people:
        columns = [order[name] for name in one.names or ()]
        values, depth = np.full((len(order), 3), np.nan), None if one.depth is None else np.full(len(order), np.nan)
        values[columns] = one.values
        if depth is not None:
            depth[columns] = one.depth
        aligned.append(replace(one, values=values, depth=depth, names=tuple(order)))
    return aligned


def parse_points(value: Any, scores: Any, where: str) -> list[Points]:
    """Points of one person, or of several that stand together in one array.

    Understood are flat lists (x, y, c, x, y, c, …; also x, y, …; also x, y, z, c, … of 33 points), lists of points
    ([x, y, c] or {"x": …, "y": …, "score": …}), objects of columns ({"x": […], "y": […]}) and of names
    ({"left_knee": [x, y, c]}).

    Args:
        scores: the confidences where they stand beside the points, else None.

    Raises:
        InputError: naming `where`, what was expected and what was found.
    """
    if isinstance(value, dict):
        return [_parse_columns(value, where) if _is_columns(value) else _parse_named(value, where)]
    if not isinstance(value, list):
        raise InputError(f"{where}: expected a list of points, got {describe(value)}")
    if value and isinstance(value[0], dict):
        return [_parse_objects(value, where)]
    array = _to_array(value, where)
    if array.ndim == 4 and 1 in array.shape[:2]:
        # rtmlib's arrays, stacked over the frames, keep an axis for the people of each.
        array, scores = drop_person_axis(array), _drop_axis_of_scores(scores)
    if array.ndim == 1:
        # COCO's way, which has x first.
        return [replace(_with_scores(_unflatten(array, where), scores, where), may_be_y_first=False)]
    if array.ndim == 2:
        return [_with_scores(array, scores, where)]
    if array.ndim == 3:
        all_scores = [None] * len(array) if scores is None else list(scores)
        if len(all_scores) != len(array):
            all_scores = [scores] * len(array)
        return [_with_scores(person, own, where) for person, own in zip(array, all_scores, strict=True)]
    raise InputError(f"{where}: expected a list of points, got lists nested {array.ndim} deep")


def _to_array(value: list[Any], where: str) -> FloatArray:
    try:
        array = np.array(value, dtype=np.float64)
    except OverflowError:
        raise InputError(f"{where}: a number is too large; write the file again") from None
    except (TypeError, ValueError):
        wrong = next((item for item in _flatten(value) if not _is_number(item)), None)
        if wrong is not None:
            raise InputError(f"{where}: expected numbers, got {say_value(wrong)}; write the file again") from None
        raise InputError(f"{where}: its points have different lengths; write the file again") from None
    if any(isinstance(item, bool) for item in value[:3]):
        raise InputError(f"{where}: expected numbers, got {say_value(value[0])}; write the file again")
    return array


def _flatten(value: Any) -> list[Any]:
    return [item for part in value for item in _flatten(part)] if isinstance(value, list) else [value]


def _is_number(value: Any) -> bool:
    """Whether a value is a number, one written as text, or nothing."""
    if isinstance(value, str):
        return is_number(value)
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _unflatten(numbers: FloatArray, where: str) -> FloatArray:
    n = len(numbers)
    for width in (3, 2):
        if n % width == 0 and n // width in BY_COUNT:
            return numbers.reshape(-1, width)
    if n == 4 * 33:
        return numbers.reshape(-1, 4)
    raise OtherContentError(
        f"{where}: expected {COUNTS} points of two or three numbers, got {n} numbers; is it another joint set?"
    )


def _with_scores(array: FloatArray, scores: Any, where: str) -> Points:
    if array.ndim != 2 or not 2 <= array.shape[1] <= 5 or len(array) > MAX_NUMBERS // 4:
        raise InputError(f"{where}: expected points of two or three numbers, got {' × '.join(map(str, array.shape))}")
    given = _read_scores(scores, len(array))
    if given is None and array.shape[1] >= 3:
        # Of four numbers (x, y, depth, visibility) the last is the confidence.
        given = array[:, 2] if array.shape[1] == 3 else array[:, 3]
    confidence = np.ones(len(array)) if given is None else given
    depth = array[:, 2] if array.shape[1] > (2 if given is not None and scores is not None else 3) else None
    values = np.column_stack([array[:, :2], confidence])
    return Points(values, has_confidence=given is not None, depth=depth, may_be_y_first=array.shape == (17, 3))


def _drop_axis_of_scores(scores: Any) -> Any:
    try:
        array = np.array(scores, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return array.squeeze(0 if array.shape[0] == 1 else 1).tolist() if array.ndim == 3 and 1 in array.shape[:2] else None


def _read_scores(scores: Any, n_points: int) -> FloatArray | None:
    if not isinstance(scores, list):
        return None
    try:
        flat = np.array(scores, dtype=np.float64).ravel()
    except (TypeError, ValueError, OverflowError):
        return None
    return flat if len(flat) == n_points else None


def _is_columns(value: Mapping[str, Any]) -> bool:
    known = plain(value)
    return all(isinstance(known.get(axis), list) for axis in "xy")


def _parse_columns(value: Mapping[str, Any], where: str) -> Points:
    known = plain(value)
    x, y = _to_array(known["x"], where), _to_array(known["y"], where)
    if x.ndim != 1 or x.shape != y.shape:
        raise InputError(f"{where}: expected as many x as y, got {len(x)} and {len(y)}")
    return _with_scores(np.column_stack([x, y]), _first(known, _CONFIDENCE), where)


def find_place(point: Mapping[str, Any]) -> tuple[Any, Any, Any] | None:
    """x, y and depth (None without) of a point, from it or from an object or list in it; None where it has no place."""
    known = plain(point)
    for one in (known, *(known.get(name) for name in _PLACES)):
        if isinstance(one, list) and 2 <= len(one) <= 3 and all(map(_is_number, one)):
            return one[0], one[1], (one[2] if len(one) == 3 else None)
        inner = plain(one) if isinstance(one, dict) else {}
        if {"x", "y"} <= inner.keys():
            x, y, z = (_unwrap(inner.get(axis)) for axis in "xyz")
            return x, y, z
    return None


def _parse_objects(value: list[Any], where: str) -> Points:
    rows, depths, names, has_confidence = [], [], [], True
    for point in value:
        place = find_place(point) if isinstance(point, dict) else None
        if place is None or not _is_number(place[0]) or not _is_number(place[1]):
            raise InputError(f"{where}: expected points with 'x' and 'y', got {describe(point)}; write the file again")
        known = plain(point)
        confidence = _unwrap(_first(known, _CONFIDENCE))
        has_confidence &= confidence is not None
        rows.append([*place[:2], confidence if _is_number(confidence) and confidence is not None else 1.0])
        depths.append(place[2] if _is_number(place[2]) else None)
        names.append(str(_first(known, _NAME) or ""))
    depth = None if None in depths else _to_array(depths, where)
    return Points(_to_array(rows, where), tuple(names) if any(names) else None, has_confidence, depth)


def _parse_named(value: Mapping[str, Any], where: str) -> Points:
    names, points = [], []
    for name, point in value.items():
        if isinstance(point, (dict, list)):
            names.append(str(name))
            points.append(point)
    if not points:
        raise InputError(f"{where}: expected points, got {describe(value)}")
    if isinstance(points[0], dict):
        parsed = _parse_objects(points, where)
    else:
        parsed = _with_scores(_to_array(points, where), None, where)
    return Points(parsed.values, tuple(names), parsed.has_confidence, parsed.depth)


def _unwrap(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _first(value: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((value[key] for key in keys if key in value), None)


def describe(value: Any) -> str:
    """A value of a parsed file in a few words, for a message."""
    if isinstance(value, dict):
        keys = ", ".join(repr(str(key)[:30]) for key in list(value)[:4])
        return f"an object with {keys}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f"{type(value).__name__} {str(value)[:30]!r}" if value is not None else "nothing"
