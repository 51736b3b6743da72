"""What stands beside arrays, places from −1 to 1, times of a day, and kinds of files that are only named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from formnet.errors import InputError, PoseError
from formnet.readers.keypoints.clock import settle_times
from formnet.readers.source import read_pose_source
from formnet.reading.checks import check_track
from formnet.skeleton import COCO_17
from tests.readers.keypoint_files import COCO, N_FRAMES, SIZE, alphapose


def write(path, content):
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("beside", [{"fps": np.array(15.0)}, {"timestamps": np.arange(N_FRAMES) / 15},
                                    {"time_ms": np.arange(N_FRAMES) * 1000 / 15}])  # fmt: skip
def test_an_archive_may_say_its_rate_or_times(beside, tmp_path):
    np.savez(tmp_path / "a.npz", keypoints=COCO, boxes=np.zeros((N_FRAMES, 4)), **beside)
    source = read_pose_source(tmp_path / "a.npz")
    assert source.has_own_times
    np.testing.assert_allclose(source.motion.timestamps, np.arange(N_FRAMES) / 15, atol=1e-9)


def test_of_points_in_picture_and_space_those_in_the_picture_are_read(tmp_path):
    np.savez(tmp_path / "a.npz", keypoints_3d=np.ones((N_FRAMES, 17, 3)), keypoints_2d=COCO)
    np.testing.assert_allclose(read_pose_source(tmp_path / "a.npz", fps=30).motion.positions, COCO[..., :2])


def test_flat_rows_of_two_numbers_a_point(tmp_path):
    np.save(tmp_path / "a.npy", COCO[..., :2].reshape(N_FRAMES, -1))
    np.testing.assert_allclose(read_pose_source(tmp_path / "a.npy", fps=30).motion.positions, COCO[..., :2])


def swinging_legs():
    """(T, 17, 3) the squat of whom the legs turn in the picture and keep their lengths in pixels."""
    points = COCO.copy()
    angles = np.linspace(0, 1.2, N_FRAMES)
    down = 90 * np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    for side in ("left", "right"):
        for chain in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")):
            upper, middle, lower = (COCO_17.index(f"{side}_{name}") for name in chain)
            points[:, middle, :2] = points[:, upper, :2] + down
            points[:, lower, :2] = points[:, middle, :2] + down * [-1, 1]
    return points


@pytest.mark.parametrize("size", [None, SIZE])
def test_places_from_minus_1_to_1_in_both_directions_are_shares(size, tmp_path):
    points = swinging_legs()
    signed = points * [2 / SIZE[0], 2 / SIZE[1], 1] - [1, 1, 0]
    source = read_pose_source(write(tmp_path / "a.json", alphapose(signed)), fps=30, size=size)
    np.testing.assert_allclose(source.motion.positions, points[..., :2], atol=1e-6)


def test_places_from_minus_1_to_1_of_one_scale_are_not(tmp_path):
    points = swinging_legs() * [2 / SIZE[0], 2 / SIZE[0], 1] - [1, SIZE[1] / SIZE[0], 0]
    source = read_pose_source(write(tmp_path / "a.json", alphapose(points)), fps=30)
    assert source.motion.unit == "body"
    np.testing.assert_allclose(source.motion.positions, points[..., :2])


def test_times_of_a_day_count_from_the_first():
    times_s = settle_times(50_637.2 + np.arange(9) / 30, {"s"})
    np.testing.assert_allclose(times_s, np.arange(9) / 30, atol=1e-9)
    np.testing.assert_allclose(settle_times(2.0 + np.arange(9) / 30, {"s"})[0], 2.0)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"PAR1" + bytes(50), "is a Parquet table"), ("a.csv", b"ARROW1" + bytes(50), "is an Arrow table"),
        ("a.json", b"<?xml version='1.0'?><annotations/>", "is XML"), ("a.yaml", b"a: 1", "is YAML"),
        ("a.pth", b"x", "is a pickle of PyTorch"), ("a.msgpack", b"x", "is MessagePack"),
    ],
)  # fmt: skip
def test_kinds_that_are_not_read_are_named(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_pose_source(tmp_path / name)


def test_y_before_x_is_told_of(tmp_path):
    points = np.repeat(COCO, 2, axis=0)
    path = write(tmp_path / "a.json", alphapose(points[..., [1, 0, 2]]))
    with pytest.raises(PoseError, match="swap x and y if the file gives y first"):
        check_track(read_pose_source(path, fps=30), "a.json")
