"""From plain configuration values to a finished training; everything is checked before anything slow begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formnet.checks import say_value
from formnet.errors import InputError
from formnet.lifting.lifter import create_lifter
from formnet.training.augment import AugmentSpec
from formnet.training.build import build_options, build_spec, build_split
from formnet.training.command import make_progress
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
from formnet.training.run import FitOptions, RunOptions, run_training, write_metrics
from formnet.training.sources import check_source, read_source
from formnet.training.usage import NETWORK

ProgressBar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
RECORDED = ("data", "trainer", "threads", "seed", "augment", "optimiser", "fit")
RECORDED_OF_LEARNERS = ("data", "threads", "seed")


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
    lifter = plain["data"].get("lifter", "picture")
    create_lifter(str(lifter))
    if plain["method"]["name"] != NETWORK:
        preprocess = learner_preprocess(plain["preprocess"], plain["method"])
        learner = LearnerRun(build_spec(preprocess, None), learner_options(plain["method"]), split, plain["seed"])
        table, progress = read_source(plain["data"]), make_progress("preprocessing")
        record = {key: plain[key] for key in RECORDED_OF_LEARNERS}
        figures = run_learner_training(table, learner, out, record=record, progress=progress)
        write_metrics(out, figures)
        return Finished(figures, table.classes, split.kind)
    _require_keys(plain, "method", ("name",))
    _require_keys(plain, "features", ("blocks",))
    record = {key: plain[key] for key in RECORDED}
    options = RunOptions(
        spec=build_spec(plain["preprocess"], plain["features"]),
        network=plain["model"],
        lifter=lifter,
        split=split,
        optimiser=build_options(OptimiserSpec, plain["optimiser"], "optimiser"),
        augment=build_options(AugmentSpec, plain["augment"], "augment"),
        fit=build_options(FitOptions, {**plain["fit"], "seed": plain["seed"]}, "fit"),
    )
    make_trainer = trainer_maker(plain["trainer"], plain["logger"])
    resume = _require_resume(plain["resume"])
    table, progress = read_source(plain["data"]), make_progress("preprocessing")
    figures = run_training(table, options, make_trainer, out, resume=resume, record=record, progress=progress)
    return Finished(figures, table.classes, split.kind)


def start_lifter(plain: Mapping[str, Any], out: Path) -> dict[str, float]:
    """Trains a lifter by the group `task`, writes it into `out` and returns its figures; raises as its parts."""
    task = plain["task"]
    _require_keys(plain, "task", ("name", "way", "epochs", "data", "network", "fit", "weights"))
    return run_lift_training(
        build_lift_options(task, plain["seed"]),
        trainer_maker(plain["trainer"], plain["logger"], max_epochs=task["epochs"]),
        out,
        record={"task": task, "seed": plain["seed"], "threads": plain["threads"]},
        resume=_require_resume(plain["resume"]),
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
    resume = _require_resume(plain["resume"])
    record = {"task": task, "seed": plain["seed"], "threads": plain["threads"]}
    with progress_bar("simulating people") as show:
        return run_measure_training(options, make_trainer, out, record=record, resume=resume, progress=show)


def start_pose_network(plain: Mapping[str, Any], out: Path, progress_bar: ProgressBar) -> dict[str, float]:
    """Trains a pose network by the group `task`, writes it into `out` and returns its figures; raises as its parts."""
    from formnet.training.pose.build import build_pose_options
    from formnet.training.pose.data import load_pose_sets
    from formnet.training.pose.run import run_pose_training

    task = plain["task"]
    _require_keys(plain, "task", ("name", "epochs", "onnx", "data", "network", "fit"))
    options = build_pose_options(task, plain["seed"])
    make_trainer = trainer_maker(plain["trainer"], plain["logger"], max_epochs=task["epochs"])
    resume = _require_resume(plain["resume"])
    with progress_bar("drawing people") as progress:
        sets = load_pose_sets(options.data, progress)
    record = {"task": task, "seed": plain["seed"], "threads": plain["threads"]}
    return run_pose_training(options, make_trainer, out, record=record, resume=resume, sets=sets)


def _require_keys(plain: Mapping[str, Any], group: str, known: Sequence[str]) -> None:
    if unknown := sorted(set(plain[group]) - set(known)):
        raise InputError(f"{group} has no option {', '.join(unknown)}; it has {', '.join(known)}")


def _require_resume(resume: Any) -> Path | None:
    """The file to go on from; whether it fits is seen when it is read. Raises `InputError` when it is not there."""
    if resume is None:
        return None
    if not isinstance(resume, str) or not Path(resume).is_file():
        raise InputError(f"resume={say_value(resume)} is not there; give the last.ckpt of the run that is to go on")
    return Path(resume)
