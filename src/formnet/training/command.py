"""What `train.py` and `evaluate.py` share: one sentence for a user's error, the last line, the split of arguments."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.console import Console
from rich.progress import track
from rich.table import Table

from formnet.checks import say_value, whole
from formnet.errors import CheckpointError, FormnetError, InputError


@contextlib.contextmanager
def one_sentence_for_errors() -> Iterator[None]:
    """A user's error becomes one sentence on standard error and exit code 2; our own keep their traceback."""
    # Hydra prints and swallows errors of the task unless told to hand them on.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    except (FormnetError, HydraException, OmegaConfBaseException) as error:
        cause: BaseException = error
        while not isinstance(cause, FormnetError) and isinstance(cause.__cause__, Exception):
            cause = cause.__cause__
        if isinstance(error, FormnetError | HydraException | OmegaConfBaseException) and _is_ours(cause):
            raise
        print(f"error: {_first_sentence(str(cause) or str(error))}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped; go on with resume=<the run's last.ckpt>", file=sys.stderr)
        sys.exit(130)


def _is_ours(cause: BaseException) -> bool:
    """True for a bug that only arrived wrapped: neither a user's error nor one of the configuration."""
    return not isinstance(cause, FormnetError | HydraException | OmegaConfBaseException | ImportError | OSError)


def _first_sentence(text: str) -> str:
    """Hydra's and OmegaConf's many lines as one, in the words of the command line."""
    if missing := re.search(r"[Mm]issing mandatory value: (?:\S+\s+full_key: )?(\S+)", text):
        return f"{missing[1]} is not given; add {missing[1]}=… to the command"
    if unknown := re.search(r"is not in struct\s+full_key: (\S+)", text):
        return f"there is no setting {unknown[1]}; see configs/train.yaml for those there are"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wanted = [line for line in lines if not line.startswith(("full_key", "object_type", "set_type", "reference_type"))]
    for number, line in enumerate(wanted):
        if line.startswith("Available options"):
            options = itertools.takewhile(
                lambda option: not option.startswith("Config search path"), wanted[number + 1 :]
            )
            return f"{' '.join(wanted[:number])}; there are {', '.join(options)}"
    return " ".join(wanted[:3])


def set_up(threads: int) -> None:
    """Processor threads of PyTorch, and quiet for what would write to standard output.

    Raises:
        InputError: for a number of threads that cannot be.
    """
    if not (allowed := whole(1, 1024)).holds(threads):
        raise InputError(f"expected threads to be {allowed}, got {say_value(threads)}; correct it")
    torch.set_num_threads(threads)
    os.environ.setdefault("WANDB_SILENT", "true")


def to_plain(config: DictConfig, resolve: bool = True) -> dict[str, Any]:
    """Dictionaries and lists, with references resolved or kept as they are written."""
    plain = OmegaConf.to_container(config, resolve=resolve, throw_on_missing=resolve)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def make_progress(what: str) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """A progress bar on standard error around a loop."""

    def around(rows: Iterable[Any]) -> Iterable[Any]:
        return track(list(rows), description=what, console=Console(stderr=True), transient=True)

    return around


def print_figures(figures: Mapping[str, Any], classes: Sequence[str], split: str, out: Path) -> None:
    """The table per class and the split by name; the figures as one line of JSON come last."""
    table = Table(title=f"test on {split}", title_justify="left")
    for heading in ("class", "repetitions", "recall", "F1", *[f"→ {i + 1}" for i in range(len(classes))]):
        table.add_column(heading, justify="left" if heading == "class" else "right", no_wrap=True)
    for i, name in enumerate(classes):
        cells = [figures[f"test/{kind}/{name}"] for kind in ("recall", "f1")]
        table.add_row(
            f"{i + 1} {name}",
            str(figures[f"test/support/{name}"]),
            *["–" if cell is None else f"{cell:.3f}" for cell in cells],
            *[str(count) if count else "·" for count in figures["test/confusion"][i]],
        )
    if "wandb" in sys.modules:
        # It says good-bye at the end of the program, which would come after the last line.
        sys.modules["wandb"].finish()
    console = Console(width=max(100, 60 + 8 * len(classes)))
    console.print(table)
    console.print(
        f"balanced accuracy {figures['test/balanced_accuracy']:.3f} "
        f"(always the most frequent class: {figures['test/majority_balanced_accuracy']:.3f}), "
        f"accuracy {figures['test/accuracy']:.3f} ({figures['test/majority_accuracy']:.3f}), "
        f"macro-F1 {figures['test/macro_f1']:.3f}, calibration error {figures['test/calibration_error']:.3f}"
    )
    console.print(f"written to {out}", soft_wrap=True)
    print(json.dumps(figures, ensure_ascii=False), flush=True)


def split_arguments(arguments: Sequence[str]) -> tuple[Path, list[str]]:
    """`CKPT override…` → the path and the overrides; Hydra itself refuses a bare argument or a `=` in a file name.

    Raises:
        CheckpointError: when no checkpoint is named.
    """
    if not arguments or arguments[0].startswith("-"):
        raise CheckpointError(
            "expected a model file: python evaluate.py checkpoints/NAME.safetensors [data.root=PATH …]"
        )
    return Path(arguments[0]), list(arguments[1:])


def chooses_data(overrides: Sequence[str]) -> bool:
    """True when overrides name another data set or experiment than the checkpoint's own."""
    return any(override.split("=")[0].lstrip("+") in ("data", "experiment") for override in overrides)
