"""Every experiment and every task trains, as small as it can be, from the command to its figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.judges.methods import METHODS
from formnet.judges.plain import PLAIN
from formnet.judges.protocol import build_recipe, restore_judge
from formnet.training.configuration import check_arguments
from tests.hostile.runs import Runner
from tests.readers.copies import write_uiprmd
from tests.training.test_commands import call

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
SIMULATED = ["data.count=21", "data.n_folds=3", "data.val_share=0.3", "trainer.max_epochs=1", "fit.batch_size=16"]
EXPERIMENTS = {
    "shipped": SIMULATED,
    "lifted": [*SIMULATED, "fit.members=1"],
    "paper": [*SIMULATED, "model.width=8", "model.n_layers=1"],
    "uiprmd": ["data.root=COPY", "data.test_groups=[2]", "method.n_features=84", "method.inner_folds=2"],
}  # fmt: skip
FEW = ["task.epochs=1", "task.data.batch_size=4"]
LIFT = [
    *FEW, "task.data.squats=4", "task.data.exercises=4", "task.data.val_people=2", "task.data.frames=16",
    "task.data.steps_per_epoch=2", "task.network.width=16", "task.network.token=4", "task.network.dilations=[1]",
]  # fmt: skip
TASKS = {
    "lift": (LIFT, "val/pa_mpjpe_mm"),
    "lift_unsupervised": (LIFT, "val/pa_mpjpe_mm"),
    "measure": (
        [*FEW, "task.data.people=8", "task.data.held_people=4", "task.data.cuts=1", "task.network.width=8",
         "task.network.n_layers=1", "task.network.hidden=8"],
        "used",
    ),
}  # fmt: skip


def test_no_experiment_is_left_out() -> None:
    # squat7 is trained in tests/judges/test_commands.py.
    assert {*EXPERIMENTS, "squat7"} == {path.stem for path in (CONFIGS / "experiment").glob("*.yaml")}


@pytest.mark.slow
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_experiment_trains(experiment: str, programs: Runner, tmp_path: Path) -> None:
    if experiment == "uiprmd":
        write_uiprmd(tmp_path / "copy", subjects=(1, 2, 3))
    settings = [setting.replace("COPY", str(tmp_path / "copy")) for setting in EXPERIMENTS[experiment]]
    done = call(
        programs, "train.py", f"experiment={experiment}", "hydra.run.dir=run", "threads=1", *settings, folder=tmp_path
    )
    assert done.code == 0, done.said
    figures = json.loads(done.out.splitlines()[-1])
    assert 0.0 <= figures["test/balanced_accuracy"] <= 1.0
    assert figures["test/repetitions"] > 0
    assert json.loads((tmp_path / "run" / "metrics.json").read_text()) == figures
    assert (tmp_path / "run" / "model.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_task_trains(task: str, programs: Runner, tmp_path: Path) -> None:
    settings, wanted = TASKS[task]
    done = call(programs, "train.py", f"task={task}", "hydra.run.dir=run", "threads=1", *settings, folder=tmp_path)
    assert done.code == 0, done.said
    figures = json.loads(done.out.splitlines()[-1])
    assert np.isfinite(figures[wanted])
    assert list((tmp_path / "run").glob("*.safetensors"))


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_judge_is_measured_not_stored(name: str) -> None:
    assert name in METHODS
    sentence = f"{name} is a plain judge to measure against and is not kept in files; choose method=squat, movement"
    for refused in (
        lambda: check_arguments([f"method={name}"], CONFIGS),
        lambda: build_recipe({"name": name}),
        lambda: restore_judge({"learner": name}, {}),
    ):
        with pytest.raises(InputError, match=sentence):
            refused()


def test_a_group_takes_a_name() -> None:
    with pytest.raises(InputError, match="method takes a name of configs/method"):
        check_arguments(["method=[1]"], CONFIGS)
