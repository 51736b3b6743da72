from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from formnet.errors import DataError, InputError
from formnet.evaluation.benchmark import (
    Method,
    average_results,
    read_results,
    render_markdown,
    run_benchmark,
    write_results,
)
from formnet.evaluation.metrics import compute_metrics
from formnet.evaluation.splits import make_folds
from formnet.judges.methods import METHODS, choose_methods, register_method
from formnet.judges.plain.majority import MajorityClass
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable
from tests.readers.copies import make_table, write_squat7

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
MAJORITY = choose_methods(["majority"])
TABLE = make_table(["a"] * 4 + ["b"] * 4 + ["c"] * 4, [0, 1, 1, 1] * 3)


def test_metrics_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 200)
    labels = rng.integers(0, 4, 200)
    metrics = compute_metrics(probabilities, labels)
    answers = probabilities.argmax(axis=1)
    assert metrics["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, answers))
    assert metrics["accuracy"] == pytest.approx(accuracy_score(labels, answers))
    assert metrics["macro_f1"] == pytest.approx(f1_score(labels, answers, average="macro"))


def test_calibration_error_of_known_cases() -> None:
    sure = np.array([[1.0, 0.0]] * 4)
    assert compute_metrics(sure, np.array([0, 0, 0, 0]))["calibration_error"] == pytest.approx(0.0)
    assert compute_metrics(sure, np.array([0, 0, 1, 1]))["calibration_error"] == pytest.approx(0.5)
    honest = np.array([[0.75, 0.25]] * 4)
    assert compute_metrics(honest, np.array([0, 0, 0, 1]))["calibration_error"] == pytest.approx(0.0)


def test_nan_is_refused() -> None:
    with pytest.raises(DataError, match="no numbers"):
        compute_metrics(np.array([[np.nan, 1.0]]), np.array([1]))


class _Spy:
    """Answers with the seed; remembers what it was shown."""

    seen: list[tuple[int, set[str], set[str]]] = []  # noqa: RUF012

    n_classes = 2

    def fit(self, table: RepetitionTable, seed: int = 0) -> _Spy:
        self.seed, self.train = seed, set(table.groups.tolist())
        return self

    def probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        groups = {str(TABLE.groups[[motion is known for known in TABLE.motions].index(True)]) for motion in motions}
        _Spy.seen.append((self.seed, self.train, groups))
        return np.tile([1.0, 0.0] if self.seed % 2 else [0.0, 1.0], (len(motions), 1))

    def describe(self) -> dict[str, Any]:
        return {}


def test_every_method_sees_the_same_folds_and_never_the_test_side() -> None:
    methods = [Method("fixed", "fixed", MajorityClass, is_seeded=False), Method("spy", "spy", _Spy)]
    _Spy.seen.clear()
    folds = make_folds(TABLE, "leave_one_group_out")
    result = run_benchmark("t", TABLE, folds, methods, [0, 1])
    assert [(seed, test) for seed, _, test in _Spy.seen] == [(s, {g}) for s in (0, 1) for g in "abc"]
    assert all(not train & test for _, train, test in _Spy.seen)
    fixed, spy = result.rows
    assert fixed.runs["accuracy"] == pytest.approx((0.75,))
    assert spy.runs["accuracy"] == pytest.approx((0.75, 0.25))
    assert spy.spread("accuracy") == pytest.approx(np.std([0.75, 0.25], ddof=1))
    assert spy.recalls == {"good": 0.5, "shallow": 0.5}


def test_results_round_trip_and_render(tmp_path: Path) -> None:
    result = run_benchmark("title", TABLE, make_folds(TABLE, "leave_one_group_out"), MAJORITY, [0, 1, 2])
    write_results(tmp_path / "r.json", [result])
    (back,) = read_results(tmp_path / "r.json")
    assert render_markdown(back) == render_markdown(result)
    assert "| majority class | 0.500 | 0.750 |" in render_markdown(result)
    mean = average_results("mean", [result, result])
    assert mean.rows[0].mean("accuracy") == pytest.approx(0.75)
    assert "Seeds 0, 1, 2." in render_markdown(mean)
    untimed = run_benchmark("t", TABLE, make_folds(TABLE, "random"), MAJORITY, [0], {"is_timed": False})
    for table in (untimed, average_results("mean", [untimed])):
        assert "processor s" not in render_markdown(table)
        assert "processor s" in render_markdown(result)
    (tmp_path / "r.json").write_text("[{}]")
    with pytest.raises(InputError, match="no results"):
        read_results(tmp_path / "r.json")


def test_seeds_with_folds_of_their_own_become_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    merge_seeds = importlib.import_module("common").merge_seeds
    parts = [run_benchmark("t", TABLE, make_folds(TABLE, "random", seed=seed), MAJORITY, [seed]) for seed in (0, 1, 2)]
    merged = merge_seeds(parts)
    own = [part.rows[0].runs["accuracy"][0] for part in parts]
    assert len(set(own)) > 1
    assert merged.rows[0].runs["accuracy"] == tuple(own)
    assert merged.rows[0].folds["random"]["accuracy"] == pytest.approx(np.mean(own))
    assert merged.provenance["seeds"] == [0, 1, 2]
    assert "1 fold, seeds 0, 1, 2." in render_markdown(merged)


def test_unknown_and_taken_methods() -> None:
    with pytest.raises(InputError, match="unknown method nonsense"):
        choose_methods(["nonsense"])
    with pytest.raises(InputError, match="registered already"):
        register_method(METHODS["dtw"])


def test_script_runs_on_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_squat7(tmp_path / "copy", days=("01052023", "02052023", "03052023"))
    arguments = [str(tmp_path / "copy"), "--folds", "3", "--methods", "majority", "--seeds", "0", "--no-write"]
    monkeypatch.setattr(sys, "argv", ["squat7.py", *arguments])
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    runpy.run_path(str(BENCHMARKS / "squat7.py"), run_name="__main__")
    text = capsys.readouterr().out
    assert "whole days held out" in text
    assert "random 80/20 (leaks" in text
