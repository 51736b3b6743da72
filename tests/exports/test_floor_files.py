"""TRC, MOT and C3D in floor coordinates, as `formnet pose` writes them and as other programs read them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from formnet.cli.app import run
from formnet.errors import InputError
from formnet.exports.c3d import write_c3d
from formnet.exports.keypoints import write_alphapose
from formnet.exports.mot import compute_coordinates
from formnet.exports.tables import to_opensim_axes
from formnet.reading import read_source
from formnet.skeleton import BLAZEPOSE_33, HALPE_26, KINECT_22
from tests.exports.test_tables import lost
from tests.scoring.motions import swing, waving
from tests.simulated_film import film_squats


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three simulated squats as AlphaPose sees them, and what `formnet pose` makes of them."""
    folder = tmp_path_factory.mktemp("floor")
    image, _ = film_squats()
    write_alphapose(folder / "squats.json", image, HALPE_26)
    names = ["squats.trc", "squats.mot", *(["squats.c3d"] if importlib.util.find_spec("ezc3d") else [])]
    for name in names:
        assert run(["pose", str(folder / "squats.json"), "-o", str(folder / name)]) == 0
    return folder


def read_mot(path: Path) -> dict[str, np.ndarray]:
    lines = path.read_text().splitlines()
    head = lines.index("endheader") + 1
    return dict(
        zip(lines[head].split("\t"), np.array([line.split("\t") for line in lines[head + 1 :]], float).T, strict=True)
    )


def test_keypoint_files_get_a_pelvis_that_sinks_and_feet_that_stay(files):
    motion = read_source(files / "squats.trc").motion
    hips = 0.5 * (motion.joint("left_hip") + motion.joint("right_hip"))
    ankles = 0.5 * (motion.joint("left_ankle") + motion.joint("right_ankle"))
    assert 0.25 < np.ptp(hips[:, 1]) < 0.7
    assert np.ptp(ankles[:, 1]) < 0.08
    assert 0.0 < -np.median(ankles[:, 1]) < 0.15, "ankles are a hand's breadth over the floor"
    table = read_mot(files / "squats.mot")
    np.testing.assert_allclose(table["pelvis_ty"], -motion.joint("pelvis")[:, 1], atol=1e-5)
    assert np.abs(table["pelvis_rotation"]).mean() < 15, "who faces +x has not turned"
    for side in "lr":
        assert table[f"knee_angle_{side}"].max() > 70
        assert 10 < table[f"ankle_angle_{side}"].max() < 50
        assert np.abs(table[f"knee_adduction_{side}"]).max() < 45
    assert table["pelvis_tilt"].min() < -15, "leaning forward is negative"
    assert {"lumbar_extension", "lumbar_bending", "lumbar_rotation"} <= set(table)


def test_what_has_no_effect_or_no_depth_is_said(files, capsys):
    source = str(files / "squats.json")
    assert run(["pose", source, "-o", str(files / "a.json"), "--lifter", "supervised"]) == 2
    assert "--lifter has no effect on joints in the picture" in capsys.readouterr().err
    assert run(["pose", source, "-o", str(files / "a.trc"), "--lifter", "nobody"]) == 2
    assert "there is no lifter 'nobody'" in capsys.readouterr().err
    assert run(["pose", str(files / "squats.trc"), "-o", str(files / "again.trc")]) == 0
    assert "has a floor of its own" in capsys.readouterr().err
    again, first = (read_source(files / name).motion for name in ("again.trc", "squats.trc"))
    np.testing.assert_allclose(again.positions, first.positions, atol=1e-5)


@pytest.mark.parametrize(
    ("joint", "axis", "angle_deg", "coordinate", "change_deg"),
    [
        ("left_ankle", 0, 20.0, "ankle_angle_l", -20.0),
        ("right_ankle", 0, -20.0, "ankle_angle_r", 20.0),
        ("left_knee", 2, 10.0, "knee_adduction_l", 10.0),
        ("right_knee", 2, -10.0, "knee_adduction_r", 10.0),
        # Above the pivot it is half of the spine that bends, and half of that belongs to the pelvis' line.
        ("spine1", 0, 20.0, "lumbar_extension", -12.0),
    ],
)  # fmt: skip
def test_ankles_frontal_knees_and_the_back_have_opensims_signs(joint, axis, angle_deg, coordinate, change_deg):
    skeleton = KINECT_22 if joint == "spine1" else BLAZEPOSE_33
    still = waving(skeleton, 2).frames(0, 1)
    still = still.replace(
        positions=np.repeat(still.positions, 2, 0), confidence=np.repeat(still.confidence, 2, 0), timestamps=[0.0, 0.1]
    )
    standing = np.array([True, False])
    moved = swing(still, joint, axis, np.array([0.0, angle_deg]))
    table = compute_coordinates(moved, standing)
    assert np.diff(table[coordinate])[0] == pytest.approx(change_deg, abs=6.0)


def test_c3d_holds_the_same_joints_in_millimetres(files):
    ezc3d = pytest.importorskip("ezc3d", reason="C3D is written by ezc3d; pip install 'formnet[c3d]'")
    content, motion = ezc3d.c3d(str(files / "squats.c3d")), read_source(files / "squats.trc").motion
    assert content["parameters"]["POINT"]["LABELS"]["value"] == list(motion.skeleton.joints)
    assert content["parameters"]["POINT"]["UNITS"]["value"] == ["mm"]
    assert content["parameters"]["POINT"]["RATE"]["value"][0] == pytest.approx(motion.fps, rel=1e-3)
    points = content["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_allclose(points, to_opensim_axes(motion.positions) * 1000, atol=0.1)


def test_c3d_says_which_joints_are_missing(tmp_path):
    ezc3d = pytest.importorskip("ezc3d", reason="C3D is written by ezc3d; pip install 'formnet[c3d]'")
    write_c3d(tmp_path / "a.c3d", lost(waving(KINECT_22, 6), 2, "neck"))
    content, neck = ezc3d.c3d(str(tmp_path / "a.c3d")), KINECT_22.index("neck")
    assert content["data"]["meta_points"]["residuals"][0, neck].tolist() == [0, 0, -1, 0, 0, 0]
    assert np.isnan(content["data"]["points"][:3, neck, 2]).all()


def test_c3d_without_ezc3d_names_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(InputError, match=r"pip install 'formnet\[c3d\]', or choose TRC"):
        write_c3d(tmp_path / "a.c3d", waving(KINECT_22, 4))
    assert not list(tmp_path.iterdir())


def test_opensim_reads_what_is_written(files):
    opensim = pytest.importorskip("opensim", reason="OpenSim is not installed; pip install opensim")
    markers = opensim.TimeSeriesTableVec3(str(files / "squats.trc"))
    motion = read_source(files / "squats.trc").motion
    assert list(markers.getColumnLabels()) == list(motion.skeleton.joints)
    assert markers.getNumRows() == len(motion)
    assert markers.getTableMetaDataString("Units") == "m"
    first = markers.getRowAtIndex(0)
    np.testing.assert_allclose(
        [[first[joint][axis] for axis in range(3)] for joint in range(len(motion.skeleton))],
        to_opensim_axes(motion.positions[0]), atol=1e-5,
    )  # fmt: skip
    angles, table = opensim.TimeSeriesTable(str(files / "squats.mot")), read_mot(files / "squats.mot")
    assert angles.getTableMetaDataString("inDegrees") == "yes"
    assert ["time", *angles.getColumnLabels()] == list(table)
    assert angles.getNumRows() == len(table["time"])
