"""train.py and evaluate.py with learners, as a user calls them, on a made-up copy in the layout of squat7."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from formnet.skeleton import SQUAT7_19
from tests.hostile.runs import Runner
from tests.judges.people import person
from tests.training.test_commands import call

CLASSES = ("no_depth", "olympic_squat")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days with six repetitions each, half of them shallow."""
    root = tmp_path_factory.mktemp("squat7")
    (root / "mediapipe").mkdir()
    rows = ["filename," + ",".join(CLASSES)]
    for number, day in enumerate(("01052023", "02052023", "03052023")):
        for k in range(6):
            name = f"recording_{day}_1200{k:02d}"
            motion = person((70.0, 115.0)[k % 2], noise=0.004, seed=10 * number + k).select(SQUAT7_19)
            table = np.full((300, 57), -1.0)
            table[: len(motion)] = 200 * motion.positions.reshape(len(motion), 57)
            np.save(root / "mediapipe" / f"{name}.npy", table)
            rows.append(f"{name},{1 - k % 2},{k % 2}")
    (root / "data.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.mark.slow
def test_an_experiment_trains_the_learner_and_evaluate_repeats_its_figures(
    copy: Path, programs: Runner, tmp_path: Path
) -> None:
    quick = ["method.trees=20", "method.members=3", "method.network={members: 1, epochs: 5}", "threads=1"]
    trained = call(
        programs,
        "train.py", "experiment=squat7", f"data.root={copy}", "data.test_groups=[3052023]", "hydra.run.dir=run",
        *quick, folder=tmp_path,
    )  # fmt: skip
    assert trained.code == 0, trained.said
    figures = json.loads(trained.out.splitlines()[-1])
    assert figures["test/repetitions"] == 6
    assert figures["test/balanced_accuracy"] == 1.0
    assert json.loads((tmp_path / "run" / "metrics.json").read_text()) == figures
    description = json.loads((tmp_path / "run" / "model.json").read_text())
    assert description["network"]["learner"] == "squat"
    assert description["network"]["second_view"] == 2.8
    evaluated = call(programs, "evaluate.py", "run/model.safetensors", folder=tmp_path)
    assert evaluated.code == 0, evaluated.said
    assert json.loads(evaluated.out.splitlines()[-1]) == figures


@pytest.mark.slow
def test_a_learner_option_that_does_not_exist_is_one_sentence(copy: Path, programs: Runner, tmp_path: Path) -> None:
    done = call(
        programs,
        "train.py", "experiment=squat7", f"data.root={copy}", "data.test_groups=[3052023]", "+method.leaves=3",
        folder=tmp_path,
    )  # fmt: skip
    assert done.code == 2
    assert "the learner 'squat' cannot be built" in done.said
    assert done.out == ""
