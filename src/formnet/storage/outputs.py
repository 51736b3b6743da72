"""Where formnet may write: never over an input, never over what is not its own unless told, never in place of a device.

A command says once what it reads and whether --force was given (`guard_outputs`); every writer that goes through
`formnet.storage.files` is then held to it, whatever name or link a path goes by.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from formnet.errors import InputError

MARK = "formnet:output"
"""Stands in files whose format has room for a remark, so that they are known on another machine, too."""

_HEAD_BYTES = 2**16
_VIDEO_HEAD_BYTES = 2**22
_VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv")
_LEDGER = "outputs.txt"
_LEDGER_BYTES = 2**18


@dataclass(eq=False)
class _Guard:
    """What one command reads, and what it has written so far."""

    inputs: dict[tuple[int, int], Path]
    force: bool
    written: set[Path] = field(default_factory=set)


_guard: ContextVar[_Guard | None] = ContextVar("guard", default=None)


def guard_outputs(inputs: Iterable[Path], *, force: bool = False) -> None:
    """From now on in this context outputs are held against these inputs, and against files that are not formnet's own.

    Args:
        inputs: files that are read, and folders, whose files are; what does not exist is passed over.
        force: replace files that are not formnet's own, too (never inputs).
    """
    known: dict[tuple[int, int], Path] = {}
    for path in inputs:
        with suppress(OSError, ValueError):
            for file in path.iterdir() if path.is_dir() else (path,):
                known[_identity(file)] = file
    _guard.set(_Guard(known, force))


def check_outputs(*targets: Path) -> None:
    """Refuses, before any work, what must not be written; without a guard only what cannot be.

    Raises:
        InputError: a target is a folder, an input by any name, or a file that is not formnet's own.
    """
    for target in targets:
        try:
            found = target.stat()
        except OSError:
            continue
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{target} is a folder; give the name of the file to write")
        guard = _guard.get()
        if guard is None or is_device(target):
            continue
        if source := guard.inputs.get((found.st_dev, found.st_ino)):
            same = "" if source == target else f" (it is {source})"
            raise InputError(f"{target} is an input{same} and would be destroyed; choose another output")
        if not guard.force and target.resolve() not in guard.written and not is_ours(target):
            raise InputError(
                f"{target} exists and was not written by formnet; choose another output, or replace it with --force"
            )


def is_device(target: Path) -> bool:
    """True for what is written to, never replaced: devices, pipes, sockets and the streams in /dev and /proc."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    inside = os.path.abspath(target).split(os.sep)[1:2]
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or (os.name == "posix" and inside in (["dev"], ["proc"]))


def is_ours(path: Path) -> bool:
    """True for a file that formnet wrote, here or elsewhere, and that nobody has changed since."""
    try:
        return has_mark(path) or _fingerprint(path) in _read_ledger()
    except OSError:
        return False


def has_mark(path: Path) -> bool:
    """True where the file itself says that it is a result of formnet."""
    size = _VIDEO_HEAD_BYTES if path.suffix.lower() in _VIDEO_SUFFIXES else _HEAD_BYTES
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return MARK.encode() in file.read(size)
    except OSError:
        return False


def is_own_answer(video: Path) -> bool:
    """True for an overlay or comparison that formnet drew: pictures of a verdict, not a clip to be judged."""
    return (video.stem.endswith("overlay") or video.stem.startswith("compare")) and has_mark(video)


def remember(path: Path, name: Path) -> None:
    """Keeps in mind that a file is formnet's own, by its content; where there is no room for that, nothing happens.

    Args:
        path: where it is now.
        name: what it is going to be called.
    """
    if (guard := _guard.get()) is not None:
        guard.written.add(name.resolve())
    with suppress(OSError):
        ledger = _ledger_path()
        ledger.parent.mkdir(parents=True, exist_ok=True)
        if ledger.exists() and ledger.stat().st_size > _LEDGER_BYTES:
            recent = ledger.read_text(encoding="ascii", errors="ignore")[_LEDGER_BYTES // 2 :]
            ledger.write_text(recent.partition("\n")[2], encoding="ascii")
        with ledger.open("a", encoding="ascii") as file:
            file.write(f"{_fingerprint(path)}\n")


@contextmanager
def fresh_answers(*paths: Path) -> Iterator[None]:
    """A run that fails leaves no answer of an earlier run behind that looks like its own.

    Where the block ends with an error, those of the paths that it has not written anew and that are formnet's own
    are removed.
    """
    before = {path: _fingerprint(path) for path in paths if is_ours(path)}
    try:
        yield
    except BaseException:
        for path, fingerprint in before.items():
            with suppress(OSError):
                if _fingerprint(path) == fingerprint:
                    path.unlink()
        raise


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _fingerprint(path: Path) -> str:
    """Hash of size, beginning and end: enough to see a change, quick for a long video."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(max(0, size - _HEAD_BYTES))
        return hashlib.sha256(b"%d\n" % size + head + file.read(_HEAD_BYTES)).hexdigest()[:32]


def _read_ledger() -> frozenset[str]:
    try:
        return frozenset(_ledger_path().read_text(encoding="ascii", errors="ignore").split())
    except OSError:
        return frozenset()


def _ledger_path() -> Path:
    from formnet.storage.files import cache_dir

    return cache_dir() / _LEDGER
