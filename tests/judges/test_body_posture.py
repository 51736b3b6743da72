"""From any joint set to a canonical, placed body."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.conversion import convert_motion
from formnet.errors import InputError, SkeletonError
from formnet.geometry.paths import resample_frames
from formnet.geometry.vectors import mirror_points
from formnet.judges.movement.placement import fit_placement, fit_turn, orient_clip
from formnet.judges.movement.posture import (
    average_limb_lengths,
    canonicalise_body,
    measure_limb_lengths,
    turn_about_gravity,
)
from formnet.judges.parts.body import complete_skeleton, parents_first, prepare_body
from formnet.motion import Motion
from formnet.preprocess.mirror import mirror_motion
from formnet.preprocess.resample import resample_to_fps
from formnet.skeleton import BLAZEPOSE_33, COCO_17, KINECT_22, SKELETONS, SQUAT7_19, Skeleton
from tests.judges.people import person, turned
from tests.preprocess.squats import with_missing


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda skeleton: skeleton.name)
def test_every_joint_set_becomes_one_tree(skeleton: Skeleton) -> None:
    whole = complete_skeleton(skeleton)
    order = parents_first(whole)
    assert sorted(order) == sorted(whole.joints)
    roots = [joint for joint in whole.joints if whole.parent(joint) is None]
    assert roots == ["pelvis"]
    for number, joint in enumerate(order[1:], start=1):
        assert whole.parent(joint) in order[:number]


def test_pelvis_and_neck_are_half_way() -> None:
    body = prepare_body(person())
    middle = 0.5 * (body.joint("left_hip") + body.joint("right_hip"))
    np.testing.assert_allclose(body.joint("pelvis"), middle)


def test_other_rates_come_to_thirty_frames() -> None:
    fast = resample_to_fps(person(), 100.0)
    body, plain = prepare_body(fast), prepare_body(person())
    assert abs(body.fps - 30.0) < 1e-6
    n = min(len(body), len(plain))
    np.testing.assert_allclose(body.positions[:n], plain.positions[:n], atol=1e-3)
    few = person().frames(0, 72).replace(timestamps=np.arange(72) / 1e4)
    assert len(prepare_body(few)) >= 8


def test_gaps_are_filled_and_joints_never_seen_lie_at_their_parent() -> None:
    gone = with_missing(person(), slice(None), ("left_foot_index",))
    body = prepare_body(with_missing(gone, slice(0, 5), ("right_knee",)))
    assert not body.missing.any()
    np.testing.assert_array_equal(body.joint("left_foot_index"), body.joint("left_ankle"))
    np.testing.assert_array_equal(body.joint("right_knee")[0], gone.joint("right_knee")[5])


def test_motions_that_cannot_be_judged() -> None:
    flat = person()
    with pytest.raises(InputError, match="judges joints in 3D, got a motion in 2D"):
        prepare_body(flat.replace(positions=flat.positions[..., :2]))
    with pytest.raises(InputError, match="four frames or more, got 3"):
        prepare_body(flat.frames(0, 3))
    legless = Skeleton("legless", tuple(j for j in COCO_17.joints if "knee" not in j))
    with pytest.raises(SkeletonError, match="has no left_knee, right_knee, which this model needs"):
        prepare_body(flat.select(legless))
    with pytest.raises(InputError, match="expected one repetition, got a motion of 71"):
        prepare_body(flat.replace(timestamps=np.arange(len(flat)) * 10.0))


def canonical(motion: Motion) -> np.ndarray:
    body = prepare_body(motion)
    return canonicalise_body(body, average_limb_lengths([body])).positions


def test_canonical_form_forgets_place_size_and_heading() -> None:
    motion = person(seed=1, noise=0.002)
    plain = canonical(motion)
    shifted = motion.replace(positions=motion.positions * 1.7 + np.array([3.0, -1.0, 2.0]))
    np.testing.assert_allclose(canonical(shifted), plain, atol=1e-9)
    # The median filter works by axis, so noise may come out otherwise after a turn; a heading would be worth 1.
    np.testing.assert_allclose(canonical(turned(motion, 1.1)), plain, atol=0.02)


def test_canonical_limbs_have_the_lengths_that_were_asked_for() -> None:
    body = prepare_body(person(size=1.3))
    lengths = average_limb_lengths([prepare_body(person(size=0.8)), prepare_body(person(size=1.1))])
    made = canonicalise_body(body, lengths)
    np.testing.assert_allclose(measure_limb_lengths(made.positions, made.skeleton), lengths, atol=1e-9)
    legs = lengths[made.skeleton.indices(("left_knee", "left_ankle"))].sum()
    assert legs == pytest.approx(1.0)
    hips = made.joint("left_hip")[:5].mean(0) - made.joint("right_hip")[:5].mean(0)
    assert hips[0] > 0
    assert abs(hips[2]) < 1e-6


def test_mirroring_twice_changes_nothing_and_agrees_with_mirrored_recordings() -> None:
    motion = convert_motion(person(noise=0.01), KINECT_22, allow_missing=True)
    positions = motion.positions
    np.testing.assert_array_equal(
        mirror_points(mirror_points(positions, KINECT_22.mirror), KINECT_22.mirror), positions
    )
    np.testing.assert_allclose(mirror_points(positions, KINECT_22.mirror), mirror_motion(motion).positions)


@pytest.mark.parametrize("angle", [-2.5, -0.3, 0.0, 1.0, 3.0])
def test_the_turn_that_was_made_is_found(angle: float) -> None:
    fixed = np.random.default_rng(0).normal(size=(20, 5, 3))
    found = fit_turn(turn_about_gravity(fixed, angle), fixed)
    np.testing.assert_allclose(np.exp(1j * found), np.exp(-1j * angle), atol=1e-9)


def one_armed(side: str, seed: int) -> Motion:
    """Standing, one straight arm rises to the side by 120°."""
    still = person(peak_deg=8.0, noise=0.002, seed=seed)
    positions, skeleton = still.positions.copy(), still.skeleton
    shoulder = still.joint(f"{side}_shoulder")
    angle = np.radians(120) * np.sin(np.linspace(0, np.pi, len(still)))
    outward = {"left": -1.0, "right": 1.0}[side]
    for joint, reach in (("elbow", 0.3), ("wrist", 0.55)):
        along = np.stack([np.zeros_like(angle), np.cos(angle), outward * np.sin(angle)], axis=1)
        positions[:, skeleton.index(f"{side}_{joint}")] = shoulder + reach * along
    return still.replace(positions=positions)


def test_one_sided_movements_are_brought_to_one_side() -> None:
    motions = [one_armed(side, seed) for seed, side in enumerate(["left", "right", "right", "left", "right"])]
    prepared = [prepare_body(motion) for motion in motions]
    lengths = average_limb_lengths(prepared)
    bodies = [canonicalise_body(body, lengths) for body in prepared]
    placement = fit_placement(bodies)
    assert placement.is_sided
    clips = [orient_clip(body, placement) for body in bodies]
    assert {len(both) for both in clips} == {1}
    wrists = [bodies[0].skeleton.index(f"{side}_wrist") for side in ("left", "right")]
    busy = [int(np.argmax([np.ptp(clip[0][:, wrist, 1]) for wrist in wrists])) for clip in clips]
    assert len(set(busy)) == 1


def test_squats_have_no_side_and_come_in_both_orientations() -> None:
    prepared = [prepare_body(person(noise=0.004, seed=seed)) for seed in range(4)]
    lengths = average_limb_lengths(prepared)
    bodies = [canonicalise_body(body, lengths) for body in prepared]
    placement = fit_placement(bodies)
    assert not placement.is_sided
    first, second = orient_clip(bodies[0], placement)
    turn = fit_turn(mirror_points(first, bodies[0].skeleton.mirror), second)
    again = turn_about_gravity(mirror_points(first, bodies[0].skeleton.mirror), turn)
    np.testing.assert_allclose(again, second, atol=1e-9)


def test_resampling_keeps_ends_and_straight_lines() -> None:
    line = np.linspace(0.0, 1.0, 7)[:, None] * np.array([1.0, -2.0])
    resampled = resample_frames(line, 50)
    np.testing.assert_allclose(resampled, np.linspace(0.0, 1.0, 50)[:, None] * np.array([1.0, -2.0]))


def test_both_sets_of_joints_are_enough() -> None:
    for skeleton in (SQUAT7_19, KINECT_22, COCO_17, BLAZEPOSE_33):
        body = prepare_body(convert_motion(person(), skeleton, allow_missing=True))
        assert np.isfinite(body.positions).all()
