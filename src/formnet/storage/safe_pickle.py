"""Reads pickles from strangers: nothing but numbers, text, plain containers and NumPy arrays of these.

A pickle is a program. This reader runs it against inert stand-ins: the names that NumPy uses to save an array become
small classes of this file that only keep what they are given, and every other name is refused. NumPy sees nothing but
a checked shape, a checked type code and bytes.
"""

from __future__ import annotations

import math
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError

MOST_BYTES = 2 * 1024**3
_TYPE_CODE = re.compile(r"^[<>=|]?([biufSU?]\d*|O8?)$")


class _DType:
    """Stands for numpy.dtype; keeps a plain type code."""

    def __init__(self, code: object, *_: object) -> None:
        if not isinstance(code, str) or not _TYPE_CODE.match(code):
            raise pickle.UnpicklingError(f"an array of type {str(code)[:40]!r}, not of numbers or text")
        self.code = code

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) < 5 or any(part is not None for part in state[2:5]):
            raise pickle.UnpicklingError("an array type with fields")
        if state[1] in ("<", ">", "=", "|"):
            self.code = state[1] + self.code.lstrip("<>=|")


class _Array:
    """Stands for numpy.ndarray; becomes an array when the whole pickle has been read."""

    def __init__(self) -> None:
        self.value: np.ndarray | None = None

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise pickle.UnpicklingError("a malformed array")
        _, shape, dtype, is_fortran, data = state
        self.value = _make_array(data, dtype, shape, "F" if is_fortran else "C")


def _make_array(data: object, dtype: object, shape: object, order: str) -> np.ndarray:
    if not isinstance(dtype, _DType):
        raise pickle.UnpicklingError("an array without a type")
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise pickle.UnpicklingError("an array with a malformed shape")
    if dtype.code.lstrip("|<>=").startswith("O"):
        return _make_text_array(data, shape)
    if not isinstance(data, bytes | bytearray):
        raise pickle.UnpicklingError("an array of objects")
    kind = np.dtype(dtype.code)
    if kind.itemsize == 0 or math.prod(shape) * kind.itemsize != len(data):
        raise pickle.UnpicklingError("an array whose shape does not fit its bytes")
    return np.frombuffer(data, dtype=kind).reshape(shape, order="F" if order == "F" else "C").copy()


def _make_text_array(data: object, shape: tuple[int, ...]) -> np.ndarray:
    """An array of Python objects is admitted when they are all text or numbers."""
    if not isinstance(data, list) or len(data) != math.prod(shape):
        raise pickle.UnpicklingError("an array of objects")
    if not all(isinstance(entry, str | int | float) for entry in data):
        raise pickle.UnpicklingError("an array of objects")
    return np.array(data).reshape(shape)


def _reconstruct(kind: object, *_: object) -> _Array:
    if kind is not _Array:
        raise pickle.UnpicklingError("something that is no array")
    return _Array()


def _from_buffer(data: object, dtype: object, shape: object, order: object = "C", *_: object) -> np.ndarray:
    return _make_array(data, dtype, shape, str(order))


def _scalar(dtype: object, data: object = b"") -> object:
    return _make_array(data, dtype, (1,), "C")[0].item()


def _encode(text: object, encoding: object = "latin1") -> bytes:
    # How old pickle protocols store bytes; any other codec is refused, so none is looked up by name.
    if encoding not in ("latin1", "latin-1") or not isinstance(text, str):
        raise pickle.UnpicklingError(f"text in the encoding {str(encoding)[:40]!r}")
    return text.encode("latin1")


def _no_bytes(*content: object) -> bytes:
    # How old pickle protocols store b"".
    if content:
        raise pickle.UnpicklingError("bytes made from something else")
    return b""


_ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _DType,
    ("_codecs", "encode"): _encode,
    ("builtins", "bytes"): _no_bytes,
    ("__builtin__", "bytes"): _no_bytes,
    **{
        (f"numpy.{core}.{module}", name): stand_in
        for core in ("core", "_core")
        for module, name, stand_in in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"the name {module}.{name}"[:120]) from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("a reference to something outside the file")


def read_array_pickle(path: Path) -> object:
    """The content of a pickle that holds plain containers, numbers, text and NumPy arrays of these.

    Raises:
        InputError: when the file is missing, too big, damaged, or asks for anything else; nothing of it is executed.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path.name} is larger than {MOST_BYTES // 1024**3} GiB; a pose pickle is far smaller")
        with path.open("rb") as file:
            return _plain(_Reader(file).load())
    except OSError as error:
        raise InputError(f"{path.name} cannot be opened ({error.strerror}); check the path") from None
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path.name} is refused because it holds {error}, and only plain data and NumPy arrays are read from a "
            "pickle; get the file from its authors"
        ) from None
    except InputError:
        raise
    except (Exception, RecursionError) as error:
        raise InputError(f"{path.name} is a damaged pickle ({type(error).__name__}); get the file again") from None


def _plain(value: object) -> object:
    """Replaces stand-ins by arrays, all the way down."""
    if isinstance(value, _Array):
        if value.value is None:
            raise pickle.UnpicklingError("an array without content")
        return value.value
    if isinstance(value, dict):
        return {_plain(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(entry) for entry in value)
    if isinstance(value, set | frozenset):
        return value
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | bytearray | np.ndarray):
        return value
    raise pickle.UnpicklingError(f"something of type {type(value).__name__}")
