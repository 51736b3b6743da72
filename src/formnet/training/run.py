"""One training run and one measurement, from table to figures."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import EarlyStopping

from formnet.checks import check_fields, real, say_value, whole, within
from formnet.errors import CheckpointError, DataError, InputError
from formnet.evaluation.risk_coverage import choose_unsure_below
from formnet.judges.checkpoint import (
    FormnetModel,
    ModelDescription,
    build_classifier,
    current_versions,
    round_to_half,
    save_model,
)
from formnet.judges.network.classifier import Classifier
from formnet.judges.parts.calibrate import fit_slope
from formnet.lifting.lifter import adopt_lifter
from formnet.models.build import MAX_MEMBERS
from formnet.preprocess.spec import PreprocessSpec
from formnet.readers.table import RepetitionTable
from formnet.storage.files import atomic_path
from formnet.storage.modules import read_checkpoint
from formnet.training.arrays import Progress, prepare_arrays
from formnet.training.augment import AugmentSpec
from formnet.training.data import RepetitionData, SplitOptions, split_table
from formnet.training.figures import write_metrics
from formnet.training.fitting import LAST, KeptEpochs, MakeTrainer, fit_module, quieten_lightning
from formnet.training.learner_run import run_learner_evaluation
from formnet.training.module import VALIDATED, OptimiserSpec, RepetitionModule

MONITORS = ("val/loss", *(f"val/{name}" for name in VALIDATED))


@dataclass(frozen=True)
class FitOptions:
    """How a run is steered.

    Attributes:
        seed: of weights, order, augmentation and split; member i of an ensemble takes seed + i.
        batch_size, balance: of training batches; `balance` draws every class equally often.
        members: networks trained one after the other that vote with their probabilities.
        monitor, patience: early stopping and the choice of the best epoch look at this figure; patience in epochs,
            0 for neither stopping nor choosing (the last epoch counts).
        calibrate: fit a temperature on the validation side.
        target_accuracy: share of right answers among those given that the validation side must show; the model
            answers "unsure" below the probability chosen for it. 0 answers always.
        half: store weights in 16 bits; figures are of the rounded weights.
    """

    seed: int = within(whole(), 0)
    batch_size: int = within(whole(1, 1_000_000), 64)
    balance: bool = False
    members: int = within(whole(1, MAX_MEMBERS), 1)
    monitor: str = "val/loss"
    patience: int = within(whole(), 0)
    calibrate: bool = True
    target_accuracy: float = within(real(0, 1), 0.0)
    half: bool = False

    def __post_init__(self) -> None:
        check_fields(self, "fit")
        if self.monitor not in MONITORS:
            raise InputError(f"fit.monitor must be one of {', '.join(MONITORS)}, got {say_value(self.monitor)}")


@dataclass(frozen=True)
class RunOptions:
    """Everything about a run besides its data; see the classes for the fields.

    Attributes:
        lifter: what made the data's 3D; the model asks for the same.
    """

    spec: PreprocessSpec
    network: Mapping[str, Any]
    lifter: str = "picture"
    split: SplitOptions = field(default_factory=SplitOptions)
    optimiser: OptimiserSpec = field(default_factory=OptimiserSpec)
    augment: AugmentSpec = field(default_factory=AugmentSpec)
    fit: FitOptions = field(default_factory=FitOptions)


def run_training(
    table: RepetitionTable, options: RunOptions, make_trainer: MakeTrainer, out: Path, *,
    record: Mapping[str, Any] | None = None, resume: Path | None = None, progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Trains, chooses the best epoch, calibrates, stores and measures.

    Writes `best.ckpt` and `last.ckpt` (Lightning), `model.safetensors` with `model.json`, and `metrics.json` into
    `out`.

    Args:
        make_trainer: a Trainer with these extra arguments (callbacks, default_root_dir).
        record: plain values kept in the checkpoint, from which `evaluate.py` finds the data again.
        resume: a `last.ckpt` to go on from.

    Returns:
        The figures on the test side.

    Raises:
        DataError, SkeletonError, CheckpointError: see the parts.
    """
    networks = options.network.get("members") or [options.network] * options.fit.members
    if len(networks) > 1 and resume:
        raise CheckpointError("networks that vote cannot be resumed; train them one by one, or start anew")
    sides = split_table(table, options.split)
    arrays = prepare_arrays(table, options.spec, progress)
    parts = {side: arrays.of_rows(getattr(sides, side)) for side in ("train", "val", "test")}
    empty = [side for side in ("train", "test") if not len(parts[side])]
    if empty:
        raise DataError(f"no repetition was found on the {' and '.join(empty)} side; name other groups")
    if options.fit.target_accuracy and not len(parts["val"]):
        raise InputError("fit.target_accuracy needs a validation side to be held against; name data.val_groups")
    description = ModelDescription(
        options.spec,
        table.classes,
        dict(options.network),
        n_dimensions=int(arrays.positions.shape[-1]),
        training={**(record or {}), "split": sides.describe({side: len(arrays) for side, arrays in parts.items()})},
        versions=current_versions(),
        lifter=adopt_lifter(options.lifter, out),
    )
    if len(networks) > 1:
        ensemble = {"name": "ensemble", "members": [dict(network) for network in networks]}
        whole = build_classifier(replace(description, network=ensemble))
        for i, network in enumerate(networks):
            alone = replace(description, network=dict(network))
            member = _fit_member(parts, alone, options, make_trainer, out / f"member-{i}", member=i)
            whole.network.members[i].load_state_dict(member.network.state_dict())  # type: ignore[index, union-attr]
            if i == 0:
                # All members share the scale of the input: it depends on data and seed of the run alone.
                whole.mean.copy_(member.mean)
                whole.deviation.copy_(member.deviation)
        classifier, description = whole, replace(description, network=ensemble)
    else:
        classifier = _fit_member(parts, description, options, make_trainer, out, resume)
    return _finish(classifier, description, parts, options, make_trainer, out)


