"""Features of curves, the regression on them, calibration."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from scipy.special import softmax

from formnet.errors import CheckpointError
from formnet.judges.parts.blocks import (
    apply_to_eigenvalues,
    compute_correlations,
    compute_covariances,
    compute_log_amplitudes,
    compute_tangents,
    fit_whitening,
)
from formnet.judges.parts.calibrate import fit_slope, fit_weights, make_inner_folds
from formnet.judges.parts.ridge import fit_radial, fit_ridge, restore_radial, restore_ridge, solve_ridge

RNG = np.random.default_rng(0)
CURVES = np.cumsum(RNG.normal(size=(6, 4, 50)), axis=-1)


def test_amplitudes_do_not_see_where_a_curve_lies() -> None:
    moved = CURVES + RNG.normal(size=(6, 4, 1)) * 10
    np.testing.assert_allclose(compute_log_amplitudes(moved), compute_log_amplitudes(CURVES), atol=1e-9)


def test_larger_movement_only_shifts_amplitudes() -> None:
    plain, larger = (compute_log_amplitudes(curves, floor=0.0) for curves in (CURVES + 1e-9, 3 * CURVES + 3e-9))
    moves = np.isfinite(plain)
    np.testing.assert_allclose((larger - plain)[moves], np.log(3), atol=1e-9)


def test_matrix_functions_agree_with_the_slow_way() -> None:
    covariances = compute_covariances(CURVES)
    logs = apply_to_eigenvalues(covariances, np.log)
    for fast, matrix in zip(logs, covariances, strict=True):
        np.testing.assert_allclose(fast, scipy.linalg.logm(matrix), atol=1e-8)


def test_tangent_vectors_measure_the_log_euclidean_distance() -> None:
    covariances = compute_covariances(CURVES)
    tangents = compute_tangents(covariances, np.eye(4))
    for i, j in ((0, 1), (2, 5)):
        slow = np.linalg.norm(scipy.linalg.logm(covariances[i]) - scipy.linalg.logm(covariances[j]))
        assert np.linalg.norm(tangents[i] - tangents[j]) == pytest.approx(slow)


def test_correlations_do_not_see_how_much_a_curve_moves() -> None:
    factors = np.array([1.0, 3.0, 0.5, 20.0])[:, None]
    expected = [np.corrcoef(curves) + 0.05 * np.eye(4) for curves in CURVES]
    np.testing.assert_allclose(compute_correlations(100 * factors * CURVES), expected, atol=1e-4)


def test_whitening_makes_the_mean_of_one_the_unit_matrix() -> None:
    one = compute_covariances(CURVES[:1])
    np.testing.assert_allclose(compute_tangents(one, fit_whitening(one)), 0.0, atol=1e-8)


def test_ridge_is_the_primal_solution() -> None:
    blocks = [RNG.normal(size=(30, 5)) * 3 + 1, np.concatenate([RNG.normal(size=(30, 4)), np.ones((30, 1))], axis=1)]
    labels = np.arange(30) % 3
    ridge = fit_ridge(blocks, labels, 3, alpha=0.5, clip=2.0)
    scaled = []
    for block in blocks:
        deviation = block.std(axis=0)
        z = np.clip((block - block.mean(axis=0)) / np.where(deviation > 0, deviation, np.inf), -2, 2)
        scaled.append(z / np.sqrt((z**2).sum(axis=1).mean()) / np.sqrt(2))
    x = np.concatenate(scaled, axis=1)
    targets = 2.0 * (labels[:, None] == np.arange(3)) - 1

    # Ridge without centring of the features, as in the dual with the mean target taken off.
    mean = targets.mean(axis=0)
    weights = np.linalg.solve(x.T @ x + 0.5 * np.eye(10), x.T @ (targets - mean))
    np.testing.assert_allclose(ridge.scores(blocks), x @ weights + mean, atol=1e-9)
    again = restore_ridge(ridge.arrays(), 3)
    np.testing.assert_array_equal(again.scores(blocks), ridge.scores(blocks))
    for name, change in {
        "ridge.weights": lambda a: a[:-1],
        "ridge.means": lambda a: a * np.nan,
        "ridge.sizes": lambda a: a * 0,
        "ridge.scales": lambda a: a.astype(int),
    }.items():
        with pytest.raises(CheckpointError, match=r"ridge\."):
            restore_ridge({**ridge.arrays(), name: change(ridge.arrays()[name])}, 3)
    with pytest.raises(CheckpointError, match=r"no 'ridge\.clip'"):
        restore_ridge({k: v for k, v in ridge.arrays().items() if k != "ridge.clip"}, 3)


def test_radial_ridge_agrees_with_the_slow_way() -> None:
    blocks, labels = [RNG.normal(size=(20, 5)) * 3 + 1], np.arange(20) % 3
    ridge = fit_radial(blocks, labels, 3, alpha=0.5, clip=2.0, width=0.7)
    z = np.clip((blocks[0] - blocks[0].mean(axis=0)) / blocks[0].std(axis=0), -2, 2)
    z /= np.sqrt((z**2).sum(axis=1).mean())
    kernel = np.array([[np.exp(-0.7 * ((a - b) ** 2).sum()) for b in z] for a in z])
    targets = 2.0 * (labels[:, None] == np.arange(3)) - 1
    mean = targets.mean(axis=0)
    slow = kernel @ np.linalg.solve(kernel + 0.5 * np.eye(20), targets - mean) + mean
    np.testing.assert_allclose(ridge.scores(blocks), slow, atol=1e-5)
    again = restore_radial(ridge.arrays("a."), 3, "a.")
    np.testing.assert_array_equal(again.scores(blocks), ridge.scores(blocks))
    with pytest.raises(CheckpointError, match=r"'a\.rows'"):
        restore_radial({**ridge.arrays("a."), "a.rows": ridge.rows[:, 1:]}, 3, "a.")


def test_far_from_everything_a_radial_ridge_says_nothing_and_a_linear_one_says_much() -> None:
    values, labels = RNG.normal(size=(40, 6)), np.arange(40) % 2
    values[:, 0] += 2.0 * labels
    far = [np.full((1, 6), 100.0)]
    radial = fit_radial([values], labels, 2, 0.3, 1e6, 5.0).scores(far)
    np.testing.assert_allclose(radial, 0.0, atol=1e-6)
    assert np.abs(fit_ridge([values], labels, 2, 0.3, 1e6).scores(far)).max() > 10.0


def test_experts_are_weighed_by_what_they_know() -> None:
    labels = np.arange(200) % 2
    targets = np.where(labels[:, None] == np.arange(2), 1.0, -1.0)
    noise = RNG.normal(size=(3, 200, 2))
    noise -= noise.mean(axis=2, keepdims=True)
    scores = np.stack([targets + noise[0], targets + 3.0 * noise[1], noise[2] - targets])
    weights = fit_weights(scores, labels)
    # Weights go as one over the variance; who is always wrong counts nothing.
    assert weights[0] / weights[1] == pytest.approx(9.0, rel=0.4)
    assert weights[2] == 0.0
    np.testing.assert_allclose(fit_weights(-np.stack([targets] * 4), labels), 0.25)


def test_a_row_of_weight_two_is_two_rows() -> None:
    values, labels = RNG.normal(size=(12, 6)), np.arange(12) % 2
    weights = np.where(np.arange(12) < 4, 2.0, 1.0)
    kernel, targets = values @ values.T, np.where(labels[:, None] == np.arange(2), 1.0, -1.0)
    dual, centre = solve_ridge(kernel, targets, 0.7, weights)
    twice = np.concatenate([np.arange(12), np.arange(4)])
    plain, mean = solve_ridge(kernel[np.ix_(twice, twice)], targets[twice], 0.7, np.ones(16))
    np.testing.assert_allclose(centre, mean)
    np.testing.assert_allclose(values.T @ dual, values[twice].T @ plain)


def test_the_slope_that_made_the_labels_is_found() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(20000, 3))
    cumulative = softmax(2.5 * scores, axis=1).cumsum(axis=1)
    labels = (rng.random((20000, 1)) > cumulative).sum(axis=1)
    assert fit_slope(scores, labels) == pytest.approx(2.5, rel=0.05)


def test_scores_that_say_nothing_or_everything_stay_within_bounds() -> None:
    scores = np.eye(2)[np.arange(40) % 2] - 0.5
    assert fit_slope(scores, np.arange(40) % 2) <= 50.0
    assert fit_slope(scores, 1 - np.arange(40) % 2) >= 0.02


def test_inner_folds_are_whole_groups_or_random_parts() -> None:
    groups = np.array(list("aabbbcdddd"))
    folds = make_inner_folds(groups, 0, 9)
    assert sorted(set(groups[fold]).pop() for fold in folds) == list("abcd")
    assert all(len(set(groups[fold])) == 1 for fold in folds)
    merged = make_inner_folds(groups, 0, 2)
    assert sorted(fold.sum() for fold in merged) == [5, 5]
    assert np.sum(merged, axis=0).tolist() == [1] * 10
    parts = make_inner_folds(np.array(["a"] * 7), 0, 5)
    assert np.sum(parts, axis=0).tolist() == [1] * 7
    assert len(parts) == 5
