"""A run that was stopped and goes on ends with the weights of one that was not, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import Callback

from formnet.errors import CheckpointError, InputError
from formnet.judges.measuring.forward import NetworkOptions
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.lifting.forward import LifterNetwork
from formnet.readers.pictures.coco_people import read_coco_people
from formnet.rendered.pictures import write_rendered_pictures
from formnet.rendered.scenes import SceneOptions
from formnet.training.fitting import require_resumable
from formnet.training.lift import data as lift_data
from formnet.training.lift.data import LiftDataOptions
from formnet.training.lift.run import LiftOptions, run_lift_training
from formnet.training.measures.run import MeasureDataOptions, MeasureOptions, fit_network, simulate_both
from formnet.training.module import OptimiserSpec
from formnet.training.pose.data import PoseDataOptions, PoseSets
from formnet.training.pose.run import PoseOptions, run_pose_training
from formnet.training.run import FitOptions, run_training
from tests.training.stub import SMALL, make_options, make_table, trainer_maker

TIME = "test/seconds_a_frame"
Train = Callable[..., Any]
RECORD = {"seed": 0, "threads": 1, "data": {"root": "a", "count": 3}, "trainer": {"max_epochs": 5, "devices": 1}}


@pytest.fixture(autouse=True)
def few_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lift_data, "_CAMERAS", 40)


class Break(Callback):
    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        if trainer.current_epoch == 3:
            raise InterruptedError


def breaking(epochs: int) -> Any:
    def make(*, callbacks: list[Any], default_root_dir: Path) -> Any:
        return trainer_maker(epochs)(callbacks=[*callbacks, Break()], default_root_dir=default_root_dir)

    return make


def classify(make_trainer: Any, out: Path, **arguments: Any) -> Any:
    options = make_options(network={**SMALL, "dropout": 0.3})
    return run_training(make_table(4, 3), options, make_trainer, out, **arguments)


def classify_best(make_trainer: Any, out: Path, **arguments: Any) -> Any:
    """The rate is so high that the best epoch is an early one."""
    options = make_options(
        network={**SMALL, "dropout": 0.3}, optimiser=OptimiserSpec(lr=0.5, schedule="constant"),
        fit=FitOptions(seed=3, batch_size=8, patience=9),
    )  # fmt: skip
    return run_training(make_table(4, 3), options, make_trainer, out, **arguments)


def lift(way: Any) -> Train:
    def run(make_trainer: Any, out: Path, **arguments: Any) -> Any:
        data = LiftDataOptions(squats=4, exercises=8, val_people=2, batch_size=4, frames=16, steps_per_epoch=2)
        network = LifterNetwork(width=16, token=4, dilations=(1, 2), dropout=0.3)
        return run_lift_training(LiftOptions(way=way, data=data, network=network), make_trainer, out, **arguments)

    return run


def measure(folder: Path) -> Train:
    data = MeasureDataOptions(people=16, held_people=4, batch_size=8, cuts=1)
    network = NetworkOptions(width=8, n_layers=1, hidden=8, dropout=0.3)
    options, spec = MeasureOptions(lifter="supervised", data=data, network=network), MeasuringSpec()
    table, held = simulate_both(options, spec)

    def run(make_trainer: Any, out: Path, record: Any = None, resume: Any = None) -> Any:
        fit_network(table, held, spec, options, make_trainer, out, resume, record)
        return {}

    return run


def pose(folder: Path) -> Train:
    write_rendered_pictures(folder, SceneOptions(scenes=3, frames=1, height=64, seed=0))
    drawn = read_coco_people(folder)

    def run(make_trainer: Any, out: Path, **arguments: Any) -> Any:
        network = {"size": (48, 64), "widths": (8, 16, 16), "blocks": (1, 1, 1), "width": 8}
        options = PoseOptions(network, PoseDataOptions(batch_size=2, steps_per_epoch=2, val_samples=1))
        return run_pose_training(options, make_trainer, out, sets=PoseSets(drawn, drawn, drawn), **arguments)

    return run


TRAININGS: dict[str, Callable[[Path], Train]] = {
    "classify": lambda folder: classify, "classify_best": lambda folder: classify_best,
    "supervised": lambda folder: lift("supervised"), "unsupervised": lambda folder: lift("unsupervised"),
    "measure": measure, "pose": pose,
}  # fmt: skip


@pytest.mark.parametrize("name", TRAININGS)
def test_the_weights_are_those_of_an_unbroken_run(name: str, tmp_path: Path) -> None:
    train = TRAININGS[name](tmp_path / "data")
    whole = train(trainer_maker(5), tmp_path / "whole", record=RECORD)
    with pytest.raises(InterruptedError):
        train(breaking(5), tmp_path / "broken", record=RECORD)
    torch.rand(7)
    resume = require_resumable(str(tmp_path / "broken" / "last.ckpt"), RECORD)
    resumed = train(trainer_maker(5), tmp_path / "resumed", record=RECORD, resume=resume)
    # How long a frame took is another thing.
    assert json.dumps({**resumed, TIME: 0}) == json.dumps({**whole, TIME: 0})
    states = [torch.load(tmp_path / run / "last.ckpt", weights_only=True) for run in ("whole", "resumed")]
    assert states[0]["epoch"] == states[1]["epoch"] == 4
    for key, tensor in states[0]["state_dict"].items():
        assert torch.equal(tensor, states[1]["state_dict"][key]), key
    files = [sorted((tmp_path / run).glob("*.safetensors")) for run in ("whole", "resumed")]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


def test_a_run_that_goes_on_has_the_same_settings(tmp_path: Path) -> None:
    classify(trainer_maker(1), tmp_path, record=RECORD)
    last = str(tmp_path / "last.ckpt")
    for same in (RECORD, {**RECORD, "threads": 2}, {**RECORD, "data": {"root": "b", "count": 3}},
                 {**RECORD, "trainer": {"max_epochs": 5, "devices": 4}}):  # fmt: skip
        assert require_resumable(last, same) == Path(last)
    for other, message in (
        ({**RECORD, "seed": 1}, "seed=1, but the run that is to go on has 0; give the settings it was started with"),
        ({**RECORD, "data": {"root": "a", "count": 4}}, r"data\.count=4, but .* has 3"),
        ({**RECORD, "trainer": {"max_epochs": 9}}, r"trainer\.max_epochs=9, but .* has 5"),
    ):
        with pytest.raises(InputError, match=message):
            require_resumable(last, other)
    with pytest.raises(CheckpointError, match="holds another network"):
        run_training(
            make_table(4, 3), make_options(network={**SMALL, "width": 4}), trainer_maker(1), tmp_path / "b",
            resume=Path(last),
        )  # fmt: skip


def test_what_is_no_checkpoint_is_named_at_once(tmp_path: Path) -> None:
    assert require_resumable(None, {}) is None
    (tmp_path / "text.ckpt").write_text("x" * 100)
    (tmp_path / "empty.ckpt").touch()
    torch.save([1], tmp_path / "list.ckpt")
    torch.save({"state_dict": {}}, tmp_path / "weights.ckpt")
    (tmp_path / "json.ckpt").write_text(json.dumps({}))
    for name in ("text", "empty", "list", "weights", "json"):
        with pytest.raises(CheckpointError, match=r"give the last\.ckpt of a run of train\.py"):
            require_resumable(str(tmp_path / f"{name}.ckpt"), {})
    for value in (str(tmp_path / "none.ckpt"), str(tmp_path), "", 7):
        with pytest.raises(InputError, match="is not there"):
            require_resumable(value, {})
