"""Tables of numbers in text files, plain or gzipped."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray
from formnet.storage.texts import MAX_BYTES, read_bytes


def read_number_table(path: Path) -> FloatArray:
    """A text table of numbers, separated by commas, semicolons, tabs or blanks, as (rows, columns).

    Raises:
        InputError: when the file is missing, empty, damaged, or its rows have different lengths.
    """
    try:
        raw = read_bytes(path, "text table")
        if raw[:2] == b"\x1f\x8b":
            with gzip.open(path) as stream:
                raw = stream.read(MAX_BYTES + 1)
            if len(raw) > MAX_BYTES:
                raise InputError(f"it unpacks to more than {MAX_BYTES} bytes")
        text = raw.decode("ascii")
    except (InputError, OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read as a text table ({error}); get the file again") from None
    rows = [line for line in text.translate(str.maketrans(",;\t", "   ")).splitlines() if line.strip()]
    if not rows:
        raise InputError(f"{path.name} is empty; get the file again")
    n_columns = len(rows[0].split())
    uneven = [number for number, row in enumerate(rows, 1) if len(row.split()) != n_columns]
    if uneven:
        raise InputError(
            f"{path.name} has {n_columns} numbers in its first row but {len(rows[uneven[0] - 1].split())} in row "
            f"{uneven[0]}; get the file again"
        )
    try:
        values = np.array(" ".join(rows).split(), dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{path.name} holds something that is no number ({error}); get the file again") from None
    return values.reshape(len(rows), n_columns)
