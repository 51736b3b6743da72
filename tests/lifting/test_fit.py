"""A fitted body: nearer to the truth than what it was given, with constant limbs, within what joints can do."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from formnet.body import load_body
from formnet.conversion import convert_motion
from formnet.errors import InputError
from formnet.geometry.limbs import compute_limb_lengths, compute_limb_tree
from formnet.lifting.fitting import FittedBody, fit_body
from formnet.lifting.fitting.fit import estimate_shape
from formnet.lifting.fitting.objective import compute_joint_limits
from formnet.lifting.fitting.points import compute_point_weights, compute_roughness_bands, smooth_paths
from formnet.lifting.fitting.precondition import Whitening
from formnet.lifting.fitting.warm_start import estimate_rotations, follow_rotations
from formnet.lifting.metrics import compute_limb_variation, compute_pa_mpjpe_mm, limb_joints
from formnet.motion import Motion
from formnet.skeleton import BLAZEPOSE_33, COCO_17, KINECT_22, SMPL_24, Skeleton
from formnet.synth.dataset import Clip, sample_clip

FRAMES = 90
SETS = pytest.mark.parametrize("skeleton", [SMPL_24, BLAZEPOSE_33], ids=lambda skeleton: skeleton.name)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def squat() -> Clip:
    return sample_clip(load_body(), np.random.default_rng(2), ["good", "round_back"], fps=15)


@cache
def true_motion(skeleton: Skeleton, turn_deg: float = 130.0) -> Motion:
    """The squat filmed from anywhere, without error."""
    clip = squat()
    places = clip.joints if skeleton == SMPL_24 else clip.landmarks(load_body()).positions
    turned = places[:FRAMES] @ Rotation.from_euler("y", turn_deg, degrees=True).as_matrix().T + [0.3, 0.0, 3.0]
    return Motion(turned, np.ones(turned.shape[:2]), clip.timestamps[:FRAMES], skeleton)


@cache
def noisy_motion(skeleton: Skeleton) -> Motion:
    truth = true_motion(skeleton)
    noise = np.random.default_rng(7).normal(scale=0.02, size=truth.positions.shape)
    return truth.replace(positions=truth.positions + noise)


@cache
def fit_to_noise(skeleton: Skeleton) -> FittedBody:
    return fit_body(noisy_motion(skeleton))


def places_of(fitted: FittedBody, skeleton: Skeleton) -> np.ndarray:
    return fitted.joints if skeleton == SMPL_24 else fitted.landmarks


def hide(motion: Motion, joints: list[str], frames: slice = slice(None)) -> Motion:
    positions = motion.positions.copy()
    positions[frames, motion.skeleton.indices(joints)] = np.nan
    return motion.replace(positions=positions)


@SETS
def test_jitter_is_taken_out(skeleton):
    truth, given = true_motion(skeleton).positions, noisy_motion(skeleton).positions
    before = compute_pa_mpjpe_mm(given, truth).mean
    assert compute_pa_mpjpe_mm(places_of(fit_to_noise(skeleton), skeleton), truth).mean < before / 2


@SETS
def test_limbs_have_one_length(skeleton):
    assert compute_limb_variation(noisy_motion(skeleton).positions, limb_joints(skeleton)).mean > 0.05
    assert compute_limb_variation(fit_to_noise(skeleton).joints, limb_joints(SMPL_24)).mean < 1e-4


def test_limbs_are_those_of_the_shape():
    fitted, tree = fit_to_noise(BLAZEPOSE_33), compute_limb_tree(SMPL_24)
    rest = compute_limb_lengths(tree, load_body().joints(fitted.betas))
    for limb, lengths in compute_limb_lengths(tree, fitted.joints).items():
        np.testing.assert_allclose(lengths, rest[limb], atol=1e-4)


def test_parameters_pose_the_same_body():
    fitted = fit_to_noise(SMPL_24)
    joints, landmarks = load_body().pose_joints(fitted.betas, fitted.poses, fitted.translation)
    np.testing.assert_allclose(joints, fitted.joints, atol=1e-4)
    np.testing.assert_allclose(landmarks, fitted.landmarks, atol=1e-4)


def test_optimising_beats_the_start():
    truth, given = true_motion(SMPL_24).positions, noisy_motion(SMPL_24)
    start = compute_pa_mpjpe_mm(fit_body(given, iterations=0).joints, truth).mean
    assert compute_pa_mpjpe_mm(fit_to_noise(SMPL_24).joints, truth).mean < 0.9 * start


def test_spine_of_a_truth_without_noise_is_found():
    fitted = fit_body(true_motion(SMPL_24))
    assert compute_pa_mpjpe_mm(fitted.joints, true_motion(SMPL_24).positions).mean < 6


def test_arms_out_of_sight_for_a_second():
    arms = [f"{side}_{joint}" for side in ("left", "right") for joint in ("elbow", "wrist", "hand")]
    given = hide(noisy_motion(SMPL_24), arms, slice(40, 55))
    fitted, truth = fit_body(given), true_motion(SMPL_24).positions
    seen = ~given.missing
    before = compute_pa_mpjpe_mm(given.positions, truth, evaluated=seen).mean
    assert compute_pa_mpjpe_mm(fitted.joints, truth, evaluated=seen).mean < before / 2
    assert np.isfinite(fitted.joints).all()
    assert 1000 * np.linalg.norm(fitted.joints - truth, axis=-1)[~seen].mean() < 150


def test_arms_never_seen_hang_down():
    arms = [j for j in BLAZEPOSE_33.joints if any(word in j for word in ("elbow", "wrist", "pinky", "index", "thumb"))]
    given = hide(noisy_motion(BLAZEPOSE_33), [joint for joint in arms if "foot" not in joint])
    fitted, truth = fit_body(given), true_motion(BLAZEPOSE_33).positions
    seen = ~given.missing
    assert compute_pa_mpjpe_mm(fitted.landmarks, truth, evaluated=seen).mean < 15
    wrist, shoulder = (fitted.joints[:, SMPL_24.index(joint)] for joint in ("left_wrist", "left_shoulder"))
    assert (wrist[:, 1] > shoulder[:, 1] + 0.2).all()


def test_a_joint_far_off_is_not_followed():
    given = noisy_motion(SMPL_24)
    positions = given.positions.copy()
    positions[30, SMPL_24.index("left_ankle")] += [0.0, -1.5, 0.0]
    fitted = fit_body(given.replace(positions=positions))
    assert np.linalg.norm(fitted.joints[30, 7] - true_motion(SMPL_24).positions[30, 7]) < 0.06


def test_a_doubtful_joint_pulls_less():
    given = noisy_motion(SMPL_24)
    positions, confidence = given.positions.copy(), given.confidence.copy()
    hip = SMPL_24.index("left_hip")
    positions[:, hip] += [0.08, 0.0, 0.0]
    sure = fit_body(given.replace(positions=positions), iterations=60)
    confidence[:, hip] = 0.02
    doubtful = fit_body(given.replace(positions=positions, confidence=confidence), iterations=60)
    off = [
        np.linalg.norm(f.joints[:, hip] - true_motion(SMPL_24).positions[:, hip], axis=-1).mean()
        for f in (sure, doubtful)
    ]
    assert off[1] < 0.7 * off[0]


def test_knees_and_elbows_do_not_bend_backwards():
    poses = fit_to_noise(BLAZEPOSE_33).poses
    lower, upper, _ = compute_joint_limits()
    excess = np.maximum(np.maximum(lower - poses, poses - upper), 0)[:, 1:]
    assert np.degrees(excess).max() < 10


def test_limits_are_mirrored():
    lower, upper, _ = compute_joint_limits()
    mirrored = np.array([1.0, -1.0, -1.0])
    both = np.sort(np.stack([lower, upper])[:, SMPL_24.mirror] * mirrored, axis=0)
    np.testing.assert_allclose(both, np.sort(np.stack([lower, upper]), axis=0))
    elbow = np.degrees([lower[SMPL_24.index("right_elbow"), 1], upper[SMPL_24.index("right_elbow"), 1]])
    np.testing.assert_allclose(elbow, [-5, 160])


@pytest.mark.parametrize("turn_deg", [0.0, 90.0, 179.0, 181.0])
def test_start_finds_any_direction(turn_deg):
    body, motion = load_body(), true_motion(SMPL_24, turn_deg)
    pose = estimate_rotations(body, squat().betas, motion)
    vectors = Rotation.from_matrix(pose).as_rotvec()
    joints, _ = body.pose_joints(squat().betas, vectors, motion.joint("pelvis"))
    assert compute_pa_mpjpe_mm(joints.astype(float), motion.positions).mean < 15
    lateral = joints[:, 1] - joints[:, 2]
    assert ((lateral * (motion.joint("left_hip") - motion.joint("right_hip"))).sum(-1) > 0).all()


@pytest.mark.parametrize("skeleton", [COCO_17, KINECT_22])
def test_other_joint_sets_fit(skeleton):
    source = noisy_motion(BLAZEPOSE_33) if skeleton == COCO_17 else noisy_motion(SMPL_24)
    fitted = fit_body(convert_motion(source, skeleton, allow_missing=True), iterations=10)
    assert compute_pa_mpjpe_mm(fitted.joints, true_motion(SMPL_24).positions).mean < 40


def test_shape_is_read_off_the_limbs():
    body = load_body()
    betas = np.zeros(len(body.shape_names))
    betas[body.shape_names.index("stature")] = 1.5
    poses = np.zeros((4, 24, 3))
    joints, _ = body.pose_joints(betas, poses, np.zeros((4, 3)))
    found = estimate_shape(body, Motion(joints, np.ones((4, 24)), np.arange(4.0), SMPL_24))
    legs = [np.linalg.norm(np.diff(body.joints(b)[[1, 4, 7]], axis=0), axis=-1) for b in (betas, found)]
    np.testing.assert_allclose(legs[1], legs[0], atol=0.005)


def test_smoother_is_the_slow_one():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.02, 0.06, 12))
    confidence = rng.uniform(0.1, 1, (12, 1))
    # So close together that no round finds an outlier.
    motion = Motion(rng.normal(scale=1e-6, size=(12, 1, 3)), confidence, times, Skeleton("one", ("nose",)))
    second = np.zeros((10, 12))
    for k in range(10):
        a, b = times[k + 1] - times[k], times[k + 2] - times[k + 1]
        second[k, k : k + 3] = np.array([1 / a, -1 / a - 1 / b, 1 / b]) / ((a + b) / 2)
    weights = np.diag(confidence[:, 0])
    slow = np.linalg.solve(weights + (0.02 / 2.5) ** 2 * second.T @ second, weights @ motion.positions[:, 0])
    np.testing.assert_allclose(smooth_paths(motion)[:, 0], slow, rtol=1e-6)


def test_round_unknowns_are_round():
    times = np.cumsum(np.random.default_rng(1).uniform(0.02, 0.06, 9))
    roughness = compute_roughness_bands(times)
    curvature = np.diag(roughness[0]) + sum(
        np.diag(roughness[k, : 9 - k], k) + np.diag(roughness[k, : 9 - k], -k) for k in (1, 2)
    )
    whiten = Whitening(roughness, np.array([2.0, 300.0]), np.array([0.01, 0.5]))
    columns = whiten(torch.eye(9, dtype=torch.float64)[:, None, :].expand(9, 2, 9)).numpy()
    for group, (c, s) in enumerate([(2.0, 0.01), (300.0, 0.5)]):
        back = columns[:, group]
        np.testing.assert_allclose(back.T @ (c * np.eye(9) + s * curvature) @ back, np.eye(9), atol=1e-9)


def test_gradient_of_round_unknowns():
    whiten = Whitening(compute_roughness_bands(np.arange(6.0)), np.array([1.0, 4.0]), np.array([0.3, 2.0]))
    z = torch.randn(6, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(whiten, (z,))


def test_rotation_vectors_follow_over_the_half_turn():
    angles = np.radians(np.linspace(100, 400, 40))
    axis = np.array([0.0, 0.6, 0.8])
    wrapped = Rotation.from_rotvec(angles[:, None] * axis).as_rotvec()
    np.testing.assert_allclose(follow_rotations(wrapped[:, None])[:, 0], angles[:, None] * axis, atol=1e-9)


def test_points_of_foreign_sets():
    weights, trust = compute_point_weights(Skeleton("some", ("left_foot_index", "pelvis", "left_small_toe", "spine3")))
    np.testing.assert_allclose(weights.sum(axis=1)[trust > 0], 1)
    toe = 24 + BLAZEPOSE_33.index("left_foot_index")
    assert weights[0, toe] == 1
    assert weights[1, 24 + BLAZEPOSE_33.index("left_hip")] == 0.5
    assert weights[3, SMPL_24.index("spine3")] == 1
    assert trust[0] > trust[1] > 0


def test_what_cannot_be_fitted_is_refused():
    motion = noisy_motion(SMPL_24)
    with pytest.raises(InputError, match="3D joints in metres"):
        fit_body(motion.replace(unit="body"))
    with pytest.raises(InputError, match="three frames or more"):
        fit_body(motion.frames(0, 2))
    with pytest.raises(InputError, match="without left_hip"):
        fit_body(hide(motion, ["left_hip"]))
