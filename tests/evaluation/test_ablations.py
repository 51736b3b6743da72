"""Rows of `--ablate` put the same parts together as the learners do."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from formnet.evaluation.judge import judge_groups
from formnet.judges.methods import METHODS
from formnet.judges.movement.judge import MovementRecipe
from formnet.judges.squat.families import FAMILIES
from formnet.judges.squat.judge import SquatRecipe, calibrate
from tests.judges.people import make_people, only, without

pytestmark = pytest.mark.usefixtures("kept_features")
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
TABLE = make_people()
TRAIN, TEST = without(TABLE, "s02"), only(TABLE, "s02")


@pytest.fixture
def ablations(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in list(METHODS):
        if name.startswith("ablate-"):
            monkeypatch.delitem(METHODS, name)
    return importlib.import_module("ablations")


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    """What the learner for movements answers."""
    return MovementRecipe().fit(TRAIN, 0).probabilities(TEST.motions)


def test_all_experts_are_the_learner(ablations: ModuleType, expected: np.ndarray) -> None:
    names = ablations.register_experts(("movement",))
    rows = {name: METHODS.pop(name) for name in names}
    assert len(rows) == 10
    whole, one = (rows[f"ablate-{name}"].make().fit(TRAIN, 0) for name in ("all-formnet", "posture"))
    np.testing.assert_allclose(judge_groups(whole, TEST), expected, atol=1e-9)
    assert (judge_groups(one, TEST) != expected).any()


def test_rows_share_what_was_fitted(ablations: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablations, "_KEPT", {})
    calls: list[int] = []

    def fit_parts(train: object, seed: int) -> object:
        calls.append(seed)
        return lambda motions: {name: np.full((len(motions), 2), float(k)) for k, name in enumerate(FAMILIES)}

    def mean_of(*families: str) -> float:
        row = ablations.Assembled(fit_parts, lambda parts: ablations.assemble_families(parts, families))
        return float(row.fit(TRAIN, 5).probabilities(TEST.motions)[0, 0])

    assert mean_of("forest") == 0.0
    assert mean_of("discriminants", "amplitudes") == 2.0
    assert calls == [5]


@pytest.mark.parametrize("left_out", ["groups", "repetitions"])
def test_all_families_are_the_learner_but_for_calibration(ablations: ModuleType, left_out: str) -> None:
    small = {
        "trees": 10,
        "members": 2,
        "inner_folds": 2,
        "network": {"members": 1, "width": 8, "epochs": 3, "batch_size": 8},
    }
    learner = SquatRecipe(**small, left_out=left_out)
    parts = ablations.fit_families(TRAIN, 0, learner)(TEST.motions)
    fitted = learner.fit(TRAIN, 0)
    expected = fitted.probabilities(TEST.motions)
    together = ablations.assemble_families(parts, FAMILIES, None)
    np.testing.assert_allclose(calibrate(together, fitted.slope), expected, atol=1e-6)
    half = ablations.assemble_families(parts, FAMILIES, 0.5)
    others = ablations.assemble_families(parts, FAMILIES)
    np.testing.assert_allclose(half, 0.5 * others + 0.5 * parts["memory"])


def test_rows_of_families_can_be_registered_for_another_split(ablations: ModuleType) -> None:
    names = [ablations.register_families(("squat",), SquatRecipe(left_out=n)) for n in ("groups", "repetitions")]
    assert len(names[0]) == len(names[1]) == 12
    assert set(names[0]) ^ set(names[1]) == {
        f"ablate-all-four-memory-as-left-out-{n}-want-it-formnet" for n in ("groups", "repetitions")
    }
    for name in {*names[0], *names[1]}:
        METHODS.pop(name)


def test_the_linear_row_is_the_learner_with_a_linear_kernel(ablations: ModuleType, expected: np.ndarray) -> None:
    experts = ("motion", "coordination", "posture")
    for linear, answer in (
        (True, MovementRecipe(width=0.0).fit(TRAIN, 0).probabilities(TEST.motions)),
        (False, expected),
    ):
        row = ablations.Assembled(
            ablations.fit_experts, partial(ablations.assemble_experts, experts=experts, linear=linear)
        )
        np.testing.assert_allclose(row.fit(TRAIN, 0).probabilities(TEST.motions), answer, atol=1e-9)
