"""Recordings on the body: what was known of them comes out again, on limbs of another length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from formnet.body import load_body
from formnet.errors import InputError
from formnet.geometry.angles import compute_joint_angle_deg
from formnet.motion import Motion
from formnet.readers.catalogue import read_dataset
from formnet.recorded.posing import PosedRecording, pose_recording, sample_smoothly
from formnet.skeleton import SMPL_24
from tests.recorded.recordings import simulate, write_recording

FPS = 15.0
SIDES = ("left", "right")
LEGS_AND_ARMS = [("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"), ("shoulder", "hip", "knee")]


def pose(motion: Motion, seed: int = 1) -> PosedRecording:
    body = load_body()
    return pose_recording(motion, body, body.sample_betas(np.random.default_rng(seed))[0], FPS)


def compute_angles(motion: Motion, first: str, middle: str, last: str) -> np.ndarray:
    return np.stack([compute_joint_angle_deg(*(motion.joint(f"{side}_{joint}") for joint in (first, middle, last)))
                     for side in SIDES])  # fmt: skip


def compute_trunk(motion: Motion) -> np.ndarray:
    shoulders, hips = (motion.joint(f"left_{joint}") + motion.joint(f"right_{joint}") for joint in ("shoulder", "hip"))
    line = shoulders - hips
    return line / np.linalg.norm(line, axis=-1, keepdims=True)


@pytest.mark.parametrize("exercise", ["sit_to_stand", "hinge", "idle", "lunge"])
def test_known_angles_come_out_on_a_body_of_other_limbs(exercise: str, tmp_path: Path) -> None:
    write_recording(tmp_path, simulate(exercise).positions)
    recorded = read_dataset("uiprmd", tmp_path, allow_damaged=True).motions[0]
    posed, seen = pose(recorded).motion, sample_smoothly(recorded, FPS)
    for joints, allowed_deg in zip(LEGS_AND_ARMS, (6.0, 1.0, 6.0), strict=True):
        error = compute_angles(posed, *joints) - compute_angles(seen, *joints)
        assert np.sqrt((error**2).mean()) < allowed_deg, joints
    lean = np.degrees(np.arccos(np.clip((compute_trunk(posed) * compute_trunk(seen)).sum(axis=-1), -1, 1)))
    assert lean.max() < 6.0


def test_joints_that_a_camera_has_not_are_done_without() -> None:
    # UTD-MHAD's Kinect has one joint between hips and neck.
    motion = simulate("sit_to_stand")
    known = motion.positions.copy()
    known[:, motion.skeleton.indices(("spine1", "left_collar", "right_collar", "head_top"))] = np.nan
    posed = pose(motion.replace(positions=known, confidence=np.isfinite(known[..., 0]).astype(float))).motion
    error = compute_angles(posed, "hip", "knee", "ankle") - compute_angles(pose(motion).motion, "hip", "knee", "ankle")
    assert np.abs(error).max() < 5.0
    assert np.isfinite(posed.positions).all()


def test_limbs_are_the_bodys_and_stay_so() -> None:
    body = load_body()
    betas = body.sample_betas(np.random.default_rng(3))[0]
    posed = pose_recording(simulate("lunge"), body, betas, FPS)
    rest = body.joints(betas)
    # The same joints come of the pose parameters, which is what is stored.
    again, _ = body.pose_joints(betas, posed.poses, posed.translation)
    np.testing.assert_allclose(again, posed.joints, atol=1e-4)
    for joint in SMPL_24.joints[1:]:
        number, above = SMPL_24.index(joint), SMPL_24.index(str(SMPL_24.parent(joint)))
        lengths = np.linalg.norm(posed.joints[:, number] - posed.joints[:, above], axis=-1)
        np.testing.assert_allclose(lengths, np.linalg.norm(rest[number] - rest[above]), atol=1e-6)


def test_feet_that_a_camera_lets_drift_stand_still() -> None:
    motion = simulate("sit_to_stand")
    drifting = motion.positions.copy()
    # A foot that creeps by four centimetres and is lifted by six, as Kinect's do in a squat.
    course = np.sin(np.linspace(0, np.pi, len(motion))) ** 2
    for joint, share in (("left_knee", 0.5), ("left_ankle", 1.0), ("left_foot_index", 1.0)):
        drifting[:, motion.skeleton.index(joint)] += share * course[:, None] * [0.03, -0.06, 0.03]
    posed = pose(motion.replace(positions=drifting))
    assert posed.contacts.all()
    balls = posed.joints[:, SMPL_24.indices(("left_foot_index", "right_foot_index"))]
    assert np.abs(balls - balls.mean(axis=0)).max() < 2e-3
    assert (balls[..., 1] < 0).all()
    assert (balls[..., 1] > -0.08).all()
    assert np.ptp(posed.translation[:, 1]) > 0.2


def test_feet_that_step_leave_the_floor_and_stand_elsewhere() -> None:
    motion = simulate("walking", seed=2, frames=120)
    posed = pose(motion)
    assert 0.3 < posed.contacts.mean() < 0.95
    ankles = -posed.joints[:, SMPL_24.indices(("left_ankle", "right_ankle"))][..., 1]
    assert ankles[~posed.contacts].max() > 0.03 + ankles[posed.contacts].mean()
    walked = np.linalg.norm(np.ptp(motion.joint("pelvis")[:, [0, 2]], axis=0))
    own = np.linalg.norm(np.ptp(posed.translation[:, [0, 2]], axis=0))
    assert own == pytest.approx(walked, rel=0.35)


def test_what_cannot_be_posed_is_said_in_one_sentence() -> None:
    motion = simulate("idle")
    legless = motion.positions.copy()
    legless[:, motion.skeleton.index("left_knee")] = np.nan
    sure = np.isfinite(legless[..., 0]).astype(float)
    with pytest.raises(InputError, match="left_knee"):
        pose(motion.replace(positions=legless, confidence=sure))
    with pytest.raises(InputError, match="three frames"):
        pose(motion.replace(positions=motion.positions[:2], confidence=np.ones((2, 22)), timestamps=np.arange(2) / 30))
