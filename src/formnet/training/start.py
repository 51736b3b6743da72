"""From plain configuration values to a finished training; everything is checked before anything slow begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formnet.errors import InputError
from formnet.judges.protocol import build_recipe
from formnet.lifting.lifter import create_lifter
from formnet.models.build import check_network
from formnet.readers.table import RepetitionTable
from formnet.training.arrays import Progress
from formnet.training.augment import AugmentSpec
from formnet.training.build import build_options, build_spec, build_split
from formnet.training.command import make_progress
from formnet.training.data import SplitOptions
from formnet.training.fitting import require_resumable
from formnet.training.learner_run import (
    LearnerRun,
    learner_options,
    learner_preprocess,
    run_learner_training,
)
from formnet.training.lift.build import build_lift_options
from formnet.training.lift.run import run_lift_training
from formnet.training.machine import trainer_maker
from formnet.training.measures.build import build_measure_options
from formnet.training.measures.run import run_measure_training
from formnet.training.module import OptimiserSpec
from formnet.training.run import FitOptions, RunOptions, run_training
from formnet.training.sources import check_source, read_training_data
from formnet.training.usage import NETWORK

Run = Callable[[RepetitionTable, Progress], dict[str, Any]]
ProgressBar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
RECORDED = ("data", "trainer", "threads", "seed", "augment", "optimiser", "fit")
RECORDED_OF_LEARNERS = ("data", "threads", "seed")
RECORDED_OF_TASKS = ("task", "seed", "threads", "trainer")


@dataclass(frozen=True)
class Finished:
    """A training that has ended: figures on the test side, the classes, and the kind of split."""

    figures: Mapping[str, Any]
    classes: tuple[str, ...]
    split: str


def start_classifier(plain: Mapping[str, Any], out: Path) -> Finished:
    """Trains what judges repetitions by the method that is chosen, and writes it into `out`.

    Args:
        plain: the groups of `configs/train.yaml`.

    Raises:
        FormnetError: see the parts.
    """
    split = build_split(plain["data"], plain["seed"])
    check_source(plain["data"])
    create_lifter(str(plain["data"].get("lifter", "picture")))
    run = _plan_network(plain, split, out) if plain["method"]["name"] == NETWORK else _plan_learner(plain, split, out)
    table = read_training_data(plain["data"])
    return Finished(run(table, make_progress("preprocessing")), table.classes, split.kind)


def _plan_network(plain: Mapping[str, Any], split: SplitOptions, out: Path) -> Run:
    _require_keys(plain, "method", ("name",))
    _require_keys(plain, "features", ("blocks",))
    options = RunOptions(
        spec=build_spec(plain["preprocess"], plain["features"]),
        network=plain["model"],
        lifter=plain["data"].get("lifter", "picture"),
        split=split,
        optimiser=build_options(OptimiserSpec, plain["optimiser"], "optimiser"),
        augment=build_options(AugmentSpec, plain["augment"], "augment"),
        fit=build_options(FitOptions, {**plain["fit"], "seed": plain["seed"]}, "fit"),
    )
    for network in plain["model"].get("members") or [plain["model"]]:
        check_network(network)
    make_trainer = trainer_maker(plain["trainer"], plain["logger"])
    record = {key: plain[key] for key in RECORDED}
    resume = require_resumable(plain["resume"], record)
    return lambda table, progress: run_training(
        table, options, make_trainer, out, resume=resume, record=record, progress=progress
    )


def _plan_learner(plain: Mapping[str, Any], split: SplitOptions, out: Path) -> Run:
    method = plain["method"]
    options = LearnerRun(
        build_spec(learner_preprocess(plain["preprocess"], method), None), learner_options(method), split, plain["seed"]
    )
    # Options that do not exist are named before anything is read.
    build_recipe({**options.learner, "left_out": options.learner.get("left_out") or "groups"})
    record = {key: plain[key] for key in RECORDED_OF_LEARNERS}
    return lambda table, progress: run_learner_training(table, options, out, record=record, progress=progress)


def start_lifter(plain: Mapping[str, Any], out: Path) -> dict[str, float]:
    """Trains a lifter by the group `task`, writes it into `out` and returns its figures; raises as its parts."""
    task = plain["task"]
    _require_keys(plain, "task", ("name", "way", "epochs", "start", "data", "network", "fit", "weights"))
    options = build_lift_options(task, plain["seed"])
    make_trainer = trainer_maker(plain["trainer"], plain["logger"], max_epochs=task["epochs"])
    record = {key: plain[key] for key in RECORDED_OF_TASKS}
    return run_lift_training(
        options, make_trainer, out, record=record, resume=require_resumable(plain["resume"], record)
    )


def start_measuring_network(plain: Mapping[str, Any], out: Path, progress_bar: ProgressBar) -> dict[str, float]:
    """Trains a measuring network by the group `task`, writes it into `out` and returns its figures; raises as its
    parts."""
    task = plain["task"]
    known = ("name", "lifter", "sees", "epochs", "data", "network", "fit", "disturbance", "least_gain", "contradicted")
    _require_keys(plain, "task", known)
    options = build_measure_options(task, plain["seed"])
    create_lifter(options.lifter)
    make_trainer = trainer_maker(plain["trainer"], plain["logger"], max_epochs=task["epochs"], gradient_clip_val=1.0)
    record = {key: plain[key] for key in RECORDED_OF_TASKS}
    resume = require_resumable(plain["resume"], record)
    with progress_bar("simulating people") as show:
        return run_measure_training(options, make_trainer, out, record=record, resume=resume, progress=show)


def start_pose_network(plain: Mapping[str, Any], out: Path, progress_bar: ProgressBar) -> dict[str, float]:
    """Trains a pose network by the group `task`, writes it into `out` and returns its figures; raises as its parts."""
    from formnet.training.pose.build import build_pose_options
    from formnet.training.pose.data import load_pose_sets
    from formnet.training.pose.run import run_pose_training

    task = plain["task"]
    _require_keys(plain, "task", ("name", "epochs", "start", "first", "onnx", "data", "network", "fit"))
    options = build_pose_options(task, plain["seed"])
    make_trainer = trainer_maker(plain["trainer"], plain["logger"], max_epochs=task["epochs"])
    record = {key: plain[key] for key in RECORDED_OF_TASKS}
    resume = require_resumable(plain["resume"], record)
    with progress_bar("drawing people") as progress:
        sets = load_pose_sets(options.data, progress)
    return run_pose_training(options, make_trainer, out, record=record, resume=resume, sets=sets)


def _require_keys(plain: Mapping[str, Any], group: str, known: Sequence[str]) -> None:
    if unknown := sorted(set(plain[group]) - set(known)):
        raise InputError(f"{group} has no option {', '.join(unknown)}; it has {', '.join(known)}")
