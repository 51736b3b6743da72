"""Reads arrays out of a pickle without running anything the file asks for.

A pickle names the callables that rebuild its objects, so loading one from a stranger runs the stranger's
code. Here every name leads to an inert stand-in of this module or to an error: no class or function
outside this file is ever called, not even numpy's. Only plain numeric arrays, SciPy's compressed sparse
columns/rows and chumpy's array wrappers (as in SMPL's own files) can be turned into values afterwards.
"""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

_LARGEST_ARRAY_BYTES = 1 << 30


class _Inert:
    """Keeps the constructor arguments and the state of an object of the file; does nothing with them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Array(_Inert):
    pass


class _ArrayFromBuffer(_Inert):
    pass


class _Dtype(_Inert):
    pass


class _Sparse(_Inert):
    pass


class _Chumpy(_Inert):
    pass


class _Type(_Inert):
    pass


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """How Python 3 writes bytes into old pickle protocols; other codecs could run code."""
    if encoding not in ("latin1", "latin-1") or not isinstance(text, str):
        raise pickle.UnpicklingError("text in an encoding other than latin1")
    return text.encode("latin1")


def _rebuild(cls: Any, base: Any = None, state: Any = None) -> Any:
    if cls not in (_Chumpy, _Sparse):
        raise pickle.UnpicklingError("an object of a kind that has no place in a body model")
    return cls()


_NUMPY_ROOTS = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric")
_NUMPY_NAMES: dict[str, Any] = {
    "_reconstruct": _Array,
    "_frombuffer": _ArrayFromBuffer,
    "ndarray": _Type,
    "dtype": _Dtype,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in _NUMPY_ROOTS and name in _NUMPY_NAMES:
            return _NUMPY_NAMES[name]
        if module.startswith("scipy.sparse") and name in ("csc_matrix", "csr_matrix", "csc_array", "csr_array"):
            return _Sparse if name.startswith("csc") else _Type
        if module == "chumpy" or module.startswith("chumpy."):
            return _Chumpy
        if (module, name) == ("_codecs", "encode"):
            return _encode
        if module in ("copy_reg", "copyreg") and name == "_reconstructor":
            return _rebuild
        if module in ("__builtin__", "builtins") and name == "object":
            return _Type
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which has no place in a body model")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to objects outside the file")


def read_pickled_arrays(path: Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Arrays of a pickled dictionary.

    Args:
        path: the file.
        keys: entries wanted; those the dictionary lacks are absent in the result.

    Raises:
        ValueError: the file is no pickle of a dictionary of numeric arrays, or asks for anything else.
    """
    try:
        with path.open("rb") as stream:
            content = _Unpickler(stream, encoding="latin1").load()
        if not isinstance(content, dict):
            raise ValueError("it holds no dictionary")
        return {key: _as_array(content[key]) for key in keys if key in content}
    except OSError:
        raise
    # A damaged pickle can fail in the unpickler with nearly any exception; none of them is our bug.
    except Exception as error:
        raise ValueError(str(error) or type(error).__name__) from error


def _as_array(value: Any) -> np.ndarray:
    if isinstance(value, _Array):
        _, shape, dtype, fortran, raw = value.state
        return _from_bytes(raw, dtype, shape, "F" if fortran else "C")
    if isinstance(value, _ArrayFromBuffer):
        raw, dtype, shape, order = value.args
        return _from_bytes(raw, dtype, shape, order)
    if isinstance(value, _Sparse):
        state = value.state
        shape = state.get("_shape", state.get("shape"))
        parts = tuple(_as_array(state[name]) for name in ("data", "indices", "indptr"))
        matrix = sparse.csc_matrix(parts, shape=_checked_shape(shape, 8))
        matrix.check_format(full_check=True)
        return matrix.toarray()
    if isinstance(value, _Chumpy):
        state = value.state
        if "x" in state:
            return _as_array(state["x"])
        if "a" in state and "idxs" in state:
            taken = _as_array(state["a"]).reshape(-1)[_as_array(state["idxs"])]
            return taken.reshape(_checked_shape(state["preferred_shape"], 8)) if "preferred_shape" in state else taken
        raise ValueError("an entry is a chumpy expression, not a stored array")
    raise ValueError("an entry is no numeric array")


def _from_bytes(raw: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    if not isinstance(dtype, _Dtype) or not isinstance(dtype.args[0], str):
        raise ValueError("an array has no plain number type")
    name = dtype.args[0].lstrip("<>=|")
    if name not in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"):
        raise ValueError(f"an array holds {name!r} instead of numbers")
    byte_order = ">" if dtype.state is not None and dtype.state[1] == ">" else "<"
    data = raw.encode("latin1") if isinstance(raw, str) else bytes(raw)
    number_type = np.dtype(byte_order + name)
    return np.frombuffer(data, number_type).reshape(
        _checked_shape(shape, number_type.itemsize), order="F" if order == "F" else "C"
    )


def _checked_shape(shape: Any, item_bytes: int) -> tuple[int, ...]:
    sizes = tuple(int(size) for size in shape)
    if any(size < 0 for size in sizes) or math.prod(sizes) * item_bytes > _LARGEST_ARRAY_BYTES:
        raise ValueError("an array has an impossible shape")
    return sizes
