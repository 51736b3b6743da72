"""What lifters see of a 2D source."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import PoseError, SkeletonError
from formnet.lifting.observation import OBSERVED_24, gather_joints, normalise_points, observe
from formnet.motion import Motion
from formnet.skeleton import BLAZEPOSE_33, COCO_17, KINECT_22, Skeleton


def picture(skeleton: Skeleton, frames: int = 12, seed: int = 0) -> Motion:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 500, (1, len(skeleton), 2)) + rng.normal(0, 5, (frames, len(skeleton), 2))
    return Motion(points, np.full(points.shape[:2], 0.8), np.arange(frames) / 30, skeleton, "pixel")


def test_a_source_is_seen_alike_wherever_and_however_large_it_stands_in_the_picture() -> None:
    motion = picture(COCO_17)
    moved = motion.replace(positions=3.0 * motion.positions + [100.0, -40.0])
    np.testing.assert_allclose(observe(moved).points, observe(motion).points, atol=1e-5)


def test_hips_lie_at_the_origin_and_the_person_has_size_one() -> None:
    points = observe(picture(BLAZEPOSE_33)).points
    hips = points[:, OBSERVED_24.indices(("left_hip", "right_hip"))].mean(axis=1)
    np.testing.assert_allclose(hips, 0.0, atol=1e-5)
    names = [f"{s}_{j}" for s in ("left", "right") for j in ("shoulder", "hip", "knee", "ankle")]
    measured = points[:, OBSERVED_24.indices(names)]
    spread = np.sqrt(((measured - measured.mean(axis=1, keepdims=True)) ** 2).sum(axis=-1).mean(axis=1))
    assert np.median(spread) == pytest.approx(1.0, abs=1e-5)


def test_only_measured_joints_are_taken() -> None:
    seen = observe(picture(COCO_17))
    absent = OBSERVED_24.indices(("head_top", "left_hand", "left_heel", "right_foot_index"))
    assert (seen.confidence[:, absent] == 0).all()
    assert (seen.points[:, absent] == 0).all()
    present = OBSERVED_24.indices(("nose", "left_wrist", "right_ankle"))
    assert (seen.confidence[:, present] > 0.7).all()


def test_a_hand_is_the_middle_of_the_knuckles() -> None:
    motion = picture(BLAZEPOSE_33)
    points, _ = gather_joints(motion)
    middle = (motion.joint("left_index") + motion.joint("left_pinky")) / 2
    np.testing.assert_allclose(points[:, OBSERVED_24.index("left_hand")], middle, rtol=1e-5)


def test_a_joint_hidden_for_a_while_changes_no_other_joint() -> None:
    motion = picture(KINECT_22)
    positions = motion.positions.copy()
    positions[3:6, KINECT_22.index("left_knee")] = np.nan
    seen, whole = observe(motion.replace(positions=positions)), observe(motion)
    knee = OBSERVED_24.index("left_knee")
    others = np.arange(len(OBSERVED_24)) != knee
    assert (seen.confidence[3:6, knee] == 0).all()
    np.testing.assert_allclose(seen.points[:, others], whole.points[:, others], atol=0.02)


def test_gaps_that_never_leave_a_whole_frame_are_no_reason_to_give_up() -> None:
    points = np.random.default_rng(1).normal(size=(1, 8, 24, 2))
    whole = normalise_points(points)
    names = ("left_shoulder", "right_knee")
    points[0, :4, OBSERVED_24.index(names[0])] = np.nan
    points[0, 4:, OBSERVED_24.index(names[1])] = np.nan
    gapped = normalise_points(points)
    there = np.isfinite(gapped)
    assert there.mean() > 0.9
    assert np.median(np.abs(gapped - whole)[there]) < 0.2


def test_half_a_body_is_refused_in_one_sentence() -> None:
    motion = picture(COCO_17)
    positions = motion.positions.copy()
    positions[:, COCO_17.indices([f"{s}_{j}" for s in ("left", "right") for j in ("hip", "knee", "ankle")])] = np.nan
    with pytest.raises(PoseError, match="film the whole body"):
        observe(motion.replace(positions=positions))


def test_a_joint_set_without_hips_is_refused() -> None:
    face = Skeleton("face", ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "neck", "head_top"))
    with pytest.raises(SkeletonError, match="too few joints to be lifted"):
        observe(picture(face))
