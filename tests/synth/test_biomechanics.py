"""What must hold for every simulated body, whatever its fault."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.body.data import PARENTS
from formnet.body.load import load_body
from formnet.faults import WASEDA_CLASSES
from formnet.skeleton import BLAZEPOSE_33, SMPL_24
from formnet.synth.anatomy import SEGMENT_JOINTS, SEGMENT_MASSES, describe_anatomy
from formnet.synth.faults import apply_faults
from formnet.synth.legs import solve_way, stand
from formnet.synth.nature import sample_nature
from formnet.synth.program import DRIFT_CHANNELS
from formnet.synth.squat import Course, compute_trunk_lean, settle_nature, solve_squat
from tests.synth.people import J, angle_deg, at_bottom, everyone, middle, of_class


def test_soles_stay_planted() -> None:
    joints = everyone().joints
    for side in ("left", "right"):
        ball = joints[:, :, J(f"{side}_foot_index")]
        assert np.linalg.norm(ball - ball[:, :1], axis=-1).max() < 1e-3
        planted = np.setdiff1d(np.arange(len(joints)), of_class("knees_forward"))
        ankle = joints[planted][:, :, J(f"{side}_ankle")]
        assert np.linalg.norm(ankle - ankle[:, :1], axis=-1).max() < 0.01


def test_soles_lie_on_the_floor() -> None:
    repetitions = everyone()
    landmarks = repetitions.landmarks(load_body())
    soles = landmarks[:, 0, BLAZEPOSE_33.indices(["left_heel", "right_heel", "left_foot_index", "right_foot_index"])]
    # y points down, so over the floor is negative; the marks lie a little above the sole.
    assert soles[..., 1].max() < 0.005
    assert soles[..., 1].min() > -0.06


def test_limbs_keep_their_length() -> None:
    repetitions = everyone()
    anatomy = describe_anatomy(load_body(), repetitions.betas)
    bones = repetitions.joints[:, :, 1:] - repetitions.joints[:, :, np.array(PARENTS[1:])]
    expected = np.linalg.norm(anatomy.offsets[:, 1:], axis=-1)
    assert np.abs(np.linalg.norm(bones, axis=-1) - expected[:, None]).max() < 1e-5


def test_the_body_agrees_with_the_joints() -> None:
    repetitions = everyone()
    joints, landmarks = load_body().pose_joints(repetitions.betas, repetitions.poses, repetitions.translation)
    np.testing.assert_allclose(joints, repetitions.joints, atol=1e-5)
    hips = BLAZEPOSE_33.indices(["left_hip", "right_hip"])
    np.testing.assert_allclose(landmarks[:, :, hips], joints[:, :, [J("left_hip"), J("right_hip")]], atol=1e-5)


def test_knees_bend_forwards_and_elbows_are_no_knees() -> None:
    joints = at_bottom(everyone(), everyone().joints)
    # The person faces -z: a bent knee lies before the line from hip to ankle.
    line = (middle(joints, "hip") + middle(joints, "ankle"))[..., 2] / 2
    assert (middle(joints, "knee")[..., 2] < line - 0.05).all()


def test_joints_stay_within_human_limits() -> None:
    poses, joints = np.degrees(everyone().poses), everyone().joints
    angle = np.linalg.norm(poses, axis=-1)
    for name, limit in (("spine1", 40), ("spine2", 40), ("spine3", 40), ("neck", 50), ("head", 50), ("wrist", 45)):
        numbers = [n for n, joint in enumerate(SMPL_24.joints) if joint.removeprefix("left_").removeprefix("right_")
                   == name]  # fmt: skip
        assert angle[:, :, numbers].max() < limit, name
    for side in ("left", "right"):
        knee = angle_deg(joints, f"{side}_hip", f"{side}_knee", f"{side}_ankle")
        assert knee.min() > 25
        assert knee.max() <= 180
        # Knees are hinges: almost all of their turn is about the transverse axis.
        sideways = np.abs(poses[:, :, J(f"{side}_knee"), 1:]).max()
        assert sideways < 15
        elbow = angle_deg(joints, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")
        assert elbow.min() > 15


def test_standing_is_standing() -> None:
    joints = everyone().joints[:, 0]
    for side in ("left", "right"):
        assert (angle_deg(joints, f"{side}_hip", f"{side}_knee", f"{side}_ankle") > 150).all()
    assert np.quantile(angle_deg(joints, "left_shoulder", "left_hip", "left_knee"), 0.02) > 148


def test_the_path_of_the_body_is_smooth() -> None:
    repetitions = everyone()
    step = np.diff(repetitions.timestamps, axis=1)[:, :1, None, None]
    acceleration = np.diff(repetitions.joints.astype(float), 2, axis=1) / step**2
    # Chests of people who squat as fast as they can peak near 1.5 g; a jump in the path would show far above.
    assert np.linalg.norm(acceleration[:, :, J("spine3")], axis=-1).max() < 18


def _solved(labels: np.ndarray, depth: float):
    body, rng, count = load_body(), np.random.default_rng(3), len(labels)
    anatomy = describe_anatomy(body, body.sample_betas(rng, count, 0.9))
    nature = settle_nature(anatomy, sample_nature(rng, count))
    targets = apply_faults(rng, nature, labels, np.full(count, 0.6)).take(np.s_[:, None])
    timed = nature.take(np.s_[:, None])
    still = np.zeros((count, 1))
    course = Course(still + depth, still, still + 1, still + 1, dict.fromkeys(DRIFT_CHANNELS, still))
    way = solve_way(anatomy, timed, targets)
    posture = solve_squat(anatomy, timed, targets, way, stand(anatomy, timed), course)
    arms = np.einsum("ntsij,nsj->ntsi", posture.rotations[:, :, SEGMENT_JOINTS], anatomy.mass_offsets)
    centre = np.einsum("s,ntsc->ntc", SEGMENT_MASSES, posture.joints[:, :, SEGMENT_JOINTS] + arms)
    share = np.broadcast_to(timed.load_share, centre.shape[:2])[..., None]
    return anatomy, timed, targets, posture, ((centre + share * posture.load) / (1 + share))[:, 0]


@pytest.mark.parametrize("depth", [0.0, 0.5, 1.0])
def test_the_centre_of_mass_stays_over_the_feet(depth: float) -> None:
    labels = np.arange(140) % len(WASEDA_CLASSES)
    anatomy, nature, targets, posture, centre = _solved(labels, depth)
    ankles = posture.joints[:, 0][:, [J("left_ankle"), J("right_ankle")]]
    straight = np.cos(np.radians(nature.toe_out_deg)).mean(axis=-1)[:, 0]
    ahead = centre[:, 2] - ankles[..., 2].mean(axis=1)
    assert (ahead > -anatomy.heel_m * straight).all()
    assert (ahead < anatomy.toe_m * straight).all()
    assert (centre[:, 0] < ankles[:, 0, 0]).all()
    assert (centre[:, 0] > ankles[:, 1, 0]).all()
    # Where hips can bend enough, the balance is exactly the one asked for.
    asked = nature.balance[:, 0] + (targets.balance - nature.balance)[:, 0] * depth
    back_faults = [WASEDA_CLASSES.index(name) for name in ("round_back", "warped_back")]
    free = (compute_trunk_lean(posture)[:, 0] < 45) & ~np.isin(labels, back_faults)
    error = np.abs(ahead - asked * anatomy.toe_m * straight)[free]
    assert len(error) > 40
    assert np.quantile(error, 0.9) < 0.005


def test_centre_of_mass_equals_the_slow_sum() -> None:
    anatomy, nature, _, posture, centre = _solved(np.zeros(6, dtype=int), 0.7)
    from formnet.synth.anatomy import SEGMENT_JOINTS

    for person in range(6):
        total = np.zeros(3)
        for segment, joint in enumerate(SEGMENT_JOINTS):
            turned = posture.rotations[person, 0, joint] @ anatomy.mass_offsets[person, segment]
            total = total + SEGMENT_MASSES[segment] * (posture.joints[person, 0, joint] + turned)
        share = nature.load_share[person, 0]
        np.testing.assert_allclose(centre[person], (total + share * posture.load[person, 0]) / (1 + share))


def test_segment_masses_are_a_whole_person() -> None:
    assert SEGMENT_MASSES.sum() == pytest.approx(1.0)
    assert SEGMENT_MASSES.min() > 0.004
