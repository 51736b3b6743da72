"""One training of a lifter, from simulated people to a file of weights and figures."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import pytorch_lightning as lightning
from pytorch_lightning.callbacks import ModelCheckpoint

from formnet.errors import CheckpointError, InputError
from formnet.judges.description import current_versions
from formnet.lifting.network import TemporalLifter
from formnet.lifting.temporal import LifterNetwork, load_lifter, save_lifter
from formnet.training.lift.data import LiftData, LiftDataOptions
from formnet.training.lift.supervised import LiftFitOptions, SupervisedLift, measure_batch
from formnet.training.lift.unsupervised import UnsupervisedLift, UnsupervisedWeights
from formnet.training.run import quieten_lightning, write_metrics

Way = Literal["supervised", "unsupervised"]


@dataclass(frozen=True)
class LiftOptions:
    """Everything about a lifter's training.

    Attributes:
        way: with the simulated joints in metres, or without.
        seed: of weights, people, cameras and errors.
    """

    way: Way = "supervised"
    seed: int = 0
    data: LiftDataOptions = field(default_factory=LiftDataOptions)
    network: LifterNetwork = field(default_factory=LifterNetwork)
    fit: LiftFitOptions = field(default_factory=LiftFitOptions)
    weights: UnsupervisedWeights = field(default_factory=UnsupervisedWeights)

    def __post_init__(self) -> None:
        if self.way not in get_args(Way):
            raise InputError(f"task.way must be one of {', '.join(get_args(Way))}, got {self.way!r}")


def run_lift_training(
    options: LiftOptions, make_trainer: Callable[..., lightning.Trainer], out: Path, *,
    record: Mapping[str, Any] | None = None, resume: Path | None = None,
) -> dict[str, float]:  # fmt: skip
    """Trains a lifter and measures what was stored on simulated people that it has not seen.

    Writes `last.ckpt` (Lightning), `lifter.safetensors` with `lifter.json`, and `metrics.json` into `out`.

    Raises:
        CheckpointError: when there is nothing to go on from.
    """
    quieten_lightning()
    if resume and not Path(resume).is_file():
        raise CheckpointError(f"{resume} is not there; give the last.ckpt of the run that is to go on")
    lightning.seed_everything(options.seed, workers=True, verbose=False)
    # Without 3D there is nothing to learn unobserved joints from.
    network = replace(options.network, derived=options.way == "unsupervised")
    lifter = network.build()
    module = _make_module(lifter, options)
    data = LiftData(options.data)
    keep = ModelCheckpoint(out, save_top_k=0, save_last=True, enable_version_counter=False)
    trainer = make_trainer(callbacks=[keep], default_root_dir=out)
    trainer.fit(module, datamodule=data, ckpt_path=str(resume) if resume else None, weights_only=True)
    about = {"way": options.way, "training": dict(record or {}), "versions": current_versions()}
    path = save_lifter(out / "lifter.safetensors", lifter.eval(), network, about)
    # Figures are of the stored weights, which are rounded.
    stored = load_lifter(path)
    figures = {f"val/{name}": value for name, value in measure_batch(stored.network, data.validation).items()}
    save_lifter(path, stored.network, network, {**about, "metrics": figures})
    shutil.rmtree(out / "lightning_logs", ignore_errors=True)
    write_metrics(out, figures)
    return figures


def _make_module(lifter: TemporalLifter, options: LiftOptions) -> lightning.LightningModule:
    if options.way == "supervised":
        return SupervisedLift(lifter, options.fit)
    return UnsupervisedLift(lifter, options.fit, options.weights)
