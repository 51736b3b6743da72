from __future__ import annotations

import numpy as np
import pytest
import torch

from formnet.errors import InputError
from formnet.features.distances import compute_distances
from formnet.geometry.limbs import compute_limb_lengths, compute_limb_tree
from formnet.skeleton import BLAZEPOSE_33, HMR_19, SMPL_24, Skeleton
from formnet.training.augment import AugmentSpec, augment_positions, mirror_some, vary_limbs, warp_time
from tests.preprocess.squats import squat_from_flexion

STRONG = AugmentSpec(
    scale_sigma=0.1, shear_sigma=0.1, rotation_deg=5, turn_deg=180, noise=0.02, offset=0.02, mirror=0.5, warp=0.3,
    crop=0.1, limb_sigma=0.1, dropout=0.1,
)  # fmt: skip


def batch(skeleton: Skeleton = HMR_19, n: int = 5) -> torch.Tensor:
    rng = np.random.default_rng(0)
    flexion = 8 + 90 * np.sin(np.linspace(0, np.pi, 24))
    motion = squat_from_flexion(np.arange(24) / 10, flexion, skeleton)
    return torch.from_numpy(motion.positions + rng.normal(0, 0.02, (n, 1, len(skeleton), 3))).float()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("skeleton", [HMR_19, BLAZEPOSE_33, SMPL_24], ids=lambda s: s.name)
def test_the_same_seed_draws_the_same_batch_and_the_input_is_untouched(skeleton: Skeleton) -> None:
    positions = batch(skeleton)
    before = positions.clone()
    first = augment_positions(positions, skeleton, STRONG, generator(1))
    again = augment_positions(positions, skeleton, STRONG, generator(1))
    other = augment_positions(positions, skeleton, STRONG, generator(2))
    torch.testing.assert_close(first, again, equal_nan=True)
    assert not torch.allclose(torch.nan_to_num(first), torch.nan_to_num(other))
    torch.testing.assert_close(positions, before)
    assert first.shape == positions.shape


def test_nothing_switched_on_changes_nothing() -> None:
    assert augment_positions(batch(), HMR_19, AugmentSpec(), generator()) is not None
    torch.testing.assert_close(augment_positions(batch(), HMR_19, AugmentSpec(), generator()), batch())


def test_turns_leave_distances_and_heights_alone() -> None:
    positions = batch()
    turned = augment_positions(positions, HMR_19, AugmentSpec(turn_deg=180), generator())
    assert not torch.allclose(turned, positions, atol=0.05)
    torch.testing.assert_close(compute_distances(turned), compute_distances(positions), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(turned[..., 1], positions[..., 1], atol=1e-5, rtol=1e-4)


def test_a_mirror_swaps_sides_and_twice_is_the_same() -> None:
    positions = batch()
    mirrored = mirror_some(positions, HMR_19, 1.0, generator())
    left, right = HMR_19.index("left_knee"), HMR_19.index("right_knee")
    torch.testing.assert_close(mirrored[:, :, left, 1:], positions[:, :, right, 1:])
    torch.testing.assert_close(mirrored[:, :, left, 0], -positions[:, :, right, 0])
    torch.testing.assert_close(mirror_some(mirrored, HMR_19, 1.0, generator()), positions)


def test_half_are_mirrored() -> None:
    positions = batch(n=400)
    changed = (mirror_some(positions, HMR_19, 0.5, generator()) != positions).flatten(1).any(1)
    assert 150 < int(changed.sum()) < 250


def test_warping_keeps_the_ends_and_the_path() -> None:
    line = torch.linspace(0, 1, 30)[None, :, None, None].expand(6, 30, 1, 3)
    warped = warp_time(line, 0.5, 0.0, generator())
    torch.testing.assert_close(warped[:, [0, -1]], line[:, [0, -1]], atol=1e-5, rtol=0)
    assert (torch.diff(warped[..., 0, 0], dim=1) > 0).all()
    assert not torch.allclose(warped, line, atol=0.01)
    cropped = warp_time(line, 0.0, 0.2, generator())
    assert (cropped[:, 0] >= 0).all()
    assert (cropped[:, 0] <= 0.2).all()
    assert (cropped[:, -1] >= 0.8).all()


@pytest.mark.parametrize("skeleton", [HMR_19, SMPL_24], ids=lambda s: s.name)
def test_limbs_change_alike_on_both_sides_and_in_all_frames(skeleton: Skeleton) -> None:
    positions = batch(skeleton)
    tree = compute_limb_tree(skeleton)
    before = compute_limb_lengths(tree, positions.double().numpy())
    moved = vary_limbs(positions, tree, 0.2, generator())
    after = compute_limb_lengths(tree, moved.double().numpy())
    ratio = {limb: after[limb] / before[limb] for limb in tree.order if (before[limb] > 1e-3).all()}
    for limb, values in ratio.items():
        np.testing.assert_allclose(values, values[:, :1].repeat(24, 1), rtol=1e-3, err_msg=str(limb))
    left, right = ratio["left_hip", "left_knee"], ratio["right_hip", "right_knee"]
    np.testing.assert_allclose(left, right, rtol=1e-3)
    assert np.abs(left - 1).max() > 0.05


def test_dropped_joints_are_missing_throughout() -> None:
    dropped = augment_positions(batch(n=50), HMR_19, AugmentSpec(dropout=0.2), generator())
    lost = dropped.isnan()
    assert (lost.all(dim=(1, 3)) == lost.any(dim=1).any(dim=-1)).all()
    assert 0.1 < float(lost.float().mean()) < 0.3


def test_noise_is_in_body_sizes() -> None:
    positions = batch(n=20)
    spec = AugmentSpec(noise=0.05)
    small = augment_positions(positions, HMR_19, spec, generator()) - positions
    large = augment_positions(10 * positions, HMR_19, spec, generator()) - 10 * positions
    torch.testing.assert_close(large, 10 * small, rtol=1e-3, atol=1e-4)


def test_affine_maps_have_the_spread_asked_for() -> None:
    positions = torch.eye(3)[None, None].repeat(4000, 1, 1, 1)
    maps = augment_positions(positions, Skeleton("three", ("nose", "neck", "head")),
                             AugmentSpec(scale_sigma=0.18, shear_sigma=0.12), generator())[:, 0]  # fmt: skip
    assert float(torch.log(maps.diagonal(dim1=1, dim2=2)).std()) == pytest.approx(0.18, rel=0.05)
    assert float(maps[:, 0, 1].std()) == pytest.approx(0.12, rel=0.05)


def test_strengths_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="noise, mirror"):
        AugmentSpec(noise=-1, mirror=2)
