"""JSON that is a table: a flat object for each row, as pandas' `to_json` and loggers write it, or lists of columns."""

from __future__ import annotations

from typing import Any

from formnet.readers.keypoints.tables import is_joint_header

_MIN_ROWS = 2


def unfold_records(content: Any) -> list[list[str]] | None:
    """The rows of a table of joints, names of columns first; None for all other JSON."""
    for part in (content, *(content.values() if isinstance(content, dict) else ())):
        rows = _of_records(part) or _of_columns(part) or _of_split(part)
        if rows is not None and is_joint_header(rows):
            return rows
    return None


def _of_records(part: Any) -> list[list[str]] | None:
    if not isinstance(part, list) or len(part) < _MIN_ROWS or not all(isinstance(row, dict) for row in part):
        return None
    if not all(_is_cell(value) for row in part for value in row.values()):
        return None
    names = list(dict.fromkeys(name for row in part for name in row))
    return [names, *([_write(row.get(name)) for name in names] for row in part)]


def _of_columns(part: Any) -> list[list[str]] | None:
    """`orient="columns"` and `"list"`: numbers of rows and cells, or cells, under the name of each column."""
    if not isinstance(part, dict) or not part:
        return None
    columns = [list(column.values()) if isinstance(column, dict) else column for column in part.values()]
    if not all(isinstance(column, list) and len(column) == len(columns[0]) >= _MIN_ROWS for column in columns):
        return None
    if not all(_is_cell(value) for column in columns for value in column):
        return None
    return [list(part), *([_write(value) for value in row] for row in zip(*columns, strict=True))]


def _of_split(part: Any) -> list[list[str]] | None:
    names, data = (part.get("columns"), part.get("data")) if isinstance(part, dict) else (None, None)
    if not isinstance(names, list) or not isinstance(data, list) or len(data) < _MIN_ROWS:
        return None
    if not all(isinstance(row, list) and len(row) == len(names) and all(map(_is_cell, row)) for row in data):
        return None
    return [list(map(str, names)), *([_write(value) for value in row] for row in data)]


def _is_cell(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _write(value: Any) -> str:
    return "" if value is None else str(value)
