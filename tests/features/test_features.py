from __future__ import annotations

import numpy as np
import pytest
import torch

from formnet.errors import InputError, SkeletonError
from formnet.features.distances import compute_distances
from formnet.features.registry import (
    FEATURE_BLOCKS,
    compute_block,
    compute_channels,
    compute_features,
    feature_names,
)
from formnet.geometry.joints import Joints
from formnet.preprocess.spec import BlockSpec, FeatureSpec
from formnet.skeleton import BLAZEPOSE_33, HMR_19, SKELETONS, SMPL_24, Skeleton
from tests.preprocess.squats import SHIN_M, squat_from_flexion, squats

BLOCKS = sorted(feature_names(FeatureSpec(), HMR_19) and FEATURE_BLOCKS)
WHOLE_BODY = [
    SKELETONS[name] for name in ("blazepose33", "hmr19", "coco17", "body25", "halpe26", "smpl24", "kinect22", "squat7")
]


def distances_the_slow_way(positions: np.ndarray) -> np.ndarray:
    rows = []
    for frame in positions:
        row = []
        for i in range(len(frame)):
            for j in range(i + 1, len(frame)):
                row.append(np.sqrt(sum((a - b) ** 2 for a, b in zip(frame[i], frame[j], strict=True))))
        rows.append(row)
    return np.array(rows)


def channels_of(motion, name: str, **options) -> dict[str, np.ndarray]:  # type: ignore[no-untyped-def]
    block = compute_block(Joints(motion.positions, motion.skeleton), name, options)
    return dict(zip(block.names, block.values.T, strict=True))


def test_distances_equal_the_slow_way_and_hmr_gives_the_papers_171() -> None:
    positions = np.random.default_rng(0).normal(size=(5, 19, 3))
    fast = compute_distances(positions)
    assert fast.shape == (5, 171)
    np.testing.assert_allclose(fast, distances_the_slow_way(positions), atol=1e-12)
    names = feature_names(FeatureSpec(), HMR_19)
    assert len(names) == 171
    assert names[0] == "distances/right_ankle-right_knee"
    assert names[-1] == "distances/left_ear-right_ear" or names[-1] == "distances/right_ear-left_ear"


def test_distances_do_not_see_the_camera() -> None:
    rng = np.random.default_rng(1)
    positions = rng.normal(size=(4, 19, 3))
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    moved = positions @ turn.T + rng.normal(size=(4, 1, 3))
    np.testing.assert_allclose(compute_distances(moved), compute_distances(positions), atol=1e-12)


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("skeleton", WHOLE_BODY, ids=lambda s: s.name)
def test_torch_and_numpy_agree_batched_and_single(name: str, skeleton: Skeleton) -> None:
    rng = np.random.default_rng(2)
    flexion = np.stack([np.linspace(5, 100, 12), np.linspace(100, 20, 12), np.full(12, 50.0)])
    batch = np.stack([squat_from_flexion(np.arange(12) / 30, f, skeleton).positions for f in flexion])
    batch += rng.normal(0, 0.02, batch.shape)
    spec = FeatureSpec((BlockSpec(name),))
    by_numpy = compute_channels(batch, skeleton, spec)
    by_torch = compute_channels(torch.from_numpy(batch), skeleton, spec)
    single = compute_channels(batch[1], skeleton, spec)
    assert by_numpy.names == by_torch.names == single.names
    assert len(set(single.names)) == len(single.names)
    assert by_torch.values.dtype == torch.float64
    np.testing.assert_allclose(by_torch.values.numpy(), by_numpy.values, atol=1e-9)
    np.testing.assert_allclose(single.values, by_numpy.values[1], atol=1e-12)
    assert np.isfinite(by_numpy.values).all()
    in_float32 = compute_channels(torch.from_numpy(batch).float(), skeleton, spec).values
    assert torch.isfinite(in_float32).all()


@pytest.mark.parametrize("name", ["log_ratio", "angles", "ratios", "heights"])
def test_size_of_the_person_does_not_matter(name: str) -> None:
    motion = squats((1.0,), duration_s=2)
    small = motion.replace(positions=0.7 * motion.positions)
    for channel, values in channels_of(motion, name).items():
        np.testing.assert_allclose(channels_of(small, name)[channel], values, atol=1e-4)


def turned_by_50_deg(motion):  # type: ignore[no-untyped-def]
    turn = np.radians(50)
    rotation = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    return motion.replace(positions=motion.positions @ rotation.T + np.array([1.0, 2.0, 3.0])), rotation


@pytest.mark.parametrize("name", [name for name in BLOCKS if name != "coordinates"])
def test_blocks_do_not_see_the_direction_of_the_camera(name: str) -> None:
    motion = squats((1.0,), duration_s=2)
    turned, _ = turned_by_50_deg(motion)
    for channel, values in channels_of(motion, name).items():
        np.testing.assert_allclose(channels_of(turned, name)[channel], values, atol=1e-6)


def test_coordinates_turn_with_the_camera_and_do_not_see_where_the_person_stands() -> None:
    motion = squats((1.0,), duration_s=2)
    turned, rotation = turned_by_50_deg(motion)
    before, after = channels_of(motion, "coordinates"), channels_of(turned, "coordinates")
    nose = np.stack([before[f"nose_{axis}"] for axis in "xyz"], axis=-1)
    np.testing.assert_allclose(
        np.stack([after[f"nose_{axis}"] for axis in "xyz"], axis=-1), nose @ rotation.T, atol=1e-6
    )
    hips = [0.5 * (before[f"left_hip_{axis}"] + before[f"right_hip_{axis}"]) for axis in "xyz"]
    np.testing.assert_allclose(hips, 0, atol=1e-9)


