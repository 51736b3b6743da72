"""NumPy's files from strangers, bounded: nothing in them is run, and none takes more memory than it may.

An array says its shape before its numbers. Both are held against the bytes that are there, and these against a limit,
before memory is taken.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from formnet.errors import InputError, OtherContentError
from formnet.storage.files import atomic_path
from formnet.storage.texts import check_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BYTES = 2**30
"""Of a file, and of all arrays in it together once they are unpacked."""
_KINDS = "biufUS"
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (
    ValueError, OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, OverflowError, SyntaxError,
)  # fmt: skip


class _RefusedError(ValueError):
    """What a sound reader would do, and this one does not; the text says why."""


class _OtherError(_RefusedError):
    """As that, of a sound file."""


def read_arrays(path: Path, what: str, remedy: str, names: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz archive, of numbers and text; nothing in it is executed.

    Args:
        what: the file is meant to be, for the message ("index").
        remedy: what to do about a damaged one.
        names: of the arrays that are wanted; None reads all.

    Raises:
        InputError: missing, no ordinary file, no such archive, or larger than `MAX_BYTES`.
    """
    check_file(path, MAX_BYTES, what)
    try:
        with zipfile.ZipFile(path) as archive:
            members = {
                member.filename.removesuffix(".npy"): member
                for member in archive.infolist()
                if member.filename.endswith(".npy")
            }
            wanted = {name: member for name, member in members.items() if names is None or name in names}
            unpacked = sum(member.file_size for member in wanted.values())
            if unpacked > MAX_BYTES:
                raise _RefusedError(f"it unpacks to {unpacked} bytes, more than {MAX_BYTES}")
            return {name: _read_member(archive, member) for name, member in wanted.items()}
    except _DAMAGE as error:
        raise _refusal(path, what, remedy, error) from None


def read_array(path: Path, what: str, remedy: str) -> NDArray[Any]:
    """The array of an .npy file, of numbers or text.

    Raises:
        InputError: as `read_arrays`.
    """
    check_file(path, MAX_BYTES, what)
    try:
        with path.open("rb") as stream:
            return _read_stream(stream, path.stat().st_size)
    except _DAMAGE as error:
        raise _refusal(path, what, remedy, error) from None


def write_arrays(arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Writes named arrays to an .npz archive; nothing half-written is ever seen.

    Raises:
        InputError: see `atomic_path`.
    """
    import numpy as np

    with atomic_path(path) as temporary, temporary.open("wb") as file:
        # The stub counts every keyword as `allow_pickle`.
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    if member.flag_bits & 1:
        raise _RefusedError("it is locked by a password")
    if member.compress_type not in _PACKINGS:
        raise _RefusedError("it is packed in an unusual way")
    with archive.open(member) as stream:
        return _read_stream(stream, member.file_size)


def _read_stream(stream: IO[bytes], size: int) -> NDArray[Any]:
    """The array of a stream of so many bytes, its head included."""
    import numpy as np  # here, since what only writes text files shall start without it
    from numpy.lib import format as npy

    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise _RefusedError(f"its arrays are of version {version[0]}.{version[1]}")
    read_head = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, is_fortran, kind = read_head(stream)
    if kind.hasobject:
        raise _OtherError("it holds Python objects, which can run programs and are not opened")
    if kind.kind not in _KINDS:
        raise _OtherError(f"it holds {kind.name[:40]}, neither numbers nor text")
    if any(length < 0 for length in shape):
        raise _RefusedError("an array says to have less than nothing in it")
    wanted = math.prod(shape) * kind.itemsize
    if max(wanted, math.prod(shape)) > size:
        raise _RefusedError("an array says to be larger than the file")
    content = stream.read(wanted)
    if len(content) < wanted:
        raise _RefusedError("it is cut off")
    if not wanted:
        return np.zeros(shape, kind)
    flat = np.frombuffer(content, dtype=kind)
    # A copy, since what comes from bytes cannot be written to.
    return (flat.reshape(shape[::-1]).T if is_fortran else flat.reshape(shape)).copy()


def _refusal(path: Path, what: str, remedy: str, error: Exception) -> InputError:
    reason = str(error) if isinstance(error, _RefusedError) else "it is damaged"
    sentence = f"{path} is no readable {what} ({reason}); {remedy}"
    return OtherContentError(sentence) if isinstance(error, _OtherError) else InputError(sentence)
