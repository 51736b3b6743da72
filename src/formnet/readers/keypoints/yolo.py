"""Ultralytics' pose labels: a text file for each frame, a line for each person, shares of the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.readers.keypoints.keys import FrameKey
from formnet.readers.keypoints.layouts import BY_COUNT
from formnet.readers.keypoints.points import Points
from formnet.readers.keypoints.walk import Found, Row

_HEAD = 5
"""Class, then the middle, width and height of the box."""


def parse_yolo(text: str, path: Path, frame: FrameKey | None) -> Found:
    """The people of one label file: `class x y w h`, then x y v (or x y) of every point, confidence, track number.

    Raises:
        InputError: a line that is no such row, named.
    """
    found = Found(keys={"yolo"})
    lines: dict[int, np.ndarray] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            lines[number] = np.array(line.split(), dtype=np.float64)
        except ValueError:
            raise InputError(
                f"{path}, line {number}: expected numbers of a YOLO pose label; write the file again"
            ) from None
    has_frames = _begin_with_frames(list(lines.values()))
    for place, (number, values) in enumerate(lines.items()):
        where = f"{path}, line {number}"
        if has_frames:
            found.rows.append(_read_row(values[1:], int(values[0]), where, place))
        else:
            found.rows.append(_read_row(values, frame, where, place))
    return found


def _begin_with_frames(lines: list[np.ndarray]) -> bool:
    """Whether lines of one width have a number that rises before the class, as trackers write into one file."""
    if len({len(line) for line in lines}) != 1 or len(lines) < 2 or _shape(len(lines[0]) - 1) is None:
        return False
    first, second = np.array(lines)[:, :2].T
    are_whole = (first == first.round()).all() and (second == second.round()).all()
    return bool(are_whole and (np.diff(first) >= 0).all() and first[-1] > first[0])


def looks_like_yolo(text: str) -> bool:
    """Whether the first line of a text may be a row of a pose label."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        values = np.array(first.split(), dtype=np.float64)
    except ValueError:
        return False
    return (
        _shape(len(values)) is not None and bool((np.abs(values[1:_HEAD]) <= 2).all()) and values[0] == int(values[0])
    )


def _shape(n_numbers: int) -> tuple[int, int, int] | None:
    """(points, numbers of a point, numbers after them) of a row."""
    for width in (3, 2):
        for extra in (0, 1, 2):
            n_points, rest = divmod(n_numbers - _HEAD - extra, width)
            if rest == 0 and n_points in BY_COUNT:
                return n_points, width, extra
    return None


def _read_row(values: np.ndarray, frame: FrameKey | None, where: str, place: int) -> Row:
    shape = _shape(len(values))
    if shape is None:
        raise InputError(
            f"{where}: expected a class, a box and 17 points, got {len(values)} numbers; is it a label of boxes only?"
        )
    n_points, width, extra = shape
    points = values[_HEAD : _HEAD + n_points * width].reshape(n_points, width)
    confidence = points[:, 2] if width == 3 else np.ones(n_points)
    track = int(values[-1]) if extra == 2 and values[-1] >= 0 else None
    box = np.full(4, np.nan)
    return Row(Points(np.column_stack([points[:, :2], confidence]), None, width == 3), frame, place, track, box)
