from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formnet.errors import DataError, InputError
from formnet.evaluation.splits import Fold, canonical_group, check_fold, make_folds
from formnet.readers.table import RepetitionTable
from tests.readers.copies import make_table

GROUPS = ["s01", "s01", "s02", "s02", "s03", "s03", "s09", "s09", "s10", "s10"]
TABLE = make_table(GROUPS, [0, 1] * 5)


@pytest.mark.parametrize("group", [9, "9", "09", "s09", "S9", " subject 9 ", "subject_09", "Subj9", "p9"])
def test_a_group_has_one_canonical_spelling(group: object) -> None:
    assert canonical_group(group) == "9"


@pytest.mark.parametrize(
    ("one", "other"), [("s1", "s10"), ("anna", "bo"), ("20042023", "21042023"), ("s01_d1", "s01_d2")]
)
def test_different_groups_stay_different(one: str, other: str) -> None:
    assert canonical_group(one) != canonical_group(other)


def test_a_day_with_a_leading_zero_is_found_as_a_number() -> None:
    assert canonical_group(5042023) == canonical_group("05042023")


def test_leave_one_group_out_holds_each_group_out_once() -> None:
    folds = make_folds(TABLE, "leave_one_group_out")
    assert [fold.test_groups for fold in folds] == [("s01",), ("s02",), ("s03",), ("s09",), ("s10",)]
    for fold in folds:
        assert sorted([*fold.train, *fold.test]) == list(range(10))
        assert {GROUPS[i] for i in fold.test} == set(fold.test_groups)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=8, max_size=40), st.integers(2, 5), st.integers(0, 5))
def test_k_fold_deals_whole_groups_and_all_rows_once(numbers: list[int], n_folds: int, seed: int) -> None:
    base = make_table(["s1"], [0])
    table = RepetitionTable(base.motions * len(numbers), np.zeros(len(numbers)), ("a",),
                            np.array([f"s{n}" for n in numbers]), tuple(map(str, range(len(numbers)))))  # fmt: skip
    if len(set(numbers)) < n_folds:
        with pytest.raises(DataError):
            make_folds(table, "group_kfold", n_folds=n_folds, seed=seed)
        return
    folds = make_folds(table, "group_kfold", n_folds=n_folds, seed=seed)
    assert sorted(i for fold in folds for i in fold.test) == list(range(len(numbers)))
    for fold in folds:
        assert not {numbers[i] for i in fold.train} & {numbers[i] for i in fold.test}


def test_k_fold_is_the_same_for_the_same_seed() -> None:
    folds = [make_folds(TABLE, "group_kfold", n_folds=2, seed=seed) for seed in (1, 1, 2, 3)]
    deals = [[fold.test_groups for fold in deal] for deal in folds]
    assert deals[0] == deals[1]
    assert any(deal != deals[0] for deal in deals[2:])


@pytest.mark.parametrize("wanted", [[9, 10], ["s09", "s10"], ["9", 10], ("09", "S10")])
def test_named_groups_in_any_spelling(wanted: list[object]) -> None:
    (fold,) = make_folds(TABLE, "groups", test_groups=wanted)
    assert fold.test_groups == ("s09", "s10")
    assert fold.test.tolist() == [6, 7, 8, 9]


def test_one_group_may_stand_alone() -> None:
    assert make_folds(TABLE, "groups", test_groups=9)[0].test_groups == ("s09",)


def test_an_unknown_group_is_refused_with_those_there_are() -> None:
    with pytest.raises(DataError, match=r"no group 11, s7; it has 1, 2, 3, 9, 10") as caught:
        make_folds(TABLE, "groups", test_groups=[9, 11, "s7"])
    assert len(caught.value.problems) == 2


def test_all_groups_or_none_cannot_be_tested() -> None:
    with pytest.raises(DataError, match="nothing is left to train on"):
        make_folds(TABLE, "groups", test_groups=[1, 2, 3, 9, 10])
    with pytest.raises(DataError, match="needs the groups to test on"):
        make_folds(TABLE, "groups")


def test_test_groups_of_another_split_are_refused() -> None:
    with pytest.raises(InputError, match="test groups are named"):
        make_folds(TABLE, "group_kfold", test_groups=[9])


def test_random_mixes_groups_and_is_its_own_admission() -> None:
    (fold,) = make_folds(TABLE, "random", seed=3)
    assert len(fold.test) == 2
    (again,) = make_folds(TABLE, "random", seed=3)
    np.testing.assert_array_equal(fold.test, again.test)
    big = make_table(["a"] * 50 + ["b"] * 50, [0, 1] * 50)
    (mixed,) = make_folds(big, "random")
    assert set(big.groups[mixed.train]) & set(big.groups[mixed.test])
    with pytest.raises(DataError, match="group a, b is on both sides"):
        check_fold(big, mixed)


def test_authors_split_needs_one() -> None:
    with pytest.raises(DataError, match="no split published"):
        make_folds(TABLE, "authors")


def test_authors_split_leaves_unassigned_rows_out_and_is_checked() -> None:
    table = replace(TABLE, official=("train", "val", "train", "train", "", "", "", "", "test", "test"))
    (fold,) = make_folds(table, "authors")
    assert (fold.train.tolist(), fold.test.tolist()) == ([0, 1, 2, 3], [8, 9])
    leaking = replace(TABLE, official=("train", "test") * 5)
    with pytest.raises(DataError, match="on both sides"):
        make_folds(leaking, "authors")
    assert len(make_folds(leaking, "authors", allow_leakage=True)[0].test) == 5


def test_a_person_on_two_sides_is_found_even_when_groups_are_days() -> None:
    table = replace(TABLE, subjects=("anna",) * 10)
    with pytest.raises(DataError, match="subject anna is on both sides"):
        make_folds(table, "leave_one_group_out")


def test_split_by_subject_of_a_set_without_subjects() -> None:
    with pytest.raises(DataError, match="10 of 10 rows name no subject"):
        make_folds(TABLE, "leave_one_group_out", unit="subject")


def test_a_class_absent_from_training_is_reported() -> None:
    table = make_table(["a", "a", "b", "b"], [0, 1, 0, 0])
    folds = make_folds(table, "leave_one_group_out")
    assert folds[0].warnings == ("class shallow is tested but absent from training",)
    assert folds[1].warnings == ()


def test_too_few_groups_or_unknown_kinds() -> None:
    lone = make_table(["a", "a"], [0, 1])
    with pytest.raises(DataError, match="at least two"):
        make_folds(lone, "leave_one_group_out")
    with pytest.raises(DataError, match="2–5 folds"):
        make_folds(TABLE, "group_kfold", n_folds=9)
    with pytest.raises(InputError, match="unknown split 'loo'"):
        make_folds(TABLE, "loo")
    with pytest.raises(InputError, match="unknown unit"):
        make_folds(TABLE, "leave_one_group_out", unit="camera")


def test_rows_on_both_sides_are_refused_even_when_leakage_is_allowed() -> None:
    fold = Fold("x", np.arange(5), np.arange(4, 8), ())
    with pytest.raises(DataError, match="1 rows are on both sides"):
        check_fold(TABLE, fold, allow_leakage=True)