def _fit_member(
    parts: Mapping[str, Any], description: ModelDescription, options: RunOptions, make_trainer: MakeTrainer,
    out: Path, resume: Path | None = None, member: int | None = None,
) -> Classifier:  # fmt: skip
    """Trains one network and returns it as it was in its best epoch.

    Args:
        member: its number among several; None when it is alone, and can be resumed.
    """
    fit, seed = options.fit, options.fit.seed + (member or 0)
    lightning.seed_everything(seed, workers=True, verbose=False)
    data = make_data(parts, options.spec, options.augment, fit, seed)
    classifier = build_classifier(description)
    scale_data = make_data(parts, options.spec, options.augment, fit, fit.seed)
    classifier.fit_scale(torch.cat([scale_data.features_of("train"), scale_data.features_of("train", augmented=True)]))
    module = RepetitionModule(classifier, description.classes, options.optimiser, description.to_dict())
    best, stopping = None, []
    if fit.patience > 0 and len(parts["val"]):
        mode = "min" if fit.monitor.endswith("loss") else "max"
        best = KeptEpochs(out, filename="best", monitor=fit.monitor, mode=mode, enable_version_counter=False)
        stopping = [EarlyStopping(fit.monitor, patience=fit.patience, mode=mode)]
    fit_module(
        module, make_trainer, out, data=data, best=best, callbacks=stopping, resume=resume,
        settings={key: value for key, value in description.training.items() if key != "split"},
        can_go_on=member is None,
    )  # fmt: skip
    if best is None:
        with atomic_path(out / "best.ckpt") as temporary:
            shutil.copyfile(out / LAST, temporary)
    module.load_state_dict(read_checkpoint(out / "best.ckpt", "train again")["state_dict"])
    return classifier.cpu().eval()


