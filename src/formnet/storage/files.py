"""Files that are whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import signal
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formnet.errors import InputError
from formnet.storage.outputs import check_outputs, is_device, is_ours, remember


@dataclass(frozen=True)
class _Ready:
    """A file that is written and waits for its name."""

    temporary: Path
    target: Path
    final: Path

    def put_in_place(self) -> None:
        # First, so that what a run leaves that is killed in between is known as formnet's own.
        remember(self.temporary, self.final)
        os.replace(self.temporary, self.final)


_STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGALRM") if hasattr(signal, name))
_waiting: ContextVar[list[_Ready] | None] = ContextVar("waiting", default=None)


@contextlib.contextmanager
def all_or_none() -> Iterator[None]:
    """Files that are written in the block appear together when it ends without an error, or not at all.

    Each waits under its temporary name; then all are renamed, one directly after the other, while SIGINT and SIGTERM
    wait. Only what kills at once can come in between, within a millisecond.

    Raises:
        InputError: when one of the targets must not be replaced (any more).
    """
    ready: list[_Ready] = []
    token = _waiting.set(ready)
    try:
        yield
        check_outputs(*(file.target for file in ready))
        with _signals_held():
            for file in ready:
                try:
                    file.put_in_place()
                except OSError as error:
                    raise refuse_writing(file.target, error, "free space or choose another folder") from error
    finally:
        _waiting.reset(token)
        for file in ready:
            file.temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """SIGINT, SIGTERM and what reminds of them (see `stop_on_signals`) take effect when the block is over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    handlers = {number: signal.signal(number, lambda number, frame: arrived.append(number)) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if arrived:
        signal.raise_signal(arrived[0])


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A temporary path beside `target` that replaces it when the block ends without an error (within `all_or_none`,
    when that ends).

    The temporary name keeps the suffix, since writers choose the format by it. On an error nothing remains. A link is
    followed; a device or pipe is written to when all is there. See `formnet.storage.outputs` for what is refused.

    Raises:
        InputError: when the folder cannot be made or written, or the target must not be replaced.
    """
    target = Path(target)
    is_stream, waiting = is_device(target), _waiting.get()
    temporary, is_kept = None, False
    try:
        try:
            check_outputs(target)
            final = target if is_stream else target.resolve()
            folder = Path(tempfile.gettempdir()) if is_stream else final.parent
            folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers(folder)
            # Whoever stops the program must not come in between making the file and knowing its name.
            with _signals_held():
                handle, name = tempfile.mkstemp(prefix=_own_prefix(), suffix=target.suffix, dir=folder)
                temporary = Path(name)
                os.close(handle)
        except (OSError, ValueError, RuntimeError) as error:
            raise refuse_writing(target, error) from error
        yield temporary
        if is_stream:
            with temporary.open("rb") as source, target.open("wb") as stream:
                shutil.copyfileobj(source, stream)
            return
        # What appeared meanwhile is not ours to replace.
        check_outputs(target)
        # mkstemp makes private files; a result should have the permissions of the one it replaces, or of any other.
        temporary.chmod(stat.S_IMODE(final.stat().st_mode) if final.exists() else 0o666 & ~_umask())
        ready = _Ready(temporary, target, final)
        if waiting is None:
            ready.put_in_place()
        else:
            waiting.append(ready)
            is_kept = True
    except BrokenPipeError:
        raise
    except OSError as error:
        raise refuse_writing(target, error, "free space or choose another folder") from error
    finally:
        if temporary is not None and not is_kept:
            with _signals_held():
                temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target` that takes its place when the block ends without an error.

    A folder that exists is replaced only when it is empty or all in it is formnet's own.

    Raises:
        InputError: when it cannot be made or must not be replaced.
    """
    target = Path(target)
    try:
        final = target.resolve()
        if final.exists() and not final.is_dir():
            raise InputError(f"{target} is a file; give the name of a new or empty folder")
        if final.exists() and any(path.is_dir() or not is_ours(path) for path in final.iterdir()):
            raise InputError(f"{target} exists already; give the name of a new or empty folder")
        final.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(final.parent)
        temporary = Path(tempfile.mkdtemp(prefix=_own_prefix(), dir=final.parent))
    except (OSError, ValueError, RuntimeError) as error:
        raise refuse_writing(target, error) from error
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if final.exists():
            # The old folder goes first out of the way, so that at no time a mixture stands there.
            shutil.rmtree(final.rename(temporary.with_name(f"{temporary.name}-old")))
        temporary.rename(final)
    except OSError as error:
        raise refuse_writing(target, error, "free space or choose another folder") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_writing(
    target: Path, error: Exception, remedy: str = "choose a folder that exists and may be written to"
) -> InputError:
    """One sentence for a target that cannot be written."""
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"{target} cannot be written ({reason}); {remedy}")


def remove_leftovers(folder: Path) -> None:
    """Removes what runs on this machine that were killed left half-written in a folder; looked at once a run."""
    if folder in _cleaned:
        return
    _cleaned.add(folder)
    for path in folder.glob(f"{_TEMPORARY}{_machine()}-*"):
        number = path.name.removeprefix(f"{_TEMPORARY}{_machine()}-").split("-")[0]
        if number.isdigit() and not _is_running(int(number)):
            with contextlib.suppress(OSError):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


_TEMPORARY = ".formnet-"
_cleaned: set[Path] = set()


def _own_prefix() -> str:
    return f"{_TEMPORARY}{_machine()}-{os.getpid()}-"


def _machine() -> str:
    return hashlib.sha256(platform.node().encode("utf-8", "replace")).hexdigest()[:6]


def _is_running(process: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8; bytes of a file name that are no text stand there as \\udcXX, as JSON escapes them."""
    path.write_bytes(text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, content: Any) -> None:
    """Writes plain values as JSON, to be read by people, too; nothing half-written is ever seen.

    Raises:
        InputError: see `atomic_path`.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def compute_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_dir() -> Path:
    """Where formnet keeps what it fetched: FORMNET_CACHE, else XDG_CACHE_HOME/formnet, else ~/.cache/formnet."""
    if own := os.environ.get("FORMNET_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base).expanduser() if base else Path.home() / ".cache") / "formnet"
