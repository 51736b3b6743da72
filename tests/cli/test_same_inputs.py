"""classify, compare, pose, index and doctor take the same things and refuse the same things in the same words."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

import formnet.cli.sources
import formnet.reading
from formnet.cli.app import run
from formnet.exports.keypoints import write_alphapose
from formnet.pose.track import PoseTrack
from formnet.readers.npz import write_npz
from formnet.skeleton import HALPE_26
from tests.simulated_film import SIZE, film_squats

COMMANDS = {
    "classify": lambda path, out: ["classify", path, "--json"],
    "compare": lambda path, out: ["compare", path, path, "--json"],
    "pose": lambda path, out: ["pose", path, "-o", out / "pose.csv", "--in-picture"],
    "index": lambda path, out: ["index", path.parent, "-o", out / "index.npz"],
    "doctor": lambda path, out: ["doctor", path],
}


REFUSED = {
    "poses.json.gz": (gzip.compress(b"[]"), "is compressed (gzip): unpack it"),
    "watch.mp4": (b"<!doctype html>", "is a web page, not a video"),
    "angles.mot": (b"x", "holds joint angles of OpenSim, not joints"),
    "notes.txt": (b"leg day\nsquats\n", "is a table, but not of joints"),
}


@pytest.fixture
def call(capsys):
    def run_it(command, path, out, *options):
        code = run([str(part) for part in (*COMMANDS[command](path, out), *options)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_it


@pytest.fixture
def library(tmp_path) -> Path:
    folder = tmp_path / "a = [1] library"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def write_squats(path, change=lambda motion: motion):
    write_alphapose(path, change(film_squats(("good",))[0]), HALPE_26)
    return path


def write_two_clips(path):
    """The squats on Monday, and half as large on Tuesday."""
    rows = []
    for day, scale in (("monday", 1.0), ("tuesday", 0.5)):
        write_squats(path, lambda motion, scale=scale: motion.replace(positions=scale * motion.positions))
        rows += [{**row, "image_id": f"{day}/{row['image_id']}"} for row in json.loads(path.read_text())]
    path.write_text(json.dumps(rows))
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_poses_are_taken_by_all(command, call, library, out):
    path = write_squats(library / "2023.05.01 a=b [1].json")
    code, said, errors = call(command, path, out)
    assert code == 0, said + errors


@pytest.mark.parametrize("command", COMMANDS)
def test_one_of_several_clips_is_taken_by_all(command, call, library, out):
    path = write_two_clips(library / "days.json")
    code, said, errors = call(command, path, out)
    assert code == 2
    assert "holds 2 clips: monday/* (" in said + errors
    chosen = ["--clip", "tue"] + (["--reference-clip", "mon"] if command == "compare" else [])
    code, said, errors = call(command, path, out, *chosen)
    assert code == 0, said + errors


@pytest.mark.parametrize("command", COMMANDS)
def test_who_lies_in_the_picture_is_turned_by_all(command, call, library, out):
    def lay(motion):
        return motion.replace(positions=motion.positions[..., ::-1] * [-1, 1] + [SIZE[1], 0])

    path = write_squats(library / "lying.json", lay)
    code, said, errors = call(command, path, out, "--rotate", "auto")
    assert code == 0, said + errors
    if command == "pose":
        table = np.genfromtxt(out / "pose.csv", delimiter=",", names=True)
        assert (table["left_shoulder_y_px"] < table["left_ankle_y_px"]).all()


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "doctor"])
def test_a_network_that_nothing_needs_is_said(command, call, library, out):
    path = write_squats(library / "clip.json")
    code, said, errors = call(command, path, out, "--eyes", "exact")
    assert code == 0
    assert "--eyes was not used: the poses are there already" in said + errors


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "index"])
def test_a_second_person_where_there_is_one_is_refused_by_all(command, call, library, out):
    write_npz(library / "clip.npz", film_squats(("good",))[0])
    code, said, errors = call(command, library / "clip.npz", out, "--person", "2")
    assert code == 2
    assert "has no person 2: it holds one" in said + errors


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "index"])
def test_a_folder_of_one_source_is_taken_by_all(command, call, library, out):
    write_squats(library / "clip.json")
    code, said, errors = call(command, library, out)
    assert code == 0, said + errors


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "index"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_neither_is_refused_by_all_in_the_same_words(command, name, call, library, out):
    content, words = REFUSED[name]
    (library / name).write_bytes(content)
    code, said, errors = call(command, library / name, out)
    assert code == 2
    assert words in (said + errors).replace("\n", " ")
    assert "Traceback" not in said + errors


@pytest.mark.parametrize("command", ["classify", "doctor", "compare", "pose"])
def test_who_lies_in_the_picture_is_told_of_by_all(command, call, library, out):
    """Refused where it cannot be judged, else a note."""
    height = SIZE[1]
    path = write_squats(
        library / "a.json", lambda motion: motion.replace(positions=motion.positions[..., ::-1] * [-1, 1] + [height, 0])
    )
    code, said, errors = call(command, path, out)
    assert code == (2 if command in ("classify", "doctor") else 0), said + errors
    assert f"the person lies in the picture of {path}: turn the video with --rotate 270" in (said + errors)


def film_of_upper_body() -> PoseTrack:
    """As an estimator sees somebody from the hips up; legs are not found."""
    image = film_squats(("good",))[0]
    positions = image.positions.copy()
    positions[:, [n for n, joint in enumerate(image.skeleton.joints) if "knee" in joint or "ankle" in joint]] = np.nan
    image = image.replace(positions=positions)
    world = image.replace(positions=np.concatenate([positions, positions[..., :1]], axis=-1) / 500, unit="metre")
    return PoseTrack(image, world, *SIZE, path=Path("a.mp4"))


def test_joints_in_the_picture_are_exported_where_no_depth_is_to_be_had(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(formnet.reading, "read_source", lambda *arguments, **options: film_of_upper_body())
    monkeypatch.setattr(formnet.cli.sources, "load_estimator", lambda *arguments: None)
    (tmp_path / "a.mp4").write_bytes(b"x")
    assert run(["pose", str(tmp_path / "a.mp4"), "-o", str(tmp_path / "o.json")]) == 0
    assert f"{len(film_of_upper_body().image)} frames, alphapose" in capsys.readouterr().out
    assert run(["pose", str(tmp_path / "a.mp4"), "-o", str(tmp_path / "o.csv")]) == 2
    assert "a.mp4 never shows trunk and legs together; film the whole body" in capsys.readouterr().err
    assert not (tmp_path / "o.csv").exists()


def test_an_index_says_what_was_noticed_of_its_films(monkeypatch, tmp_path, capsys):
    noticed = PoseTrack(film_squats(("good",))[0], None, *SIZE, ("there are two people in the picture",))
    monkeypatch.setattr(formnet.reading, "read_source", lambda *arguments, **options: noticed)
    monkeypatch.setattr(formnet.cli.sources, "load_estimator", lambda *arguments: None)
    (tmp_path / "days").mkdir()
    (tmp_path / "days" / "a.mp4").write_bytes(b"x")
    assert run(["index", str(tmp_path), "-o", str(tmp_path / "o.npz"), "--json"]) == 0
    name = Path("days", "a.mp4")
    assert json.loads(capsys.readouterr().out)["warnings"] == [f"{name}: there are two people in the picture"]
