"""The figures of lifting: slow twins, hand-made cases, and what must and must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.transform import Rotation

from formnet.errors import InputError, SkeletonError
from formnet.lifting.metrics import (
    Total,
    compute_acceleration,
    compute_acceleration_error_mm_s2,
    compute_limb_variation,
    compute_mpjpe_mm,
    compute_n_mpjpe_mm,
    compute_pa_mpjpe_mm,
    compute_pck_3d,
    compute_swap_rate,
    limb_joints,
    root_joints,
)
from formnet.skeleton import COCO_17, SMPL_24, Skeleton

ROOT = (0,)
MIRROR = SMPL_24.mirror


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(3).normal(scale=0.5, size=(9, 24, 3))


@pytest.fixture
def predicted(truth: np.ndarray) -> np.ndarray:
    return truth + np.random.default_rng(4).normal(scale=0.05, size=truth.shape)


@pytest.fixture
def seen() -> np.ndarray:
    return np.random.default_rng(5).uniform(size=(9, 24)) < 0.7


def slow_mpjpe(predicted, truth, seen) -> float:
    errors = []
    for p, t, here in zip(predicted, truth, seen, strict=True):
        errors += [np.sqrt((((p[j] - p[0]) - (t[j] - t[0])) ** 2).sum()) * 1000 for j in range(len(t)) if here[j]]
    return sum(errors) / len(errors)


def slow_n_mpjpe(predicted, truth, seen) -> float:
    errors = []
    for p, t, here in zip(predicted, truth, seen, strict=True):
        p, t = (p - p[0])[here], (t - t[0])[here]
        scale = max(np.linalg.lstsq(p.reshape(-1, 1), t.reshape(-1), rcond=None)[0][0], 0.0)
        errors += list(np.linalg.norm(scale * p - t, axis=1) * 1000)
    return sum(errors) / len(errors)


def slow_pa_mpjpe(predicted, truth, seen) -> float:
    errors = []
    for p, t, here in zip(predicted, truth, seen, strict=True):
        p, t = p[here] - p[here].mean(0), t[here] - t[here].mean(0)
        turn, _ = orthogonal_procrustes(p, t)
        if np.linalg.det(turn) < 0:
            left, _, right = np.linalg.svd(p.T @ t)
            turn = left @ np.diag([1.0, 1.0, -1.0]) @ right
        turned = p @ turn
        scale = (turned * t).sum() / (turned**2).sum()
        errors += list(np.linalg.norm(scale * turned - t, axis=1) * 1000)
    return sum(errors) / len(errors)


def slow_acceleration_error(predicted, truth, times, seen) -> float:
    errors = []
    for k in range(1, len(times) - 1):
        here, after = times[k] - times[k - 1], times[k + 1] - times[k]
        for j in range(truth.shape[1]):
            if seen[k - 1, j] and seen[k, j] and seen[k + 1, j]:
                a, b = (
                    2 * ((x[k + 1, j] - x[k, j]) / after - (x[k, j] - x[k - 1, j]) / here) / (here + after)
                    for x in (predicted - predicted[:, :1], truth - truth[:, :1])
                )
                errors.append(np.linalg.norm(a - b) * 1000)
    return sum(errors) / len(errors)


TWINS = [
    (lambda p, t, e: compute_mpjpe_mm(p, t, root=ROOT, evaluated=e), slow_mpjpe),
    (lambda p, t, e: compute_n_mpjpe_mm(p, t, root=ROOT, evaluated=e), slow_n_mpjpe),
    (lambda p, t, e: compute_pa_mpjpe_mm(p, t, evaluated=e), slow_pa_mpjpe),
]
NAMES = ["mpjpe", "n_mpjpe", "pa_mpjpe"]


@pytest.mark.parametrize(("fast", "slow"), TWINS, ids=NAMES)
@pytest.mark.parametrize("flip", [1.0, -1.0], ids=["as seen", "in the looking glass"])
def test_slow_twins(fast, slow, flip, predicted, truth, seen):
    predicted = predicted * [flip, 1, 1]
    assert fast(predicted, truth, seen).mean == pytest.approx(slow(predicted, truth, seen), rel=1e-9)
    assert fast(predicted, truth, None).mean == pytest.approx(slow(predicted, truth, np.ones_like(seen)), rel=1e-9)


def test_slow_twin_of_acceleration(predicted, truth, seen):
    times = np.cumsum(np.random.default_rng(6).uniform(0.01, 0.1, len(truth)))
    fast = compute_acceleration_error_mm_s2(predicted, truth, times, root=ROOT, evaluated=seen)
    assert fast.mean == pytest.approx(slow_acceleration_error(predicted, truth, times, seen), rel=1e-9)


@pytest.mark.parametrize(("measure", "_twin"), TWINS, ids=NAMES)
def test_the_truth_has_no_error_and_a_shift_adds_none(measure, _twin, truth):
    assert measure(truth + np.array([1.0, -2.0, 3.0]), truth, None).mean == pytest.approx(0, abs=1e-9)


def test_procrustes_forgives_turn_and_size_but_no_reflection(truth):
    turned = 1.7 * truth @ Rotation.from_rotvec([0.4, 2.0, -1.0]).as_matrix().T + [3.0, 0.0, 1.0]
    assert compute_pa_mpjpe_mm(turned, truth).mean == pytest.approx(0, abs=1e-9)
    assert compute_pa_mpjpe_mm(turned * [-1, 1, 1], truth).mean > 100


def test_scale_is_forgiven_but_not_a_point_reflection(truth):
    assert compute_n_mpjpe_mm(2.5 * truth, truth, root=ROOT).mean == pytest.approx(0, abs=1e-9)
    radius = np.linalg.norm(truth - truth[:, :1], axis=-1).mean() * 1000
    assert compute_n_mpjpe_mm(-truth, truth, root=ROOT).mean == pytest.approx(radius)


def test_swapped_sides_are_no_small_error(truth):
    assert compute_pa_mpjpe_mm(truth[:, MIRROR], truth).mean > 100


def test_hand_computed_figures():
    truth = np.zeros((2, 3, 3))
    truth[:, 1, 0], truth[:, 2, 1] = 1.0, 1.0
    predicted = truth.copy()
    predicted[0, 1] += [0.3, 0.0, 0.4]
    predicted[1, 2] += [0.0, 0.15, 0.0]
    error = compute_mpjpe_mm(predicted, truth, root=ROOT)
    assert error == Total(pytest.approx(650.0), 6)
    assert compute_pck_3d(predicted, truth, root=ROOT, threshold_mm=150.001) == Total(5, 6)
    assert compute_pck_3d(predicted, truth, root=ROOT, threshold_mm=149.999) == Total(4, 6)
    assert compute_mpjpe_mm(predicted + 1, truth, root=None).mean > compute_mpjpe_mm(predicted, truth, root=None).mean


@pytest.mark.parametrize(("measure", "_twin"), TWINS, ids=NAMES)
def test_a_lacking_joint_is_no_perfect_joint(measure, _twin, predicted, truth, seen):
    lacking = predicted.copy()
    lacking[2, 5] = np.nan
    assert np.isnan(measure(lacking, truth, None).mean)
    without = np.ones_like(seen)
    without[2, 5] = False
    assert measure(lacking, truth, without) == measure(predicted, truth, without)


def test_a_lacking_root_is_no_perfect_frame(predicted, truth):
    predicted[1, 0] = np.nan
    assert np.isnan(compute_mpjpe_mm(predicted, truth, root=ROOT).mean)
    assert compute_pck_3d(predicted, truth, root=ROOT, threshold_mm=1e6) == Total(8 * 24, 9 * 24)


def test_a_lacking_joint_is_wrong_for_pck(truth):
    predicted = truth.copy()
    predicted[0, 3] = np.nan
    assert compute_pck_3d(predicted, truth, root=ROOT) == Total(9 * 24 - 1, 9 * 24)


def test_nan_reaches_swap_rate_acceleration_and_limbs(predicted, truth):
    predicted[4, 5] = np.nan
    assert np.isnan(compute_swap_rate(predicted, truth, MIRROR, root=ROOT).mean)
    assert np.isnan(compute_acceleration_error_mm_s2(predicted, truth, np.arange(9.0), root=ROOT).mean)
    assert np.isnan(compute_limb_variation(predicted, limb_joints(SMPL_24)).mean)


def test_unknown_truth_does_not_count(predicted, truth, seen):
    unknown = truth.copy()
    unknown[~seen] = np.nan
    for measure, _ in TWINS[2:]:
        assert measure(predicted, unknown, None) == measure(predicted, truth, seen)
    # Without a true root there is nothing to measure a frame from.
    rooted = seen & seen[:, :1]
    assert compute_mpjpe_mm(predicted, unknown, root=ROOT).total == pytest.approx(
        compute_mpjpe_mm(predicted, truth, root=ROOT, evaluated=rooted).total
    )


def test_nothing_to_measure_is_nan_not_zero(truth):
    nothing = np.full_like(truth, np.nan)
    assert np.isnan(compute_mpjpe_mm(truth, nothing, root=ROOT).mean)
    assert np.isnan(compute_pa_mpjpe_mm(truth, nothing).mean)


def test_a_body_shrunk_to_a_point_is_measured(truth):
    spread = np.linalg.norm(truth - truth.mean(axis=1, keepdims=True), axis=-1).mean() * 1000
    assert compute_pa_mpjpe_mm(np.ones_like(truth), truth).mean == pytest.approx(spread)


def test_acceleration_of_a_parabola_at_uneven_times():
    times = np.array([0.0, 0.1, 0.35, 0.4, 1.0])
    path = (3.0 * times**2 - times + 2)[:, None, None] * np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(compute_acceleration(path, times)[:, 0], np.tile([6.0, -12.0, 3.0], (3, 1)), atol=1e-9)
    still = np.zeros_like(path)
    error = compute_acceleration_error_mm_s2(path, still, times, root=None)
    assert error.mean == pytest.approx(1000 * 6 * np.linalg.norm([1, 2, 0.5]))


def test_limb_variation_of_known_limbs():
    path = np.zeros((2, 3, 3))
    path[:, 1, 0] = [1.0, 3.0]
    path[:, 2, 1] = 5.0
    assert compute_limb_variation(path, [(0, 1)]).mean == pytest.approx(0.5)
    assert compute_limb_variation(path, [(0, 1), (0, 2)]) == Total(pytest.approx(0.5), 2)
    assert compute_limb_variation(7 * path, [(0, 1)]).mean == pytest.approx(0.5)
    assert np.isnan(compute_limb_variation(np.zeros((2, 3, 3)), [(0, 1)]).mean)


def test_swap_rate_counts_the_swapped_frames(predicted, truth):
    predicted[[1, 4, 6]] = predicted[[1, 4, 6]][:, MIRROR]
    assert compute_swap_rate(predicted, truth, MIRROR, root=ROOT) == Total(3, 9)


def test_swap_rate_looks_only_at_pairs(predicted, truth):
    midline = np.broadcast_to(np.arange(24) == MIRROR, truth.shape[:2])
    one_side = np.array([name.startswith("left") for name in SMPL_24.joints])
    assert compute_swap_rate(predicted, truth, MIRROR, root=ROOT, evaluated=midline).count == 0
    alone = np.broadcast_to(one_side, truth.shape[:2])
    assert compute_swap_rate(predicted, truth, MIRROR, root=ROOT, evaluated=alone).count == 0


def test_parts_add_up(predicted, truth):
    whole = compute_pa_mpjpe_mm(predicted, truth)
    parts = compute_pa_mpjpe_mm(predicted[:4], truth[:4]) + compute_pa_mpjpe_mm(predicted[4:], truth[4:])
    assert parts.mean == pytest.approx(whole.mean)


def test_the_root_is_named():
    assert root_joints(SMPL_24) == (0,)
    assert root_joints(SMPL_24, "neck") == (12,)
    assert root_joints(COCO_17) == (COCO_17.index("left_hip"), COCO_17.index("right_hip"))
    with pytest.raises(SkeletonError, match="no 'pelvis' to measure from"):
        root_joints(Skeleton("arm", ("left_elbow", "left_wrist")))


def test_wrong_shapes_are_refused(truth):
    with pytest.raises(InputError, match="bring both to one joint set"):
        compute_mpjpe_mm(truth[:, :5], truth, root=ROOT)
    with pytest.raises(InputError, match="one clip in 3D"):
        compute_mpjpe_mm(truth[..., :2], truth[..., :2], root=ROOT)
    with pytest.raises(InputError, match="one per joint"):
        compute_mpjpe_mm(truth, truth, root=ROOT, evaluated=np.ones(24, bool))
    with pytest.raises(InputError, match="the motion's own timestamps"):
        compute_acceleration_error_mm_s2(truth, truth, np.zeros(9), root=ROOT)
