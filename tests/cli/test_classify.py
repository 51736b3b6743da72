"""`formnet classify` from end to end, through the real estimator, and every way its input can be bad."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from formnet.cli.app import run
from formnet.pose.video import read_frames
from tests.pose.drawn_person import draw_person
from tests.pose.videos import make_sound, make_video


@pytest.fixture(scope="session")
def demo_clip() -> Path:
    from formnet import demo

    return Path(demo.__file__).with_name("squats.mp4")


def refuse(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Runs the command, expects exit code 2, an empty standard output and one sentence; returns it."""
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    sentences = [line for line in said.err.splitlines() if line.strip()]
    assert len(sentences) == 1, said.err
    assert "Traceback" not in said.err
    return sentences[0]


@pytest.mark.usefixtures("kept_poses")
def test_the_demo_finds_what_was_simulated(tmp_path, pose_model, capsys) -> None:
    assert run(["demo", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["report.html", "squats_overlay.mp4", "verdict.csv", "verdict.json"]
    assert all(name in said for name in names)
    frames = list(read_frames(tmp_path / "out" / "squats_overlay.mp4"))
    assert len(frames) > 100
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") >= 3


@pytest.mark.usefixtures("kept_poses")
def test_json_is_one_object_with_the_truth_in_it(demo_clip, pose_model, capsys) -> None:
    assert run(["classify", str(demo_clip), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    truth = json.loads(demo_clip.with_suffix(".json").read_text())["repetitions"]
    found = answer["clips"][0]["repetitions"]
    assert [r["label"] for r in found] == [r["label"] for r in truth] == ["good", "shallow", "inward_knees"]
    for real, seen in zip(truth, found, strict=True):
        assert seen["bottom_s"] == pytest.approx(real["bottom_s"], abs=0.35)
        assert seen["start_s"] < seen["bottom_s"] < seen["end_s"]
        assert seen["measures"]["thigh"]["error"] > 0
        assert all(finding["limit"] is not None for finding in seen["findings"])
    assert answer["model"]["standard"] == "coaching"


@pytest.mark.usefixtures("kept_poses")
def test_one_bad_clip_does_not_stop_the_others(demo_clip, tmp_path, pose_model, capsys) -> None:
    bad = tmp_path / "notes.mp4"
    bad.write_text("these are notes")
    assert run(["classify", str(bad), str(demo_clip), "--json"]) == 2
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert [clip["path"] for clip in answer["clips"]] == [str(demo_clip)]
    assert list(answer["failures"]) == [str(bad)]
    assert "notes.mp4" in said.err


@pytest.mark.usefixtures("kept_poses")
def test_three_squats_of_the_real_clip(shared_dir, pose_model, capsys) -> None:
    assert run(["classify", str(shared_dir / "clips" / "side_bodyweight.mp4"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["clips"][0]["repetitions"]
    # Bottoms as seen by eye.
    assert [r["bottom_s"] for r in found] == pytest.approx([1.9, 5.9, 9.8], abs=0.2)
    assert [r["label"] for r in found] == ["good"] * 3


class Hostile:
    def __reduce__(self):
        return (Path.touch, (Path("hostile-was-here"),))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.mp4", "does not exist"),
        ("folder", "holds no video"),
        ("text.mp4", "no video"),
        ("empty.mp4", "empty"),
        ("truncated.mp4", "truncated.mp4"),
        ("audio.mp4", "audio"),
        ("nobody.mp4", "no person was found"),
        ("short.mp4", "shows no whole repetition"),
    ],
)
def test_bad_clips(name, said, tmp_path, pose_model, capsys) -> None:
    path = tmp_path / name
    grey = np.full((240, 180, 3), 128, np.uint8)
    if name == "folder":
        path.mkdir()
    elif name == "text.mp4":
        path.write_text("no video at all")
    elif name == "empty.mp4":
        path.touch()
    elif name == "truncated.mp4":
        make_video(path, [grey] * 30)
        path.write_bytes(path.read_bytes()[:600])
    elif name == "audio.mp4":
        make_sound(path)
    elif name == "nobody.mp4":
        make_video(path, [grey] * 30)
    elif name == "short.mp4":
        make_video(path, [draw_person(360, 480)] * 20)
    before = sorted(tmp_path.rglob("*"))
    assert run(["classify", str(path), "--out", str(tmp_path / "out"), "--json"]) == 2
    answer, told = capsys.readouterr()
    assert said in told
    if name not in ("missing.mp4", "folder"):
        assert list(json.loads(answer)["failures"]) == [str(path)]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["text", "pickle", "hostile", "missing", "half"])
def test_bad_models(kind, demo_clip, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / {"half": "model.safetensors", "missing": "none.ckpt"}.get(kind, "model.ckpt")
    if kind == "text":
        path.write_text("weights")
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"state_dict": {}}))
    elif kind == "hostile":
        path.write_bytes(pickle.dumps(Hostile()))
    elif kind == "half":
        path.write_bytes(b"\0" * 100)
    sentence = refuse(["classify", str(demo_clip), "--model", str(path)], capsys)
    assert path.name in sentence
    assert not (tmp_path / "hostile-was-here").exists()


def test_an_unwritable_folder_is_refused_before_any_work(demo_clip, tmp_path, capsys) -> None:
    (tmp_path / "file").write_text("mine")
    sentence = refuse(["classify", str(demo_clip), "--out", str(tmp_path / "file" / "out")], capsys)
    assert "choose another --out" in sentence
    assert (tmp_path / "file").read_text() == "mine"


def test_help_shows_examples(capsys) -> None:
    assert run(["classify", "--help"]) == 0
    assert "formnet classify squat.mp4 --out verdicts" in capsys.readouterr().out


def test_a_size_of_another_estimator_is_refused(demo_clip, capsys) -> None:
    sentence = refuse(["classify", str(demo_clip), "--estimator", "opencv-openpose", "--eyes", "fast"], capsys)
    assert "--eyes chooses the size of blazepose" in sentence


@pytest.mark.usefixtures("kept_poses")
def test_clips_of_a_folder_come_in_order_and_one_failure_stops_nothing(tmp_path, demo_clip, pose_model, capsys) -> None:
    (tmp_path / "b.mp4").write_bytes(demo_clip.read_bytes())
    (tmp_path / "a.mp4").write_bytes(demo_clip.read_bytes())
    make_video(tmp_path / "aa.mp4", [np.full((240, 180, 3), 128, np.uint8)] * 30)
    assert run(["classify", str(tmp_path), "--json"]) == 2
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert [Path(clip["path"]).name for clip in answer["clips"]] == ["a.mp4", "b.mp4"]
    first, second = ([r["label"] for r in clip["repetitions"]] for clip in answer["clips"])
    assert first == second
    assert "no person was found" in said.err
