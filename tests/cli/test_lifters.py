"""`--lifter`, and verdicts from other programs' files of joints, from end to end through the real estimator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from formnet.cli.app import run
from tests.pose.kept import keep_poses


@pytest.fixture(scope="session")
def demo_clip() -> Path:
    from formnet import demo

    return Path(demo.__file__).with_name("squats.mp4")


def classify(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    capsys.readouterr()
    assert run(["classify", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="session")
def exported(demo_clip: Path, pose_model: Path, pose_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's joints as files of other programs, and with depth as .npz."""
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        keep_poses(pose_cache, patch)
        assert run(["pose", str(demo_clip), "-o", str(folder / "clip.npz")]) == 0
    for name, options in {
        "coco.json": [],
        "halpe.json": ["--joints", "halpe26"],
        "openpose": ["--format", "openpose"],
    }.items():
        assert run(["pose", str(folder / "clip.npz"), "-o", str(folder / name), *options]) == 0
    return folder


@pytest.mark.parametrize("name", ["coco.json", "halpe.json", "openpose"])
def test_a_file_of_joints_shows_the_repetitions_of_the_video(
    name: str, exported: Path, demo_clip: Path, capsys
) -> None:
    truth = json.loads(demo_clip.with_suffix(".json").read_text())
    answer = classify(capsys, str(exported / name), "--fps", str(truth["fps"]))
    found = answer["clips"][0]["repetitions"]
    assert len(found) == len(truth["repetitions"])
    for real, seen in zip(truth["repetitions"], found, strict=True):
        assert seen["bottom_s"] == pytest.approx(real["bottom_s"], abs=0.35)


def test_poses_with_depth_need_no_other_lifter(exported: Path, capsys) -> None:
    answer = classify(capsys, str(exported / "clip.npz"))
    assert not any("no depth of their own" in warning for warning in answer["clips"][0]["warnings"])


@pytest.mark.parametrize("lifter", ["picture", "world", "supervised", "unsupervised", "supervised+smpl"])
def test_every_lifter_leads_to_a_verdict_and_is_named_in_it(lifter: str, exported: Path, capsys) -> None:
    answer = classify(capsys, str(exported / "clip.npz"), "--lifter", lifter)
    assert answer["model"]["lifter"] == lifter
    assert answer["clips"][0]["repetitions"]


def test_a_lifter_that_needs_depth_says_what_to_choose_instead(exported: Path, capsys) -> None:
    capsys.readouterr()
    assert run(["classify", str(exported / "coco.json"), "--lifter", "picture", "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["clips"] == []
    assert "--lifter supervised" in said.err


@pytest.mark.parametrize(("lifter", "said"), [("nothing", "there is no lifter"), ("none.safetensors", "is missing")])
def test_a_wrong_lifter_is_refused_before_any_work(lifter: str, said: str, demo_clip: Path, pose_model, capsys) -> None:
    capsys.readouterr()
    assert run(["classify", str(demo_clip), "--lifter", lifter]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err


def test_a_report_of_a_file_of_joints_has_no_video(exported: Path, tmp_path: Path, capsys) -> None:
    assert run(["classify", str(exported / "coco.json"), "--out", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.html", "verdict.csv", "verdict.json"]


def test_a_file_of_joints_is_compared_in_3d_with_a_lifter(exported: Path, capsys) -> None:
    capsys.readouterr()
    arguments = [str(exported / "coco.json"), str(exported / "openpose")]
    assert run(["compare", *arguments, "--lifter", "supervised", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["dimensions"] == 3
    assert result["total"] > 90
    assert run(["compare", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dimensions"] == 2