def test_extremes_are_those_of_the_deepest_moment_in_every_frame() -> None:
    motion = squats((1.0,), duration_s=2)
    extremes, ratios = channels_of(motion, "extremes"), channels_of(motion, "ratios")
    lowest = ratios["hip_over_knee"].min()
    np.testing.assert_allclose(extremes["lowest_hip_over_knee"], lowest)
    deep = ratios["hip_over_knee"] < lowest + 0.15
    np.testing.assert_allclose(
        extremes["knee_to_ankle_width_at_depth"], ratios["knee_to_ankle_width"][deep].mean(), rtol=1e-5
    )


def test_angles_of_a_known_posture() -> None:
    motion = squat_from_flexion(np.arange(2) / 30, np.array([0.0, 90.0]))
    found = channels_of(motion, "angles", unit_deg=1.0)
    np.testing.assert_allclose(found["knee"], [180, 90], atol=1e-6)
    np.testing.assert_allclose(found["hip"], [180, 90], atol=1e-6)
    np.testing.assert_allclose(found["knee_difference"], 0, atol=1e-6)
    np.testing.assert_allclose(found["shank_elevation"], [90, 45], atol=1e-6)
    np.testing.assert_allclose(found["thigh_elevation"], [90, 45], atol=1e-6)
    np.testing.assert_allclose(found["trunk_elevation"], [90, 45], atol=1e-6)
    by_side = channels_of(motion, "angles", unit_deg=1.0, sides=True)
    np.testing.assert_allclose(by_side["left_knee"], [180, 90], atol=1e-6)


def test_ratios_and_heights_of_a_known_posture() -> None:
    flexion = np.array([0.0, 0, 0, 90, 0, 0, 0])
    motion = squat_from_flexion(np.arange(7) / 30, flexion)
    ratios, heights = channels_of(motion, "ratios"), channels_of(motion, "heights")
    half = np.cos(np.radians(45))
    assert ratios["knee_to_ankle_width"][3] == pytest.approx(1, abs=1e-4)
    assert ratios["hip_over_knee"][[0, 3]] == pytest.approx([1, half], abs=1e-4)
    assert ratios["knee_before_ankle"][3] == pytest.approx(half, abs=1e-4)
    assert ratios["knee_before_toe"][3] == pytest.approx((SHIN_M * half - 0.18) / SHIN_M, abs=1e-4)
    assert ratios["back_length"] == pytest.approx(np.ones(7), abs=1e-4)
    assert heights["hips"][[0, 3]] == pytest.approx([1, half], abs=1e-4)


def test_log_ratio_is_zero_when_standing_and_halves_to_minus_log_two() -> None:
    positions = np.zeros((8, 2, 3))
    positions[:, 1, 0] = [2, 2, 2, 1, 4, 2, 2, 2]
    pose = Joints(positions, Skeleton("two", ("nose", "neck")))
    values = compute_block(pose, "log_ratio", {}).values[:, 0]
    np.testing.assert_allclose(values, [0, 0, 0, -np.log(2), np.log(2), 0, 0, 0], atol=1e-5)


def test_velocity_is_the_first_difference() -> None:
    motion = squats((1.0,), duration_s=2)
    slow = channels_of(motion, "heights")["hips"]
    fast = channels_of(motion, "velocity", block="heights")["hips_velocity"]
    np.testing.assert_allclose(fast[1:], np.diff(slow) * len(slow), atol=1e-9)


@pytest.mark.parametrize("name", BLOCKS)
def test_missing_joints_give_nan_channels_and_leave_the_others(name: str) -> None:
    motion = squats((1.0,), duration_s=2)
    positions = motion.positions.copy()
    positions[:, motion.skeleton.index("left_wrist")] = np.nan
    with_all = compute_features(motion, FeatureSpec((BlockSpec(name),)))
    without = compute_features(motion.replace(positions=positions), FeatureSpec((BlockSpec(name),)))
    lost = np.isnan(without).all(axis=0)
    np.testing.assert_array_equal(np.isnan(without).any(axis=0), lost)
    np.testing.assert_allclose(without[:, ~lost], with_all[:, ~lost], atol=1e-6)
    assert lost.sum() < without.shape[1]


def test_blocks_stand_side_by_side_in_order() -> None:
    motion = squats((1.0,), duration_s=2)
    both = compute_features(motion, FeatureSpec((BlockSpec("ratios"), BlockSpec("distances"))))
    n_ratios = len(feature_names(FeatureSpec((BlockSpec("ratios"),)), BLAZEPOSE_33))
    assert both.dtype == np.float32
    np.testing.assert_array_equal(both[:, n_ratios:], compute_features(motion, FeatureSpec()))


def test_errors_name_what_there_is() -> None:
    with pytest.raises(InputError, match="unknown feature block 'distance'; use angles, coordinates, distances"):
        feature_names(FeatureSpec((BlockSpec("distance"),)), HMR_19)
    with pytest.raises(InputError, match="has no option side; it has sides"):
        feature_names(FeatureSpec((BlockSpec("angles", {"side": True}),)), HMR_19)
    with pytest.raises(SkeletonError, match="'left_knee'"):
        feature_names(FeatureSpec((BlockSpec("angles"),)), Skeleton("arm", ("left_hip", "right_hip")))
    assert len(feature_names(FeatureSpec((BlockSpec("angles"),)), SMPL_24)) > 10
