from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from formnet.errors import DataError, InputError
from formnet.readers.uiprmd import (
    VICON_MARKERS,
    collect_uiprmd,
    compute_kinect_joints,
    read_vicon_episode,
    rotation_zxy,
)
from formnet.skeleton import KINECT_22
from tests.readers.copies import kinect_offsets, standing_body, write_numbers, write_uiprmd


def test_rotation_is_intrinsic_zxy() -> None:
    angles = np.random.default_rng(0).uniform(-180, 180, (50, 3))
    expected = Rotation.from_euler("ZXY", angles[:, [2, 0, 1]], degrees=True).as_matrix()
    np.testing.assert_allclose(rotation_zxy(angles), expected, atol=1e-12)


def test_forward_kinematics_equals_a_walk_up_the_tree() -> None:
    rng = np.random.default_rng(1)
    offsets, angles = rng.normal(0, 20, (3, 22, 3)), rng.uniform(-90, 90, (3, 22, 3))
    fast = compute_kinect_joints(offsets, angles)
    for frame in range(3):
        for joint in KINECT_22.joints:
            number = KINECT_22.index(joint)
            point, parent = offsets[frame, number], KINECT_22.parent(joint)
            while parent is not None:
                above = KINECT_22.index(parent)
                point = rotation_zxy(angles[frame, above]) @ point + offsets[frame, above]
                parent = KINECT_22.parent(parent)
            np.testing.assert_allclose(fast[frame, number], point, atol=1e-9)


@pytest.mark.parametrize("gzipped", [True, False])
def test_reads_an_upright_body_in_metres_and_formnets_axes(tmp_path: Path, gzipped: bool) -> None:
    write_uiprmd(tmp_path, gzipped=gzipped)
    collection = collect_uiprmd(tmp_path)
    assert not collection.problems
    table = collection.table()
    assert (len(table), table.classes) == (8, ("correct", "incorrect"))
    assert sorted(set(table.groups.tolist())) == ["s01", "s02"]
    assert table.names[:2] == ("m01_s01_e01", "m01_s01_e01_inc")
    assert table.labels[:2].tolist() == [0, 1]
    motion = table.motions[0]
    np.testing.assert_allclose(motion.positions[0] - motion.positions[0, 0],
                               standing_body(KINECT_22) - standing_body(KINECT_22)[0], atol=1e-6)  # fmt: skip
    assert motion.fps == pytest.approx(30.0)


def test_finds_everything_that_is_wrong_at_once(tmp_path: Path) -> None:
    write_uiprmd(tmp_path, subjects=(1, 2, 9), episodes=3)
    base = tmp_path / "Segmented Movements" / "Kinect"
    (base / "Positions" / "m01_s01_e01_positions.txt.gz").unlink()
    (base / "Angles" / "m01_s02_e01_angles.txt.gz").unlink()
    (base / "Positions" / "m01_s09_e02_positions.txt.gz").write_bytes(b"\x1f\x8bbroken")
    spoilt = kinect_offsets().reshape(30, -1)
    spoilt[4, 7] = np.nan
    write_numbers(base / "Positions" / "m01_s09_e03_positions.txt", spoilt)
    write_numbers(base / "Positions" / "m01_s02_e02_positions.txt", kinect_offsets().reshape(30, -1)[:, :60])
    write_numbers(base / "Angles" / "m01_s02_e03_angles.txt", np.zeros((29, 66)))
    collection = collect_uiprmd(tmp_path)
    kinds = sorted(problem.kind for problem in collection.damage)
    assert kinds == ["missing file", "missing file", "not a number", "unreadable", "wrong shape", "wrong shape"]
    assert len(collection.repetitions) == 18 - 6
    with pytest.raises(DataError) as caught:
        collection.table()
    assert len(caught.value.problems) == 6
    assert len(collection.table(allow_damaged=True)) == 12


def test_a_part_of_the_set_is_no_damage(tmp_path: Path) -> None:
    write_uiprmd(tmp_path, subjects=(4,), episodes=3)
    for folder in ("Positions", "Angles"):
        (tmp_path / "Segmented Movements" / "Kinect" / folder / f"m01_s04_e02_{folder.lower()}.txt.gz").unlink()
    collection = collect_uiprmd(tmp_path)
    assert not collection.damage
    assert any("e02" in str(problem) for problem in collection.problems)


