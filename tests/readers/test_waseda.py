from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.readers.distances import reconstruct_joints
from formnet.readers.waseda import CLASS_FOLDERS, collect_waseda, collect_waseda_distances, read_distances
from formnet.skeleton import HMR_19
from tests.readers.copies import distances_of, squat_joints, write_waseda_distances

FOLDERS = ("good", "bad_innner_thigh", "bad_back_round", "bad_back_warp", "bad_head", "bad_shallow", "bad_toe")


def test_joints_come_back_from_their_distances_up_to_a_turn() -> None:
    joints = squat_joints(HMR_19, 6)
    rebuilt = reconstruct_joints(distances_of(joints), HMR_19)
    np.testing.assert_allclose(distances_of(rebuilt), distances_of(joints), atol=1e-6)


@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_the_body_is_never_mirrored_and_stands_upright(mirror: float) -> None:
    joints = squat_joints(HMR_19, 6)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0] * mirror
    rebuilt = reconstruct_joints(distances_of(joints @ turn.T), HMR_19)
    index = HMR_19.index
    assert (rebuilt[:, index("left_hip"), 0] > rebuilt[:, index("right_hip"), 0]).all()
    assert (rebuilt[:, index("neck"), 1] < rebuilt[:, index("left_ankle"), 1]).all()
    assert (rebuilt[:, index("nose"), 2] < rebuilt[:, index("left_ear"), 2]).all()
    assert (rebuilt[:, index("left_knee"), 2] < rebuilt[:, index("left_ankle"), 2]).all()


def test_reads_all_classes_with_the_authors_spelling(tmp_path: Path) -> None:
    write_waseda_distances(tmp_path, FOLDERS)
    collection = collect_waseda_distances(tmp_path)
    assert not collection.problems
    table = collection.table()
    assert sorted(table.labels.tolist()) == list(range(7))
    assert set(table.groups.tolist()) == {"0918"}
    np.testing.assert_allclose(
        distances_of(np.array(table.motions[0].positions)), distances_of(squat_joints(HMR_19, 8)), atol=1e-6
    )


def test_frames_may_be_a_list_or_numbered_and_are_put_in_order(tmp_path: Path) -> None:
    rows = np.arange(11 * 171.0).reshape(11, 171)
    (tmp_path / "list.json").write_text(json.dumps(rows.tolist()))
    (tmp_path / "numbered.json").write_text(json.dumps({str(n): rows[n].tolist() for n in reversed(range(11))}))
    np.testing.assert_array_equal(read_distances(tmp_path / "list.json"), rows)
    np.testing.assert_array_equal(read_distances(tmp_path / "numbered.json"), rows)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "[[1]]", '{"a": [1]}', '"x"', "[[" + "NaN," * 170 + "1]]", "[[" + "-1," * 170 + "1]]", '[["a"]]'],
)
def test_malformed_files_are_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "0918_squat.json").write_text(text)
    with pytest.raises(InputError, match=r"0918_squat\.json"):
        read_distances(tmp_path / "0918_squat.json")


def test_damage_is_reported_completely(tmp_path: Path) -> None:
    write_waseda_distances(tmp_path, FOLDERS[:5])
    next((tmp_path / "good").rglob("*.json")).write_text("[[1, 2]]")
    next((tmp_path / "bad_head").rglob("*.json")).write_text("broken")
    kinds = sorted(problem.kind for problem in collect_waseda_distances(tmp_path).damage)
    assert kinds == ["missing file", "missing file", "unreadable", "wrong shape"]


def test_finds_videos_and_their_day(tmp_path: Path) -> None:
    for folder in FOLDERS:
        path = tmp_path / folder / "1115_video" / "1108_squat_000144.mp4"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    collection = collect_waseda(tmp_path)
    assert not collection.problems
    assert {clip.label for clip in collection.clips} == set(CLASS_FOLDERS.values())
    assert (collection.grouped_by, collection.clips[0].session) == ("session", "1108")
