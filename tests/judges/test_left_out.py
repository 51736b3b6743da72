"""What is left out for choices and calibration: groups or repetitions, and what a learner makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from formnet.errors import CheckpointError, InputError
from formnet.judges.checkpoint import load_model
from formnet.judges.parts.calibrate import make_inner_folds
from formnet.judges.protocol import build_recipe, restore_judge
from formnet.judges.squat.families import FAMILIES, MEMORY, SHARES, choose_share, vote
from formnet.judges.squat.judge import SquatRecipe
from formnet.preprocess.spec import PreprocessSpec
from formnet.readers.table import RepetitionTable
from formnet.training.data import SplitOptions
from formnet.training.learner_run import LearnerRun, resolve_left_out, run_learner_training
from tests.judges.people import make_people

pytestmark = pytest.mark.usefixtures("kept_features")
SMALL: dict[str, Any] = {
    "name": "squat", "trees": 1, "members": 1, "alpha": 1000.0, "inner_folds": 4,
    "network": {"members": 1, "width": 8, "epochs": 1, "batch_size": 8},
}  # fmt: skip
"""Families too small to remember by themselves."""


def test_repetitions_are_dealt_out_whatever_their_group() -> None:
    groups = np.array(list("aabbbcddddee"))
    folds = make_inner_folds(groups, 3, 4, "repetitions")
    assert [int(fold.sum()) for fold in folds] == [3] * 4
    assert np.sum(folds, axis=0).tolist() == [1] * 12
    assert any((groups[fold] == name).any() and (groups[~fold] == name).any() for fold in folds for name in "abd")
    again, other = (make_inner_folds(groups, seed, 4, "repetitions") for seed in (3, 4))
    assert (np.stack(again) == np.stack(folds)).all()
    assert (np.stack(other) != np.stack(folds)).any()
    assert len(make_inner_folds(groups[:2], 0, 4, "repetitions")) == 2


def answers(good: float, memory: float, n_rows: int = 200, seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Answers of families, right as often as is said, and the labels; a right answer has 0.8 of three classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n_rows)
    given = {}
    for name in (*FAMILIES, MEMORY):
        right = rng.random(n_rows) < (memory if name == MEMORY else good)
        given[name] = np.full((n_rows, 3), 0.1)
        given[name][np.arange(n_rows), np.where(right, labels, (labels + 1) % 3)] = 0.8
    return given, labels


def test_memory_votes_where_it_helps_on_what_was_left_out() -> None:
    parts = np.arange(200) % 4
    given, labels = answers(good=0.5, memory=0.95)
    assert choose_share(given, labels, parts) in SHARES
    given, labels = answers(good=0.8, memory=0.35)
    assert choose_share(given, labels, parts) == 0.0
    # Nothing can be said of a gain that was seen once.
    given, labels = answers(good=0.5, memory=0.95)
    assert choose_share(given, labels, np.zeros(200, dtype=int)) == 0.0


def test_a_gain_that_hangs_on_one_part_is_not_believed() -> None:
    """Memory is splendid on the first of four days and a little worse than the others on the rest."""
    given, labels = answers(good=0.7, memory=0.6)
    first = np.arange(200) < 50
    given[MEMORY][first] = np.where(labels[first, None] == np.arange(3), 0.98, 0.01)
    mixed = np.random.default_rng(1).permutation(np.repeat(np.arange(4), 50))
    assert choose_share(given, labels, np.repeat(np.arange(4), 50)) == 0.0
    assert choose_share(given, labels, mixed) > 0.0


def test_the_vote_is_a_weighted_mean() -> None:
    given, _ = answers(0.5, 0.5)
    others = sum(given[name] for name in FAMILIES) / 4
    np.testing.assert_allclose(vote(given, 0.0), others)
    np.testing.assert_allclose(vote(given, 0.75), 0.25 * others + 0.75 * given[MEMORY])
    del given[MEMORY]
    np.testing.assert_allclose(vote(given, 0.0), others)


@pytest.mark.parametrize(
    ("given", "train", "test", "expected"),
    [
        (None, "aabb", "ab", "repetitions"),
        (None, "aabb", "cc", "groups"),
        (None, "aabb", "ac", "groups"),
        (None, "ab", "", "groups"),
        ("groups", "ab", "a", "groups"),
        ("repetitions", "ab", "c", "repetitions"),
    ],
)
def test_it_is_as_the_data_were_split_unless_it_is_said(
    given: str | None, train: str, test: str, expected: str
) -> None:
    config = {"name": "squat", "left_out": given}
    resolved = resolve_left_out(config, np.array(list(train)), np.array(list(test)))
    assert resolved == {"name": "squat", "left_out": expected}
    assert resolve_left_out({"name": "x"}, np.array(["a"]), np.array(["b"])) == {"name": "x", "left_out": "groups"}


@pytest.mark.parametrize("name", ["squat", "movement"])
def test_anything_else_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="left_out of groups or repetitions, got 'rows'"):
        build_recipe({"name": name, "left_out": "rows"})


def repeated(table: RepetitionTable) -> RepetitionTable:
    """Every repetition three times, under labels that nothing but memory could know."""
    rows = np.repeat(np.arange(len(table)), 3)
    again = table.select(rows)
    labels = np.random.default_rng(0).permutation(np.arange(len(table)) % 2)[rows]
    return replace(again, labels=labels, names=tuple(f"r{i}" for i in range(len(again))))


@pytest.fixture(scope="module")
def known() -> RepetitionTable:
    return repeated(make_people(n_each=5))


def test_the_learner_remembers_only_where_repetitions_come_again(known: RepetitionTable) -> None:
    fitted = {name: SquatRecipe(**_options(), left_out=name).fit(known, 0) for name in ("groups", "repetitions")}
    assert fitted["groups"].share == 0.0
    assert fitted["groups"].families.memory is None
    assert fitted["repetitions"].share > 0.0
    probabilities = fitted["repetitions"].probabilities(known.motions)
    assert (probabilities.argmax(axis=1) == known.labels).all()

    options = json.loads(json.dumps(fitted["repetitions"].describe()))
    arrays = fitted["repetitions"].arrays()
    again = restore_judge(options, arrays)
    np.testing.assert_array_equal(again.probabilities(known.motions), probabilities)
    for changed in ({k: v for k, v in arrays.items() if k != "memory.rows"}, {**arrays, "memory.dual": np.zeros(3)}):
        with pytest.raises(CheckpointError, match="memory"):
            restore_judge(options, changed)
    sizes = arrays["memory.sizes"].copy()
    sizes[0], sizes[1] = sizes[0] - 1, sizes[1] + 1
    with pytest.raises(CheckpointError, match=r"memory\.sizes"):
        restore_judge(options, {**arrays, "memory.sizes": sizes})
    for share in (0.9, -1.0, float("nan")):
        with pytest.raises(CheckpointError, match="of the votes"):
            restore_judge({**options, "memory": share}, arrays)


def test_no_inner_folds_no_memory() -> None:
    fitted = SquatRecipe(**{**_options(), "inner_folds": 0}, left_out="repetitions").fit(make_people(), 0)
    assert (fitted.share, fitted.slope) == (0.0, 1.0)


def test_a_run_says_what_was_left_out(known: RepetitionTable, tmp_path: Path) -> None:
    spec = PreprocessSpec(skeleton="blazepose33", segmentation="whole", cutoff_hz=None, align="frames")
    wanted = {
        "groups": SplitOptions(test_groups=("2",)),
        "repetitions": SplitOptions(kind="random", allow_leakage=True),
    }
    for left_out, split in wanted.items():
        out = tmp_path / left_out
        table = known if left_out == "repetitions" else repeated(make_people(n_each=1))
        figures = run_learner_training(table, LearnerRun(spec, {**SMALL, "left_out": None}, split), out)
        description = load_model(out / "model.safetensors").description
        assert description.training["learner"]["left_out"] == left_out
        assert (description.network["memory"] > 0) is (left_out == "repetitions")
    assert figures["test/balanced_accuracy"] > 0.9


def _options() -> dict[str, Any]:
    return {key: value for key, value in SMALL.items() if key != "name"}
