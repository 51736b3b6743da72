"""Tables of joints: formnet's own CSV, DeepLabCut, SLEAP and what people write from MediaPipe."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from formnet.errors import InputError, OtherContentError, PoseError
from formnet.motion import FloatArray, Motion, Unit
from formnet.readers.detections import Detections, make_motion
from formnet.readers.keypoints.cells import holds_lists
from formnet.readers.keypoints.clock import TimeUnit, read_rate, read_time, time_unit_of
from formnet.readers.keypoints.gather import gather
from formnet.readers.keypoints.headers import keep_body, name_fields, split_rows
from formnet.readers.keypoints.long_tables import FRAME_COLUMNS, TRACK_COLUMNS, widen_long_table
from formnet.readers.keypoints.names import MIN_JOINTS, are_joints, joint_named, plain_key
from formnet.readers.keypoints.numbers import number_in
from formnet.readers.keypoints.points import Points
from formnet.readers.keypoints.walk import Found, Row
from formnet.skeleton import SKELETONS, Skeleton
from formnet.storage.texts import is_number

_UNITS: dict[str, Unit] = {"px": "pixel", "m": "metre", "body": "body"}
_OWN = re.compile(r"^(?P<joint>\w+?)_(?P<field>[xyz]|confidence)(?:_(?P<unit>px|m|body))?$")
_BEFORE = re.compile(r"^(?P<field>x|y|z|v|visibility|confidence|score|likelihood)[_ ]?(?P<joint>\d+)$", re.IGNORECASE)
_AFTER = re.compile(
    r"^(?P<joint>.+?)[_ .\-]+(?P<field>x|y|z|v|c|p|vis|visibility|confidence|conf|score|likelihood|prob|probability)$",
    re.IGNORECASE,
)
_FIELDS = {"x": "x", "y": "y", "z": "z"}
_RATE_COLUMNS = ("fps", "framerate")
_SNIFFED_ROWS = 60


@dataclass
class _Columns:
    """Column numbers of a table: of each joint's fields, and of what tells frame, time and person."""

    joints: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    frame: int | None = None
    time: int | None = None
    time_unit: TimeUnit = "s"
    track: int | None = None
    rate: int | None = None


def parse_table(
    rows: list[list[str]], path: Path, size: tuple[int, int] | None = None, fps: float | None = None
) -> Motion | Detections:
    """A table of joints over time: a motion where it is formnet's own, which has units and times; else detections.

    Args:
        fps: frames a second, where something beside the table says it.

    Raises:
        OtherContentError: no columns of joints; says which were found.
        InputError: formnet's own table, damaged.
        PoseError: no rows.
    """
    if rows and rows[0] and rows[0][0].strip().lower() == "scorer":
        rows = _flatten_deeplabcut(rows)
    has_names = not all(map(is_number, rows[0]))
    rows = widen_long_table(name_fields(rows))
    header, body = [name.strip() for name in rows[0]], rows[1:]
    columns = _find_columns(header)
    if not body and columns.joints:
        raise PoseError(f"{path} holds no pose: the table has no rows")
    if _is_own(header):
        return _read_own(header, body, path)
    if len(columns.joints) < MIN_JOINTS:
        shown = ", ".join(header[:6])
        raise OtherContentError(
            f"{path} is a table, but not of joints: expected columns such as left_knee_x, left_knee_y (and a "
            f"confidence), got {shown}"
        )
    return _to_detections(body, columns, path, size, fps, has_names=has_names)


def is_joint_table(text: str) -> bool:
    """Whether the beginning of a text is a table of joints."""
    try:
        rows = split_rows("\n".join(text.splitlines()[:_SNIFFED_ROWS])).rows
    except csv.Error:
        return False
    return bool(rows) and is_joint_header(rows)


def is_joint_header(rows: list[list[str]]) -> bool:
    """Whether the first rows of a table, that of names before them, are those of joints."""
    rows = name_fields(rows[:_SNIFFED_ROWS])
    header = rows[0]
    if holds_lists(header):
        return True
    if header[0].lower() == "scorer" or _is_own(header) or len(_find_columns(header).joints) >= MIN_JOINTS:
        return True
    wide = widen_long_table([row for row in rows if len(row) == len(header)])
    return are_joints(_find_columns(wide[0]).joints)


def _is_own(header: list[str]) -> bool:
    """Whether a table is formnet's own, with units in the names of its columns."""
    matches = [_OWN.match(name) for name in header[2:]]
    return header[:2] == ["frame", "time_s"] and all(matches) and any(one["unit"] for one in matches if one is not None)


def _flatten_deeplabcut(rows: list[list[str]]) -> list[list[str]]:
    """DeepLabCut's three rows of head (scorer, bodyparts, coords; four with individuals) as one; one row a person."""
    # Labelled pictures have three columns of their names: folder, clip and picture.
    n_names = next((number for number, cell in enumerate(rows[1][1:], 1) if cell.strip()), 1)
    rows = [["/".join(cell for cell in row[:n_names] if cell), *row[n_names:]] for row in rows]
    n_head = 4 if rows[1][0].strip().lower() == "individuals" else 3
    parts, fields = rows[n_head - 2], rows[n_head - 1]
    names = [f"{part}_{name}" for part, name in zip(parts[1:], fields[1:], strict=True)]
    body = rows[n_head:]
    if n_head == 3:
        return [["frame", *names], *body]
    people = rows[1][1:]
    table = [["frame", "track", *dict.fromkeys(names)]]
    for number, person in enumerate(dict.fromkeys(people)):
        columns = [column + 1 for column, one in enumerate(people) if one == person]
        if len(columns) == len(table[0]) - 2:
            table += [[row[0], str(number), *(row[column] for column in columns)] for row in body]
    return table


