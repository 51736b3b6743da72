"""Where and how long a training runs, and where its figures go: plain options → a Lightning Trainer.

Nothing here is found by an import path: a configuration says short names and numbers, which are held against ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import RichProgressBar
from pytorch_lightning.loggers import CSVLogger, Logger, WandbLogger

from formnet.checks import check_fields, real, say_value, whole, within
from formnet.errors import InputError
from formnet.training.build import build_options

ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps")
PRECISIONS = ("32-true", "16-mixed", "bf16-mixed", "64-true")
LOGGERS = ("csv", "wandb", None)


@dataclass(frozen=True)
class TrainerOptions:
    """The group `trainer`: Lightning's own arguments of these names.

    Attributes:
        accelerator: one of `ACCELERATORS`; it has to be there.
        devices: how many, -1 for all.
        strategy: of several devices, one of Lightning's registered names (auto, ddp, fsdp, …).
    """

    max_epochs: int = within(whole(1, 1_000_000), 30)
    accelerator: str = "cpu"
    devices: int = within(whole(-1, 1024), 1)
    num_nodes: int = within(whole(1, 4096), 1)
    strategy: str = "auto"
    precision: str = "32-true"
    deterministic: bool = True
    accumulate_grad_batches: int = within(whole(1, 10_000), 1)
    gradient_clip_val: float | None = within(real(or_none=True), None)
    enable_model_summary: bool = False
    log_every_n_steps: int = within(whole(1), 10)
    num_sanity_val_steps: int = within(whole(-1), 0)

    def __post_init__(self) -> None:
        check_fields(self, "trainer")
        for name, value, choices in (
            ("accelerator", self.accelerator, ACCELERATORS),
            ("precision", self.precision, PRECISIONS),
            ("strategy", self.strategy, ("auto", *_strategies())),
        ):
            if value not in choices:
                raise InputError(f"trainer.{name} must be one of {', '.join(choices)}, got {say_value(value)}")
        if self.devices == 0:
            raise InputError("trainer.devices must be 1 or more, or -1 for all, got 0")
        _require_devices(self)


@dataclass(frozen=True)
class LoggerOptions:
    """The group `logger`: where figures go while training runs, one of `LOGGERS`."""

    name: str | None = "csv"
    project: str = "formnet"
    offline: bool = True

    def __post_init__(self) -> None:
        if self.name not in LOGGERS:
            raise InputError(f"logger.name must be csv, wandb or null, got {say_value(self.name)}")

    def make(self, folder: Path) -> Logger | bool:
        """The logger that writes into a folder; False for none."""
        if self.name == "csv":
            return CSVLogger(folder, name="log", version="")
        if self.name == "wandb":
            return WandbLogger(save_dir=folder, project=self.project, offline=self.offline)
        return False


def trainer_maker(
    trainer: Mapping[str, Any], logger: Mapping[str, Any] | None = None, **settings: Any
) -> Callable[..., lightning.Trainer]:
    """What makes a Trainer of the groups `trainer` and `logger` with callbacks and a folder.

    Args:
        settings: replace those of the group `trainer`.

    Raises:
        InputError: at once, for options that do not exist, are out of range, or need a device that is not there.
    """
    options = build_options(TrainerOptions, {**trainer, **settings}, "trainer")
    logging = None if logger is None else build_options(LoggerOptions, logger, "logger")

    def make(*, callbacks: list[Any], default_root_dir: Path) -> lightning.Trainer:
        bar = RichProgressBar(leave=logging is not None, console_kwargs={"stderr": True})
        return lightning.Trainer(
            **asdict(options),
            callbacks=[*callbacks, bar],
            default_root_dir=default_root_dir,
            logger=logging.make(default_root_dir) if logging is not None and callbacks else False,
        )

    return make


def _strategies() -> list[str]:
    from pytorch_lightning.strategies import StrategyRegistry

    return sorted(StrategyRegistry.available_strategies())


def _require_devices(options: TrainerOptions) -> None:
    """Raises `InputError` when the accelerator, or as many of its devices, are not in this machine."""
    kind = options.accelerator
    if kind in ("auto", "cpu"):
        return
    found = {"cuda": torch.cuda.device_count, "mps": lambda: int(torch.backends.mps.is_available())}
    count = found[kind]() if kind in found else max(count() for count in found.values())
    if count == 0:
        raise InputError(f"this machine has no {kind} that PyTorch can use; train with trainer.accelerator=cpu")
    if options.devices > count:
        raise InputError(f"trainer.devices={options.devices}, but there are {count}; ask for as many or fewer")
