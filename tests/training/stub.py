"""A tiny table with known answers: shallow and deep squats of several people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning

from formnet.preprocess.spec import BlockSpec, FeatureSpec, PreprocessSpec
from formnet.readers.table import RepetitionTable
from formnet.training.augment import AugmentSpec
from formnet.training.data import SplitOptions
from formnet.training.module import OptimiserSpec
from formnet.training.run import FitOptions, RunOptions
from tests.preprocess.squats import squats

SMALL = {"name": "resnet1d", "width": 8, "n_layers": 1}


def make_table(n_people: int = 6, n_each: int = 4) -> RepetitionTable:
    """Half the repetitions bend the knees by about 70°, half by about 115°."""
    rng = np.random.default_rng(0)
    motions, labels, groups = [], [], []
    for person in range(n_people):
        size = rng.uniform(0.85, 1.15)
        for k in range(2 * n_each):
            peak = (rng.normal(115, 6), rng.normal(70, 6))[k % 2]
            motion = squats((1.2,), 2.4, 20.0, peak_deg=peak)
            noise = rng.normal(0, 0.005, motion.positions.shape)
            motions.append(motion.replace(positions=size * motion.positions + noise))
            labels.append(k % 2)
            groups.append(f"s{person + 1:02d}")
    names = tuple(f"r{i}" for i in range(len(labels)))
    return RepetitionTable(tuple(motions), np.array(labels), ("good", "shallow"), np.array(groups), names)


def make_options(**changes: Any) -> RunOptions:
    values: dict[str, Any] = {
        "spec": PreprocessSpec(
            n_frames=16, align="bottom", segmentation="whole", cutoff_hz=None,
            features=FeatureSpec((BlockSpec("angles"), BlockSpec("heights"))),
        ),
        "network": SMALL,
        "split": SplitOptions(test_groups=("1", "s02"), val_groups=("3",)),
        "optimiser": OptimiserSpec(lr=1e-2),
        "augment": AugmentSpec(noise=0.01, mirror=0.5, scale_sigma=0.02),
        "fit": FitOptions(seed=3, batch_size=8),
    }  # fmt: skip
    return RunOptions(**{**values, **changes})


def trainer_maker(max_epochs: int = 4) -> Any:
    def make(*, callbacks: list[Any], default_root_dir: Path) -> lightning.Trainer:
        return lightning.Trainer(
            max_epochs=max_epochs, accelerator="cpu", devices=1, logger=False, callbacks=callbacks,
            default_root_dir=default_root_dir, enable_progress_bar=False, enable_model_summary=False,
            num_sanity_val_steps=0,
        )  # fmt: skip

    return make
