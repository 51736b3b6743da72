"""Trains a model: python train.py [experiment=squat7 data.root=PATH … | task=lift …]; see configs/train.yaml."""

from __future__ import annotations

# Threads that wait must sleep, not spin: on a busy machine spinning makes two threads 20 times slower than one.
# It has to stand before the import of PyTorch.
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import json
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning.callbacks import RichProgressBar

from formnet.cli.inputs import progress_bar
from formnet.training import command
from formnet.training.augment import AugmentSpec
from formnet.training.build import build_options, build_spec, build_split
from formnet.training.learner_run import (
    LearnerRun,
    learner_options,
    learner_preprocess,
    run_learner_training,
    wants_learner,
)
from formnet.training.lift.build import build_lift_options
from formnet.training.lift.run import run_lift_training
from formnet.training.module import OptimiserSpec
from formnet.training.pose.build import build_pose_options
from formnet.training.pose.data import load_pose_sets
from formnet.training.pose.run import run_pose_training
from formnet.training.run import FitOptions, RunOptions, run_training, write_metrics

RECORDED = ("data", "trainer", "threads", "seed", "augment", "optimiser", "fit")


@hydra.main(version_base="1.3", config_path="configs", config_name="train")
def train(cfg: DictConfig) -> float:
    # Here as well as around the whole: Hydra would add a line of its own to an error that leaves this function.
    with command.one_sentence_for_errors():
        return run(cfg)


def run(cfg: DictConfig) -> float:
    plain = command.to_plain(cfg)
    command.set_up(plain["threads"])
    out = Path(HydraConfig.get().runtime.output_dir)
    if plain["task"]["name"] == "lift":
        return train_lifter(cfg, plain, out)
    if plain["task"]["name"] == "pose":
        return train_pose_network(cfg, plain, out)
    # References stay as written, so that `evaluate.py CKPT data.root=…` reaches the reader.
    record = {key: value for key, value in command.to_plain(cfg, resolve=False).items() if key in RECORDED}
    split, progress = build_split(plain["data"], plain["seed"]), command.make_progress("preprocessing")
    table = instantiate(cfg.data.source)
    if wants_learner(plain["learner"], HydraConfig.get().overrides.task):
        preprocess = learner_preprocess(plain["preprocess"], plain["learner"])
        options = LearnerRun(
            build_spec(preprocess, plain["features"]), learner_options(plain["learner"]), split, plain["seed"]
        )
        figures = run_learner_training(table, options, out, record=record, progress=progress)
        write_metrics(out, figures)
    else:
        figures = train_network(cfg, plain, table, split, out, record, progress)
    command.print_figures(figures, table.classes, split.kind, out)
    return float(figures["test/balanced_accuracy"])


def train_network(cfg, plain, table, split, out, record, progress):  # type: ignore[no-untyped-def]
    options = RunOptions(
        spec=build_spec(plain["preprocess"], plain["features"]),
        network=plain["model"],
        lifter=plain["data"].get("lifter", "picture"),
        split=split,
        optimiser=build_options(OptimiserSpec, plain["optimiser"], "optimiser"),
        augment=build_options(AugmentSpec, plain["augment"], "augment"),
        fit=build_options(FitOptions, {**plain["fit"], "seed": plain["seed"]}, "fit"),
    )
    return run_training(
        table, options, trainer_maker(cfg), out, resume=plain["resume"] and Path(plain["resume"]), record=record,
        progress=progress,
    )  # fmt: skip


def train_lifter(cfg: DictConfig, plain: dict, out: Path) -> float:  # type: ignore[type-arg]
    task = plain["task"]
    record = {"task": task, "seed": plain["seed"], "threads": plain["threads"]}
    resume = plain["resume"] and Path(plain["resume"])
    figures = run_lift_training(
        build_lift_options(task, plain["seed"]), trainer_maker(cfg, max_epochs=task["epochs"]), out,
        record=record, resume=resume,
    )  # fmt: skip
    print(f"written to {out}")
    print(json.dumps(figures))
    return figures["val/pa_mpjpe_mm"]


def train_pose_network(cfg: DictConfig, plain: dict, out: Path) -> float:  # type: ignore[type-arg]
    task = plain["task"]
    record = {"task": task, "seed": plain["seed"], "threads": plain["threads"]}
    with progress_bar("drawing people") as progress:
        options = build_pose_options(task, plain["seed"])
        sets = load_pose_sets(options.data, progress)
    figures = run_pose_training(
        options, trainer_maker(cfg, max_epochs=task["epochs"]), out, record=record,
        resume=plain["resume"] and Path(plain["resume"]), sets=sets,
    )  # fmt: skip
    print(f"written to {out}")
    print(json.dumps(figures))
    return figures.get("test/pck", figures.get("test/ap", figures.get("test/pck_person", 0.0)))


def trainer_maker(cfg: DictConfig, **settings):  # type: ignore[no-untyped-def]
    make_logger = instantiate(cfg.logger) if cfg.logger._target_ else None

    def make_trainer(*, callbacks: list, default_root_dir: Path):  # type: ignore[no-untyped-def, type-arg]
        bar = RichProgressBar(leave=True, console_kwargs={"stderr": True})
        logger = make_logger(save_dir=default_root_dir) if make_logger and callbacks else False
        return instantiate(cfg.trainer)(
            callbacks=[*callbacks, bar], default_root_dir=default_root_dir, logger=logger, **settings
        )

    return make_trainer


if __name__ == "__main__":
    with command.one_sentence_for_errors():
        train()
