"""Values that a user may set for a training: what is out of range is named before anything slow begins."""

from __future__ import annotations

from typing import Any

import pytest

from formnet.checks import Range, real, whole
from formnet.errors import InputError
from formnet.training.augment import AugmentSpec
from formnet.training.build import build_options, build_split
from formnet.training.data import SplitOptions
from formnet.training.machine import LoggerOptions, TrainerOptions
from formnet.training.module import OptimiserSpec
from formnet.training.run import FitOptions
from formnet.training.sources import check_source

SIMULATED = {"name": "simulated", "count": 10, "views": 1, "seed": 0, "noise": 1.0}


@pytest.mark.parametrize(
    ("allowed", "value", "holds"),
    [
        (whole(1, 5), 5, True), (whole(1, 5), 6, False), (whole(1, 5), 2.0, False), (whole(1, 5), True, False),
        (whole(1, 5), "3", False), (whole(), 10**30, False), (whole(), -1, False), (whole(or_none=True), None, True),
        (real(0, 1), 0, True), (real(0, 1), float("nan"), False), (real(), float("inf"), False), (real(), None, False),
        (real(0, 1), 1.0000001, False), (real(0, 1), [0.5], False),
    ],
)  # fmt: skip
def test_ranges(allowed: Range, value: object, holds: bool) -> None:
    assert allowed.holds(value) is holds


@pytest.mark.parametrize(
    ("kind", "where", "values", "message"),
    [
        (SplitOptions, "data", {"val_share": 2}, "data.val_share to be a number of 0…0.9, got 2"),
        (SplitOptions, "data", {"val_share": float("nan")}, "data.val_share to be a number of 0…0.9, got nan"),
        (SplitOptions, "data", {"n_folds": 0}, "data.n_folds to be a whole number of 2…10000, got 0"),
        (SplitOptions, "data", {"seed": -1}, "data.seed to be a whole number"),
        (FitOptions, "fit", {"batch_size": 0}, "fit.batch_size to be a whole number of 1…1000000, got 0"),
        (FitOptions, "fit", {"members": 0}, "fit.members to be a whole number of 1…64, got 0"),
        (FitOptions, "fit", {"seed": -1}, "fit.seed to be a whole number"),
        (FitOptions, "fit", {"monitor": "val/los"}, "fit.monitor must be one of val/loss, val/balanced_accuracy"),
        (FitOptions, "fit", {"target_accuracy": 1.5}, "fit.target_accuracy to be a number of 0…1, got 1.5"),
        (FitOptions, "fit", {"patience": -3}, "fit.patience to be a whole number"),
        (FitOptions, "fit", {"batch_sise": 3}, "fit has no option batch_sise"),
        (FitOptions, "fit", {"half": "maybe"}, "expected fit.half to be bool, got 'maybe'"),
        (FitOptions, "fit", {"batch_size": True}, "expected fit.batch_size to be int, got True"),
        (FitOptions, "fit", {"batch_size": 10**400}, "got a number of 401 digits"),
        (OptimiserSpec, "optimiser", {"lr": 0}, "optimiser.lr to be a number"),
        (OptimiserSpec, "optimiser", {"lr": float("inf")}, "optimiser.lr to be a number"),
        (OptimiserSpec, "optimiser", {"weight_decay": -1}, "optimiser.weight_decay to be a number"),
        (OptimiserSpec, "optimiser", {"label_smoothing": 1.0}, "optimiser.label_smoothing to be a number"),
        (OptimiserSpec, "optimiser", {"name": "sgdd"}, "unknown optimiser 'sgdd'"),
        (AugmentSpec, "augment", {"noise": float("nan")}, "augmentation noise is out of range"),
        (AugmentSpec, "augment", {"mirror": 2}, "augmentation mirror is out of range"),
        (TrainerOptions, "trainer", {"max_epochs": 0}, "trainer.max_epochs to be a whole number of 1…1000000, got 0"),
        (TrainerOptions, "trainer", {"accelerator": "gpus"}, "trainer.accelerator must be one of auto, cpu, gpu"),
        (TrainerOptions, "trainer", {"accelerator": "mps"}, "this machine has no mps"),
        (TrainerOptions, "trainer", {"devices": 0}, "trainer.devices must be 1 or more"),
        (TrainerOptions, "trainer", {"precision": "7"}, "trainer.precision must be one of"),
        (TrainerOptions, "trainer", {"strategy": "os.system"}, "trainer.strategy must be one of auto"),
        (TrainerOptions, "trainer", {"callbacks": []}, "trainer has no option callbacks"),
        (LoggerOptions, "logger", {"name": "tensorboard"}, "logger.name must be csv, wandb or null"),
    ],
)  # fmt: skip
def test_settings_out_of_range(kind: type[Any], where: str, values: dict[str, Any], message: str) -> None:
    if values.get("accelerator") == "mps":
        import torch

        if torch.backends.mps.is_available():
            pytest.skip("this machine has one")
    with pytest.raises(InputError) as caught:
        build_options(kind, values, where)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"count": 0}, "data.count to be a whole number"),
        ({"count": None}, "data.count to be a whole number"),
        ({"noise": float("nan")}, "data.noise to be a number of -1…100, got nan"),
        ({"noise": 1e9}, "data.noise to be a number of -1…100"),
        ({"views": 0}, "data.views to be a whole number"),
        ({"seed": -1}, "data.seed to be a whole number"),
        ({"nois": 1}, "data has no option nois; with the set simulated it has count, views, seed, noise, lifter"),
        ({"root": "x"}, "data has no option root"),
        ({"name": "squats7"}, "unknown data set 'squats7'"),
        ({"name": "squat7"}, "data has no option count, noise, seed, views"),
        ({"name": None}, "data.name must be the name of a data set"),
        ({"name": 7}, "data.name must be the name of a data set"),
    ],
)
def test_data_out_of_range(data: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_source({**SIMULATED, **data})
    assert message in str(caught.value)


def test_a_copy_needs_a_root_and_takes_its_own_options() -> None:
    check_source({"name": "uiprmd", "root": "x", "movement": "m01", "split": "groups"})
    for root in ("", None):
        with pytest.raises(InputError, match=r"data\.root is not given"):
            check_source({"name": "squat7", "root": root})


def test_group_names_may_be_numbers() -> None:
    assert build_split({"split": "groups", "test_groups": 9, "val_groups": ["s1", 2]}, 0).val_groups == ("s1", "2")
