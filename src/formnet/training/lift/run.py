"""One training of a lifter, from simulated people to a file of weights and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import pytorch_lightning as lightning
import torch
from torch import Tensor

from formnet.errors import InputError
from formnet.judges.description import current_versions
from formnet.lifting.forward import LifterNetwork
from formnet.lifting.network import TemporalLifter
from formnet.lifting.temporal import NetworkLifter, load_lifter, save_lifter
from formnet.storage.modules import arrays_of
from formnet.storage.weights import read_weights
from formnet.training.figures import write_metrics
from formnet.training.fitting import MakeTrainer, fit_module
from formnet.training.lift.data import LiftData, LiftDataOptions
from formnet.training.lift.supervised import LiftFitOptions, SupervisedLift, measure_batch
from formnet.training.lift.unsupervised import UnsupervisedLift, UnsupervisedWeights

Way = Literal["supervised", "unsupervised"]


@dataclass(frozen=True)
class LiftOptions:
    """Everything about a lifter's training.

    Attributes:
        way: with the simulated joints in metres, or without.
        seed: of weights, people, cameras and errors.
        start: a lifter of the same kind whose weights are begun with.
    """

    way: Way = "supervised"
    seed: int = 0
    start: str | None = None
    data: LiftDataOptions = field(default_factory=LiftDataOptions)
    network: LifterNetwork = field(default_factory=LifterNetwork)
    fit: LiftFitOptions = field(default_factory=LiftFitOptions)
    weights: UnsupervisedWeights = field(default_factory=UnsupervisedWeights)

    def __post_init__(self) -> None:
        if self.way not in get_args(Way):
            raise InputError(f"task.way must be one of {', '.join(get_args(Way))}, got {self.way!r}")


def run_lift_training(
    options: LiftOptions, make_trainer: MakeTrainer, out: Path, *,
    record: Mapping[str, Any] | None = None, resume: Path | None = None,
) -> dict[str, float]:  # fmt: skip
    """Trains a lifter and measures what was stored on simulated people that it has not seen.

    Writes `last.ckpt` (Lightning), `lifter.safetensors` with `lifter.json`, and `metrics.json` into `out`.

    Raises:
        CheckpointError: when there is nothing to begin with or go on from, or it is of another network.
    """
    lightning.seed_everything(options.seed, workers=True, verbose=False)
    # Without 3D there is nothing to learn unobserved joints from.
    network = replace(options.network, derived=options.way == "unsupervised")
    lifter = network.build()
    if options.start is not None and resume is None:
        begin_with(lifter, Path(options.start))
    module = _make_module(lifter, options)
    data = LiftData(options.data)
    fit_module(module, make_trainer, out, data=data, resume=resume, settings=record)
    about = {"way": options.way, "training": dict(record or {}), "versions": current_versions()}
    weights = arrays_of(lifter)
    path = save_lifter(out / "lifter.safetensors", weights, network, about)
    # Figures are of the stored weights, which are rounded.
    measured = measure_batch(as_tensors(load_lifter(path)), data.validation)
    figures = {f"val/{name}": value for name, value in measured.items()}
    save_lifter(path, weights, network, {**about, "metrics": figures})
    write_metrics(out, figures)
    return figures


def begin_with(lifter: TemporalLifter, path: Path) -> None:
    """Takes over the weights of a lifter.

    Raises:
        CheckpointError: when the file is no lifter.
        InputError: when it is one of another kind.
    """
    former = load_lifter(path)
    _, arrays, _ = read_weights(path)
    try:
        lifter.load_state_dict({name: torch.as_tensor(array) for name, array in arrays.items()})
    except RuntimeError:
        network = ", ".join(f"{name}={value}" for name, value in former.about["network"].items())
        raise InputError(f"{path} is a lifter of another kind ({network}); set task.network to it") from None


def as_tensors(lifter: NetworkLifter) -> Callable[[Tensor, Tensor], Tensor]:
    """What a stored lifter says without a mirror, of tensors in tensors."""
    return lambda points, confidence: torch.from_numpy(lifter.network(points.numpy(), confidence.numpy()))


def _make_module(lifter: TemporalLifter, options: LiftOptions) -> lightning.LightningModule:
    if options.way == "supervised":
        return SupervisedLift(lifter, options.fit)
    return UnsupervisedLift(lifter, options.fit, options.weights)
