"""Trains a model: python train.py [experiment=squat7 data.root=PATH … | task=lift …]; see configs/train.yaml and, for
task=NAME, configs/NAME.yaml."""

from __future__ import annotations

# Threads that wait must sleep, not spin: on a busy machine spinning makes two threads 20 times slower than one.
# It has to stand before the import of PyTorch.
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import json
import sys
from pathlib import Path
from typing import Any

from formnet.training.ending import one_sentence_for_errors

POSE_FIGURES = ("test/pck", "test/ap", "test/pck_person")
CONFIGS = Path(__file__).resolve().parent / "configs"


def main() -> None:
    import hydra

    from formnet.training.configuration import check_arguments, choose_root, modernise

    sys.argv[1:] = modernise(sys.argv[1:])
    check_arguments(sys.argv[1:], CONFIGS)
    root = choose_root(sys.argv[1:], CONFIGS)
    hydra.main(version_base="1.3", config_path=str(CONFIGS), config_name=root)(train)()


def train(cfg: Any) -> float:
    # Here as well as around the whole: Hydra would add a line of its own to an error that leaves this function.
    with one_sentence_for_errors():
        return run(cfg)


def run(cfg: Any) -> float:
    from hydra.core.hydra_config import HydraConfig

    from formnet.cli.inputs import progress_bar
    from formnet.training import command
    from formnet.training.start import start_classifier, start_lifter, start_measuring_network, start_pose_network

    plain = command.to_plain(cfg)
    command.set_up(plain["threads"])
    out = Path(HydraConfig.get().runtime.output_dir)
    task = plain.get("task", {}).get("name")
    if task == "lift":
        figures = start_lifter(plain, out)
        return print_last_line(figures, out, figures["val/pa_mpjpe_mm"])
    if task == "measure":
        figures = start_measuring_network(plain, out, progress_bar)
        return print_last_line(figures, out, figures["test/network_r2"])
    if task == "pose":
        figures = start_pose_network(plain, out, progress_bar)
        wanted = next((figures[name] for name in POSE_FIGURES if name in figures), 0.0)
        return print_last_line(figures, out, wanted)
    started = start_classifier(plain, out)
    command.print_figures(started.figures, started.classes, started.split, out)
    return float(started.figures["test/balanced_accuracy"])


def print_last_line(figures: dict[str, float], out: Path, wanted: float) -> float:
    print(f"written to {out}")
    print(json.dumps(figures))
    return wanted


if __name__ == "__main__":
    with one_sentence_for_errors():
        main()
