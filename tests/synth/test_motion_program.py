"""Tempo curves, steps, rotations and chains: cases with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from formnet.synth.kinematics import compute_axis_angle, rotation_about, swivel_onto_plane, two_bone_chain
from formnet.synth.program import Tempo, compute_depth, sample_drift, sample_tempo
from formnet.synth.transitions import sample_setting, sample_walk


def plain_tempo(**changes: float) -> Tempo:
    values = {
        "before_s": 0.5, "descent_s": 1.5, "pause_s": 0.4, "ascent_s": 1.0, "after_s": 0.5, "ease_top": 2.0,
        "ease_turn": 2.0, "sticking": 0.0, "sticking_at": 0.4, "sinking": 0.0,
    } | changes  # fmt: skip
    return Tempo(**{name: np.array([value]) for name, value in values.items()})


def test_exponents_of_two_are_minimum_jerk() -> None:
    times = np.linspace(0, 3.9, 200)[None]
    depth, _ = compute_depth(plain_tempo(), times)
    x = np.clip((times - 0.5) / 1.5, 0, 1)
    y = np.clip((times - 2.4) / 1.0, 0, 1)
    curve = [10 * v**3 - 15 * v**4 + 6 * v**5 for v in (x, y)]
    np.testing.assert_allclose(depth, np.minimum(curve[0], 1 - curve[1]), atol=2e-3)


def test_depth_over_time() -> None:
    rng = np.random.default_rng(2)
    tempo = sample_tempo(rng, 200)
    times = np.linspace(-1, 1, 400) * tempo.total_s[:, None] + tempo.bottom_s[:, None]
    depth, rising = compute_depth(tempo, times)
    assert depth.min() >= 0
    assert depth.max() <= 1
    outside = (times < tempo.start_s[:, None]) | (times > tempo.end_s[:, None])
    assert depth[outside].max() < 1e-9
    at_turn, _ = compute_depth(tempo, tempo.bottom_s[:, None])
    np.testing.assert_allclose(at_turn, 1, atol=1e-6)
    step_s = np.diff(times, axis=1)
    assert np.abs(np.diff(depth, axis=1) / step_s).max() < 4.5
    assert (np.diff(rising, axis=1) >= 0).all()


def test_sticking_slows_the_ascent_where_it_is() -> None:
    times = np.linspace(2.4, 3.4, 101)[None]
    free, _ = compute_depth(plain_tempo(), times)
    stuck, _ = compute_depth(plain_tempo(sticking=0.8), times)
    speed = [np.abs(np.gradient(depth[0])) for depth in (free, stuck)]
    assert speed[1][40] < 0.5 * speed[0][40]
    assert stuck[0, -1] == pytest.approx(0, abs=1e-9)


def test_unrest_scales_and_has_no_jumps() -> None:
    drift = sample_drift(np.random.default_rng(1), np.array([0.0, 1.0, 2.0]))
    times = np.tile(np.arange(0, 20, 0.02), (3, 1))
    sway = drift.at(times)["sway_forward_m"]
    assert np.abs(sway[0]).max() == 0
    assert 0.0005 < np.std(sway[1]) < 0.05
    assert np.abs(np.diff(sway, axis=1)).max() < 0.005
    doubled = replace(drift, amplitude=2 * drift.amplitude)
    np.testing.assert_allclose(doubled.at(times)["breath_deg"], 2 * drift.at(times)["breath_deg"])


@pytest.mark.parametrize("seed", range(12))
def test_walks_arrive_with_both_feet(seed: int) -> None:
    walk = sample_walk(np.random.default_rng(seed), 1.0, False, (0.3, 1.2))
    times = np.arange(0, walk.end_s + 1, 0.01)
    offset, height = walk.feet(times)
    np.testing.assert_allclose(offset[0], np.tile(walk.offset_m, (2, 1)))
    np.testing.assert_allclose(offset[-1], 0, atol=1e-12)
    assert height.min() == 0
    assert (height.min(axis=1) < 1e-9).all(), "one foot stands at all times"
    moving = np.linalg.norm(np.diff(offset, axis=0), axis=-1) > 1e-6
    assert not moving[height[1:] + height[:-1] < 1e-12].any(), "a foot on the floor does not slide"
    leaving = replace(walk, is_leaving=True).feet(times)[0]
    np.testing.assert_allclose(leaving + offset, np.broadcast_to(walk.offset_m, offset.shape))


@pytest.mark.parametrize("has_bar", [False, True])
def test_settings_leave_the_repetitions_alone(has_bar: bool) -> None:
    for seed in range(30):
        setting = sample_setting(np.random.default_rng(seed), 12.0, has_bar)
        inside = np.linspace(setting.lead_s, setting.lead_s + 12.0, 50)
        np.testing.assert_allclose(setting.arms(inside), 1, atol=1e-9)
        np.testing.assert_allclose(setting.dip(inside), 0, atol=1e-9)
        for walk in setting.walks:
            offset, _ = walk.feet(inside)
            np.testing.assert_allclose(offset, 0, atol=1e-9)


def test_axis_angle_agrees_with_scipy() -> None:
    rotations = Rotation.random(500, random_state=3)
    ours = compute_axis_angle(rotations.as_matrix())
    np.testing.assert_allclose(Rotation.from_rotvec(ours).as_matrix(), rotations.as_matrix(), atol=1e-9)
    np.testing.assert_array_equal(compute_axis_angle(np.eye(3)), 0)
    tiny = rotation_about(1, np.array(1e-6))
    np.testing.assert_allclose(compute_axis_angle(tiny), [0, np.radians(1e-6), 0], rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_rotation_about_agrees_with_scipy(axis: int) -> None:
    expected = Rotation.from_euler("xyz"[axis], 37, degrees=True).as_matrix()
    np.testing.assert_allclose(rotation_about(axis, np.array(37.0)), expected, atol=1e-12)


def test_two_bones_keep_their_lengths_and_reach_their_end() -> None:
    rng = np.random.default_rng(0)
    root, end = rng.normal(size=(2, 300, 3)) * 0.2
    upper, lower = rng.uniform(0.3, 0.5, (2, 300))
    chain = two_bone_chain(root, end, upper, lower, rng.normal(size=(300, 3)))
    middle = chain.middle(rng.uniform(-3, 3, 300))
    np.testing.assert_allclose(np.linalg.norm(middle - root, axis=-1), upper, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(chain.end - middle, axis=-1), lower, atol=1e-9)
    distance = np.linalg.norm(end - root, axis=-1)
    within = (distance < 0.99 * (upper + lower)) & (distance > 1.1 * np.abs(upper - lower) + 0.02)
    np.testing.assert_allclose(chain.end[within], end[within], atol=1e-9)


def test_both_swivels_meet_the_plane() -> None:
    chain = two_bone_chain(
        np.zeros(3), np.array([0.0, -0.5, 0.0]), np.array(0.4), np.array(0.4), np.array([0.0, 0.0, 1.0])
    )
    normal = np.array([1.0, 0.0, 0.0])
    for swivel in swivel_onto_plane(chain, normal, np.array(0.1)):
        assert chain.middle(swivel)[0] == pytest.approx(0.1)
    # Out of reach: as near as the chain allows.
    first, _ = swivel_onto_plane(chain, normal, np.array(5.0))
    assert chain.middle(first)[0] == pytest.approx(float(chain.radius))
