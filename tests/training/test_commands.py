"""train.py and evaluate.py as a user calls them, on a made-up copy in the layout of squat7."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import CheckpointError
from formnet.skeleton import SQUAT7_19
from formnet.training.command import chooses_data, split_arguments
from formnet.training.configuration import apply_overrides
from tests.hostile.runs import Ended, Runner
from tests.preprocess.squats import squats

CLASSES = ("no_depth", "olympic_squat")
QUICK = ["method=network", "trainer.max_epochs=2", "threads=1", "model.width=8", "model.n_layers=1"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days with eight repetitions each, half of them shallow."""
    root = tmp_path_factory.mktemp("squat7")
    (root / "mediapipe").mkdir()
    rng = np.random.default_rng(0)
    rows = ["filename," + ",".join(CLASSES)]
    for day in ("01052023", "02052023", "03052023"):
        for k in range(8):
            name = f"recording_{day}_1200{k:02d}"
            motion = squats((1.2,), 2.4, 30.0, peak_deg=(70.0, 115.0)[k % 2]).select(SQUAT7_19)
            table = np.full((300, 57), -1.0)
            noisy = 40 * motion.positions + rng.normal(0, 0.3, motion.positions.shape)
            table[: len(motion)] = noisy.reshape(len(motion), 57)
            np.save(root / "mediapipe" / f"{name}.npy", table)
            rows.append(f"{name},{1 - k % 2},{k % 2}")
    (root / "data.csv").write_text("\n".join(rows) + "\n")
    return root


def call(programs: Runner, script: str, *arguments: str, folder: Path) -> Ended:
    """Runs train.py or evaluate.py in a folder, with limits that a busy machine keeps."""
    environment = {"WANDB_MODE": "offline"}
    return programs.run(
        script, *arguments, cwd=folder, environment=environment, time_s=120.0, wall_s=500.0, memory_bytes=8 * 2**30
    )


@pytest.mark.slow
def test_train_then_evaluate_repeats_the_figures(copy: Path, programs: Runner, tmp_path: Path) -> None:
    trained = call(
        programs,
        "train.py", "experiment=squat7", f"data.root={copy}", "data.test_groups=[3052023]", "hydra.run.dir=run",
        "logger=wandb", *QUICK, folder=tmp_path,
    )  # fmt: skip
    assert trained.code == 0, trained.said
    figures = json.loads(trained.out.splitlines()[-1])
    assert figures["test/repetitions"] == 8
    assert {"test/balanced_accuracy", "test/accuracy", "test/macro_f1", "test/recall/no_depth"} <= set(figures)
    assert json.loads((tmp_path / "run" / "metrics.json").read_text()) == figures
    assert list((tmp_path / "run" / "wandb").glob("offline-run-*"))
    for name in ("best.ckpt", "model.safetensors"):
        evaluated = call(programs, "evaluate.py", f"run/{name}", folder=tmp_path)
        assert evaluated.code == 0, evaluated.said
        assert json.loads(evaluated.out.splitlines()[-1]) == figures
    (written,) = list((tmp_path / "runs" / "evaluate").glob("*/metrics.json"))[:1]
    assert json.loads(written.read_text()) == figures
    elsewhere = call(programs, "evaluate.py", "run/best.ckpt", "data.root=/not/there", folder=tmp_path)
    assert elsewhere.code == 2
    assert "/not/there does not exist" in elsewhere.said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["experiment=squat9"], "there are lifted, paper, shipped, squat7, uiprmd"),
        (["experiment=squat7"], "data.root is not given; add data.root=…"),
        (["experiment=squat7", "data.root=COPY", "data.split=random"], "say data.allow_leakage=true"),
        (["fit.batch_sise=3"], "there is no setting fit.batch_sise"),
    ],
)
def test_a_users_error_is_one_sentence_and_exit_code_2(
    copy: Path, programs: Runner, tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = call(programs, "train.py", *[a.replace("COPY", str(copy)) for a in arguments], *QUICK, folder=tmp_path)
    assert done.code == 2, done.said
    assert message in done.said
    assert len([line for line in done.said.splitlines() if line.strip()]) == 1
    assert done.out == ""


def test_the_checkpoint_is_the_first_argument_whatever_its_name() -> None:
    assert split_arguments(["a=b/c.ckpt", "data.root=x"]) == (Path("a=b/c.ckpt"), ["data.root=x"])
    with pytest.raises(CheckpointError, match="expected a model file"):
        split_arguments([])


def test_overrides_replace_single_values() -> None:
    saved = {"data": {"root": "a", "name": "squat7"}, "seed": 1}
    plain = apply_overrides(saved, ["data.root=b", "data.test_groups=[9,10]", "trainer.accelerator=gpu", "seed=2"])
    assert plain == {
        "data": {"root": "b", "name": "squat7", "test_groups": [9, 10]}, "seed": 2, "trainer": {"accelerator": "gpu"},
    }  # fmt: skip
    assert saved["data"]["root"] == "a"
    assert chooses_data(["data=uiprmd"])
    assert chooses_data(["experiment=squat7", "seed=1"])
    assert not chooses_data(["data.root=b"])
