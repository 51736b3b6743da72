"""Dynamic time warping: exact to a slow obvious twin and to dtaidistance."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from dtaidistance import dtw, dtw_ndim

from formnet.errors import InputError
from formnet.geometry.warping import (
    align_by_cost,
    compute_band,
    compute_dtw_distance,
    compute_squared_distances,
    find_nearest_of_classes,
)

SHAPES = [(1, 1, 1), (1, 7, 2), (7, 1, 2), (12, 12, 3), (30, 17, 5), (17, 40, 51)]


def slow_least_sum(cost, low, high):
    """The recursion as it stands in the books."""
    n, m = cost.shape
    total = np.full((n + 1, m + 1), np.inf)
    total[0, 0] = 0.0
    for i, j in itertools.product(range(n), range(m)):
        if low[i] <= j < high[i]:
            total[i + 1, j + 1] = cost[i, j] + min(total[i, j], total[i, j + 1], total[i + 1, j])
    return total[n, m]


def draw(rng, n, m, k):
    return np.cumsum(rng.normal(size=(n, k)), axis=0), np.cumsum(rng.normal(size=(m, k)), axis=0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("band", [None, 0, 2, 9])
def test_equals_the_slow_twin(shape, band):
    a, b = draw(np.random.default_rng(1), *shape)
    cost = ((a[:, None] - b[None]) ** 2).sum(axis=-1)
    expected = np.sqrt(slow_least_sum(cost, *compute_band(len(a), len(b), band)))
    assert compute_dtw_distance(a, b, band) == pytest.approx(expected, rel=1e-10)
    assert np.sqrt(align_by_cost(cost, band)[0]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("shape", SHAPES[1:])
def test_equals_dtaidistance(shape):
    a, b = draw(np.random.default_rng(2), *shape)
    assert compute_dtw_distance(a, b) == pytest.approx(dtw_ndim.distance(a, b), rel=1e-10)
    assert compute_dtw_distance(a[:, 0], b[:, 0]) == pytest.approx(dtw.distance(a[:, 0], b[:, 0]), rel=1e-10)


@pytest.mark.parametrize("band", [None, 3])
def test_the_path_is_a_warping_path_of_that_cost(band):
    a, b = draw(np.random.default_rng(3), 25, 33, 4)
    total, path = align_by_cost(compute_squared_distances(a, b), band)
    assert tuple(path[0]) == (0, 0)
    assert tuple(path[-1]) == (24, 32)
    assert {tuple(step) for step in np.diff(path, axis=0)} <= {(1, 1), (1, 0), (0, 1)}
    assert ((a[path[:, 0]] - b[path[:, 1]]) ** 2).sum() == pytest.approx(total, rel=1e-12)
    low, high = compute_band(25, 33, band)
    assert ((path[:, 1] >= low[path[:, 0]]) & (path[:, 1] < high[path[:, 0]])).all()


def test_a_repeated_frame_costs_nothing():
    a = np.random.default_rng(4).normal(size=(20, 6))
    assert compute_dtw_distance(a, np.repeat(a, 3, axis=0)) == 0.0


def test_equal_far_from_the_origin_is_exactly_zero():
    a = np.random.default_rng(5).normal(size=(40, 8)) + 1e6
    assert compute_dtw_distance(a, a) == 0.0


def test_squares_keep_their_digits_near_zero():
    rng = np.random.default_rng(6)
    a = rng.normal(size=(30, 9)) * 100
    b = a + rng.normal(size=a.shape) * 1e-6
    exact = ((a[:, None] - b[None]) ** 2).sum(axis=-1)
    np.testing.assert_allclose(compute_squared_distances(a, b), exact, rtol=1e-8)


def test_a_wider_band_never_costs_more():
    a, b = draw(np.random.default_rng(7), 30, 42, 3)
    totals = [compute_dtw_distance(a, b, band) for band in (0, 1, 2, 5, 10, 50)]
    assert totals == sorted(totals, reverse=True)
    assert totals[-1] == pytest.approx(compute_dtw_distance(a, b))


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (np.ones((3, 2)), np.ones((3, 4)), "equal size, got 2 and 4"),
        (np.ones((0, 2)), np.ones((3, 2)), "at least one of each"),
        (np.full((3, 2), np.nan), np.ones((3, 2)), "missing values"),
    ],
)
def test_refuses_what_it_cannot_align(a, b, words):
    with pytest.raises(InputError, match=words):
        compute_dtw_distance(a, b)


def test_refuses_a_negative_band_and_an_empty_matrix():
    with pytest.raises(InputError, match="0 or more frames"):
        compute_dtw_distance(np.ones((3, 2)), np.ones((3, 2)), -1)
    with pytest.raises(InputError, match="at least one frame"):
        align_by_cost(np.ones((0, 3)))


@pytest.mark.parametrize("band", [None, 0, 3])
def test_the_nearest_of_each_class_is_that_of_all_distances(band: int | None) -> None:
    rng = np.random.default_rng(5)
    rows, columns, labels = rng.normal(size=(4, 12, 2)), rng.normal(size=(9, 12, 2)), np.array([0, 2] * 4 + [0])
    distances = np.array([[compute_dtw_distance(row, column, band) for column in columns] for row in rows])
    nearest = find_nearest_of_classes(rows, columns, labels, 3, band)
    np.testing.assert_allclose(nearest[:, [0, 2]], np.stack([distances[:, labels == c].min(1) for c in (0, 2)], axis=1))
    assert np.isinf(nearest[:, 1]).all()
    np.testing.assert_allclose(find_nearest_of_classes(columns, columns, labels, 3, band).min(axis=1), 0.0)
    assert (find_nearest_of_classes(columns, columns, labels, 3, band, exclude_same=True).min(axis=1) > 0).all()
