"""Vectors, paths and joints: what everything above draws from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from formnet.errors import SkeletonError
from formnet.geometry.angles import compute_angle_between_deg, compute_elevation_deg, compute_lean_deg
from formnet.geometry.joints import Joints
from formnet.geometry.paths import interpolate_at, interpolate_gaps, resample_frames, sample_frames
from formnet.geometry.vectors import compute_length, compute_unit_vectors, mirror_points
from formnet.skeleton import COCO_17, HMR_19, SMPL_24

NAN = np.nan
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("degenerate", [NAN, 0.0, 90.0])
def test_what_has_no_direction_gets_what_the_caller_says(degenerate: float) -> None:
    nothing, some = np.zeros(3), np.ones(3)
    for angle_deg in (
        compute_angle_between_deg(nothing, some, degenerate_deg=degenerate),
        compute_elevation_deg(some, some, degenerate_deg=degenerate),
        compute_lean_deg(some, some, degenerate_deg=degenerate),
        compute_unit_vectors(nothing, degenerate=degenerate)[0],
    ):
        np.testing.assert_equal(float(angle_deg), degenerate)
    # What is missing is missing, whatever the rule for what is degenerate.
    assert np.isnan(compute_angle_between_deg(np.full(3, NAN), some, degenerate_deg=degenerate))
    assert np.isnan(compute_unit_vectors(np.full(3, NAN), degenerate=degenerate)).all()


def test_numpy_and_torch_agree() -> None:
    first, second = RNG.normal(size=(2, 5, 4, 3))
    first[0, 0] = 0.0
    for function in (compute_angle_between_deg, compute_elevation_deg, compute_lean_deg):
        by_torch = function(torch.from_numpy(first), torch.from_numpy(second), degenerate_deg=7.0)
        np.testing.assert_allclose(by_torch.numpy(), function(first, second, degenerate_deg=7.0), atol=1e-9)
    np.testing.assert_allclose(compute_length(torch.from_numpy(first)), np.linalg.norm(first, axis=-1))
    turned = mirror_points(torch.from_numpy(first), np.array([1, 0, 2, 3]), 0.4)
    np.testing.assert_allclose(turned.numpy(), mirror_points(first, np.array([1, 0, 2, 3]), 0.4))


def test_lean_and_elevation_add_up_to_a_right_angle_and_lean_is_the_angle_to_up() -> None:
    low, high = RNG.normal(size=(2, 20, 3))
    lean_deg = compute_lean_deg(low, high)
    np.testing.assert_allclose(lean_deg + compute_elevation_deg(low, high), 90.0)
    np.testing.assert_allclose(lean_deg, compute_angle_between_deg(high - low, np.array([0.0, -1.0, 0.0])))


def test_a_mirror_swaps_sides_and_is_undone_by_itself() -> None:
    points = RNG.normal(size=(3, len(COCO_17), 2))
    mirrored = mirror_points(points, COCO_17.mirror, axis=2.0)
    left, right = COCO_17.index("left_knee"), COCO_17.index("right_knee")
    np.testing.assert_allclose(mirrored[:, left, 0], 4.0 - points[:, right, 0])
    np.testing.assert_allclose(mirrored[:, left, 1], points[:, right, 1])
    np.testing.assert_allclose(mirror_points(mirrored, COCO_17.mirror, axis=2.0), points)


def test_gaps_are_bridged_by_straight_lines_and_held_at_the_ends() -> None:
    values = np.array([[NAN, NAN], [1.0, NAN], [NAN, NAN], [3.0, NAN]])
    np.testing.assert_equal(interpolate_gaps(values), [[1, NAN], [1, NAN], [2, NAN], [3, NAN]])
    np.testing.assert_equal(interpolate_gaps(values, unseen=0.0)[:, 1], 0.0)
    np.testing.assert_allclose(interpolate_gaps(values, np.array([0.0, 1.0, 2.5, 3.0]))[:, 0], [1, 1, 2.5, 3])
    assert np.isnan(values[0, 0]), "what was given is not written to"
    blocks = np.moveaxis(np.stack([values, values], axis=1), 0, -1)
    np.testing.assert_equal(interpolate_gaps(np.moveaxis(blocks, -1, 0))[:, 1], interpolate_gaps(values))


def test_values_between_frames() -> None:
    values = RNG.normal(size=(7, 2, 3))
    np.testing.assert_array_equal(sample_frames(values, np.arange(7.0)), values)
    np.testing.assert_allclose(sample_frames(values, np.array([2.25]))[0], 0.75 * values[2] + 0.25 * values[3])
    even = resample_frames(values, 13)
    np.testing.assert_allclose(even[::2], values, atol=1e-12)
    np.testing.assert_allclose(even, interpolate_at(np.linspace(0, 6, 13), np.arange(7.0), values), atol=1e-12)
    assert resample_frames(values[:1], 4).shape == (4, 2, 3)


def test_joints_by_name_with_one_rule_for_absent_ones() -> None:
    positions = RNG.normal(size=(4, len(COCO_17), 3))
    joints = Joints(positions, COCO_17)
    np.testing.assert_array_equal(joints["nose"], positions[:, COCO_17.index("nose")])
    np.testing.assert_allclose(joints["pelvis"], 0.5 * (joints["left_hip"] + joints["right_hip"]))
    np.testing.assert_allclose(joints.across("hip"), joints["left_hip"] - joints["right_hip"])
    with pytest.raises(SkeletonError, match=f"the joint set '{COCO_17.name}' has no 'left_heel', which is needed here"):
        joints["left_heel"]
    assert np.isnan(Joints(positions, COCO_17, absent="nan").angles_deg("knee", "ankle", "heel")).all()
    straight = np.zeros((1, len(HMR_19), 3))
    for row, joint in enumerate(("hip", "knee", "ankle")):
        straight[0, HMR_19.indices((f"left_{joint}", f"right_{joint}")), 1] = row
    left, right = Joints(straight, HMR_19).angles_deg("hip", "knee", "ankle")
    assert left == right == pytest.approx(180.0)
    assert Joints(straight, HMR_19).elevations_deg("ankle", "knee")[0] == pytest.approx(90.0)
    assert Joints(np.zeros((1, 24, 3)), SMPL_24).head().shape == (1, 3)
