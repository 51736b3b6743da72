"""Text and JSON that somebody else wrote, bounded: every way it can be broken, endless or huge is one sentence.

All text files that formnet is handed pass through here, so that size, depth and length of numbers have one limit each.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from formnet.errors import InputError, OtherContentError

MAX_BYTES = 2**28
"""Of a text file; four hours of one person's joints."""
MAX_DEPTH = 100
MAX_DIGITS = 400
"""Of a number; the longest that a program writes have 330."""
_MAX_PARSED_BYTES = 2**31
_MAX_LISTS = 4_000_000
_BYTES_OF_A_LIST, _BYTES_OF_A_NUMBER = 64, 40
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
"""Bytes that no text holds, in any encoding of one byte a letter."""
_MOST_ACCENTS = 0.1
_LOOKED_AT = 16
_LONG_NUMBER = re.compile(r"\d{19}")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NO_BLANK = re.compile(r"\S")
_PIECE = 2**20
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): 255, ord("}"): 255}
_DEPTH_OF_BYTE = bytes(_STEPS.get(byte, 0) for byte in range(256))


def check_file(path: Path, most_bytes: int = MAX_BYTES, what: str = "keypoint file") -> None:
    """Refuses what is no ordinary file, which could be endless or wait for ever, and what is too large.

    Raises:
        InputError: missing, a folder, a pipe or device, over `most_bytes`, or not to be looked at.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder, not a {what}; name a file in it")
        if not path.exists():
            raise InputError(f"{path} does not exist; check the path")
        if not path.is_file():
            raise InputError(f"{path} is no ordinary file but a pipe or device; save it to a file first")
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if size > most_bytes:
        raise InputError(f"{path} has {size} bytes, more than a {what} may have ({most_bytes}); split it")


def read_text(path: Path, what: str = "keypoint file", most_bytes: int = MAX_BYTES) -> str:
    """A text file in UTF-8, in UTF-16, or in the one-byte letters of older Windows programs.

    Args:
        what: the file is meant to be, for messages.

    Raises:
        InputError: as `check_file`, binary, or empty.
    """
    raw = read_bytes(path, what, most_bytes)
    try:
        text = raw.decode(_find_encoding(raw))
    except UnicodeDecodeError:
        if not _CONTROL.search(raw) and sum(byte > 127 for byte in raw) < _MOST_ACCENTS * len(raw):
            return raw.decode("latin-1")
        raise OtherContentError(f"{path} is no text but binary data; give a {what} in UTF-8") from None
    if not text.strip():
        raise InputError(f"{path} is empty; write the {what} again")
    return text


def is_number(text: str) -> bool:
    """Whether a text is a number as Python reads them."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _find_encoding(raw: bytes) -> str:
    """UTF-16 by its mark, or by the zeros beside the first letters; else UTF-8."""
    if raw.startswith(_UTF_16):
        return "utf-16"
    even, odd = raw[:_LOOKED_AT:2], raw[1:_LOOKED_AT:2]
    for zeros, letters, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if len(odd) > 1 and not any(zeros) and all(letters):
            return encoding
    return "utf-8-sig"


def read_bytes(path: Path, what: str, most_bytes: int = MAX_BYTES) -> bytes:
    """The whole of a binary file; raises as `check_file`."""
    check_file(path, most_bytes, what)
    try:
        with path.open("rb") as file:
            # Files of /proc say 0 bytes and are endless.
            raw = file.read(most_bytes + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(raw) > most_bytes:
        raise InputError(f"{path} has more bytes than a {what} may have ({most_bytes}); split it")
    return raw


def read_json(path: Path, what: str = "keypoint file", most_bytes: int = MAX_BYTES) -> Any:
    """The parsed file; of a file with one JSON value after another, the list of them.

    Raises:
        InputError: as `read_text` and `parse_json`.
    """
    return parse_json(read_text(path, what, most_bytes), path, what)


def parse_yaml(text: str) -> Any:
    """Plain values of YAML; nothing in it is run, and nothing is unfolded beyond what stands there.

    Raises:
        ValueError: no YAML, with the first line of the reason.
    """
    import yaml  # here, since what reads JSON shall start without it

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ValueError(str(error).splitlines()[0] if str(error) else type(error).__name__) from None


def parse_json(text: str, path: Path, what: str = "keypoint file") -> Any:
    """As `read_json`, from the text; `path` is for messages.

    Whole numbers of more than 18 digits become floating point.

    Raises:
        InputError: truncated, malformed, nested too deeply, larger than memory should hold, or with numbers that are
            too long.
    """
    _check_extent(text, path, what)
    decoder = _make_decoder(text, path)
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and (several := _parse_several(text, path, decoder)) is not None:
            return several
        truncated = "truncated" if error.pos >= len(text.rstrip()) - 1 else "malformed"
        raise InputError(
            f"{path} is {truncated} JSON (line {error.lineno}, column {error.colno}: {error.msg}); write it again"
        ) from None


def _check_extent(text: str, path: Path, what: str) -> None:
    """Refuses, before anything is parsed, what would take too much memory or too deep a recursion."""
    n_lists = text.count("[") + text.count("{")
    if n_lists > _MAX_LISTS or n_lists * _BYTES_OF_A_LIST + text.count(",") * _BYTES_OF_A_NUMBER > _MAX_PARSED_BYTES:
        raise InputError(f"{path} holds more lists and numbers than a {what} may; split it")
    if n_lists > MAX_DEPTH and _find_depth(text) > MAX_DEPTH and _find_depth(_QUOTED.sub('""', text)) > MAX_DEPTH:
        raise InputError(f"{path} is nested too deeply for a {what}; write it again")


def _find_depth(text: str) -> int:
    """How many brackets are open at once at most, those in quotes among them."""
    import numpy as np  # here, since what only writes text files shall start without it

    deepest = now = 0
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE].encode("utf-8", "replace").translate(_DEPTH_OF_BYTE)
        depths = np.frombuffer(piece, dtype=np.int8).cumsum(dtype=np.int64) + now
        deepest, now = max(deepest, int(depths.max())), int(depths[-1])
    return deepest


def _make_decoder(text: str, path: Path) -> json.JSONDecoder:
    if _LONG_NUMBER.search(text) is None:
        return json.JSONDecoder()
    return json.JSONDecoder(
        parse_int=lambda digits: int(digits) if len(digits) < 19 else float(_check_digits(digits, path)),
        parse_float=lambda digits: float(_check_digits(digits, path)),
    )


def _check_digits(digits: str, path: Path) -> str:
    if len(digits) > MAX_DIGITS:
        raise InputError(f"{path} holds a number of {len(digits)} digits, which is none of a person; write it again")
    return digits


def _parse_several(text: str, path: Path, decoder: json.JSONDecoder) -> list[Any] | None:
    """The values of a file in which they follow each other, one a line or over several; None for any other file."""
    values: list[Any] = []
    at = 0
    while (match := _NO_BLANK.search(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, match.start())
        except json.JSONDecodeError as error:
            if len(values) < 2:
                return None
            line = text.count("\n", 0, match.start()) + 1
            raise InputError(
                f"{path} holds one JSON value after another, but that of line {line} is broken ({error.msg}); write it "
                "again"
            ) from None
        if not isinstance(value, dict | list | None):
            return None
        values.append(value)
    return values


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or error
    return InputError(f"{path} cannot be read ({reason}); check the path and its permissions")
