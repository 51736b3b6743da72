"""A setting without an effect is refused, by train.py and by evaluate.py, and those that documents show are not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from formnet.errors import InputError
from formnet.judges.protocol import JUDGES
from formnet.training.configuration import GROUPS, VALUES, check_arguments, choose_root, modernise
from formnet.training.usage import CONDITIONS, USED_BY_METHOD, check_measuring_usage
from tests.hostile.runs import Runner

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
SQUAT7 = ("experiment=squat7", "data.root=x")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*SQUAT7, "trainer.max_epochs=60"), "trainer.max_epochs is not used by method=squat; leave it out or choose "
                                             "method=network"),
        ((*SQUAT7, "model=resnet1d"), "model is not used by method=squat"),
        ((*SQUAT7, "features=distances"), "features is not used by method=squat"),
        ((*SQUAT7, "augment.noise=0.1"), "augment.noise is not used by method=squat"),
        ((*SQUAT7, "logger=wandb"), "logger is not used by method=squat"),
        ((*SQUAT7, "fit.members=3"), "fit.members is not used by method=squat"),
        ((*SQUAT7, "resume=last.ckpt"), "resume is not used by method=squat, which is fitted in one go"),
        ((*SQUAT7, "preprocess.align=span"), "which has its own; set method.preprocess.align"),
        ((*SQUAT7, "preprocess.limbs.scope=full"), "set method.preprocess.limbs.scope"),
        ((*SQUAT7, "preprocess.n_frames=30"), "preprocess.n_frames is not used with method=squat"),
        ((*SQUAT7, "data.val_share=0.2"), "data.val_share is not used with method=squat"),
        ((*SQUAT7, "method=movement", "method.trees=3"), "method.trees"),
        (("method.trees=3",), "method.trees"),
        (("method.name=squat",), "method.name cannot be set; choose method=NAME"),
        (("fit.members=3",), "fit.members is not used with model.members="),
        (("fit.monitor=val/accuracy",), "fit.monitor is not used with fit.patience=0"),
        (("preprocess.smoother=kalman", "preprocess.cutoff_hz=3"), "preprocess.smoother=kalman"),
        (("preprocess.limbs.per=frame",), "preprocess.limbs.scope=none"),
        (("data.split=group_kfold", "data.test_groups=[1]"), "is not used with data.split=group_kfold"),
        (("data.test_groups=[1]", "data.fold=1"), "data.fold is not used with data.test_groups=[1]"),
        (("data.val_groups=[1]", "data.val_share=0.3"), "data.val_share is not used with data.val_groups=[1]"),
        (("task=lift", "trainer.max_epochs=3"), "trainer.max_epochs is not used by task=lift; set task.epochs"),
        (("task=measure", "trainer.max_epochs=3"), "not used by task=measure; set task.epochs"),
        (("task=pose_tags", "trainer.max_epochs=3"), "not used by task=pose; set task.epochs"),
        (("trainer.max_epochs=3", "task=lift"), "not used by task=lift; set task.epochs"),
        (("task=lift", "fit.batch_size=3"), "set task.data.batch_size"),
        (("task=lift", "data.count=3"), "data.count is not used by task=lift"),
        (("task=lift", "experiment=squat7"), "experiment is not used by task=lift"),
        (("task=lift", "method=squat"), "method is not used by task=lift"),
        (("task=lift", "task.weights.back=1"), "task.weights.back is not used with task.way=supervised"),
        (("task=lift", "task.fit.clip_norm=1"), "choose task=lift_unsupervised"),
        (("task=lift_unsupervised", "task.fit.velocity=1"), "choose task=lift"),
        (("task=pose", "task.network.stages=2", "task.network.kind=rpstn"), "set task.network.kind=hourglass"),
        (("task=pose", "task.fit.weights.pull=2"), "not used with task.network.method=heatmaps"),
        (("task=pose", "task.data.source=coco", "task.data.rendered.people=2"), "set task.data.source=rendered"),
        (("task=pose", "task.data.val_share=0.2"), "set task.data.rendered.val_scenes"),
        (("task=lift", "task=pose"), "there is no task lift, pose"),
        (("task=lift,pose",), "there is no task lift,pose; choose one of lift, lift_unsupervised, measure"),
        (("task=juggle",), "there is no task juggle"),
        (("-m", "method=network,squat", "trainer.max_epochs=3"), "trainer.max_epochs is not used by method=squat"),
        (("++fit.members=3", *SQUAT7), "fit.members is not used by method=squat"),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_refused(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(Exception, match=re.escape(message)) as caught:
        check_arguments(modernise(arguments), CONFIGS)
    assert "\n" not in str(caught.value) or not isinstance(caught.value, InputError)


@pytest.mark.parametrize(
    "arguments",
    [
        (*SQUAT7, "method=network", "trainer.max_epochs=60", "model=resnet1d", "features=distances"),
        (*SQUAT7, "method.trees=20", "method.preprocess.cutoff_hz=5", "preprocess.gap_limit_s=1", "seed=1"),
        (*SQUAT7, "method=movement"),
        (*SQUAT7, "learner=none", "trainer.max_epochs=1"),
        ("data=dataset", "data.name=folder", "data.root=x", "learner=movement", "learner.together=true"),
        ("data.split=group_kfold", "data.fold=1", "data.n_folds=4"),
        ("fit.patience=3", "fit.monitor=val/accuracy", "trainer=gpu", "logger=none"),
        ("experiment=lifted", "fit.members=2", "resume=x"),
        ("task=classify", "trainer.max_epochs=1"),
        ("task=lift", "task.epochs=1", "task.network.relation=false", "trainer=gpu", "resume=x", "seed=1"),
        ("task=lift_unsupervised", "task.fit.clip_norm=2", "task.weights.back=1"),
        ("task=measure", "task.network.width=3", "trainer.devices=1", "logger=none"),
        ("task=pose", "task.network.kind=hourglass", "task.network.stages=2", "task.network.depth=2"),
        ("task=pose_fields", "task.fit.weights.fields=1", "task.data.rendered.people=2"),
        ("--cfg", "job"), ("-m", "task=lift", "seed=1,2"), ("--help",),
    ],
)  # fmt: skip
def test_what_has_an_effect_is_taken(arguments: tuple[str, ...]) -> None:
    check_arguments(modernise(arguments), CONFIGS)


def test_every_method_of_the_configuration_says_what_it_uses() -> None:
    names = {OmegaConf.load(path).get("name") for path in (CONFIGS / "method").glob("*.yaml")} - {None}
    assert names == set(USED_BY_METHOD) == {"network", *JUDGES}
    assert all(used in (*GROUPS, *VALUES) for groups in USED_BY_METHOD.values() for used in groups)


def test_conditions_speak_of_settings_that_there_are() -> None:
    tasks = [path.stem for path in (CONFIGS / "task").glob("*.yaml")]
    composed = []
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        composed += [compose("train"), compose("train", [*SQUAT7])]
        composed += [compose(task.split("_")[0], [f"task={task}"]) for task in tasks]
    missing = object()
    for condition in CONDITIONS:
        for name in {condition.setting, condition.other} - {"model.members"}:
            assert any(OmegaConf.select(config, name, default=missing) is not missing for config in composed), name


def test_a_task_has_only_its_own_settings() -> None:
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        for task in ("lift", "measure", "pose"):
            config = compose(choose_root([f"task={task}"], CONFIGS), [f"task={task}"])
            assert set(config) == {"task", "trainer", "logger", "seed", "threads", "resume"}
            assert "max_epochs" not in config.trainer


RECORDED = {"data": {"name": "squat7", "root": "x", "split": "groups", "test_groups": ["1"]}, "seed": 0, "fit": {}}


@pytest.mark.parametrize(
    ("settings", "is_learner", "message"),
    [
        (["trainer.max_epochs"], False, "trainer.max_epochs does not change how a network is measured"),
        (["fit.members"], False, "fit.members does not change"),
        (["trainer.accelerator"], True, "trainer.accelerator does not change how a learner is measured"),
        (["fit.batch_size"], True, "fit.batch_size does not change how a learner"),
        (["method"], False, "method does not change"),
        (["data.val_share"], False, "data.val_share does not change"),
        (["data.fold"], False, "data.fold is not used with data.test_groups=['1']"),
        (["seed"], False, "seed is not used with data.test_groups=['1']"),
        (["data.lifter"], False, "data.lifter is not used with data=squat7"),
        (["logger"], False, "logger does not change"),
    ],
)  # fmt: skip
def test_what_does_not_change_a_measurement_is_refused(settings: list[str], is_learner: bool, message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_measuring_usage(settings, RECORDED, is_learner=is_learner)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        (["data.root", "data.test_groups", "threads", "fit.batch_size", "trainer.precision", "trainer"], {}),
        (["experiment", "data", "data.split", "seed"], {"split": "group_kfold", "test_groups": []}),
        (["data.noise", "data.lifter"], {"name": "simulated"}),
    ],
)
def test_what_changes_a_measurement_is_taken(settings: list[str], changes: dict[str, Any]) -> None:
    check_measuring_usage(settings, {**RECORDED, "data": {**RECORDED["data"], **changes}}, is_learner=False)


@pytest.mark.parametrize("program", ["train.py", "evaluate.py"])
def test_help_is_given_with_examples_in_any_encoding(runner: Runner, tmp_path: Path, program: str) -> None:
    ended = runner.run(program, "--help", cwd=tmp_path, encoding="ascii")
    assert ended.code == 0
    assert f"  python {program}" in ended.out
    assert not ended.said


def test_help_that_is_read_no_further_ends_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    ended = subprocess.run(
        [sys.executable, str(CONFIGS.parent / "train.py"), "--help"],
        stdout=writer, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, "")
