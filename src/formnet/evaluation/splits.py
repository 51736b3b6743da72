"""Splits that keep a person or a day on one side, and say so when they do not.

Kinds of split:
    leave_one_group_out   each group is the test side once
    group_kfold           whole groups dealt to k folds of similar size
    groups                the groups the caller names are the test side
    authors               the split the set's authors published, where there is one
    random                rows dealt at random: the same person and day on both sides. Its name is the admission of
                          leakage; it serves to show what leakage buys.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.errors import DataError, InputError
from formnet.readers.table import RepetitionTable

KINDS: tuple[str, ...] = ("leave_one_group_out", "group_kfold", "groups", "authors", "random")
RANDOM_SHARE = 0.2
"""Of the rows that a random split tests on."""

_NUMBERED = re.compile(r"^(?:subject|subj|sub|session|person|day|group|s|p|d)?[ _\-]*0*(\d+)$")


@dataclass(frozen=True, eq=False)
class Fold:
    """One division of a table.

    Attributes:
        name: what is held out.
        train, test: row numbers, sorted.
        test_groups: names of the groups of the test side.
        warnings: what makes this fold's numbers hard to read, one sentence each.
    """

    name: str
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    test_groups: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def canonical_group(group: object) -> str:
    """One spelling for all of 9, "9", "09", "s09", "S9" and "subject 9"; other names in lower case."""
    text = str(group).strip().lower()
    match = _NUMBERED.match(text)
    return match.group(1) if match else text


def make_folds(
    table: RepetitionTable,
    kind: str,
    *,
    n_folds: int = 5,
    test_groups: Sequence[object] | str | int = (),
    unit: str = "group",
    seed: int = 0,
    allow_leakage: bool = False,
) -> tuple[Fold, ...]:
    """Divides a table; the same arguments always give the same folds.

    Args:
        kind: see the module's text.
        n_folds: for "group_kfold"; at most the number of groups.
        test_groups: for "groups": their names in any spelling `canonical_group` knows.
        unit: what is kept together: "group" (the table's own), "subject" or "session".
        seed: shuffles what is tied; "random" draws from it.
        allow_leakage: let a group of the table stand on two sides (possible with another `unit`, or with the
            authors' split).

    Raises:
        DataError: for unknown groups (naming those there are), too few groups, no published split, or a group on two
            sides.
        InputError: for an unknown kind or unit.
    """
    if kind not in KINDS:
        raise InputError(f"unknown split {kind!r}; use one of {', '.join(KINDS)}")
    test_groups = [test_groups] if isinstance(test_groups, str | int) else list(test_groups)
    if test_groups and kind != "groups":
        raise InputError(f"test groups are named, but the split is {kind!r}; use the split 'groups' or name none")
    units = group_names(table, unit)
    rng = np.random.default_rng(seed)
    if kind == "random":
        sides = [_random_side(len(table), rng)]
    elif kind == "authors":
        sides = [_authors_side(table)]
    elif kind == "groups":
        sides = [np.isin(units, _known_groups(test_groups, units))]
    elif kind == "leave_one_group_out":
        sides = [units == name for name in _at_least_two(units)]
    else:
        sides = [np.isin(units, names) for names in _deal_groups(units, n_folds, rng)]
    folds = []
    for number, side in enumerate(sides):
        held_out = () if kind == "random" else _spellings(table, side, unit)
        named = {
            "groups": "test groups",
            "group_kfold": f"fold {number + 1}",
            "leave_one_group_out": ",".join(held_out),
        }
        name = named.get(kind, kind)
        rest = np.isin(table.official, ("train", "val")) if kind == "authors" else ~side
        folds.append(_make_fold(table, name, rest, side, held_out))
    for fold in folds:
        check_fold(table, fold, allow_leakage=allow_leakage or kind == "random")
    return tuple(folds)


def group_names(table: RepetitionTable, unit: str = "group") -> NDArray[np.str_]:
    """Canonical group of every row (N,); raises `DataError` when the set does not know that unit for every row."""
    if unit not in ("group", "subject", "session"):
        raise InputError(f"unknown unit {unit!r} of a split; use group, subject or session")
    names = _unit_of(table, unit)
    if not all(names):
        have = [u for u in ("subject", "session") if all(_unit_of(table, u))]
        raise DataError(
            f"{sum(not name for name in names)} of {len(names)} rows name no {unit}; "
            f"split by {' or '.join(have) if have else 'group'} instead"
        )
    return np.array([canonical_group(name) for name in names], dtype=np.str_)


def check_fold(table: RepetitionTable, fold: Fold, *, allow_leakage: bool = False) -> None:
    """Raises `DataError` when a side is empty, a row is on both sides, or (unless allowed) a group is on both."""
    problems = [f"the {side} side is empty" for side in ("train", "test") if not len(getattr(fold, side))]
    shared_rows = np.intersect1d(fold.train, fold.test)
    if len(shared_rows):
        problems.append(f"{len(shared_rows)} rows are on both sides")
    if not allow_leakage:
        # Days may repeat between people: only what the table groups by, and people, must never be shared.
        for unit in ("group", "subject"):
            names = np.array([canonical_group(name) if name else "" for name in _unit_of(table, unit)])
            if both := sorted(set(names[fold.train]) & set(names[fold.test]) - {""}):
                problems.append(f"{unit} {', '.join(both)} is on both sides")
    if problems:
        remedy = "" if allow_leakage else "; hold out whole groups, or ask for leakage by name"
        raise DataError(f"the split {fold.name!r} is not usable: {'; '.join(problems)}{remedy}", tuple(problems))


def _unit_of(table: RepetitionTable, unit: str) -> tuple[str, ...]:
    if unit == "group":
        return tuple(str(group) for group in table.groups)
    return table.subjects if unit == "subject" else table.sessions


def _spellings(table: RepetitionTable, side: NDArray[np.bool_], unit: str) -> tuple[str, ...]:
    names = np.array(_unit_of(table, unit))[side]
    return tuple(sorted({str(name) for name in names}))


def _known_groups(wanted: Sequence[object], units: NDArray[np.str_]) -> list[str]:
    if not len(wanted):
        raise DataError(f"the split 'groups' needs the groups to test on; there are {', '.join(_ordered(units))}")
    there = set(units)
    chosen = [canonical_group(group) for group in wanted]
    unknown = [str(given) for given, name in zip(wanted, chosen, strict=True) if name not in there]
    if unknown:
        raise DataError(
            f"this copy has no group {', '.join(unknown)}; it has {', '.join(_ordered(units))}",
            tuple(f"group {name} is not in this copy" for name in unknown),
        )
    if set(chosen) == there:
        raise DataError("all groups of this copy are named as test groups, so nothing is left to train on; name fewer")
    return chosen


def _at_least_two(units: NDArray[np.str_]) -> list[str]:
    names = _ordered(units)
    if len(names) < 2:
        raise DataError(f"holding out a group needs at least two, this copy has only {names[0]!r}")
    return names


def _deal_groups(units: NDArray[np.str_], n_folds: int, rng: np.random.Generator) -> list[list[str]]:
    """Largest group first to the fold with the fewest rows; the seed decides between equals."""
    names = _at_least_two(units)
    if not 2 <= n_folds <= len(names):
        raise DataError(f"expected 2–{len(names)} folds, as there are {len(names)} groups, got {n_folds}")
    sizes = {name: int((units == name).sum()) for name in names}
    shuffled = [names[i] for i in rng.permutation(len(names))]
    folds: list[list[str]] = [[] for _ in range(n_folds)]
    rows = [0] * n_folds
    for name in sorted(shuffled, key=lambda name: -sizes[name]):
        smallest = min(range(n_folds), key=lambda fold: rows[fold])
        folds[smallest].append(name)
        rows[smallest] += sizes[name]
    return folds


def _random_side(n_rows: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    side = np.zeros(n_rows, dtype=bool)
    side[rng.permutation(n_rows)[: max(1, round(RANDOM_SHARE * n_rows))]] = True
    return side


def _authors_side(table: RepetitionTable) -> NDArray[np.bool_]:
    official = np.array(table.official)
    if not (official == "test").any() or not (official == "train").any():
        raise DataError("this set has no split published by its authors; use leave_one_group_out or group_kfold")
    return np.asarray(official == "test")


def _make_fold(
    table: RepetitionTable, name: str, rest: NDArray[np.bool_], side: NDArray[np.bool_], held_out: tuple[str, ...]
) -> Fold:
    train, test = np.flatnonzero(rest), np.flatnonzero(side)
    unlearnt = sorted(set(table.labels[test]) - set(table.labels[train]))
    never = sorted(set(range(len(table.classes))) - set(table.labels[train]) - set(unlearnt))
    warnings = [f"class {table.classes[i]} is tested but absent from training" for i in unlearnt]
    warnings += [f"class {table.classes[i]} is absent from training" for i in never]
    return Fold(name, train, test, held_out, tuple(warnings))


def _ordered(units: NDArray[np.str_]) -> list[str]:
    return sorted({str(name) for name in units}, key=lambda name: (not name.isdigit(), len(name), name))