def _find_columns(header: list[str]) -> _Columns:
    found = _Columns()
    plain = [plain_key(name) for name in header]
    found.frame = next((plain.index(name) for name in FRAME_COLUMNS if name in plain), None)
    found.track = next((plain.index(name) for name in TRACK_COLUMNS if name in plain), None)
    found.rate = next((plain.index(name) for name in _RATE_COLUMNS if name in plain), None)
    for number, name in enumerate(header):
        if number in (found.frame, found.track, found.rate):
            continue
        if (unit := time_unit_of(name)) is not None:
            if found.time is None:
                found.time, found.time_unit = number, unit
        elif (match := _BEFORE.match(name) or _AFTER.match(name)) is not None:
            kind = _FIELDS.get(match["field"].lower(), "confidence")
            found.joints[match["joint"]].setdefault(kind, number)
    found.joints = {name: fields for name, fields in found.joints.items() if {"x", "y"} <= fields.keys()}
    if body := keep_body(list(found.joints)):
        found.joints = {number: found.joints[name] for name, number in body.items()}
    return found


def _to_detections(
    body: list[list[str]],
    columns: _Columns,
    path: Path,
    size: tuple[int, int] | None,
    fps: float | None,
    *,
    has_names: bool,
) -> Detections:
    names = list(columns.joints)
    if all(name.isdigit() for name in names):
        names.sort(key=int)
        labels = None
    else:
        labels = tuple(names)
        # A table holds other columns with x and y, too (boxes, centres): only joints count.
        if are_joints(names):
            names = [name for name in names if joint_named(name) is not None]
            labels = tuple(names)
    numbers = _to_numbers(body, path)
    fields = [columns.joints[name] for name in names]
    has_confidence = all("confidence" in one for one in fields)
    x, y = (numbers[:, [one[axis] for one in fields]] for axis in ("x", "y"))
    confidence = numbers[:, [one["confidence"] for one in fields]] if has_confidence else np.ones_like(x)
    depth = numbers[:, [one["z"] for one in fields]] if all("z" in one for one in fields) else None
    found = Found(
        keys={"table"}, has_places=True, fps=fps if columns.rate is None else read_rate(body[0][columns.rate])
    )
    tracks = None if columns.track is None else _number_people([row[columns.track].strip() for row in body])
    for row in range(len(body)):
        frame = _frame_of(body[row], columns, row)
        stated = None if columns.time is None else read_time(body[row][columns.time], columns.time_unit)
        found.time_units |= set() if stated is None else {stated[1]}
        found.rows.append(
            Row(
                Points(
                    np.column_stack([x[row], y[row], confidence[row]]),
                    labels,
                    has_confidence,
                    None if depth is None else depth[row],
                    may_be_y_first=not has_names and len(names) == 17,
                ),
                frame,
                row,
                None if tracks is None else tracks[row],
                np.full(4, np.nan),
                None if stated is None else stated[0],
            )
        )
    return gather(found, "table", str(path), size=size)


def _frame_of(cells: list[str], columns: _Columns, row: int) -> int | str:
    if columns.frame is None:
        return row
    cell = cells[columns.frame].strip()
    number = number_in(cell)
    return int(number) if np.isfinite(number) else cell


def _number_people(names: list[str]) -> list[int | None]:
    """Numbers as they are, names by the order of appearance; None for empty cells."""
    numbers = [number_in(name) for name in names]
    if all(np.isfinite(number) for number, name in zip(numbers, names, strict=True) if name):
        return [int(number) if name else None for number, name in zip(numbers, names, strict=True)]
    order = {name: number for number, name in enumerate(dict.fromkeys(name for name in names if name))}
    return [order.get(name) for name in names]


def _to_numbers(body: list[list[str]], path: Path) -> FloatArray:
    """(rows, columns) with NaN for what is no number."""
    try:
        return np.array([[cell or "nan" for cell in row] for row in body], dtype=np.float64)
    except ValueError:
        return np.array([[number_in(cell) for cell in row] for row in body], dtype=np.float64)


def _read_own(header: list[str], body: list[list[str]], path: Path) -> Motion:
    numbers = _to_numbers(body, path)
    matches = [match for match in map(_OWN.match, header[2:]) if match is not None]
    joints = tuple(dict.fromkeys(match["joint"] for match in matches))
    axes = sorted({match["field"] for match in matches} - {"confidence"})
    units = {match["unit"] for match in matches if match["unit"]}
    column = {name: number for number, name in enumerate(header)}
    if len(units) != 1 or len(joints) * (len(axes) + 1) != len(matches):
        raise InputError(f"{path} mixes units or lacks columns of some joints; write it again with `formnet pose`")
    unit = units.pop()
    positions = np.stack([numbers[:, [column[f"{joint}_{axis}_{unit}"] for joint in joints]] for axis in axes], axis=-1)
    confidence = np.nan_to_num(numbers[:, [column[f"{joint}_confidence"] for joint in joints]])
    return make_motion(str(path), positions, confidence, numbers[:, 1], skeleton_of(joints), _UNITS[unit])


def skeleton_of(joints: tuple[str, ...]) -> Skeleton:
    """The known joint set with these joints in this order, else one of its own."""
    known = next((skeleton for skeleton in SKELETONS.values() if skeleton.joints == joints), None)
    return known or Skeleton("named", joints)
