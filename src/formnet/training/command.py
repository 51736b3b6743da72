"""What `train.py` and `evaluate.py` share: threads, progress, the last line, the split of arguments."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.progress import track
from rich.table import Table

from formnet.checks import say_value, whole
from formnet.errors import CheckpointError, InputError


def set_up(threads: int) -> None:
    """Processor threads of PyTorch, and quiet for what would write to standard output.

    Raises:
        InputError: for a number of threads that cannot be.
    """
    if not (allowed := whole(1, 1024)).holds(threads):
        raise InputError(f"expected threads to be {allowed}, got {say_value(threads)}; correct it")
    torch.set_num_threads(threads)
    os.environ.setdefault("WANDB_SILENT", "true")


def to_plain(config: DictConfig) -> dict[str, Any]:
    """Dictionaries and lists, with references resolved."""
    plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
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
