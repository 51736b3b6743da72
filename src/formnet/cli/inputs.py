"""What several subcommands ask of their arguments: a folder to write to, progress bars."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from formnet.errors import InputError
from formnet.pose.model_bundle import Eyes
from formnet.storage.outputs import check_outputs, guard_outputs, is_device

Force = Annotated[
    bool, typer.Option("--force", help="Replace existing files that formnet did not write, too (never an input).")
]

DEFAULT_ESTIMATOR = "blazepose"
EstimatorOption = Annotated[
    str,
    typer.Option(
        "--estimator",
        help="What finds joints in videos: blazepose, opencv-openpose, a .safetensors of train.py task=pose, or "
        "OpenPose's own .caffemodel or .onnx.",
        metavar="NAME|FILE",
    ),
]
EyesOption = Annotated[
    Eyes | None,
    typer.Option(
        "--eyes",
        help="Size of BlazePose: fast, standard (default), or exact, which takes three times as long. Fetched once.",
        show_default=False,
    ),
]


def check_writable_folder(folder: Path, option: str = "--out") -> None:
    """Refuses, before any work, a folder that cannot be made or written; leaves nothing behind.

    Raises:
        InputError: with the reason.
    """
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise InputError(f"{folder} cannot be a folder, since {nearest} is a file; choose another {option}")
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror}); choose another {option}") from error
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"{folder} cannot be written (permission denied); choose another {option}")


def open_folder(out: Path | None, names: Sequence[str], inputs: Sequence[Path], *, force: bool) -> list[Path]:
    """The files that a command is going to write into a folder, once none of them would destroy anything.

    Raises:
        InputError: the folder cannot be written, or see `check_outputs`.
    """
    if out is None:
        return []
    check_writable_folder(out)
    guard_outputs(inputs, force=force)
    targets = [out / name for name in names]
    check_outputs(*targets)
    return targets


def open_file(out: Path, inputs: Sequence[Path], *, force: bool) -> None:
    """Refuses, before any work, an output file that cannot be written or would destroy something.

    Raises:
        InputError: with the reason.
    """
    guard_outputs(inputs, force=force)
    if not is_device(out):
        check_writable_folder(out.resolve().parent, "output")
        check_outputs(out)


def add_up(show: Callable[[int, int], None], total: int) -> Callable[[int], None]:
    """What is told how much has been done since the last time, for a bar that is told how much in all."""
    done = 0

    def more(number: int = 1) -> None:
        nonlocal done
        done += number
        show(done, total)

    return more


_display: list[Progress] = []
_bars_lock = threading.Lock()


@contextmanager
def progress_bar(description: str, *, enabled: bool = True) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, so that standard output stays clean for pipes; several threads may have one.

    Yields a function that is told how much is done, and of how much.
    """
    console = Console(stderr=True)
    if not (enabled and console.is_terminal):
        yield lambda done, total: None
        return
    with _bars_lock:
        # A terminal can have one display only: it is there while anybody has a bar.
        if not _display:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            _display.append(Progress(*columns, console=console, transient=True))
            _display[0].start()
        bars = _display[0]
        task = bars.add_task(description, total=None)
    try:
        yield lambda done, total: bars.update(task, completed=done, total=total)
    finally:
        with _bars_lock:
            bars.remove_task(task)
            if not bars.tasks:
                _display.pop().stop()
