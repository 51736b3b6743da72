"""Procrustes: recovers what was done, never reflects, and leaves outliers out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from formnet.errors import InputError
from formnet.geometry.align import (
    align_generalised,
    compute_rotation_angle_deg,
    compute_tilt_deg,
    estimate_robust_rotation,
    estimate_rotation,
    estimate_similarity,
    estimate_vertical_rotation,
)


def draw_rotation(rng, n_dimensions):
    if n_dimensions == 3:
        return Rotation.random(random_state=int(rng.integers(1 << 30))).as_matrix()
    angle = rng.uniform(-np.pi, np.pi)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("n_dimensions", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_recovers_a_similarity(n_dimensions, seed):
    rng = np.random.default_rng(seed)
    a, rotation = rng.normal(size=(9, n_dimensions)), draw_rotation(rng, n_dimensions)
    shift = rng.normal(size=n_dimensions)
    found = estimate_similarity(a, 1.8 * a @ rotation.T + shift, rng.uniform(0.1, 1, 9))
    np.testing.assert_allclose(found.rotation, rotation, atol=1e-10)
    np.testing.assert_allclose(found.translation, shift, atol=1e-9)
    assert found.scale == pytest.approx(1.8)


@pytest.mark.parametrize("n_dimensions", [2, 3])
def test_never_reflects(n_dimensions):
    rng = np.random.default_rng(5)
    for _ in range(20):
        a = rng.normal(size=(6, n_dimensions))
        mirrored = a * ([-1] + [1] * (n_dimensions - 1))
        assert np.linalg.det(estimate_rotation(a, mirrored)) == pytest.approx(1.0)
        assert np.linalg.det(estimate_rotation(a, rng.normal(size=a.shape))) == pytest.approx(1.0)


def test_is_the_least_squares_rotation():
    rng = np.random.default_rng(6)
    a, b, weights = rng.normal(size=(8, 3)), rng.normal(size=(8, 3)), rng.uniform(0, 1, 8)
    best = estimate_rotation(a, b, weights)

    def loss(rotation):
        return (weights[:, None] * (a @ rotation.T - b) ** 2).sum()

    for _ in range(50):
        nudge = Rotation.from_rotvec(rng.normal(scale=0.05, size=3)).as_matrix()
        assert loss(nudge @ best) >= loss(best) - 1e-12


def test_missing_and_weightless_points_do_not_count():
    rng = np.random.default_rng(7)
    a, rotation = rng.normal(size=(10, 3)), draw_rotation(rng, 3)
    b = a @ rotation.T
    b[0], b[1] = np.nan, 99.0
    weights = np.ones(10)
    weights[1] = 0.0
    np.testing.assert_allclose(estimate_rotation(a, b, weights), rotation, atol=1e-10)


def test_the_majority_decides():
    rng = np.random.default_rng(8)
    a, rotation = rng.normal(size=(40, 3)), draw_rotation(rng, 3)
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b = a @ rotation.T
    b[:10] = b[:10] @ Rotation.from_euler("z", 50, degrees=True).as_matrix().T
    plain = estimate_rotation(a, b) @ rotation.T
    robust = estimate_robust_rotation(a, b) @ rotation.T
    assert compute_rotation_angle_deg(plain) > 3
    assert compute_rotation_angle_deg(robust) < 0.5


@pytest.mark.parametrize("angle", [-170, -30, 0, 45, 120])
def test_vertical_rotation(angle):
    a = np.random.default_rng(9).normal(size=(12, 3))
    rotation = Rotation.from_euler("y", angle, degrees=True).as_matrix()
    found = estimate_vertical_rotation(a, a @ rotation.T)
    np.testing.assert_allclose(found, rotation, atol=1e-10)
    assert compute_tilt_deg(found) == pytest.approx(0)
    assert compute_rotation_angle_deg(found) == pytest.approx(abs(angle))


def test_generalised_procrustes_brings_turned_copies_together():
    rng = np.random.default_rng(10)
    shape = rng.normal(size=(15, 3))
    copies = [shape] + [2 * shape @ draw_rotation(rng, 3).T + rng.normal(size=3) for _ in range(3)]
    mean, aligned = align_generalised(copies)
    for one in aligned:
        np.testing.assert_allclose(one, shape, atol=1e-8)
    np.testing.assert_allclose(mean, shape, atol=1e-8)


def test_generalised_procrustes_averages_noise_away():
    rng = np.random.default_rng(11)
    shape = rng.normal(size=(30, 3))
    copies = [(shape + rng.normal(scale=0.1, size=shape.shape)) @ draw_rotation(rng, 3).T for _ in range(25)]
    mean, _ = align_generalised(copies)
    error = estimate_similarity(mean, shape).apply(mean) - shape
    assert np.sqrt((error**2).mean()) < 0.04


def test_says_what_cannot_be_aligned():
    with pytest.raises(InputError, match="two points or more"):
        estimate_similarity(np.full((3, 2), np.nan), np.ones((3, 2)))
    with pytest.raises(InputError, match="lie in one place"):
        estimate_similarity(np.ones((3, 2)), np.random.default_rng(1).normal(size=(3, 2)))
    with pytest.raises(InputError, match="at least one reference"):
        align_generalised([])
