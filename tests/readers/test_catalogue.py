from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from formnet.cli.app import run
from formnet.errors import DataError, InputError
from formnet.readers.catalogue import DATASETS, check_copy, dataset_named, read_dataset
from tests.readers.copies import write_ec3d, write_squat7, write_uiprmd, write_waseda_distances


def test_every_set_says_what_where_and_under_which_terms() -> None:
    for info in DATASETS.values():
        assert all((info.title, info.what, info.where, info.terms, info.layout, info.split))
        assert info.kind in ("motions", "videos")


@pytest.mark.parametrize("name", ["uiprmd", "UI-PRMD", "ui_prmd", "UIPRMD"])
def test_names_are_tolerant(name: str) -> None:
    assert dataset_named(name).name == "uiprmd"


def test_unknown_names_options_and_roots(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown data set 'kinetics'"):
        read_dataset("kinetics", tmp_path)
    with pytest.raises(InputError, match="squat7 has no option movement"):
        read_dataset("squat7", tmp_path, movement="m01")
    with pytest.raises(InputError, match="does not exist"):
        read_dataset("squat7", tmp_path / "none")


@pytest.mark.parametrize("name", ["squat7", "uiprmd", "ec3d", "waseda-distances"])
def test_whole_copies_are_read_and_checked(tmp_path: Path, name: str) -> None:
    _write(name, tmp_path)
    assert not check_copy(name, tmp_path).damage
    table = read_dataset(name, tmp_path)
    assert len(table) >= 6
    assert len(set(table.groups.tolist())) >= (1 if name == "waseda-distances" else 2)


def test_a_check_of_uiprmd_covers_all_movements(tmp_path: Path) -> None:
    write_uiprmd(tmp_path)
    write_uiprmd(tmp_path, movement=7)
    next((tmp_path / "Segmented Movements" / "Kinect" / "Angles").glob("m07*")).unlink()
    assert len(check_copy("uiprmd", tmp_path).damage) == 1
    assert len(read_dataset("uiprmd", tmp_path)) == 8
    with pytest.raises(DataError):
        read_dataset("uiprmd", tmp_path, movement="m07")


def test_command_check_reports_everything_and_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = write_squat7(tmp_path)
    assert run(["data", "check", "squat7", str(tmp_path), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["damaged"], summary["count"], summary["problems"]) == (False, 6, [])
    assert summary["groups"] == {"02052023": 3, "03052023": 3}
    (tmp_path / "mediapipe" / f"{names[0]}.npy").unlink()
    np.save(tmp_path / "mediapipe" / f"{names[1]}.npy", np.full((300, 57), np.nan))
    np.save(tmp_path / "mediapipe" / f"{names[2]}.npy", np.zeros((10, 57)))
    assert run(["data", "check", "squat7", str(tmp_path), "--json"]) == 2
    summary = json.loads(capsys.readouterr().out)
    assert summary["damaged"]
    assert sorted(problem["kind"] for problem in summary["problems"]) == ["missing clip", "not a number", "wrong shape"]
    assert run(["data", "check", "squat7", str(tmp_path)]) == 2
    text = capsys.readouterr().out
    assert all(name in text for name in names[:3])
    assert "3 problems" in text


def test_command_check_takes_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_uiprmd(tmp_path)
    assert run(["data", "check", "uiprmd", str(tmp_path), "-o", "movement=m02"]) == 2
    assert "no kinect file of m02" in capsys.readouterr().out
    assert run(["data", "check", "uiprmd", str(tmp_path), "-o", "nonsense"]) == 2
    assert "KEY=VALUE" in capsys.readouterr().err


def test_command_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "list", "--json"]) == 0
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)] == list(DATASETS)
    assert run(["data", "list"]) == 0
    assert "Open Data Commons" in capsys.readouterr().out


def test_command_prepare_refuses_sets_of_joints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_squat7(tmp_path)
    assert run(["data", "prepare", "squat7", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "needs no preparation" in capsys.readouterr().err


def test_command_prepare_refuses_damaged_videos_with_the_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("good/s1_a.mp4", "bad/s2_b.mp4"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"no film")
    assert run(["data", "prepare", "folder", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    text = capsys.readouterr().err
    assert "s1_a" in text
    assert "s2_b" in text
    assert not (tmp_path / "out").exists()


def _write(name: str, root: Path) -> None:
    if name == "squat7":
        write_squat7(root)
    elif name == "uiprmd":
        write_uiprmd(root)
    elif name == "ec3d":
        write_ec3d(root / "data_3D.pickle")
    else:
        folders = ("good", "bad_innner_thigh", "bad_back_round", "bad_back_warp", "bad_head", "bad_shallow", "bad_toe")
        write_waseda_distances(root, folders)
