"""Measures a model: python evaluate.py CKPT [data.root=PATH … | experiment=… | data=…].

Without a choice of data the model is measured on the test side it was trained beside.
"""

from __future__ import annotations

# Threads that wait must sleep, not spin: on a busy machine spinning makes two threads 20 times slower than one.
# It has to stand before the import of PyTorch.
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import sys
from datetime import datetime
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import RichProgressBar

from formnet.judges.checkpoint import FormnetModel, load_model
from formnet.training import command
from formnet.training.build import build_split
from formnet.training.run import run_evaluation


def compose_data(model: FormnetModel, overrides: list[str]) -> DictConfig:
    """What the checkpoint recorded with single values replaced, or a fresh composition when other data is chosen."""
    saved = dict(model.description.training)
    if command.chooses_data(overrides) or "data" not in saved:
        with initialize_config_dir(str(Path(__file__).resolve().parent / "configs"), version_base="1.3"):
            return compose("train", overrides=overrides)
    saved["data"] = {**saved["data"], "split": "groups", "test_groups": saved["split"]["test_groups"]}
    return command.apply_overrides(saved, overrides)


def main(arguments: list[str]) -> None:
    path, overrides = command.split_arguments(arguments)
    model = load_model(path)
    cfg = compose_data(model, overrides)
    plain = command.to_plain(OmegaConf.create({key: cfg[key] for key in ("data", "trainer", "threads", "seed", "fit")}))
    command.set_up(plain["threads"])
    out = Path("runs/evaluate") / f"{datetime.now():%Y-%m-%d_%H-%M-%S}"

    def make_trainer(*, callbacks: list, default_root_dir: Path):  # type: ignore[no-untyped-def, type-arg]
        bar = RichProgressBar(console_kwargs={"stderr": True})
        return instantiate(plain["trainer"])(callbacks=[bar], default_root_dir=default_root_dir, logger=False)

    table = instantiate(plain["data"]["source"])
    split = build_split(plain["data"], plain["seed"])
    figures = run_evaluation(
        model, table, split, make_trainer, out, batch_size=plain["fit"]["batch_size"],
        progress=command.make_progress("preprocessing"),
    )  # fmt: skip
    command.print_figures(figures, model.classes, split.kind, out)


if __name__ == "__main__":
    with command.one_sentence_for_errors():
        main(sys.argv[1:])
