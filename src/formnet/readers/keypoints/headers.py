"""The cells of a table, and what its columns are called: names put after joints, before them, or not there at all."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.readers.keypoints.layouts import BY_COUNT
from formnet.readers.keypoints.names import joint_named
from formnet.storage.texts import is_number

_FIELDS = r"x|y|z|v|visibility|confidence|conf|score|likelihood|prob"
_BEFORE_NAME = re.compile(rf"^(?P<field>{_FIELDS})[_ .\-]+(?P<joint>\D.*)$", re.IGNORECASE)
_CAMEL = re.compile(r"^(?P<joint>.+?)(?P<field>X|Y|Z|V|Visibility|Confidence|Conf|Score|Likelihood|Prob)$")
_TUPLE = re.compile(r"^\((.+)\)$")
_BODY = re.compile(r"^(?P<part>\D*?(?:pose|body)\D*?)[_ .\-]*(?P<number>\d+)$", re.IGNORECASE)
_DELIMITERS = ",;\t"
_NUMBERS_OF_A_POINT = {4 * 33: 4}
"""Of a row without names whose number of numbers fits several: MediaPipe's x, y, depth, visibility."""


def read_rows(text: str, path: Path) -> list[list[str]]:
    """The cells of a table between commas, semicolons, tabs or blanks, all rows of one width.

    Raises:
        InputError: no table, or rows of several widths.
    """
    sample = text[:4096]
    delimiter = max(_DELIMITERS, key=sample.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as a table ({error}); write it again") from None
    if delimiter not in sample:
        between_blanks = [line.split() for line in text.splitlines() if line.strip()]
        if len(set(map(len, between_blanks))) == 1:
            rows = between_blanks
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise InputError(f"{path} is empty; write the table again")
    width = len(rows[0])
    uneven = next((number for number, row in enumerate(rows, 1) if len(row) != width), None)
    if uneven is not None:
        raise InputError(
            f"{path} has {width} columns in its first row but {len(rows[uneven - 1])} in row {uneven}; write it again"
        )
    return rows


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
