"""C3D in the encodings of all machines, and the axes that its makers call up."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.reading import read_source
from tests.hostile import files


@pytest.mark.parametrize("encoding", [("<", 84), ("<", 85), (">", 86)], ids=["intel", "dec", "mips"])
@pytest.mark.parametrize("scale", [-1.0, 0.5], ids=["floats", "integers"])
def test_every_encoding_says_the_same(tmp_path: Path, encoding: tuple[str, int], scale: float) -> None:
    order, processor = encoding
    path = tmp_path / "a.c3d"
    path.write_bytes(files.c3d(order=order, processor=processor, scale=scale, rate=100))
    source = read_source(path)
    motion = source.motion
    assert (source.kind, motion.unit, len(motion), motion.fps) == ("c3d", "metre", 12, pytest.approx(100))
    assert motion.skeleton.joints[:2] == ("left_hip", "right_hip")
    # Point 3 of frame 2; nothing names an axis, and the third is the one along which shoulders are over ankles.
    x, y, z = np.array([3.0, 20.0, 600.0]) / 1000 * abs(scale)
    np.testing.assert_allclose(motion.positions[2, 2], [x, -z, y], rtol=1e-6)


def test_other_programs_files_are_read_with_their_own_axes_and_names(tmp_path: Path) -> None:
    ezc3d = pytest.importorskip("ezc3d", reason="the files of this test are written by ezc3d")
    joints = ["LHip", "RHip", "LKnee", "RKnee", "LAnkle", "RAnkle", "LShoulder", "RShoulder"]
    content = ezc3d.c3d()
    points = np.random.default_rng(0).normal(0, 100, (4, 10, 20))
    content["parameters"]["POINT"]["RATE"]["value"] = [50.0]
    content["parameters"]["POINT"]["UNITS"]["value"] = ["cm"]
    content["parameters"]["POINT"]["LABELS"]["value"] = [f"Ann:{name}" for name in ["LASI", *joints, "*9"]]
    content.add_parameter("POINT", "X_SCREEN", ["+Y"])
    content.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    content["parameters"]["ANALOG"]["RATE"]["value"] = [100.0]
    content["parameters"]["ANALOG"]["LABELS"]["value"] = ["force"]
    content["parameters"]["ANALOG"]["SCALE"]["value"] = [1.0]
    content["parameters"]["ANALOG"]["OFFSET"]["value"] = [0]
    content["parameters"]["ANALOG"]["UNITS"]["value"] = ["N"]
    content["data"]["points"] = points
    content["data"]["analogs"] = np.ones((1, 1, 40))
    residuals = np.zeros((1, 10, 20))
    residuals[0, 3, 7] = -1
    content["data"]["meta_points"]["residuals"] = residuals
    content.write(str(tmp_path / "a.c3d"))
    source = read_source(tmp_path / "a.c3d")
    motion = source.motion
    assert motion.skeleton.joints == (
        "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_shoulder",
        "right_shoulder",
    )  # fmt: skip
    assert any("2 markers of a.c3d are no joints" in warning for warning in source.warnings)
    assert (len(motion), motion.fps) == (20, pytest.approx(50))
    assert np.argwhere(motion.missing).tolist() == [[7, 2]]
    right, up, towards = points[1], points[2], points[0]
    expected = np.stack([right, -up, -towards], axis=-1)[1:9].swapaxes(0, 1) / 100
    seen = ~motion.missing
    np.testing.assert_allclose(motion.positions[seen], expected[seen], rtol=1e-5)


def test_damage_anywhere_is_no_crash(tmp_path: Path) -> None:
    """Every byte of the head and the parameters is changed once: poses or a user's error, and nothing else."""
    path, whole = tmp_path / "a.c3d", files.c3d()
    rng = np.random.default_rng(1)
    for at in [*range(24), *range(512, 720)]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ int(rng.integers(1, 256))]) + whole[at + 1 :])
        with contextlib.suppress(InputError):
            read_source(path)


def test_rotations_without_points_are_called_so(tmp_path: Path) -> None:
    """As Theia writes them."""
    (tmp_path / "a.c3d").write_bytes(files.c3d(n_points=0, group="ROTATION"))
    with pytest.raises(InputError, match=r"holds rotations of the parts of a body \(Theia\) and no points; export"):
        read_source(tmp_path / "a.c3d")
