from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from formnet.errors import DataError, InputError
from formnet.readers.squat7 import collect_squat7, read_squat7_motion, recording_day
from formnet.skeleton import SQUAT7_19
from tests.readers.copies import squat_joints, write_squat7


def test_reads_what_was_written_without_the_padding(tmp_path: Path) -> None:
    names = write_squat7(tmp_path)
    table = collect_squat7(tmp_path).table()
    assert table.names == tuple(sorted(names))
    assert table.classes == ("bending_forward", "no_depth", "knees_caving")
    assert table.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert table.groups.tolist() == ["02052023"] * 3 + ["03052023"] * 3
    assert table.motions[0].unit == "body"
    np.testing.assert_allclose(table.motions[0].positions, squat_joints(SQUAT7_19, 40) * 100)


def test_a_joint_of_minus_ones_inside_is_missing(tmp_path: Path) -> None:
    name = write_squat7(tmp_path)[0]
    path = tmp_path / "mediapipe" / f"{name}.npy"
    table = np.load(path)
    table[10, 0:3] = -1.0
    np.save(path, table)
    motion = read_squat7_motion(path)
    assert motion.missing.sum() == 1
    assert motion.missing[7, 0]
    assert motion.confidence[7, 0] == 0.0


def test_finds_everything_that_is_wrong_at_once(tmp_path: Path) -> None:
    names = write_squat7(tmp_path, days=("02052023", "03052023", "04052023"))
    folder = tmp_path / "mediapipe"
    (folder / f"{names[0]}.npy").unlink()
    spoilt = np.load(folder / f"{names[1]}.npy")
    spoilt[20, 5] = np.nan
    np.save(folder / f"{names[1]}.npy", spoilt)
    np.save(folder / f"{names[2]}.npy", spoilt[:, :54])
    (folder / f"{names[3]}.npy").write_bytes(b"not an array")
    np.save(folder / f"{names[4]}.npy", np.full((300, 57), -1.0))
    np.save(folder / "recording_05052023_100000.npy", np.load(folder / f"{names[5]}.npy"))
    with (tmp_path / "data.csv").open("a") as file:
        file.write("recording_06052023_100000,1.0,0.0,0.0\n")
        file.write(f"{names[5]},1.0,1.0,0.0\n")
    collection = collect_squat7(tmp_path)
    found = {(problem.kind, Path(problem.where).stem) for problem in collection.damage}
    assert {
        ("missing clip", names[0]),
        ("not a number", names[1]),
        ("wrong shape", names[2]),
        ("unreadable", names[3]),
        ("empty", names[4]),
        ("missing label", "recording_05052023_100000"),
        ("missing clip", "recording_06052023_100000"),
        ("bad label", "data"),
        ("duplicate", "data"),
    } <= found
    with pytest.raises(DataError) as caught:
        collection.table()
    assert len(caught.value.problems) == len(collection.damage)
    assert set(collection.table(allow_damaged=True).names) == set(names[5:])


def test_no_pickle_is_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="is no readable"):
        read_squat7_motion(tmp_path / "a.npy")


def test_missing_labels_are_one_finding(tmp_path: Path) -> None:
    collection = collect_squat7(tmp_path)
    assert {problem.kind for problem in collection.damage} == {"missing file"}


@pytest.mark.parametrize(
    ("name", "day"), [("recording_20042023_101500", "20042023"), ("recording", ""), ("x_123_456", "")]
)
def test_day_of_a_name(name: str, day: str) -> None:
    assert recording_day(name) == day


def test_real_copy_is_whole_and_faces_the_camera(shared_dir: Path) -> None:
    table = collect_squat7(shared_dir / "datasets" / "squat7").table()
    assert len(table.classes) == 7
    first = np.stack([motion.positions[0] for motion in table.motions])
    index = SQUAT7_19.index
    assert (first[:, index("left_hip"), 0] > first[:, index("right_hip"), 0]).mean() > 0.99
    assert (first[:, index("nose"), 1] < first[:, index("left_ankle"), 1]).mean() > 0.99
