"""`formnet doctor`: checks the installation, step by step, with the remedy for what is wrong."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from formnet import __version__
from formnet.cli.installation import AGAIN, Check, list_checks
from formnet.cli.options import Clip, Fps, Rotate, Size, SlowMotion, make_reading
from formnet.errors import FormnetError, InputError
from formnet.reading import Reading
from formnet.terminal.streams import one_line

_PACKAGES = ("torch", "ai_edge_litert", "cv2", "numpy", "scipy", "av", "smplx", "pytorch_lightning", "hydra", "numba")
_DISTRIBUTIONS = {"hydra": "hydra-core", "ai_edge_litert": "ai-edge-litert"}
_LEAST_FREE_GB = 0.5


def doctor(
    file: Annotated[
        Path | None, typer.Argument(help="A video, picture or file of poses to look into.", show_default=False)
    ] = None,
    person: Annotated[int | None, typer.Option(help="FILE: which person, 1 for the most prominent.")] = None,
    fps: Fps = None,
    size: Size = None,
    clip_name: Clip = None,
    rotate: Rotate = None,
    slow_motion: SlowMotion = None,
) -> None:
    """Check the installation, or a file: what it is, what is in it, and whether it can be judged.

    Every line is one check; a line that starts with ✗ ends with the remedy. Exit code 2 when something is wrong.
    Without FILE everything that judging needs is loaded, and run on an example clip whose truth is known.

    Examples:

      formnet doctor

      formnet doctor clip.mp4
    """
    console = Console(highlight=False)
    if file is not None:
        how = make_reading(person=person, fps=fps, size=size, rotate=rotate, clip=clip_name, slow_motion=slow_motion)
        _examine_file(console, file, how)
        return
    n_wrong = 0
    console.print(f"formnet {__version__}")
    checks = (*_own_checks(), *list_checks())
    for check in checks:
        try:
            said, is_well = check.run(), True
        except FormnetError as error:
            said, is_well = str(error), False
        except Exception as error:  # a broken installation may raise anything, and the rest is still worth checking
            said, is_well = f"{type(error).__name__}: {error}; {AGAIN} with its constraints", False
        n_wrong += not is_well
        console.print("[green]✓[/green] " if is_well else "[red]✗[/red] ", end="")
        console.print(f"{check.name}: {one_line(said)}", markup=False, soft_wrap=True)
    if n_wrong:
        console.print(f"{n_wrong} of {len(checks)} checks failed")
        raise typer.Exit(2)
    console.print("all is well: try  formnet classify clip.mp4")


def _own_checks() -> Iterator[Check]:
    """What the checks of files rest on: the interpreter, libraries, the machine."""
    yield Check("Python", _check_python)
    for name in _PACKAGES:
        yield Check(name, partial(_check_package, name))
    yield Check("H.264 encoder", _check_encoder)
    yield Check("silence", _check_silence)
    yield Check("disk", _check_disk)


def _examine_file(console: Console, file: Path, how: Reading) -> None:
    """Prints what is found line by line; exit code 2 where the file cannot be judged."""
    from formnet.cli.file_report import examine

    marks = {"good": "[green]✓[/green]", "note": "[yellow]![/yellow]", "bad": "[red]✗[/red]"}
    is_bad = False
    console.print(one_line(str(file)), markup=False, soft_wrap=True)
    for line in examine(file, how):
        console.print(f"{marks[line.state]} {line.name}: ", end="")
        console.print(one_line(line.text), markup=False, soft_wrap=True)
        is_bad |= line.state == "bad"
    if is_bad:
        raise typer.Exit(2)


def _check_python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _check_package(name: str) -> str:
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"it cannot be imported ({error}); run pip install -c constraints.txt formnet") from error
    version = getattr(module, "__version__", None)
    return str(version or importlib.metadata.version(_DISTRIBUTIONS.get(name, name)))


def _check_encoder() -> str:
    import av

    try:
        av.codec.Codec("libx264", "w")
    except (av.error.FFmpegError, ValueError) as error:
        raise InputError("PyAV was built without libx264; install PyAV's own wheel: pip install av") from error
    return "libx264"


def _check_silence() -> str:
    """Whether a library that is known to send usage figures takes part in judging."""
    if "mediapipe" in sys.modules:
        raise InputError("MediaPipe is loaded, which sends usage figures home; report this as a fault of formnet")
    return "nothing leaves this machine: only fetching a pose model, once, uses the network"


def _check_disk() -> str:
    free_gb = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    if free_gb < _LEAST_FREE_GB:
        raise InputError(f"{free_gb:.1f} GB are free in {tempfile.gettempdir()}; free some space")
    home = Path.home()
    return f"{shutil.disk_usage(home).free / 1e9:.0f} GB free"
