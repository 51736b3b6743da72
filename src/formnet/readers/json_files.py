"""Reading JSON that somebody else wrote: every way it can be broken is one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from formnet.errors import InputError

MAX_BYTES = 2**30
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path) -> str:
    """A text file in UTF-8 or, with a byte order mark, UTF-16.

    Raises:
        InputError: missing, unreadable, over 1 GiB, binary, or empty.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} has {size} bytes, more than a keypoint file may have; split it")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; check the path") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path and its permissions") from None
    try:
        text = raw.decode("utf-16" if raw.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text but binary data; give a JSON keypoint file") from None
    if not text.strip():
        raise InputError(f"{path} is empty; write the keypoint file again")
    return text


def read_json(path: Path) -> Any:
    """The parsed file; of a file with one JSON value a line, the list of them.

    Raises:
        InputError: as `read_text`, truncated or malformed.
    """
    return parse_json(read_text(path), path)


def parse_json(text: str, path: Path) -> Any:
    """As `read_json`, from the text; `path` is for messages."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        lines = _parse_lines(text, path) if error.msg == "Extra data" else None
        if lines is not None:
            return lines
        truncated = "truncated" if error.pos >= len(text.rstrip()) - 1 else "malformed"
        raise InputError(
            f"{path} is {truncated} JSON (line {error.lineno}, column {error.colno}: {error.msg}); write it again"
        ) from None
    except RecursionError:
        raise InputError(f"{path} is nested too deeply for a keypoint file; write it again") from None


def _parse_lines(text: str, path: Path) -> list[Any] | None:
    """The values of a file with one a line; None where its second line is none, so that it is no such file."""
    values = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            values.append(json.loads(line))
        except json.JSONDecodeError as error:
            if len(values) < 2:
                return None
            raise InputError(
                f"{path} holds one JSON value a line, but line {number} is broken (column {error.colno}: {error.msg}); "
                "write it again"
            ) from None
    return values
