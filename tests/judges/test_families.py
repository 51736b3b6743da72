"""Forest, discriminants and networks: as good as their slow twins, and safe to load."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier

from formnet.errors import CheckpointError
from formnet.judges.squat.cells import compute_cell_weights, compute_fisher_ratios, pick_features
from formnet.judges.squat.curve_network import CurveNetworkOptions, fit_networks, restore_networks
from formnet.judges.squat.discriminant import fit_discriminants, fit_shrunk_discriminant, restore_discriminants
from formnet.judges.squat.forest import convert_forest, fit_forest, restore_forest

RNG = np.random.default_rng(0)
LABELS = np.arange(120) % 3
GROUPS = np.array([f"d{k}" for k in (np.arange(120) // 30)])
FEATURES = RNG.normal(size=(120, 12))
FEATURES[:, 0] += 2 * LABELS
FEATURES[:, 1] += 2 * (LABELS == 1)


def test_the_forest_answers_as_scikit_learn_does() -> None:
    grown = ExtraTreesClassifier(20, min_samples_leaf=2, random_state=0).fit(FEATURES, LABELS)
    new = RNG.normal(size=(200, 12)) * 2
    ours = convert_forest(grown, 3).probabilities(new)
    np.testing.assert_allclose(ours, grown.predict_proba(new), atol=1e-6)


def test_a_class_the_forest_never_saw_gets_nothing() -> None:
    rows = LABELS != 1
    forest = fit_forest(FEATURES[rows], LABELS[rows], np.ones(rows.sum()), 4, 0, trees=5)
    probabilities = forest.probabilities(FEATURES)
    assert (probabilities[:, [1, 3]] == 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)


FOREST = fit_forest(FEATURES, LABELS, np.ones(120), 3, 0, trees=5)


def change(name: str, place: int, value: float) -> Callable[[dict[str, np.ndarray]], None]:
    def apply(arrays: dict[str, np.ndarray]) -> None:
        arrays[name] = arrays[name].copy()
        arrays[name].reshape(-1)[place] = value

    return apply


def drop(name: str) -> Callable[[dict[str, np.ndarray]], None]:
    return lambda arrays: arrays.update({name: arrays[name][:-1]})


@pytest.mark.parametrize(
    "damage",
    [
        change("forest.features", 0, 12),
        change("forest.features", 0, -2),
        change("forest.left", 0, 0),
        change("forest.right", 0, 10**6),
        change("forest.roots", 0, -1),
        change("forest.thresholds", 0, np.nan),
        change("forest.leaves", 0, np.inf),
        drop("forest.left"),
        drop("forest.leaves"),
        lambda arrays: arrays.update({"forest.roots": arrays["forest.roots"][:0]}),
        lambda arrays: arrays.pop("forest.thresholds"),
        lambda arrays: arrays.update({"forest.features": arrays["forest.features"].astype(float)}),
    ],
)
def test_hostile_forests_are_refused(damage: Callable[[dict[str, np.ndarray]], None]) -> None:
    arrays = dict(FOREST.arrays())
    again = restore_forest(arrays, 12, 3)
    np.testing.assert_array_equal(again.probabilities(FEATURES), FOREST.probabilities(FEATURES))
    damage(arrays)
    with pytest.raises(CheckpointError, match=r"get (the model|it) again|train the model again"):
        restore_forest(arrays, 12, 3)


def test_every_class_and_every_day_weighs_its_share() -> None:
    labels = np.array([0] * 9 + [0] * 1 + [1] * 4)
    groups = np.array(["a"] * 9 + ["b"] + ["a"] * 4)
    weights = compute_cell_weights(labels, groups)
    assert weights.sum() == pytest.approx(len(labels))
    assert weights[labels == 0].sum() == pytest.approx(weights[labels == 1].sum())
    assert weights[:9].sum() == pytest.approx(3 * weights[9])


def test_a_feature_that_changes_with_the_day_is_worth_less() -> None:
    steady = LABELS + 0.3 * RNG.normal(size=120)
    moody = steady + 2.0 * np.unique(GROUPS, return_inverse=True)[1]
    ratios = compute_fisher_ratios(np.stack([steady, moody], axis=1), LABELS, GROUPS)
    assert set(ratios) == {(0, 1), (0, 2), (1, 2)}
    for ratio in ratios.values():
        assert ratio[0] > 5 * ratio[1]


def test_picked_features_are_no_copies_of_each_other() -> None:
    copies = np.concatenate([FEATURES, FEATURES + 1e-3 * RNG.normal(size=FEATURES.shape)], axis=1)
    standard = (copies - copies.mean(axis=0)) / copies.std(axis=0)
    picked = pick_features(np.arange(24.0), standard, 30)
    assert sorted(number % 12 for number in picked) == list(range(12))
    assert pick_features(np.arange(24.0), standard, 3) == [23, 22, 21]


def test_the_discriminant_agrees_with_scikit_learn() -> None:
    weights, bias = fit_shrunk_discriminant(FEATURES, LABELS, np.ones(120), 3, 0.3)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3, priors=[1 / 3] * 3)
    theirs.fit(FEATURES, LABELS)
    ours = FEATURES @ weights + bias
    difference = ours - theirs.decision_function(FEATURES)
    # Scores of all classes may be shifted together; only their differences count.
    np.testing.assert_allclose(difference - difference[:, :1], 0.0, atol=0.05)
    assert (ours.argmax(1) == theirs.predict(FEATURES)).all()


def test_discriminants_learn_and_come_back() -> None:
    fitted = fit_discriminants(FEATURES, LABELS, GROUPS, 4, 0, members=5, share=0.8, per_pair=4)
    probabilities = fitted.probabilities(FEATURES)
    assert (probabilities.argmax(1) == LABELS).mean() > 0.75
    assert (probabilities[:, 3] == 0).all()
    again = restore_discriminants(fitted.arrays(), 12, 4)
    np.testing.assert_array_equal(again.probabilities(FEATURES), probabilities)
    for name, bad in {
        "indices": fitted.indices + 12,
        "sizes": fitted.sizes * 0,
        "spreads": fitted.spreads * 0,
        "weights": fitted.weights[:, :3],
    }.items():
        with pytest.raises(CheckpointError, match=f"discriminants.{name}"):
            restore_discriminants({**fitted.arrays(), f"discriminants.{name}": bad}, 12, 4)


def test_a_class_of_one_day_is_not_lost_with_it() -> None:
    groups = np.where(LABELS == 2, "d0", GROUPS)
    fitted = fit_discriminants(FEATURES, LABELS, groups, 3, 0, members=4, share=1.0)
    assert (fitted.biases > -1e6).all()


QUICK = CurveNetworkOptions(members=2, width=8, layers=1, epochs=20, batch_size=16, offset=0.1)


def make_curves() -> np.ndarray:
    """The class is how often a curve swings; where it lies says nothing."""
    time = np.linspace(0, 2 * np.pi, 32)
    curves = np.stack([np.sin((1 + label) * time) for label in LABELS])[..., None] * np.ones(3)
    return curves + RNG.normal(0, 0.3, (120, 1, 3))


def test_networks_learn_repeat_and_come_back() -> None:
    curves = make_curves()
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    fitted = fit_networks(curves, LABELS, np.ones(120), 3, 7, QUICK)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert (fitted.probabilities(curves).argmax(1) == LABELS).mean() > 0.9
    same = fit_networks(curves, LABELS, np.ones(120), 3, 7, QUICK)
    for name, array in fitted.arrays().items():
        np.testing.assert_array_equal(array, same.arrays()[name], err_msg=name)
    again = restore_networks(fitted.options(), fitted.arrays(), 3, 3)
    np.testing.assert_array_equal(again.probabilities(curves), fitted.probabilities(curves))
    np.testing.assert_allclose(again.probabilities(curves[:1]), fitted.probabilities(curves)[:1], atol=1e-6)
    with pytest.raises(CheckpointError, match="wants networks of 99999"):
        restore_networks({**fitted.options(), "width": 99999}, fitted.arrays(), 3, 3)
    with pytest.raises(CheckpointError, match="network"):
        restore_networks({**fitted.options(), "width": 16}, fitted.arrays(), 3, 3)


def test_missing_channels_do_not_spread() -> None:
    curves = make_curves()
    curves[:, :, 2] = np.nan
    curves[3, :, 1] = np.nan
    fitted = fit_networks(curves, LABELS, np.ones(120), 3, 7, QUICK)
    assert np.isfinite(fitted.probabilities(curves)).all()
