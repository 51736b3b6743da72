"""Reading JSON that somebody else wrote: every way it can be broken is one sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray

MAX_BYTES = 2**30


def read_json(path: Path) -> Any:
    """The parsed file.

    Raises:
        InputError: missing, unreadable, empty, over 1 GiB, not UTF-8, truncated or malformed.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} has {size} bytes, more than a keypoint file may have; split it")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; check the path") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text but binary data; give a JSON keypoint file") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path and its permissions") from None
    if not text.strip():
        raise InputError(f"{path} is empty; write the keypoint file again")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        truncated = "truncated" if error.pos >= len(text.rstrip()) - 1 else "malformed"
        raise InputError(
            f"{path} is {truncated} JSON (line {error.lineno}, column {error.colno}: {error.msg}); write it again"
        ) from None
    except RecursionError:
        raise InputError(f"{path} is nested too deeply for a keypoint file; write it again") from None


def read_numbers(value: Any, allowed: Sequence[int], where: str) -> FloatArray:
    """A flat list of numbers (n,) whose length is one of `allowed`.

    Raises:
        InputError: naming `where` and the lengths that are understood.
    """
    expected = ", ".join(map(str, allowed))
    if not isinstance(value, list):
        raise InputError(f"{where}: expected a list of {expected} numbers, got {type(value).__name__}")
    if len(value) not in allowed:
        raise InputError(f"{where}: expected {expected} numbers, got {len(value)}; is it another joint set?")
    if not all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in value):
        raise InputError(f"{where}: expected numbers, got {next(n for n in value if not _is_number(n))!r}")
    try:
        return np.array(value, dtype=np.float64)
    except OverflowError:
        raise InputError(f"{where}: a number is too large; write the file again") from None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def frame_number(name: object) -> int | None:
    """The last run of digits of a frame's name: `12.jpg` → 12, `clip_000000000012_keypoints.json` → 12."""
    digits = re.findall(r"\d+", Path(str(name)).name.rsplit(".", 1)[0] if isinstance(name, str) else str(name))
    return int(digits[-1]) if digits and len(digits[-1]) < 16 else None