@pytest.mark.parametrize("movement", ["m01", 1, "1", "deep squat", "deep_squat", ["m01"]])
def test_movement_has_many_spellings(tmp_path: Path, movement: str | int | list[str]) -> None:
    write_uiprmd(tmp_path)
    assert len(collect_uiprmd(tmp_path, movement).repetitions) == 8


def test_refuses_a_movement_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown movement 'm11'"):
        collect_uiprmd(tmp_path, "m11")


def test_vicon_markers_turn_to_formnets_axes_whatever_way_the_room_lies(tmp_path: Path) -> None:
    body = {name: np.zeros(3) for name in VICON_MARKERS}
    heights = {"HD": 1.65, "SHO": 1.4, "ELB": 1.1, "WR": 0.9, "FIN": 0.8, "ASI": 1.0, "PSI": 1.0, "KNE": 0.5,
               "ANK": 0.08, "HEE": 0.04, "TOE": 0.03, "C7": 1.45, "CLAV": 1.4, "T10": 1.2, "STRN": 1.2}  # fmt: skip
    for name in body:
        side = {"L": 1.0, "R": -1.0}[name[0]] if name not in ("C7", "T10", "CLAV", "STRN", "RBAK") else 0.0
        height = next((h for part, h in heights.items() if part in name), 1.0)
        front = {"TOE": 0.15, "HEE": -0.08}.get(name[1:], 0.0)
        body[name] = np.array([side * 0.15, front, height])  # left, front, up
    ours = np.stack([body[name] for name in VICON_MARKERS])
    for axes in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
        for signs in ((1, 1, 1), (-1, 1, 1), (1, -1, -1)):
            room = ours[:, axes] * np.array(signs) * 1000.0
            path = tmp_path / "m01_s01_e01_positions.txt"
            write_numbers(path, np.repeat(room.reshape(1, -1), 5, axis=0), gzipped=False)
            motion = read_vicon_episode(path)
            assert motion.joint("left_knee")[0, 0] == pytest.approx(0.15)
            assert motion.joint("left_knee")[0, 1] == pytest.approx(-0.5)
            assert motion.joint("left_foot_index")[0, 2] - motion.joint("left_heel")[0, 2] == pytest.approx(-0.23)
            assert motion.fps == pytest.approx(100.0)


def test_vicon_marker_at_the_origin_is_missing(tmp_path: Path) -> None:
    markers = np.random.default_rng(0).normal(0, 500, (4, 39, 3))
    markers[2, VICON_MARKERS.index("LKNE")] = 0.0
    write_numbers(tmp_path / "v.txt", markers.reshape(4, -1), gzipped=False)
    motion = read_vicon_episode(tmp_path / "v.txt")
    assert motion.missing[2, motion.skeleton.index("left_knee")]
    assert motion.missing.sum() == 1


def test_real_feet_stay_on_the_floor_and_limbs_stay_the_same(shared_dir: Path) -> None:
    collection = collect_uiprmd(shared_dir / "datasets" / "ui-prmd")
    assert not collection.damage
    slides, bends = [], []
    for repetition in collection.repetitions:
        if repetition.label == "correct":
            motion = repetition.motion
            slides.append(np.linalg.norm(motion.joint("left_ankle")[:, [0, 2]].std(axis=0)))
            thigh = np.linalg.norm(motion.joint("left_knee") - motion.joint("left_hip"), axis=1)
            bends.append(thigh.std() / thigh.mean())
            # A few frames of the set are broken tracking, so the middle of the episode must stand upright.
            assert np.median(motion.joint("head")[:, 1] - motion.joint("left_ankle")[:, 1]) < -0.8
            assert motion.joint("left_hip")[0, 0] > motion.joint("right_hip")[0, 0]
    assert np.median(slides) < 0.03
    # The set itself gives thighs that vary by 5 %; forward kinematics adds nothing to that.
    assert np.median(bends) < 0.08
