"""Reads pickles from strangers: numbers, text, plain containers, and arrays of these (NumPy, SciPy's sparse, chumpy's).

A pickle is a program. This reader runs it against inert stand-ins: the names by which arrays are saved become small
classes of this file that only keep what they are given, and every other name is refused. No class or function outside
this file is ever called by the file; NumPy sees nothing but a checked shape, a checked type code and bytes.
"""

from __future__ import annotations

import math
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from formnet.errors import InputError

MOST_BYTES = 2 * 1024**3
"""Of a file."""
MOST_ARRAY_BYTES = 1024**3
"""Of an array whose size in the file does not bound it: a sparse one."""
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


class _Wrapper:
    """Stands for an object around arrays; keeps the attributes it is given."""

    def __init__(self, *_: object) -> None:
        self.attributes: dict[str, Any] = {}

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, dict):
            raise pickle.UnpicklingError("a malformed wrapper of an array")
        self.attributes = state


class _Chumpy(_Wrapper):
    """Stands for chumpy's array, as in SMPL's own files."""


class _ByColumns(_Wrapper):
    """Stands for SciPy's sparse matrix stored by columns."""


class _ByRows(_Wrapper):
    """Stands for SciPy's sparse matrix stored by rows."""


class _Object:
    """Stands for `object`, the base that old protocols name."""


def _checked_shape(shape: object) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise pickle.UnpicklingError("an array with a malformed shape")
    return shape


def _make_array(data: object, dtype: object, shape: object, order: str) -> np.ndarray:
    if not isinstance(dtype, _DType):
        raise pickle.UnpicklingError("an array without a type")
    sizes = _checked_shape(shape)
    if dtype.code.lstrip("|<>=").startswith("O"):
        return _make_text_array(data, sizes)
    # Python 2 wrote bytes as text.
    data = data.encode("latin1") if isinstance(data, str) else data
    if not isinstance(data, bytes | bytearray):
        raise pickle.UnpicklingError("an array of objects")
    kind = np.dtype(dtype.code)
    if kind.itemsize == 0 or math.prod(sizes) * kind.itemsize != len(data):
        raise pickle.UnpicklingError("an array whose shape does not fit its bytes")
    return np.frombuffer(data, dtype=kind).reshape(sizes, order="F" if order == "F" else "C").copy()


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


def _rebuild(kind: object, *_: object) -> _Wrapper:
    if kind is not _Chumpy and kind is not _ByColumns and kind is not _ByRows:
        raise pickle.UnpicklingError("an object that is no array")
    return kind()


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
    **{(module, "bytes"): _no_bytes for module in ("builtins", "__builtin__")},
    **{(module, "object"): _Object for module in ("builtins", "__builtin__")},
    **{(module, "_reconstructor"): _rebuild for module in ("copyreg", "copy_reg")},
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
_SPARSE = {"csc_matrix": _ByColumns, "csc_array": _ByColumns, "csr_matrix": _ByRows, "csr_array": _ByRows}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ADMITTED:
            return _ADMITTED[module, name]
        if module.startswith("scipy.sparse") and name in _SPARSE:
            return _SPARSE[name]
        if module == "chumpy" or module.startswith("chumpy."):
            return _Chumpy
        raise pickle.UnpicklingError(f"the name {module}.{name}"[:120])

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("a reference to something outside the file")


def read_pickle(path: Path, keys: tuple[str, ...] | None = None) -> Any:
    """The content of a pickle that holds plain containers, numbers, text and arrays of these.

    Args:
        keys: only these entries of a dictionary, those that it has; others may hold what is no plain data.

    Raises:
        InputError: when the file is missing, too big, damaged, or asks for anything else; nothing of it is executed.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path.name} is larger than {MOST_BYTES // 1024**3} GiB; a pickle of arrays is smaller")
        with path.open("rb") as file:
            content = _Reader(file, encoding="latin1").load()
        if keys is None:
            return _plain(content)
        if not isinstance(content, dict):
            raise pickle.UnpicklingError("no dictionary")
        return {key: _plain(content[key]) for key in keys if key in content}
    except OSError as error:
        raise InputError(f"{path.name} cannot be opened ({error.strerror}); check the path") from None
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path.name} is refused because it holds {error}, and only plain data and arrays are read from a pickle; "
            "get the file from its authors"
        ) from None
    except InputError:
        raise
    # A damaged pickle can fail in the unpickler with nearly any exception; none of them is our bug.
    except (Exception, RecursionError) as error:
        raise InputError(f"{path.name} is a damaged pickle ({type(error).__name__}); get the file again") from None


def _plain(value: object) -> Any:
    """Replaces stand-ins by arrays, all the way down."""
    if isinstance(value, _Array):
        if value.value is None:
            raise pickle.UnpicklingError("an array without content")
        return value.value
    if isinstance(value, _Wrapper):
        return _unwrap(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(entry) for entry in value)
    if isinstance(value, set | frozenset):
        return value
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | bytearray | np.ndarray):
        return value
    raise pickle.UnpicklingError(f"something of type {type(value).__name__}")


def _unwrap(wrapper: _Wrapper) -> np.ndarray:
    given = wrapper.attributes
    if isinstance(wrapper, _Chumpy):
        if "x" in given:
            return np.asarray(_plain(given["x"]))
        if "a" in given and "idxs" in given:
            taken = np.asarray(_plain(given["a"])).reshape(-1)[_plain(given["idxs"])]
            return taken.reshape(_checked_shape(given["preferred_shape"])) if "preferred_shape" in given else taken
        raise pickle.UnpicklingError("a chumpy expression, not a stored array")
    shape = _checked_shape(tuple(int(n) for n in given.get("_shape") or given["shape"]))
    parts = tuple(_plain(given[name]) for name in ("data", "indices", "indptr"))
    if math.prod(shape) * parts[0].itemsize > MOST_ARRAY_BYTES:
        raise pickle.UnpicklingError("an array with an impossible shape")
    kind = sparse.csc_matrix if isinstance(wrapper, _ByColumns) else sparse.csr_matrix
    matrix = kind(parts, shape=shape)
    # Indices are the file's; outside the shape they would read memory that is not the matrix's.
    matrix.check_format(full_check=True)
    return np.asarray(matrix.toarray())
