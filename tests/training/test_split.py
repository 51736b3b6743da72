from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import DataError
from formnet.training.data import SplitOptions, _EpochShuffle, split_table
from tests.training.stub import make_table


def test_groups_are_named_in_any_spelling_and_stay_on_one_side() -> None:
    table = make_table()
    sides = split_table(table, SplitOptions(test_groups=("1", "s02"), val_groups=("S3",)))
    assert sides.test_groups == ("s01", "s02")
    assert sides.val_groups == ("s03",)
    groups = [set(table.groups[rows]) for rows in (sides.train, sides.val, sides.test)]
    assert groups[0] == {"s04", "s05", "s06"}
    assert len(sides.train) + len(sides.val) + len(sides.test) == len(table)


def test_without_names_a_fold_of_groups_is_held_out_and_validation_is_whole_groups() -> None:
    table = make_table()
    sides = split_table(table, SplitOptions(n_folds=3))
    groups = [set(table.groups[rows]) for rows in (sides.train, sides.val, sides.test)]
    assert all(groups)
    assert sum(len(group) for group in groups) == len(groups[0] | groups[1] | groups[2]) == 6
    again = split_table(table, SplitOptions(n_folds=3))
    np.testing.assert_array_equal(sides.test, again.test)
    tested = np.concatenate([split_table(table, SplitOptions(n_folds=3, fold=k)).test for k in range(3)])
    assert sorted(tested) == list(range(len(table)))


def test_leakage_is_refused_unless_asked_for() -> None:
    table = make_table()
    with pytest.raises(DataError, match="one person or day on both sides"):
        split_table(table, SplitOptions(kind="random"))
    assert len(split_table(table, SplitOptions(kind="random", allow_leakage=True)).test) > 0
    with pytest.raises(DataError, match="group 1 is named for validation and for the test"):
        split_table(table, SplitOptions(test_groups=("1",), val_groups=("s01",)))
    split_table(table, SplitOptions(test_groups=("1",), val_groups=("s01",), allow_leakage=True))


def test_unknown_groups_are_named_with_those_there_are() -> None:
    with pytest.raises(DataError, match="no group 77; it has 1, 2, 3"):
        split_table(make_table(), SplitOptions(test_groups=("77",)))
    with pytest.raises(DataError, match="no group 78"):
        split_table(make_table(), SplitOptions(test_groups=("1",), val_groups=("78",)))


def test_all_rows_can_be_measured() -> None:
    assert len(split_table(make_table(), SplitOptions(kind="all")).test) == len(make_table())


def test_order_depends_on_seed_and_epoch_alone() -> None:
    sampler = _EpochShuffle(np.zeros(50, dtype=np.int64), 5)
    sampler.set_epoch(3)
    third = list(sampler)
    sampler.set_epoch(4)
    fourth = list(sampler)
    fresh = _EpochShuffle(np.zeros(50, dtype=np.int64), 5)
    fresh.set_epoch(3)
    assert list(fresh) == third != fourth
    assert sorted(third) == list(range(50))


def test_balanced_order_draws_classes_equally() -> None:
    labels = np.array([0] * 900 + [1] * 100)
    drawn = labels[list(_EpochShuffle(labels, 0, balance=True))]
    assert 420 < drawn.sum() < 580
