"""Measures a model: python evaluate.py CKPT [data.root=PATH ... | experiment=... | data=...].

Without a choice of data the model is measured on the test side it was trained beside. Pose networks take
task.data.root=... and task.data.source=... instead (docs/pose_networks.md).

Examples

  python evaluate.py checkpoints/squat.safetensors
  python evaluate.py runs/train/NAME/model.safetensors data.root=PATH
  python evaluate.py checkpoints/squat.safetensors experiment=squat7 data.root=PATH
  python evaluate.py runs/pose/NAME/pose.safetensors task.data.source=coco task.data.root=labels.json
"""

from __future__ import annotations

# Threads that wait must sleep, not spin: on a busy machine spinning makes two threads 20 times slower than one.
# It has to stand before the import of PyTorch.
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir

from formnet.cli.inputs import progress_bar
from formnet.judges.checkpoint import FormnetModel, load_model
from formnet.training import command
from formnet.training.build import build_options, build_split
from formnet.training.configuration import apply_overrides, check_values_only, list_settings
from formnet.training.ending import one_sentence_for_errors
from formnet.training.figures import write_metrics
from formnet.training.machine import trainer_maker
from formnet.training.pose.evaluation import (
    describe_figures,
    evaluate_pose_network,
    is_pose_network,
    load_and_compose,
)
from formnet.training.run import FitOptions, run_evaluation
from formnet.training.sources import read_training_data
from formnet.training.usage import check_measuring_usage

MEASURED_ON = ("data", "threads", "seed", "fit")
"""What a model's record says of a measurement; the machine is the user's choice alone."""


def compose_data(model: FormnetModel, overrides: list[str]) -> dict[str, Any]:
    """What the checkpoint recorded with single values replaced, or a fresh composition when other data is chosen."""
    saved = dict(model.description.training)
    split = saved.get("split")
    if command.chooses_data(overrides) or not isinstance(saved.get("data"), dict) or not isinstance(split, dict):
        with initialize_config_dir(str(Path(__file__).resolve().parent / "configs"), version_base="1.3"):
            composed = compose("train", overrides=overrides)
        check_values_only(composed)
        plain = command.to_plain(composed)
        check_measuring_usage(list_settings(overrides), plain, is_learner=model.is_learner)
        return plain
    if split.get("test_groups") and saved["data"].get("split") != "authors":
        # By name, so that they are the same in a copy that has more groups; other splits are drawn again by the seed.
        saved["data"] = {**saved["data"], "split": "groups", "test_groups": split["test_groups"]}
    recorded = {"threads": 2, "seed": 0, "fit": {}, "trainer": {}}
    recorded |= {key: saved[key] for key in MEASURED_ON if key in saved}
    plain = apply_overrides(recorded, overrides)
    check_measuring_usage(list_settings(overrides), plain, is_learner=model.is_learner)
    return plain


def main(arguments: list[str]) -> None:
    if {"-h", "--help"} & set(arguments):
        print(str(__doc__).strip())
        return
    path, overrides = command.split_arguments(arguments)
    if is_pose_network(path):
        measure_pose_network(path, overrides)
        return
    model = load_model(path)
    plain = compose_data(model, overrides)
    command.set_up(plain["threads"])
    out = Path("runs/evaluate") / f"{datetime.now():%Y-%m-%d_%H-%M-%S}"
    fit = build_options(FitOptions, plain["fit"], "fit")
    make_trainer = trainer_maker(plain["trainer"])
    split = build_split(plain["data"], plain["seed"])
    table = read_training_data(plain["data"])
    figures = run_evaluation(
        model, table, split, make_trainer, out, batch_size=fit.batch_size,
        progress=command.make_progress("preprocessing"),
    )  # fmt: skip
    command.print_figures(figures, model.classes, split.kind, out)


def measure_pose_network(path: Path, overrides: list[str]) -> None:
    network, data, seed, threads = load_and_compose(path, overrides)
    command.set_up(threads)
    with progress_bar("drawing people") as progress:
        figures = evaluate_pose_network(network, data, seed, progress)
    out = Path("runs/evaluate") / f"{datetime.now():%Y-%m-%d_%H-%M-%S}"
    write_metrics(out, figures)
    print(describe_figures(figures))
    print(f"written to {out}")
    print(json.dumps(figures))


if __name__ == "__main__":
    with one_sentence_for_errors():
        main(sys.argv[1:])
