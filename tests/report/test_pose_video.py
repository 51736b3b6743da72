"""The skeleton over a clip: at its joints, in time, and nowhere else."""

import numpy as np
import pytest
from PIL import Image

from formnet.motion import Motion
from formnet.pose.video import Frame, read_frames
from formnet.report.pose_video import write_pose_video
from formnet.report.video_writer import write_video
from formnet.skeleton import Skeleton

LEG = Skeleton("leg", ("left_hip", "left_knee", "left_ankle"))


@pytest.fixture
def clip(tmp_path):
    frames = (Frame(number / 10, np.full((96, 128, 3), 120, np.uint8)) for number in range(8))
    write_video(frames, tmp_path / "grey.mp4", fps=10)
    return tmp_path / "grey.mp4"


def walking_leg(n_frames):
    x = 20 + 10 * np.arange(n_frames, dtype=float)
    joints = np.stack([np.stack([x, np.full(n_frames, y)], axis=-1) for y in (20.0, 50.0, 80.0)], axis=1)
    return Motion(joints, np.ones(joints.shape[:2]), np.arange(n_frames) / 10, LEG, "pixel")


def test_the_skeleton_moves_with_the_joints(clip, tmp_path):
    told = []
    leg = walking_leg(8)
    assert write_pose_video(clip, leg, tmp_path / "drawn.mp4", lambda *step: told.append(step)) == 8
    assert told[-1] == (8, 8)
    for number, frame in enumerate(read_frames(tmp_path / "drawn.mp4")):
        changed = np.abs(frame.image.astype(int) - 120).max(axis=2) > 40
        columns = np.nonzero(changed.any(axis=0))[0]
        assert abs(columns.mean() - leg.positions[number, 0, 0]) < 3
        assert np.ptp(columns) < 16


def test_a_picture_becomes_a_picture(clip, tmp_path):
    assert write_pose_video(clip, walking_leg(1), tmp_path / "drawn.png") == 1
    with Image.open(tmp_path / "drawn.png") as image:
        assert image.size == (128, 96)
