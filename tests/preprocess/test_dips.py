"""Dips and cuts on curves whose turns are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import median_filter

from formnet.preprocess.dips import Dip, estimate_bottom_s, find_dips
from formnet.preprocess.hips import suppress_spikes
from formnet.preprocess.scenes import find_cuts, find_scenes
from tests.preprocess.squats import squats


def test_dips_of_a_polygon() -> None:
    corners = [0.0, -1.0, 0.0, -0.8, -0.1, -1.0, -0.7]
    values = np.interp(np.linspace(0, 6, 61), np.arange(7), corners)
    assert find_dips(values, 0.05) == (Dip(0, 10, 20), Dip(20, 30, 40), Dip(40, 50, 60))


def test_small_turns_are_unrest_and_small_rises_part_nothing() -> None:
    values = np.array([0, -1, -0.96, -1.02, -0.7, -1.0, 0, -0.04, 0])
    assert find_dips(values, 0.05) == (Dip(0, 3, 6),)


@pytest.mark.parametrize("shape", [np.zeros(10), np.arange(10.0), np.array([3.0])])
def test_what_never_turns_has_at_most_one_way(shape: np.ndarray) -> None:
    assert all(dip.bottom in (dip.before, dip.after) for dip in find_dips(shape, 0.05))


def test_dips_do_not_depend_on_level_or_speed() -> None:
    rng = np.random.default_rng(3)
    values = np.repeat(np.cumsum(rng.normal(size=40)), 3)
    dips = find_dips(values, 0.5)
    assert find_dips(values + 7, 0.5) == dips
    assert [d.bottom // 2 for d in find_dips(np.repeat(values, 2), 0.5)] == [d.bottom for d in dips]
    for dip in dips:
        assert values[dip.bottom] == values[dip.before : dip.after + 1].min()


def test_the_bottom_of_a_hold_is_its_middle() -> None:
    times_s = np.arange(0, 6, 0.1)
    values = np.interp(times_s, [0, 2, 4, 6], [1.0, 0.0, 0.01, 1.0])
    (dip,) = find_dips(values, 0.1)
    assert estimate_bottom_s(times_s, values, dip) == pytest.approx(3.0, abs=0.02)
    assert estimate_bottom_s(times_s[20:], values[20:], Dip(0, 0, 39)) == pytest.approx(2.0)


def test_spikes_go_and_slopes_stay_to_their_ends() -> None:
    times_s = np.arange(60) / 30
    slope = np.linspace(0, 1, 60)
    np.testing.assert_allclose(suppress_spikes(slope, times_s), slope)
    spiky = slope.copy()
    spiky[20:22] -= 1
    assert np.abs(suppress_spikes(spiky, times_s) - slope).max() < 0.1


@pytest.mark.parametrize("frames", [2, 3, 60])
def test_spikes_are_told_by_the_median_around_a_frame(frames: int) -> None:
    values = np.random.default_rng(0).normal(size=frames)
    half = min(3, frames - 1)
    longer = np.pad(values, half, mode="reflect", reflect_type="odd")
    expected = median_filter(longer, 2 * half + 1)[half : half + frames]
    np.testing.assert_array_equal(suppress_spikes(values, np.arange(frames) / 30), expected)


def test_a_scene_ends_at_a_cut_and_where_nobody_is_seen() -> None:
    times_s = np.arange(90) / 30
    known = np.ones(90, dtype=bool)
    known[[5, 6]] = False
    known[40:70] = False
    scenes, warnings = find_scenes(times_s, known, (20,), 0.5)
    assert [(int(s[0]), int(s[-1])) for s in scenes] == [(0, 19), (20, 39), (70, 89)]
    assert len(warnings) == 1
    assert "unseen for 1.0 s from 1.3 s on" in warnings[0]


def test_a_jump_of_the_whole_body_is_a_cut_and_quick_movement_is_none() -> None:
    motion = squats((2.0, 2.8), width_s=0.8)
    picture = motion.replace(positions=motion.positions[..., :2] * 400, unit="pixel")
    assert find_cuts(picture) == ()
    positions = picture.positions.copy()
    positions[150:] += [200.0, 50.0]
    assert find_cuts(picture.replace(positions=positions)) == (150,)
    swapped = picture.positions.copy()
    swapped[150:] = swapped[150:, picture.skeleton.mirror]
    assert find_cuts(picture.replace(positions=swapped)) == ()
