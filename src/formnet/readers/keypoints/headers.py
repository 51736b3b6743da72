"""The cells of a table, and what its columns are called: names put after joints, before them, or not there at all."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from formnet.errors import InputError, OtherContentError
from formnet.readers.keypoints.layouts import BY_COUNT
from formnet.readers.keypoints.names import are_joints, joint_named
from formnet.storage.texts import is_number

_FIELDS = r"x|y|z|v|visibility|confidence|conf|score|likelihood|prob"
_BEFORE_NAME = re.compile(rf"^(?P<field>{_FIELDS})[_ .\-]+(?P<joint>\D.*)$", re.IGNORECASE)
_CAMEL = re.compile(r"^(?P<joint>.+?)(?P<field>X|Y|Z|V|Visibility|Confidence|Conf|Score|Likelihood|Prob)$")
_MARKERS = "MARKER_NAMES"
_TUPLE = re.compile(r"^\((.+)\)$")
_BODY = re.compile(r"^(?P<part>\D*?(?:pose|body)\D*?)[_ .\-]*(?P<number>\d+)$", re.IGNORECASE)
_DIVIDERS = "\t;|"
_SEPARATOR = re.compile(r'\s*"?sep=(.)"?[^\S\n]*\n')
_COMMENTS = ("#", "%", "//")
_SAMPLED = 20
_MOST_ABOVE = 20
_FEWEST_BELOW = 3
"""Lines above a table at most, and rows below them at least."""
_NUMBERS_OF_A_POINT = {4 * 33: 4}
"""Of a row without names whose number of numbers fits several: MediaPipe's x, y, depth, visibility."""


@dataclass(frozen=True)
class Table:
    """The cells of a table, rows of one width, and what stands above it."""

    rows: list[list[str]]
    above: str = ""


def read_rows(text: str, path: Path) -> Table:
    """The cells of a table between commas, semicolons, tabs, bars or blanks, all rows of one width.

    Raises:
        InputError: no table, or rows of several widths.
        OtherContentError: lines of words.
    """
    try:
        table = split_rows(text)
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as a table ({error}); write it again") from None
    if not table.rows:
        raise InputError(f"{path} is empty; write the table again")
    width = len(table.rows[0])
    uneven = next((number for number, row in enumerate(table.rows, 1) if len(row) != width), None)
    if uneven is not None and not any(is_number(cell) for row in table.rows[:uneven] for cell in row):
        raise OtherContentError(f"{path} is text and no table; give JSON or a table of joints")
    if uneven is not None:
        raise InputError(
            f"{path} has {width} columns in its first row but {len(table.rows[uneven - 1])} in row {uneven}; write it "
            "again"
        )
    return table


def split_rows(text: str) -> Table:
    """The cells of a table without the lines above it: comments, titles and Excel's `sep=;`.

    Raises:
        csv.Error: not to be split.
    """
    told = _SEPARATOR.match(text)
    text = text[told.end() :] if told is not None else text
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(_COMMENTS)]
    sample = lines[-_SAMPLED:]
    # A comma may be that of decimals where another sign stands in every line.
    dividers = [told[1]] if told is not None else [one for one in _DIVIDERS if all(one in line for line in sample)]
    delimiter = dividers[0] if dividers else ","
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    if not any(delimiter in line for line in sample) and len({len(line.split()) for line in sample}) == 1:
        rows = [line.split() for line in text.splitlines()]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len({len(row) for row in rows}) == 1 and not rows[0][0].startswith(_COMMENTS):
        return Table(rows)
    return _drop_above(rows)


