"""Points in space are read whichever axis is up, in any unit and hand; joint sets are told by their limbs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.readers.keypoints.layouts import BY_COUNT, _layout_of, choose_layout
from formnet.readers.source import read_pose_source
from formnet.skeleton import BLAZEPOSE_33
from tests.readers.keypoint_files import COCO, N_FRAMES, squat_points

BLAZE = squat_points(BLAZEPOSE_33)


def squat_in_space():
    """(T, 33, 3) metres, x right, y down, z away; toes towards the camera."""
    flat = (BLAZE[..., :2] - [640, 400]) / 280
    depth = np.array([-0.2 if name.endswith("foot_index") else 0.05 for name in BLAZEPOSE_33.joints])
    return np.dstack([flat, np.broadcast_to(depth, flat.shape[:2]) + 0.1 * flat[..., 1]])


AXES = {
    "as pictures": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "y up": [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
    "y up, left-handed": [[1, 0, 0], [0, -1, 0], [0, 0, 1]],
    "z up": [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
    "z up, seen from behind": [[-1, 0, 0], [0, 0, -1], [0, -1, 0]],
}


def write_json(path, points):
    frames = [{"worldLandmarks": [dict(zip("xyz", point, strict=True)) for point in pose]} for pose in points.tolist()]
    path.write_text(json.dumps(frames))


def write_table(path, points):
    columns = [f"{name}_{axis}" for name in BLAZEPOSE_33.joints for axis in "xyz"]
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, pose.ravel())) for pose in points)]))


@pytest.mark.parametrize("unit_m", [1.0, 0.01, 0.001], ids=["m", "cm", "mm"])
@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("write", [write_json, write_table, np.save], ids=["json", "csv", "npy"])
def test_points_in_space_are_the_same_motion(write, axes, unit_m, tmp_path):
    truth = squat_in_space()
    path = tmp_path / {write_json: "a.json", write_table: "a.csv"}.get(write, "a.npy")
    write(path, truth @ np.array(AXES[axes], dtype=float).T / unit_m)
    source = read_pose_source(path, fps=30)
    assert source.world is not None
    assert source.world.unit == "metre"
    assert any("the points are in space" in warning for warning in source.warnings)
    found = source.world.positions
    turned = found if axes != "z up, seen from behind" else found * [-1, 1, -1]
    np.testing.assert_allclose(turned, truth, atol=1e-6)


def test_a_depth_beside_places_in_a_picture_is_no_space(tmp_path):
    write_table(tmp_path / "a.csv", np.dstack([BLAZE[..., :2], np.full(BLAZE.shape[:2], -30.0)]))
    source = read_pose_source(tmp_path / "a.csv", fps=30)
    assert source.world is None
    np.testing.assert_allclose(source.motion.positions, BLAZE[..., :2])


def test_the_point_that_places_count_from_is_there(tmp_path):
    points = squat_in_space()
    hip = BLAZEPOSE_33.index("left_hip")
    write_json(tmp_path / "a.json", points - points[:, [hip]])
    assert not read_pose_source(tmp_path / "a.json", fps=30).world.missing.any()
    from_camera = points + np.array([0, 0, 3])
    from_camera[:, hip] = 0
    write_json(tmp_path / "b.json", from_camera)
    missing = read_pose_source(tmp_path / "b.json", fps=30).world.missing
    assert missing[:, hip].all()
    assert missing.sum() == N_FRAMES


def test_nobody_is_as_tall_as_that(tmp_path):
    write_json(tmp_path / "a.json", 7.0 * squat_in_space())
    with pytest.raises(InputError, match="nobody in it is as tall as people are in metres, centimetres or millimetres"):
        read_pose_source(tmp_path / "a.json", fps=30)


def test_azure_kinect(tmp_path):
    names = ["PELVIS", *(f"{joint}_{side}" for joint in ("HIP", "KNEE", "ANKLE", "FOOT", "SHOULDER", "ELBOW", "WRIST")
                         for side in ("LEFT", "RIGHT"))]  # fmt: skip
    joints = [name.lower().replace("foot", "foot_index") for name in names[1:]]
    columns = [BLAZEPOSE_33.index("_".join(reversed(name.rsplit("_", 1)))) for name in joints]
    points = squat_in_space()[:, columns] * 1000 + [0, 0, 2500]
    points = np.concatenate([points[:, :2].mean(axis=1, keepdims=True), points], axis=1)
    frames = [
        {"frame_id": n, "timestamp_usec": 1_000_000 + 33_333 * n, "bodies": [{"body_id": 1, "joint_positions": pose}]}
        for n, pose in enumerate(points.tolist())
    ]
    (tmp_path / "a.json").write_text(json.dumps({"joint_names": names, "frames": frames, "source_file": "a.mkv"}))
    source = read_pose_source(tmp_path / "a.json")
    assert source.has_own_times
    assert len(source.motion) == N_FRAMES
    np.testing.assert_allclose(source.motion.joint("left_knee"), points[:, names.index("KNEE_LEFT")] / 1000, atol=1e-9)


SETS = [(count, number) for count, sets in BY_COUNT.items() if len(sets) > 1 for number in range(len(sets))]


@pytest.mark.parametrize(("count", "number"), SETS)
def test_joint_sets_of_one_number_of_points_are_told_by_their_limbs(count, number):
    layout = _layout_of(BY_COUNT[count][number])
    points = np.full((N_FRAMES, count, 3), [600.0, 300.0, 1.0])
    points[:, list(layout.columns)] = squat_points(layout.skeleton)
    # From the side, where wrong sets have short limbs, too.
    points[..., 0] = 640 + 0.3 * (points[..., 0] - 640)
    assert choose_layout(points, None, "a").skeleton.joints == layout.skeleton.joints


def test_confidences_may_count_to_100(tmp_path):
    rows = [{"image_id": n, "keypoints": (pose * [1, 1, 100]).ravel().tolist()} for n, pose in enumerate(COCO)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    np.testing.assert_allclose(read_pose_source(tmp_path / "a.json", fps=30).motion.confidence, COCO[..., 2])
