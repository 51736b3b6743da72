"""Files that are whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formnet.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A temporary path beside `target` that replaces it when the block ends without an error.

    The temporary name keeps the suffix, since writers choose the format by it. On an error nothing remains.

    Raises:
        InputError: when the folder cannot be made or written.
    """
    target = Path(target)
    try:
        if target.is_dir():
            raise InputError(f"{target} is a folder; give the name of the file to write")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written ({error.strerror}); choose a folder that exists and may be written to"
        ) from error
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; a result should have the permissions of any other file of the user.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, target)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written ({error.strerror or error}); free space or choose another folder"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def compute_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_arrays(path: Path, what: str, remedy: str) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz archive; nothing in it is executed.

    Args:
        what: the file is meant to be, for the message ("index").
        remedy: what to do about a damaged one.

    Raises:
        InputError: missing, or no such archive.
    """
    import numpy as np  # here, since what only writes text files shall start without it

    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; check the path") from None
    except (ValueError, OSError, zipfile.BadZipFile, EOFError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"{path} is no readable {what} ({type(error).__name__}); {remedy}") from None


def cache_dir() -> Path:
    """Where formnet keeps what it fetched: FORMNET_CACHE, else XDG_CACHE_HOME/formnet, else ~/.cache/formnet."""
    if own := os.environ.get("FORMNET_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base).expanduser() if base else Path.home() / ".cache") / "formnet"
