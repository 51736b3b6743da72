"""Simulated exercises: what must hold for every body, and what each exercise must show."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from formnet.body.data import PARENTS
from formnet.body.load import load_body
from formnet.errors import InputError
from formnet.skeleton import BLAZEPOSE_33
from formnet.synth.anatomy import describe_anatomy
from formnet.synth.exercises import EXERCISES, ExerciseMotions, sample_exercise_clip, sample_exercises
from tests.synth.people import J, angle_deg, middle

PEOPLE = 48
SIDES = ("left", "right")


@cache
def people(exercise: str) -> ExerciseMotions:
    return sample_exercises(load_body(), np.random.default_rng(21), PEOPLE, frames=120, exercises=(exercise,))


def height(joints: np.ndarray) -> np.ndarray:
    """Over the floor; y points down."""
    return -joints[..., 1]


def trunk_lean_deg(joints: np.ndarray) -> np.ndarray:
    line = joints[..., J("neck"), :] - middle(joints, "hip")
    return np.degrees(np.arctan2(-line[..., 2], -line[..., 1]))


def knee_bend_deg(joints: np.ndarray) -> np.ndarray:
    return np.stack([180 - angle_deg(joints, f"{s}_hip", f"{s}_knee", f"{s}_ankle") for s in SIDES], axis=-1)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_limbs_keep_their_length(exercise: str) -> None:
    motions = people(exercise)
    anatomy = describe_anatomy(load_body(), motions.betas)
    bones = motions.joints[:, :, 1:] - motions.joints[:, :, np.array(PARENTS[1:])]
    expected = np.linalg.norm(anatomy.offsets[:, 1:], axis=-1)
    assert np.abs(np.linalg.norm(bones, axis=-1) - expected[:, None]).max() < 1e-5


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_body_agrees_with_the_joints(exercise: str) -> None:
    motions = people(exercise)
    joints, _ = load_body().pose_joints(motions.betas, motions.poses, motions.translation)
    np.testing.assert_allclose(joints, motions.joints, atol=2e-5)
    assert motions.landmarks(load_body()).shape == (PEOPLE, 120, 33, 3)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_feet_on_the_floor_stay_where_they_are(exercise: str) -> None:
    motions = people(exercise)
    landmarks = motions.landmarks(load_body())
    for side in SIDES:
        heel, toe = (landmarks[:, :, BLAZEPOSE_33.index(f"{side}_{name}"), 1] for name in ("heel", "foot_index"))
        # The marks of a standing foot lie as low as they ever do.
        stands = (heel > heel.max(1, keepdims=True) - 0.003) & (toe > toe.max(1, keepdims=True) - 0.003)
        ball = motions.joints[:, :, J(f"{side}_foot_index")][..., [0, 2]]
        step = np.linalg.norm(np.diff(ball, axis=1), axis=-1)
        assert step[stands[:, 1:] & stands[:, :-1]].max() < 0.002


@pytest.mark.parametrize("exercise", EXERCISES)
def test_nothing_sinks_into_the_floor(exercise: str) -> None:
    motions = people(exercise)
    soles = BLAZEPOSE_33.indices(["left_heel", "right_heel", "left_foot_index", "right_foot_index"])
    assert motions.landmarks(load_body())[:, :, soles, 1].max() < 0.01
    assert motions.joints[..., 1].max() < 0.0


@pytest.mark.parametrize("exercise", EXERCISES)
def test_knees_and_elbows_are_hinges(exercise: str) -> None:
    motions = people(exercise)
    # In SMPL's frame a knee bends about +x; left elbows bend about -y and right ones about +y.
    knees = np.degrees(motions.poses[:, :, [J("left_knee"), J("right_knee")], 0])
    assert knees.min() > -2
    assert knees.max() < 155
    joints = motions.joints
    for side in SIDES:
        bend = 180 - angle_deg(joints, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")
        assert bend.max() < 160
        turned = motions.poses[:, :, J(f"{side}_elbow"), 1] * (1 if side == "right" else -1)
        assert turned[bend > 30].min() > 0


@pytest.mark.parametrize("exercise", EXERCISES)
def test_motion_is_smooth(exercise: str) -> None:
    acceleration = np.linalg.norm(np.diff(people(exercise).joints, 2, axis=1), axis=-1) * 30.0**2
    assert acceleration.max() < 130
    assert np.percentile(acceleration, 95) < 30


def test_lunge_takes_the_legs_apart() -> None:
    joints = people("lunge").joints
    ankles = joints[:, :, J("left_ankle")] - joints[:, :, J("right_ankle")]
    apart = np.linalg.norm(ankles[..., [0, 2]], axis=-1).max(axis=1)
    assert (apart > 0.45).mean() > 0.9
    ahead = np.abs(joints[:, :, J("left_knee"), 2] - joints[:, :, J("right_knee"), 2]).max(axis=1)
    assert (ahead > 0.3).mean() > 0.45
    assert (knee_bend_deg(joints).max(axis=(1, 2)) > 60).mean() > 0.8


def test_hinge_leans_over_nearly_straight_legs() -> None:
    joints = people("hinge").joints
    lean = trunk_lean_deg(joints)
    assert (lean.max(axis=1) > 40).mean() > 0.9
    assert knee_bend_deg(joints)[lean > 40].max() < 60
    assert np.median(knee_bend_deg(joints)[lean > 40]) < 45


def test_sitting_is_as_high_as_a_chair() -> None:
    hips = height(middle(people("sit_to_stand").joints, "hip"))
    assert ((hips.min(axis=1) > 0.38) & (hips.min(axis=1) < 0.52)).mean() > 0.85
    assert (np.ptp(hips, axis=1) > 0.2).mean() > 0.85


def test_overhead_reach_goes_overhead() -> None:
    joints = people("overhead_reach").joints
    wrists = np.max([height(joints[:, :, J(f"{side}_wrist")]) for side in SIDES], axis=0)
    above = (wrists - height(joints[:, :, J("head")])).max(axis=1)
    assert (above > 0.05).mean() > 0.5


def test_leg_raise_stands_on_one_leg() -> None:
    joints = people("leg_raise").joints
    feet = np.stack([height(joints[:, :, J(f"{side}_ankle")]) for side in SIDES], axis=-1)
    assert (np.ptp(feet, axis=-1).max(axis=1) > 0.15).mean() > 0.7
    assert feet.min(axis=-1).max() < 0.2


def test_walking_feet_alternate() -> None:
    joints = people("walking").joints
    feet = np.stack([height(joints[:, :, J(f"{side}_foot_index")]) for side in SIDES], axis=-1)
    lifted = feet > feet.min(axis=1, keepdims=True) + 0.01
    assert not lifted.all(axis=-1).any()
    assert lifted.any(axis=1).all()


def test_free_covers_the_space() -> None:
    joints = people("free").joints
    wrist = (joints[:, :, J("left_wrist")] - joints[:, :, J("left_shoulder")]).reshape(-1, 3)
    arm = np.linalg.norm(wrist, axis=-1).max()
    assert (np.ptp(wrist, axis=0) > 1.2 * arm).all()
    assert np.ptp(trunk_lean_deg(joints)) > 60


def test_exercises_come_round_evenly_and_are_reproducible() -> None:
    body = load_body()
    first, again = (sample_exercises(body, np.random.default_rng(5), 16, frames=8) for _ in range(2))
    assert sorted(first.names) == sorted(EXERCISES * 2)
    np.testing.assert_array_equal(first.joints, again.joints)
    assert not np.array_equal(first.joints, sample_exercises(body, np.random.default_rng(6), 16, frames=8).joints)


def test_a_clip_can_be_filmed() -> None:
    clip = sample_exercise_clip(load_body(), np.random.default_rng(1), "walking", 2.0, 25.0)
    assert clip.repetitions == ()
    assert len(clip.landmarks(load_body()).positions) == 50


def test_unknown_exercises_are_refused() -> None:
    with pytest.raises(InputError, match="expected exercises out of lunge"):
        sample_exercises(load_body(), np.random.default_rng(0), 3, exercises=("juggling",))
    with pytest.raises(InputError, match="at least one motion"):
        sample_exercises(load_body(), np.random.default_rng(0), 0)
