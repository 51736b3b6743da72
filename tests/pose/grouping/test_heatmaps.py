"""Heatmaps show each joint where it is, and are read to a fraction of a cell."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from formnet.pose.grouping.heatmaps import decode_heatmaps, make_heatmaps


def slow_heatmap(joints, size, sigma):
    maps = np.zeros((joints.shape[1], size[1], size[0]))
    for person in joints:
        for joint, (x, y) in enumerate(person):
            for row in range(size[1]):
                for column in range(size[0]):
                    if np.isfinite(x):
                        away = (column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2
                        maps[joint, row, column] = max(maps[joint, row, column], np.exp(-away / (2 * sigma**2)))
    return maps


def slow_taylor(heatmap, sigma):
    """DARK for one map, step by step as in the paper."""
    logs = np.log(np.maximum(gaussian_filter(heatmap.astype(float), sigma / 2, mode="constant"), 1e-10))
    y, x = np.unravel_index(heatmap.argmax(), heatmap.shape)
    gradient = np.array([(logs[y, x + 1] - logs[y, x - 1]) / 2, (logs[y + 1, x] - logs[y - 1, x]) / 2])
    xx = (logs[y, x + 2] - 2 * logs[y, x] + logs[y, x - 2]) / 4
    yy = (logs[y + 2, x] - 2 * logs[y, x] + logs[y - 2, x]) / 4
    xy = (logs[y + 1, x + 1] - logs[y - 1, x + 1] - logs[y + 1, x - 1] + logs[y - 1, x - 1]) / 4
    return np.array([x, y]) + 0.5 - np.linalg.inv([[xx, xy], [xy, yy]]) @ gradient


@pytest.fixture
def joints():
    rng = np.random.default_rng(3)
    people = rng.uniform((4, 4), (26, 20), (3, 5, 2))
    people[1, 2] = np.nan
    return people


def test_equal_the_slow_twin_and_neighbours_keep_their_peaks(joints):
    maps = make_heatmaps(joints, (30, 24), 1.7)
    np.testing.assert_allclose(maps, slow_heatmap(joints, (30, 24), 1.7), atol=1e-6)
    assert maps.max() <= 1.0


def test_nobody_and_unknown_joints_leave_maps_empty():
    assert not make_heatmaps(np.zeros((0, 4, 2)), (8, 6), 1.0).any()
    assert not make_heatmaps(np.full((1, 4, 2), np.nan), (8, 6), 1.0).any()


@pytest.mark.parametrize(("refine", "worst"), [("none", 0.71), ("quarter", 0.36), ("taylor", 0.02)])
def test_what_each_refinement_is_worth(joints, refine, worst):
    person = joints[:1]
    places, heights = decode_heatmaps(make_heatmaps(person, (30, 24), 2.0), refine, 2.0)
    assert np.linalg.norm(places - person[0], axis=1).max() < worst
    assert (heights > 0.7).all()


def test_taylor_equals_the_slow_twin_on_bumpy_maps(joints):
    maps = make_heatmaps(joints[:1], (30, 24), 2.0)
    maps = maps + np.random.default_rng(1).uniform(0, 0.02, maps.shape).astype(np.float32)
    places, _ = decode_heatmaps(maps, "taylor", 2.0)
    np.testing.assert_allclose(places, [slow_taylor(one, 2.0) for one in maps], atol=1e-9)


def test_peaks_at_the_edge_stay_in_their_cell():
    maps = np.zeros((2, 9, 9), np.float32)
    maps[0, 0, 4] = maps[1, 8, 8] = 1.0
    places, _ = decode_heatmaps(maps, "taylor")
    np.testing.assert_allclose(places, [[4.5, 0.5], [8.5, 8.5]])


def test_leading_axes_are_kept(joints):
    maps = make_heatmaps(joints[:1], (30, 24), 2.0)
    both, _ = decode_heatmaps(np.stack([maps, maps[::-1]]))
    np.testing.assert_allclose(both[0], both[1][::-1])
