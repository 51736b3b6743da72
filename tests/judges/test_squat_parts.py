"""Pictures, self-calibration, curves and phases of squats."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.judges.squat.curves import compute_squat_curves
from formnet.judges.squat.features import compute_squat_features
from formnet.judges.squat.image_curves import compute_image_curves, log_distance_ratios
from formnet.judges.squat.phases import N_HALF, find_phases, warp_to_phases
from formnet.judges.squat.rays import is_seen_from_camera, project, smooth_along_rays, turn_to_second_view
from formnet.judges.squat.selfcalibration import fit_metric, stand_upright
from formnet.preprocess.mirror import mirror_motion
from formnet.skeleton import BLAZEPOSE_33, COCO_17, SQUAT7_19
from tests.judges.people import person, turned
from tests.preprocess.squats import bell, with_missing


def test_a_camera_at_the_origin_is_told_from_joints_around_it() -> None:
    assert is_seen_from_camera(person(away_m=4.0).positions)
    assert not is_seen_from_camera(person(away_m=0.0).positions)


def test_the_picture_does_not_see_how_far_a_joint_is_along_its_ray() -> None:
    positions = person().positions
    farther = positions * np.random.default_rng(0).uniform(0.8, 1.2, positions.shape[:2])[..., None]
    np.testing.assert_allclose(project(farther, True), project(positions, True))


def test_smoothing_keeps_what_stands_still_and_damps_depth_most() -> None:
    still = np.repeat(person().positions[:1], 40, axis=0)
    np.testing.assert_allclose(smooth_along_rays(still, True), still)
    noisy = still + np.random.default_rng(0).normal(0, 0.02, still.shape)
    rest = (smooth_along_rays(noisy, False) - still).std(axis=(0, 1))
    assert rest[2] < 0.6 * rest[0]
    assert rest[0] < 0.015


def test_the_second_view_is_a_turn() -> None:
    positions = person().positions
    other = turn_to_second_view(positions, 2.8)
    distances = [np.linalg.norm(p[:, 3] - p[:, 25], axis=1) for p in (positions, other)]
    np.testing.assert_allclose(*distances)
    ray = turn_to_second_view(positions + 0.7 * np.array([1.0, 0.0, -2.8]), 2.8) - other
    np.testing.assert_allclose(ray[..., :2], 0.0, atol=1e-9)


def limb_error(positions: np.ndarray) -> float:
    """Spread of shins and thighs over a clip and between sides, relative to their mean."""
    index = BLAZEPOSE_33.index
    lengths = np.stack(
        [
            np.linalg.norm(positions[:, index(f"{side}_knee")] - positions[:, index(f"{side}_{end}")], axis=1)
            for side in ("left", "right")
            for end in ("hip", "ankle")
        ]
    )
    return float(lengths.std() / lengths.mean())


def test_a_distortion_is_undone_by_the_body_itself() -> None:
    positions = turned(person(), 0.6).positions - np.array([0.0, 0.0, 4.0])
    distortion = np.array([[1.25, 0.1, 0.0], [0.0, 0.8, 0.1], [0.25, 0.0, 1.0]])
    distorted = positions @ distortion.T
    mended = distorted @ fit_metric(distorted, BLAZEPOSE_33)
    assert limb_error(distorted) > 0.08
    assert limb_error(mended) < 0.4 * limb_error(distorted)


def test_the_metric_measures_in_shins_whatever_the_unit() -> None:
    positions = person().positions
    np.testing.assert_allclose(fit_metric(250 * positions, BLAZEPOSE_33) * 250, fit_metric(positions, BLAZEPOSE_33))
    with pytest.raises(InputError, match="lie in one place"):
        fit_metric(np.zeros_like(positions), BLAZEPOSE_33)


def test_the_persons_own_frame_does_not_depend_on_the_heading() -> None:
    plain = stand_upright(person(away_m=0.0).positions, BLAZEPOSE_33)
    other = stand_upright(turned(person(away_m=0.0), 2.0).positions, BLAZEPOSE_33)
    np.testing.assert_allclose(other, plain, atol=1e-9)
    assert plain[0, BLAZEPOSE_33.index("nose"), 2] > 1.0
    # These squats face +x with their left side at -z: a mirror image of a person. Mirrored back, toes point forward.
    real = stand_upright(person(away_m=0.0).positions * np.array([1.0, 1.0, -1.0]), BLAZEPOSE_33)
    assert real[0, BLAZEPOSE_33.index("left_foot_index"), 1] > 0.1
    assert real[0, BLAZEPOSE_33.index("left_hip"), 0] > 0.1


def test_phases_of_a_known_squat() -> None:
    times_s = np.arange(90) / 30
    height = 1.0 - bell(times_s, 1.5, 2.0, 0.5)
    phases = find_phases(height)
    assert phases.bottom == 45
    assert phases.standing[0]
    assert not phases.standing[45]
    down, up = phases.at_depths((0.2, 0.5, 0.8))
    assert down == sorted(down)
    assert up == sorted(up, reverse=True)
    np.testing.assert_allclose(height[down[1]], 0.75, atol=0.03)
    np.testing.assert_allclose(np.add(down, up), 90, atol=1)
    warped = warp_to_phases(np.stack([height, times_s], axis=1), phases)
    assert warped.shape == (2 * N_HALF, 2)
    assert warped[:, 0].argmin() == N_HALF
    np.testing.assert_allclose(np.diff(warped[:N_HALF, 1], n=2), 0.0, atol=1e-9)


def test_phases_of_a_person_who_stands_still() -> None:
    phases = find_phases(np.ones(20))
    assert phases.standing.all()
    assert np.isfinite(warp_to_phases(np.ones((20, 1)), phases)).all()


def test_knee_curves_are_the_known_angles() -> None:
    flexion = 180.0 - 100.0
    motion = person(peak_deg=100.0, away_m=0.0)
    curves, phases = compute_squat_curves(stand_upright(motion.positions, BLAZEPOSE_33), BLAZEPOSE_33)
    assert curves["mean knee"][phases.bottom] == pytest.approx(flexion, abs=1.0)
    assert curves["mean knee"][0] == pytest.approx(172.0, abs=1.0)
    np.testing.assert_allclose(curves["gap knee"], 0.0, atol=1e-6)
    assert curves["knees over ankles"][phases.bottom] == pytest.approx(0.30 / 0.35, abs=0.01)


def test_mirrored_squats_have_the_same_symmetric_curves() -> None:
    motion = person(noise=0.01)
    both = [
        compute_squat_curves(stand_upright(m.positions, BLAZEPOSE_33), BLAZEPOSE_33)[0]
        for m in (motion, mirror_motion(motion))
    ]
    for name in [name for name in both[0] if name.startswith(("mean", "gap"))]:
        np.testing.assert_allclose(both[0][name], both[1][name], atol=1e-6, err_msg=name)


def test_joints_that_are_not_there_leave_curves_empty() -> None:
    motion = person(away_m=0.0).select(COCO_17)
    curves, _ = compute_squat_curves(stand_upright(motion.positions, COCO_17), COCO_17)
    assert np.isnan(curves["mean foot pitch"]).all()
    assert np.isfinite(curves["mean knee"]).all()


def test_picture_curves_do_not_depend_on_place_and_size_in_the_picture() -> None:
    motion = person(away_m=0.0)
    _, phases = compute_squat_curves(stand_upright(motion.positions, BLAZEPOSE_33), BLAZEPOSE_33)
    picture = motion.positions[..., :2]
    plain = compute_image_curves(picture, BLAZEPOSE_33, phases)
    moved = compute_image_curves(37 * picture + np.array([5.0, -2.0]), BLAZEPOSE_33, phases)
    for name, curve in plain.items():
        np.testing.assert_allclose(moved[name], curve, atol=1e-9, err_msg=name)
    ratios = [log_distance_ratios(scale * picture, phases.standing) for scale in (1, 37)]
    np.testing.assert_allclose(*ratios, atol=1e-9)
    np.testing.assert_allclose(np.median(ratios[0][phases.standing], axis=0), 0.0, atol=1e-9)


def test_features_have_one_name_each_and_the_second_view_is_optional() -> None:
    motions = [person(away_m=4.0).select(SQUAT7_19), person(70.0).select(SQUAT7_19)]
    one, two = compute_squat_features(motions), compute_squat_features(motions, 2.8)
    assert len(two.names) == two.summaries.shape[1] == len(set(two.names))
    assert two.names[: len(one.names)] == one.names
    np.testing.assert_array_equal(two.summaries[:, : len(one.names)], one.summaries)
    assert np.isfinite(two.summaries).all()
    assert two.curves.shape[:2] == (2, 2 * N_HALF)


def test_an_unseen_joint_empties_its_own_features_only() -> None:
    motion = with_missing(person().select(SQUAT7_19), slice(None), ("left_heel",))
    features = compute_squat_features([motion])
    lost = ~np.isfinite(features.summaries[0])
    names = np.array(features.names)
    assert 0 < lost.mean() < 0.5
    assert np.isfinite(features.summaries[0, names.tolist().index("3d mean knee deepest")])
    assert all("heel" in name or "foot" in name or "toe" in name for name in names[lost])
