"""Repetitions of a session judged together."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from formnet.errors import CheckpointError, DataError, InputError
from formnet.judges.movement.sessions import SessionSpread, fit_spread, judge_together
from formnet.judges.protocol import build_recipe, restore_judge
from tests.judges.people import make_people, only, relabelled, without

SPREAD = SessionSpread(half_gap=1.0, between=0.8, within=0.2)
CONFIG = {"name": "movement", "n_features": 600, "inner_folds": 4, "together": True}
TABLE = make_people()
TRAIN, TEST = without(TABLE, "s02"), only(TABLE, "s02")


def draw(n_groups: int, n_each: int, spread: SessionSpread) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    groups, labels = np.repeat(np.arange(n_groups), n_each), np.tile(np.arange(n_each) % 2, n_groups)
    shifts = rng.normal(0, spread.between, n_groups)[groups]
    return spread.half_gap * (2 * labels - 1) + shifts + rng.normal(0, spread.within, len(labels)), labels, groups


def test_the_spread_that_made_the_margins_is_found() -> None:
    spread = fit_spread(*draw(2000, 20, SPREAD))
    assert spread.half_gap == pytest.approx(SPREAD.half_gap, rel=0.02)
    assert spread.between == pytest.approx(SPREAD.between, rel=0.05)
    assert spread.within == pytest.approx(SPREAD.within, rel=0.05)
    margins, _, groups = draw(3, 4, SPREAD)
    with pytest.raises(DataError, match="no group shows both classes"):
        fit_spread(margins, groups % 2, groups)


def test_a_shifted_session_of_both_classes_is_put_right() -> None:
    margins, labels = np.array([1.9, 2.0, 0.1, 0.2]), [1, 1, 0, 0]
    assert (judge_together(margins, SPREAD) > 0.5).tolist() == [bool(label) for label in labels]
    assert (judge_together(-margins, SPREAD) > 0.5).tolist() == [not label for label in labels]


def test_a_single_repetition_is_judged_as_alone() -> None:
    for margin in (-2.0, -0.1, 0.0, 0.3, 1.5):
        # With the shift integrated out both classes are normal, of variance within² + between².
        alone = expit(2.0 * margin * SPREAD.half_gap / (SPREAD.within**2 + SPREAD.between**2))
        assert judge_together(np.array([margin]), SPREAD)[0] == pytest.approx(alone, abs=2e-3)


def test_a_session_of_one_class_stays_where_it_is_when_people_differ_little() -> None:
    margins = np.array([0.8, 0.9, 1.0, 1.1, 1.3])
    assert (judge_together(margins, replace(SPREAD, between=0.2)) > 0.95).all()


def test_answers_are_calibrated() -> None:
    margins, labels, groups = draw(400, 6, replace(SPREAD, within=0.6))
    probabilities = np.concatenate(
        [judge_together(margins[groups == group], replace(SPREAD, within=0.6)) for group in np.unique(groups)]
    )
    for low in (0.0, 0.25, 0.5, 0.75):
        chosen = (probabilities >= low) & (probabilities < low + 0.25)
        assert labels[chosen].mean() == pytest.approx(probabilities[chosen].mean(), abs=0.06)


def test_a_learner_judges_together_is_stored_and_comes_back() -> None:
    learner = build_recipe(CONFIG).fit(TRAIN, seed=0)
    probabilities = learner.probabilities(TEST.motions)
    assert (probabilities.argmax(axis=1) == TEST.labels).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    options, arrays = json.loads(json.dumps(learner.describe())), learner.arrays()
    again = restore_judge(options, arrays)
    np.testing.assert_array_equal(again.probabilities(TEST.motions), probabilities)
    assert again.probabilities([]).shape == (0, 2)
    for bad in (arrays["spread"][:2], -arrays["spread"]):
        with pytest.raises(CheckpointError, match="again"):
            restore_judge(options, {**arrays, "spread": bad})


def test_what_cannot_be_judged_together_is_refused() -> None:
    with pytest.raises(InputError, match="set inner_folds"):
        build_recipe({**CONFIG, "inner_folds": 0})
    with pytest.raises(InputError, match="of two classes, got 3"):
        build_recipe(CONFIG).fit(make_people(classes=("good", "shallow", "never shown")))
    halves = [relabelled(only(TABLE, f"s0{k + 1}"), k % 2) for k in range(4)]
    labels = np.concatenate([half.labels for half in halves])
    with pytest.raises(DataError, match="judge repetitions one by one"):
        build_recipe(CONFIG).fit(replace(TABLE, labels=labels))
