"""One place that fits a module with Lightning, and lets a run that was stopped go on as if it had not been.

A run goes on from its `last.ckpt`, written after every epoch. Beside what Lightning keeps (weights, optimisers, courses
of learning rates, early stopping) it holds where random numbers were and where the batches were, so the weights at the
end are those of a run that was never stopped (on one processor; `tests/training/test_resume.py`).
"""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback, ModelCheckpoint

from formnet.checks import say_value
from formnet.errors import CheckpointError, InputError
from formnet.judges.checkpoint import TRAINING_STATE
from formnet.storage.files import atomic_path
from formnet.storage.modules import read_checkpoint
from formnet.storage.texts import parse_json
from formnet.terminal.stopping import AGAIN, say_what_is_kept

MakeTrainer = Callable[..., lightning.Trainer]
LAST = "last.ckpt"
_FREE = ("threads", "data.root", "task.data.root", "task.data.pictures", "task.onnx")
"""Settings that may differ between a run and the one that goes on from it, beside where it runs."""
_DECISIVE_OF_TRAINER = ("max_epochs", "precision", "accumulate_grad_batches", "gradient_clip_val")


def fit_module(
    module: lightning.LightningModule, make_trainer: MakeTrainer, out: Path, *,
    data: lightning.LightningDataModule | None = None, loaders: tuple[Any, Any] | None = None,
    best: KeptEpochs | None = None, callbacks: Sequence[Callback] = (), resume: Path | None = None,
    settings: Mapping[str, Any] | None = None, can_go_on: bool = True,
) -> None:  # fmt: skip
    """Fits a module and leaves `last.ckpt` in `out`.

    Args:
        data, loaders: a data module, or the loaders for training and validation.
        best: what keeps the best epoch; None where the last one counts.
        resume: a `last.ckpt` to go on from, see `require_resumable`.
        settings: plain values that a run that goes on from this one must share.
        can_go_on: False where the run as a whole cannot be resumed; said to a user who stops it.

    Raises:
        CheckpointError: when `resume` holds another network.
    """
    quieten_lightning()
    # By a callback of its own: Lightning's save_last writes only when an epoch is kept for another reason. It comes
    # after the best one, so that it knows of it.
    kept = [*([best] if best else []), KeptEpochs(out, filename=Path(LAST).stem, enable_version_counter=False)]
    if resume is not None:
        _require_same_network(resume, module)
        for epochs in kept:
            epochs.move_from(resume.parent)
    trainer = make_trainer(callbacks=[*callbacks, *kept, WholeState(settings)], default_root_dir=out)
    last = out / LAST
    say_what_is_kept(
        lambda: f"{last} holds the epochs that are finished; go on with the same command and resume={last}"
        if can_go_on and last.is_file() else AGAIN
    )  # fmt: skip
    train, val = loaders or (None, None)
    ckpt_path = str(resume) if resume else None
    trainer.fit(module, train, val, datamodule=data, ckpt_path=ckpt_path, weights_only=True)
    shutil.rmtree(out / "lightning_logs", ignore_errors=True)


def require_resumable(resume: Any, settings: Mapping[str, Any]) -> Path | None:
    """The checkpoint to go on from, None for none.

    Args:
        resume: as the user gave it.
        settings: plain values of the run that is to go on from it.

    Raises:
        InputError: when the file is not there, or is of a run with other settings.
        CheckpointError: when it is no checkpoint of a training.
    """
    if resume is None:
        return None
    if not isinstance(resume, str) or not Path(resume).is_file():
        given = resume if isinstance(resume, str) else say_value(resume)
        raise InputError(f"resume={given} is not there; give the {LAST} of the run that is to go on")
    content = _read_checkpoint(Path(resume))
    if not content.get("optimizer_states"):
        raise CheckpointError(f"{resume} is no checkpoint to go on from; give the {LAST} of a run of train.py")
    former = parse_json(
        str(content.get(TRAINING_STATE, {}).get("settings", "null")), Path(resume), "record of settings"
    )
    if former is not None:
        then, now = dict(_flatten(former)), dict(_flatten(json.loads(json.dumps(settings))))
        for name in sorted({*then, *now}):
            if _is_decisive(name) and then.get(name) != now.get(name):
                raise InputError(
                    f"{name}={say_value(now.get(name))}, but the run that is to go on has {say_value(then.get(name))}; "
                    "give the settings it was started with"
                )
    return Path(resume)


