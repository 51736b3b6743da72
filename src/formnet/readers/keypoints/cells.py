"""Tables whose cells hold lists, as Ultralytics' `to_csv` and pandas write them, and JSON inside JSON."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from formnet.errors import InputError
from formnet.readers.keypoints.keys import PERSON_KEYS
from formnet.readers.keypoints.names import plain_key
from formnet.storage.texts import parse_json

_AS_JSON = {"nan": "NaN", "None": "null", "True": "true", "False": "false", "'": '"'}
_PYTHON = re.compile(r"\b(?:nan|None|True|False)\b|'")
_IN_A_KEY = ("x", "y", "visible", "confidence", "score")


def holds_lists(header: list[str]) -> bool:
    """Whether columns are called as the keys of people are: `keypoints`, or `keypoints.x` and `keypoints.y`."""
    names = {tuple(map(plain_key, name.split("."))) for name in header}
    if {("x",), ("y",)} <= names:
        # A table of one joint a row calls it so, too.
        return False
    return any((key,) in names or {(key, "x"), (key, "y")} <= names for key in PERSON_KEYS)


def unpack_cells(rows: list[list[str]], path: Path) -> list[dict[str, Any]]:
    """The rows of a table whose columns are named first, each as the object that it was written from.

    Raises:
        InputError: a cell of points that is no list; says which.
    """
    header = [name.strip() for name in rows[0]]
    people = []
    for number, row in enumerate(rows[1:], 2):
        person: dict[str, Any] = {}
        for name, cell in zip(header, row, strict=True):
            outer, _, inner = name.partition(".")
            if plain_key(outer) in PERSON_KEYS and inner in _IN_A_KEY:
                person.setdefault(outer, {})[inner] = _read_cell(cell, path, number)
            elif not inner:
                person[name] = _read_cell(cell, path, number)
        people.append(person)
    return people


def parse_texts(content: Any, path: Path) -> Any:
    """JSON whose values are JSON once more, as lists of Ultralytics' `tojson` are, unpacked; others as they are."""
    if isinstance(content, str):
        return parse_json(content, path) if _is_list(content) else content
    if isinstance(content, list) and content and all(isinstance(item, str) and _is_list(item) for item in content):
        return [parse_json(item, path) for item in content]
    if isinstance(content, dict) and content and all(isinstance(v, str) and _is_list(v) for v in content.values()):
        return {key: parse_json(value, path) for key, value in content.items()}
    return content


def _is_list(text: str) -> bool:
    return text.lstrip().startswith(("[", "{"))


def _read_cell(cell: str, path: Path, row: int) -> Any:
    cell = cell.strip()
    if re.fullmatch(r"\d{1,9}", cell):
        return int(cell)
    if not _is_list(cell):
        try:
            return float(cell)
        except ValueError:
            return cell
    text = _PYTHON.sub(lambda match: _AS_JSON[match[0]], cell)
    try:
        return parse_json(text, path)
    except InputError:
        raise InputError(f"{path}, row {row}: a list in a cell is broken or cut off; write the table again") from None