def _finish(
    classifier: Classifier, description: ModelDescription, parts: Mapping[str, Any], options: RunOptions,
    make_trainer: MakeTrainer, out: Path,
) -> dict[str, Any]:  # fmt: skip
    """Calibrates and stores a trained classifier, and measures what was stored."""
    data = make_data(parts, options.spec, AugmentSpec(), options.fit, options.fit.seed)
    if options.fit.half:
        round_to_half(classifier)
    if (options.fit.calibrate or options.fit.target_accuracy) and len(parts["val"]):
        with torch.inference_mode():
            features = data.features_of("val")
            logits = torch.cat([classifier(features[i : i + 64]) for i in range(0, len(features), 64)]).clone()
        labels = torch.from_numpy(parts["val"].labels)
        if options.fit.calibrate:
            classifier.temperature.fill_(
                1.0 / fit_slope(logits.double().numpy(), labels.numpy(), lowest=0.05, highest=10.0)
            )
        probabilities = torch.softmax(logits / classifier.temperature, dim=-1).numpy()
        unsure_below = choose_unsure_below(probabilities, labels.numpy(), options.fit.target_accuracy)
        description = replace(description, unsure_below=unsure_below)
    figures = _measure(classifier, description, data, make_trainer, out)
    description = replace(description, metrics=figures)
    save_model(out / "model.safetensors", classifier, description, half=options.fit.half)
    _store_in_lightning(out / "best.ckpt", classifier, description)
    write_metrics(out, figures)
    return figures


def run_evaluation(
    model: FormnetModel, table: RepetitionTable, split: SplitOptions, make_trainer: MakeTrainer, out: Path, *,
    batch_size: int = 64, progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Measures a model on the test side of a table and writes `metrics.json` into `out`.

    Raises:
        DataError: when the table's classes are not the model's, or see `split_table`.
    """
    quieten_lightning()
    if table.classes != model.classes:
        raise DataError(
            f"the data has the classes {', '.join(table.classes)}, the model {', '.join(model.classes)}; "
            "choose the data that fits the model"
        )
    if model.is_learner:
        figures = run_learner_evaluation(model, table, split, progress)
        write_metrics(out, figures)
        return figures
    sides = split_table(table, split)
    arrays = prepare_arrays(table.select(sides.test), model.spec, progress)
    parts = dict.fromkeys(("train", "val", "test"), arrays)
    data = make_data(parts, model.spec, AugmentSpec(), FitOptions(batch_size=batch_size), 0)
    figures = _measure(model.classifier, model.description, data, make_trainer, out)
    write_metrics(out, figures)
    return figures


def _measure(
    classifier: Classifier, description: ModelDescription, data: RepetitionData, make_trainer: MakeTrainer, out: Path
) -> dict[str, Any]:
    module = RepetitionModule(classifier, description.classes, OptimiserSpec(), description.to_dict())
    trainer = make_trainer(callbacks=[], default_root_dir=out)
    trainer.test(module, datamodule=data, verbose=False)
    return module.test_figures


def make_data(
    parts: Mapping[str, Any], spec: PreprocessSpec, augment: AugmentSpec, fit: FitOptions, seed: int
) -> RepetitionData:
    """The prepared sides of a split as what Lightning goes through."""
    return RepetitionData(
        parts["train"], parts["val"], parts["test"], spec.features, augment,
        batch_size=fit.batch_size, balance=fit.balance, seed=seed,
    )  # fmt: skip


def _store_in_lightning(path: Path, classifier: Classifier, description: ModelDescription) -> None:
    """Puts temperature, rounding and figures into best.ckpt too, so that both files give the same answers."""
    if not path.is_file():
        return
    content = read_checkpoint(path, "train again")
    for name, tensor in classifier.state_dict().items():
        content["state_dict"][f"classifier.{name}"] = tensor.clone()
    content["hyper_parameters"]["formnet_model"] = description.to_dict()
    with atomic_path(path) as temporary:
        torch.save(content, temporary)