class KeptEpochs(ModelCheckpoint):
    """Keeps an epoch, and takes it along into the folder of a run that goes on from another."""

    _from: Path | None = None

    def move_from(self, folder: Path) -> None:
        """What was kept is in this folder."""
        self._from = folder

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        best = Path(state_dict["best_model_path"]).name
        if self._from is None or self.dirpath is None:
            return super().load_state_dict(state_dict)
        here = Path(self.dirpath)
        if best and self._from.resolve() != here.resolve():
            if not (self._from / best).is_file():
                raise CheckpointError(f"{self._from / best} is not there, the best epoch of the run; put it back")
            here.mkdir(parents=True, exist_ok=True)
            with atomic_path(here / best) as temporary:
                shutil.copyfile(self._from / best, temporary)

        def moved(path: str) -> str:
            return str(here / Path(path).name) if path else path

        names = ("best_model_path", "kth_best_model_path", "last_model_path")
        state = {**state_dict, **{name: moved(state_dict.get(name, "")) for name in names}, "dirpath": self.dirpath}
        state["best_k_models"] = {moved(path): score for path, score in state_dict.get("best_k_models", {}).items()}
        return super().load_state_dict(state)


class WholeState(Callback):
    """Keeps in every checkpoint where random numbers and batches were, and the settings; sets them when a run goes on.

    A set of batches that is not the same every epoch has `state_dict()` and `load_state_dict(state)`.
    """

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        self._settings = None if settings is None else json.dumps(settings)
        self._pending: dict[str, Any] | None = None

    def on_save_checkpoint(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        batches = _batches_of(trainer)
        checkpoint[TRAINING_STATE] = {
            "settings": self._settings or "null",
            "random": _random_state_of_next_epoch(),
            "batches": batches.state_dict() if batches is not None else {},
        }

    def on_load_checkpoint(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        self._pending = checkpoint.get(TRAINING_STATE)

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if self._pending is None:
            return
        batches = _batches_of(trainer)
        if batches is not None:
            batches.load_state_dict(self._pending["batches"])
        torch.set_rng_state(self._pending["random"])
        self._pending = None


def _random_state_of_next_epoch() -> torch.Tensor:
    """Between epochs the loader draws once for its workers; a run that goes on has done so before it gets here."""
    now = torch.get_rng_state()
    torch.empty((), dtype=torch.int64).random_()
    then = torch.get_rng_state()
    torch.set_rng_state(now)
    return then


def _batches_of(trainer: lightning.Trainer) -> Any:
    dataset = getattr(trainer.train_dataloader, "dataset", None)
    return dataset if hasattr(dataset, "load_state_dict") else None


def _require_same_network(resume: Path, module: lightning.LightningModule) -> None:
    kept = {name: tuple(tensor.shape) for name, tensor in _read_checkpoint(resume).get("state_dict", {}).items()}
    if kept != {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}:
        raise CheckpointError(f"{resume} holds another network; go on with the settings that it was started with")


def _read_checkpoint(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(f"{path} is not there; give the {LAST} of the run that is to go on")
    return read_checkpoint(path, f"give the {LAST} of a run of train.py", mmap=True)


def _is_decisive(name: str) -> bool:
    group, _, rest = name.partition(".")
    return name not in _FREE and (group != "trainer" or rest in _DECISIVE_OF_TRAINER)


def _flatten(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flatten(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def quieten_lightning() -> None:
    """Lightning's advice about workers and devices is for other programs than this."""
    for name in ("pytorch_lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for advice in (
        ".*does not have many workers.*",
        ".*The number of training batches.*",
        ".*exists and is not empty.*",
        ".*LeafSpec.*",
        ".*`__len__` defined.*",
    ):
        warnings.filterwarnings("ignore", advice)
