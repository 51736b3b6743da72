"""What cannot be scored is refused in one sentence, and never scored 100 by accident."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import FormnetError, InputError, PoseError, SkeletonError
from formnet.motion import Motion
from formnet.scoring.compare import CompareOptions, compare_motions
from formnet.scoring.match import match_frame
from formnet.scoring.prepare import PrepareOptions, share_joints
from formnet.skeleton import BLAZEPOSE_33, BODY_25, COCO_17, COCO_18, KINECT_22, MPI_15, SMPL_24, Skeleton
from tests.preprocess.squats import squats
from tests.scoring.motions import in_picture, waving, waving_in_picture


def lose(motion: Motion, start: int, stop: int, joint: str | None = None) -> Motion:
    positions = motion.positions.copy()
    positions[start:stop, slice(None) if joint is None else motion.skeleton.index(joint)] = np.nan
    return motion.replace(positions=positions)


def one_sentence(error: pytest.ExceptionInfo[FormnetError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 250
    return text


def test_a_joint_that_is_never_seen_is_named():
    motion = waving(KINECT_22)
    hidden = lose(lose(motion, 0, 90, "left_knee"), 0, 90, "left_ankle")
    for pair in ((hidden, motion), (motion, hidden)):
        with pytest.raises(PoseError, match="never shows left knee and left ankle") as error:
            compare_motions(*pair)
        one_sentence(error)
    allowed = compare_motions(hidden, motion, CompareOptions(prepare=PrepareOptions(allow_missing=True)))
    assert allowed.total == pytest.approx(100)
    assert any("scored without" in warning for warning in allowed.warnings)
    assert np.isnan(allowed.joints["left_ankle"])


def test_nobody():
    motion = waving(KINECT_22)
    with pytest.raises(PoseError, match="the reference never shows a person") as error:
        compare_motions(motion, lose(motion, 0, 90))
    one_sentence(error)


@pytest.mark.parametrize("n_frames", [1, 4])
def test_too_few_frames(n_frames):
    motion = waving(KINECT_22)
    with pytest.raises(PoseError, match=f"the clip has only {n_frames} frame.*formnet match") as error:
        compare_motions(motion.frames(0, n_frames), motion)
    one_sentence(error)


def test_leaves_the_picture_and_comes_back():
    motion = waving(KINECT_22)
    with pytest.raises(PoseError, match=r"leaves the picture from 1\.0 to 2\.0 s; .* --max-gap") as error:
        compare_motions(lose(motion, 30, 60), motion)
    one_sentence(error)
    assert compare_motions(lose(motion, 30, 40), motion).total > 97
    patient = CompareOptions(prepare=PrepareOptions(max_gap_s=1.1))
    assert compare_motions(lose(motion, 30, 60), motion, patient).total > 60


def test_leaves_the_picture_for_good():
    motion = waving(KINECT_22)
    with pytest.raises(PoseError, match=r"leaves the picture at 1\.6 s and does not come back") as error:
        compare_motions(lose(motion, 50, 90), motion)
    one_sentence(error)


def test_walks_in_late():
    motion = waving(KINECT_22)
    padded = Motion(
        np.concatenate([np.full((20, 22, 3), np.nan), motion.positions]),
        np.ones((110, 22)),
        np.arange(110) / 30,
        KINECT_22,
    )
    result = compare_motions(padded, motion)
    assert result.total == pytest.approx(100, abs=0.1)
    assert result.times_s[0] == pytest.approx(20 / 30)
    assert any("0.7 s at its start" in warning for warning in result.warnings)


def test_flat_against_3d():
    with pytest.raises(InputError, match="one motion has 2 dimensions and the other 3"):
        compare_motions(waving_in_picture(), waving(KINECT_22))
    with pytest.raises(InputError, match="one motion has 2 dimensions and the other 3"):
        match_frame(waving_in_picture(1), waving(KINECT_22))


@pytest.mark.parametrize(
    ("first", "second"),
    [(BLAZEPOSE_33, KINECT_22), (BLAZEPOSE_33, SMPL_24), (KINECT_22, SMPL_24)],
    ids=lambda s: s.name,
)
def test_joint_sets_are_converted_in_3d(first, second):
    result = compare_motions(waving(first), waving(second))
    assert result.total > 97
    assert set(result.parts) >= {"trunk", "left_arm", "right_arm", "left_leg", "right_leg"}


@pytest.mark.parametrize("target", [COCO_18, BODY_25, MPI_15], ids=lambda s: s.name)
def test_joint_sets_are_converted_in_the_picture(target):
    from formnet.conversion import convert_motion

    flat = waving(BLAZEPOSE_33, 60)
    flat = flat.replace(positions=flat.positions[..., :2] * 300, unit="pixel")
    other = convert_motion(flat, target, allow_missing=True)
    assert compare_motions(other, in_picture(waving(BLAZEPOSE_33, 60))).total > 96


def test_joint_sets_without_arms_are_refused_by_name():
    legs = Skeleton("legs", tuple(joint for joint in COCO_17.joints if "hip" in joint or "knee" in joint))
    with pytest.raises(SkeletonError, match="'legs' and 'coco17' do not both have left_shoulder") as error:
        compare_motions(waving_in_picture().select(legs), waving_in_picture())
    assert "--allow-missing" in str(error.value)
    with pytest.raises(SkeletonError, match="do not both have"):
        share_joints(Skeleton("nose", ("nose",)), Skeleton("toe", ("left_foot_index",)), allow_missing=True)


def test_a_back_that_only_one_side_shows_is_no_common_ground():
    shared = share_joints(KINECT_22, BLAZEPOSE_33)
    assert not {"spine1", "spine2", "spine3"} & set(shared.joints)
    assert {"left_knee", "pelvis", "neck"} <= set(shared.joints)


def test_a_reference_shorter_than_a_repetition():
    motion = waving(KINECT_22, 300)
    with pytest.raises(PoseError, match=r"the reference \(0\.3 s\) is shorter than a repetition") as error:
        compare_motions(motion, motion.frames(0, 10))
    one_sentence(error)


def test_half_a_squat_is_no_reference():
    clip = squats()
    assert compare_motions(clip, clip.frames(20, 110)).total > 90
    with pytest.raises(PoseError, match="shorter than a repetition of the clip") as error:
        compare_motions(clip, clip.frames(37, 60))
    one_sentence(error)


def test_unknown_names_are_listed():
    motion = waving(KINECT_22)
    for options, words in (
        (CompareOptions(method="x"), "unknown method 'x'"),
        (CompareOptions(metric="x"), "unknown metric 'x'"),
        (CompareOptions(view="x"), "unknown view alignment 'x'"),
        (CompareOptions(limbs="x"), "unknown limb lengths 'x'"),
    ):
        with pytest.raises(InputError, match=words):
            compare_motions(motion, motion, options)
    with pytest.raises(InputError, match="normalise them in 3D only"):
        compare_motions(waving_in_picture(), waving_in_picture(), CompareOptions(limbs="smpl"))


def test_match_without_anybody():
    motion = waving_in_picture(10)
    with pytest.raises(PoseError, match="the picture shows nobody"):
        match_frame(lose(motion, 0, 10), motion)
    with pytest.raises(PoseError, match="the video shows nobody"):
        match_frame(motion, lose(motion, 0, 10))


def test_match_finds_the_frame_and_skips_empty_ones():
    video = lose(waving_in_picture(60), 10, 20)
    for metric in ("cosine", "weighted-l1", "weighted-l2", "euclidean", "limbs"):
        found = match_frame(video.frames(33, 34).replace(timestamps=np.zeros(1)), video, metric)
        assert found.index == 33
        assert found.total == pytest.approx(100, abs=1e-5)
        assert np.isnan(found.over_time[10:20]).all()
