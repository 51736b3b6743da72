from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import SkeletonError
from formnet.geometry.angles import compute_angle_between_deg, compute_joint_angle_deg, compute_lean_deg
from formnet.geometry.limbs import compute_limb_lengths, compute_limb_tree, scale_limbs
from formnet.skeleton import SKELETONS, Skeleton

ROOTED = list(SKELETONS.values())


@pytest.mark.parametrize("angle_deg", [0.0, 1e-4, 30.0, 90.0, 150.0, 180.0 - 1e-4, 180.0])
def test_angle_between_is_exact_also_near_the_ends(angle_deg: float) -> None:
    turned = 3.0 * np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg)), 0.0])
    assert compute_angle_between_deg(np.array([2.0, 0, 0]), turned) == pytest.approx(angle_deg, abs=1e-9)


def test_angle_of_nothing_is_nan() -> None:
    assert np.isnan(compute_angle_between_deg(np.zeros(3), np.ones(3)))
    assert np.isnan(compute_angle_between_deg(np.full(3, np.nan), np.ones(3)))


def test_joint_angle_and_lean() -> None:
    hip, knee, ankle = np.array([0.0, -1, 0]), np.zeros(3), np.array([1.0, 0, 0])
    assert compute_joint_angle_deg(hip, knee, ankle) == pytest.approx(90)
    assert compute_lean_deg(knee, hip) == pytest.approx(0)  # up is −y
    assert compute_lean_deg(knee, ankle) == pytest.approx(90)


@pytest.mark.parametrize("skeleton", ROOTED, ids=lambda s: s.name)
def test_tree_reaches_every_joint_once_and_places_parents_first(skeleton: Skeleton) -> None:
    tree = compute_limb_tree(skeleton)
    children = [child for _, child in tree.order]
    assert sorted(children) == sorted(set(skeleton.joints) - {tree.root})
    placed = {tree.root}
    for parent, child in tree.order:
        assert parent in placed
        placed.add(child)


def test_tree_of_the_paper() -> None:
    limbs = set(compute_limb_tree(SKELETONS["hmr19"]).order)
    assert {
        ("neck", "left_shoulder"),
        ("left_shoulder", "left_hip"),
        ("left_hip", "left_knee"),
        ("neck", "nose"),
    } <= limbs


def test_no_tree_without_a_trunk() -> None:
    with pytest.raises(SkeletonError, match="no pelvis, neck or pair of shoulders"):
        compute_limb_tree(Skeleton("legs", ("left_knee", "left_ankle")))


@pytest.mark.parametrize("skeleton", ROOTED, ids=lambda s: s.name)
def test_scaling_sets_lengths_and_keeps_directions(skeleton: Skeleton) -> None:
    rng = np.random.default_rng(1)
    positions = rng.normal(size=(4, len(skeleton), 3))
    tree = compute_limb_tree(skeleton)
    before = compute_limb_lengths(tree, positions)
    factors = {limb: rng.uniform(0.5, 2.0) for limb in tree.order}
    if tree.root not in skeleton:  # a virtual neck stays the middle only when both shoulders scale alike
        factors = dict.fromkeys(tree.order, 2.0)
    after = compute_limb_lengths(tree, scale_limbs(tree, positions, factors))
    for limb in tree.order:
        np.testing.assert_allclose(after[limb], factors[limb] * before[limb], rtol=1e-9)
