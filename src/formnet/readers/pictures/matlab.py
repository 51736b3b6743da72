"""MATLAB files as plain objects, for the sets that are distributed so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from formnet.errors import InputError
from formnet.storage.texts import MAX_BYTES, check_file


def read_mat(path: Path) -> dict[str, Any]:
    """Variables of a .mat file of version 7 or older: structs as objects with attributes, single values unwrapped.

    Raises:
        InputError: missing, damaged, or of version 7.3 (HDF5).
    """
    check_file(Path(path), MAX_BYTES, "MATLAB file")
    try:
        return dict(loadmat(path, squeeze_me=True, struct_as_record=False))
    except NotImplementedError:
        raise InputError(f"{path} is a MATLAB 7.3 file; save it in MATLAB with the option '-v7'") from None
    except (MatReadError, ValueError, OSError, TypeError, EOFError) as error:
        raise InputError(f"{path} is no readable MATLAB file ({error}); get it again") from None


def as_list(value: Any) -> list[Any]:
    """A struct array as a list: MATLAB gives a single struct bare, and an empty one as an empty array."""
    if isinstance(value, np.ndarray):
        return list(value.ravel())
    return [] if value is None else [value]


def field(struct: Any, name: str) -> Any:
    """A struct's field; None where it is not there or empty."""
    value = getattr(struct, name, None)
    return None if isinstance(value, np.ndarray) and value.size == 0 else value
