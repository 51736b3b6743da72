"""Answers that are kept: found again for the same question only."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.evaluation.benchmark import Method, run_benchmark
from formnet.evaluation.splits import make_folds
from formnet.judges.plain.majority import MajorityClass
from formnet.readers.table import RepetitionTable
from tests.readers.copies import make_table

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
TABLE = make_table(["a"] * 4 + ["b"] * 4 + ["c"] * 4, [0, 1, 1, 1] * 3)
FOLDS = make_folds(TABLE, "leave_one_group_out")


class _Counted(MajorityClass):
    """The commonest class; counts how often it has to learn."""

    times = 0

    def fit(self, table: RepetitionTable, seed: int = 0) -> _Counted:
        _Counted.times += 1
        super().fit(table, seed)
        return self


COUNTED = Method("counted", "counted", _Counted, modules=("formnet.judges.plain.majority",), options={"a": 1})


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    _Counted.times = 0
    return importlib.import_module("answers")


def test_a_second_run_learns_nothing_and_gives_the_same_row(answers: ModuleType, tmp_path: Path) -> None:
    kept = answers.KeptAnswers(tmp_path)
    first = run_benchmark("t", TABLE, FOLDS, [COUNTED], [0, 1], answer=kept)
    assert _Counted.times == 6
    again = run_benchmark("t", TABLE, FOLDS, [COUNTED], [0, 1], answer=kept)
    assert _Counted.times == 6
    assert again.rows == first.rows
    plain = run_benchmark("t", TABLE, FOLDS, [COUNTED], [0, 1])
    assert plain.rows[0].runs == first.rows[0].runs
    _Counted.times = 0
    # One more seed is all that is left to do.
    run_benchmark("t", TABLE, FOLDS, [COUNTED], [0, 1, 2], answer=kept)
    assert _Counted.times == 3
    run_benchmark("t", TABLE, FOLDS, [COUNTED], [0], answer=answers.KeptAnswers(tmp_path, is_fresh=True))
    assert _Counted.times == 6


def test_every_change_of_the_question_changes_the_key(answers: ModuleType) -> None:
    moved = TABLE.motions[0].replace(positions=TABLE.motions[0].positions + 0.001)
    tables = [
        replace(TABLE, motions=(moved, *TABLE.motions[1:])),
        replace(TABLE, labels=1 - TABLE.labels),
        replace(TABLE, groups=np.array(["a"] * 5 + ["b"] * 3 + ["c"] * 4)),
    ]
    keys = {answers.compute_key(COUNTED, table, FOLDS, 0) for table in (TABLE, *tables)}
    keys |= {answers.compute_key(COUNTED, TABLE, folds, 0) for folds in (FOLDS[:2], FOLDS[::-1])}
    keys.add(answers.compute_key(COUNTED, TABLE, FOLDS, 1))
    for other in (replace(COUNTED, options={"a": 2}), replace(COUNTED, modules=("formnet.judges.plain.forest",))):
        keys.add(answers.compute_key(other, TABLE, FOLDS, 0))
    assert len(keys) == 9
    assert answers.compute_key(replace(COUNTED, title="renamed"), TABLE, FOLDS, 0) in keys


def test_files_that_hold_other_answers_are_refused(answers: ModuleType, tmp_path: Path) -> None:
    kept = answers.KeptAnswers(tmp_path)
    kept(COUNTED, TABLE, FOLDS, 0)
    (path,) = tmp_path.iterdir()
    with pytest.raises(InputError, match="other folds; delete it"):
        answers.read_answers(path, FOLDS[:2], 2)
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="holds no answers"):
        kept(COUNTED, TABLE, FOLDS, 0)