def _drop_above(rows: list[list[str]]) -> Table:
    """Without comments, and the rows of other widths that stand above the last of one width."""
    if not rows:
        return Table(rows)
    width = len(rows[-1])
    above = [row for row in rows if row[0].startswith(_COMMENTS)]
    rest = [row for row in rows if not row[0].startswith(_COMMENTS)]
    if above and rest and all(map(is_number, rest[0])) and len(names := _uncomment(above[-1])) == width:
        # NumPy's savetxt makes a comment of the names of columns.
        rest = [names, *rest]
    has_end = len(rest) > 1 and all(len(row) == width and not row[-1].strip() for row in rest[1:])
    if has_end and len(rest[0]) == width - 1:
        # A comma at the end of every line but that of the names.
        rest = [rest[0], *(row[:-1] for row in rest[1:])]
        width -= 1
    start = next((at for at in range(len(rest), 0, -1) if len(rest[at - 1]) != width), 0)
    is_above = all(len(row) != width for row in rest[:start]) and len(rest) - start >= _FEWEST_BELOW
    if 0 < start <= _MOST_ABOVE and is_above:
        above, rest = [*above, *rest[:start]], rest[start:]
    told = "\n".join(",".join(row) for row in above)
    return Table(_name_markers(rest, told), told)


def _name_markers(rows: list[list[str]], above: str) -> list[list[str]]:
    """A table of Qualisys, whose names of markers stand above it, with a name for each column."""
    line = next((line for line in above.splitlines() if line.startswith(_MARKERS)), None)
    names = [] if line is None else [name.strip() for name in line.split(",")[1:] if name.strip()]
    n_before = len(rows[0]) - 3 * len(names) if rows and names else -1
    if n_before not in (0, 2):
        return rows
    header = ["frame", "time_s"][:n_before] + [f"{name}_{axis}" for name in names for axis in "xyz"]
    if not are_joints(names):
        # Else they would count as joints by their number.
        header = [f"marker {name}" for name in header]
    return [header, *(rows if all(map(is_number, rows[0])) else rows[1:])]


def _uncomment(row: list[str]) -> list[str]:
    first = row[0].lstrip("".join(_COMMENTS)).strip()
    return [first, *row[1:]] if first else row[1:]


def name_fields(rows: list[list[str]]) -> list[list[str]]:
    """The table with `joint_x` where it says `x_joint`, `jointX` or `('joint', 'x')`; with names where it has none."""
    if not rows:
        return rows
    first = [cell.strip() for cell in rows[0]]
    if all(map(is_number, first)):
        names = _names_of_numbers(rows)
        return rows if names is None else [names, *rows]
    return [[_rename(name) for name in first], *rows[1:]]


def keep_body(names: list[str]) -> dict[str, str]:
    """Of points that are numbered within parts (`pose_0`, `left_hand_0`) those of the body, and their numbers; empty
    where there are no such parts."""
    matches = {name: match for name in names if (match := _BODY.match(name)) is not None}
    parts = {match["part"] for match in matches.values()}
    if len(parts) != 1 or len(matches) not in BY_COUNT:
        return {}
    return {name: match["number"] for name, match in matches.items()}


def _rename(name: str) -> str:
    if (inside := _TUPLE.match(name)) is not None:
        name = "_".join(part.strip(" '\"") for part in inside[1].split(","))
    for pattern in (_BEFORE_NAME, _CAMEL):
        match = pattern.match(name)
        if match is not None and joint_named(match["joint"]) is not None:
            return f"{match['joint']}_{match['field'].lower()}"
    return name


def _names_of_numbers(rows: list[list[str]]) -> list[str] | None:
    """Names of columns for rows of numbers that can only be points, maybe with a number of the frame before them."""
    for n_before in (1, 0):
        n_numbers = len(rows[0]) - n_before
        widths = [_NUMBERS_OF_A_POINT.get(n_numbers, width) for width in (3, 2) if n_numbers % width == 0]
        width = next((width for width in widths if n_numbers // width in BY_COUNT), None)
        if width is None or (n_before and not _count(rows)):
            continue
        fields = {2: "xy", 3: "xyv", 4: "xyzv"}[width]
        named = [f"{field}{point}" for point in range(n_numbers // width) for field in fields]
        return ["frame"] * n_before + named
    return None


def _count(rows: list[list[str]]) -> bool:
    """Whether the first column holds whole numbers that rise."""
    numbers = [float(row[0]) if is_number(row[0]) else np.nan for row in rows]
    return all(number == round(number) for number in numbers if np.isfinite(number)) and bool(
        (np.diff(numbers) > 0).all()
    )
