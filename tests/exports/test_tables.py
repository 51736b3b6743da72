"""CSV, TRC and MOT: what stands in the files, read back by hand."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.exports.keypoints import write_alphapose, write_openpose
from formnet.exports.mot import compute_coordinates, write_mot
from formnet.exports.tables import to_opensim_axes, write_csv, write_trc
from formnet.skeleton import BLAZEPOSE_33, COCO_17, KINECT_22
from tests.scoring.motions import still, swing, waving, waving_in_picture


def lost(motion, frame, joint):
    positions = motion.positions.copy()
    positions[frame, motion.skeleton.index(joint)] = np.nan
    return motion.replace(positions=positions)


def test_csv_names_units_and_leaves_missing_joints_empty(tmp_path):
    motion = lost(waving(KINECT_22, 5), 2, "left_knee")
    write_csv(tmp_path / "a.csv", motion)
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert len(rows) == 5
    assert rows[2]["left_knee_x_m"] == ""
    assert float(rows[2]["left_knee_confidence"]) == 0
    assert float(rows[3]["time_s"]) == pytest.approx(0.1)
    assert float(rows[3]["right_wrist_z_m"]) == pytest.approx(motion.joint("right_wrist")[3, 2], abs=1e-5)
    write_csv(tmp_path / "b.csv", waving_in_picture(3))
    header = (tmp_path / "b.csv").read_text().splitlines()[0].split(",")
    assert header[:5] == ["frame", "time_s", "nose_x_px", "nose_y_px", "nose_confidence"]
    assert len(header) == 2 + 17 * 3


def test_opensim_axes_are_a_rotation_with_y_up():
    turned = to_opensim_axes(np.eye(3))
    assert np.linalg.det(turned) == pytest.approx(1)
    np.testing.assert_array_equal(to_opensim_axes(np.array([0.0, 1.0, 0.0])), [0, -1, 0])


def test_trc_can_be_read_back(tmp_path):
    motion = lost(waving(KINECT_22, 6), 2, "neck")
    write_trc(tmp_path / "a.trc", motion)
    lines = (tmp_path / "a.trc").read_text().splitlines()
    assert lines[0] == "PathFileType\t4\t(X/Y/Z)\ta.trc"
    assert lines[2].split("\t")[:5] == ["30", "30", "6", "22", "m"]
    assert lines[3].split("\t")[2::3][:22] == list(KINECT_22.joints)
    assert lines[5] == ""
    rows = [line.split("\t") for line in lines[6:]]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    values = np.array([[float(v) if v else np.nan for v in row[2:]] for row in rows]).reshape(6, 22, 3)
    np.testing.assert_allclose(values, to_opensim_axes(motion.positions), atol=1e-6)


def test_mot_header_counts_its_rows_and_columns(tmp_path):
    motion = waving(BLAZEPOSE_33, 7)
    write_mot(tmp_path / "a.mot", motion)
    lines = (tmp_path / "a.mot").read_text().splitlines()
    assert lines[1:6] == ["version=1", "nRows=7", f"nColumns={len(lines[6].split())}", "inDegrees=yes", "endheader"]
    table = np.array([line.split("\t") for line in lines[7:]], dtype=float)
    assert table.shape == (7, len(lines[6].split()))
    assert np.isfinite(table).all()


@pytest.mark.parametrize(
    ("joint", "axis", "sign", "coordinate"),
    [
        ("right_hip", 0, -1, "hip_flexion_r"),
        ("left_hip", 0, -1, "hip_flexion_l"),
        ("right_hip", 2, 1, "hip_adduction_r"),
        ("left_knee", 0, 1, "knee_angle_l"),
        ("left_shoulder", 0, -1, "arm_flex_l"),
    ],
)
def test_joint_angles_have_opensims_signs(joint, axis, sign, coordinate):
    # The person faces the camera (-z), y is down: a thigh swung forwards moves to -z.
    straight = still(KINECT_22, 2)
    positions = straight.positions.copy()
    for side in ("left", "right"):
        hip = positions[:, straight.skeleton.index(f"{side}_hip")]
        for name, length in (("knee", 0.4), ("ankle", 0.8)):
            positions[:, straight.skeleton.index(f"{side}_{name}")] = hip + np.array([0, length, 0])
    straight = straight.replace(positions=positions)
    before, after = compute_coordinates(straight), compute_coordinates(swing(straight, joint, axis, sign * 30.0))
    change = {name: float(after[name][0] - before[name][0]) for name in after}
    expected = -30.0 if "adduction" in coordinate else 30.0
    tolerance = 3.0 if "arm" in coordinate else 0.5
    assert change[coordinate] == pytest.approx(expected, abs=tolerance)
    others = {name for name in change if name != coordinate and not name.startswith(coordinate[:3])}
    assert all(abs(change[name]) < 1e-6 for name in others)


def test_flat_or_single_motions_are_no_trc(tmp_path):
    with pytest.raises(InputError, match="TRC needs positions in metres in 3D"):
        write_trc(tmp_path / "a.trc", waving_in_picture(4))
    with pytest.raises(InputError, match="MOT needs two frames or more"):
        write_mot(tmp_path / "a.mot", waving(BLAZEPOSE_33, 2).frames(0, 1))
    with pytest.raises(InputError, match="hold positions in the picture"):
        write_alphapose(tmp_path / "a.json", waving(BLAZEPOSE_33, 3))
    assert not list(tmp_path.iterdir())


def test_other_tools_joint_sets_are_checked(tmp_path):
    with pytest.raises(InputError, match="AlphaPose has no joint set 'kinect22'; use one of coco17, halpe26"):
        write_alphapose(tmp_path / "a.json", waving_in_picture(3), KINECT_22)
    with pytest.raises(InputError, match="OpenPose has no joint set 'coco17'"):
        write_openpose(tmp_path / "a", waving_in_picture(3), COCO_17)


def test_an_openpose_folder_in_use_is_not_touched(tmp_path):
    folder = tmp_path / "poses"
    folder.mkdir()
    (folder / "mine.txt").write_text("keep")
    flat = waving(BLAZEPOSE_33, 3)
    flat = flat.replace(positions=flat.positions[..., :2], unit="pixel")
    with pytest.raises(InputError, match="exists already"):
        write_openpose(folder, flat)
    assert [path.name for path in tmp_path.rglob("*")] == ["poses", "mine.txt"]
    write_openpose(tmp_path / "new", flat)
    content = json.loads((tmp_path / "new" / "clip_000000000000_keypoints.json").read_text())
    assert len(content["people"][0]["pose_keypoints_2d"]) == 75
