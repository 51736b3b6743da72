"""`formnet doctor FILE` says what a file is, what is in it, and whether it can be judged."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import formnet.pose.estimator
from formnet.cli.app import run
from formnet.exports.keypoints import write_alphapose
from formnet.pose.track import PoseTrack
from formnet.readers.npz import write_npz
from formnet.reading import read_source
from formnet.skeleton import BLAZEPOSE_33, COCO_17
from tests.pose.videos import make_video, quarters
from tests.readers.keypoint_files import COCO, SIZE, alphapose, as_motion, flat
from tests.simulated_film import film_squats


@pytest.fixture
def examine(capsys):
    def call(*arguments):
        code = run(["doctor", *map(str, arguments)])
        return code, capsys.readouterr().out

    return call


def test_a_file_of_poses(examine, tmp_path):
    image, bottoms_s = film_squats()
    write_alphapose(tmp_path / "a [1].json", image, COCO_17)
    code, said = examine(tmp_path / "a [1].json")
    assert code == 0, said
    assert "a [1].json" in said
    assert "✓ format: alphapose: 17 joints (coco17), 2D in pixels" in said
    assert f"✓ times: {len(image)} frames in {image.duration_s:.1f} s, 30 a second, even" in said
    assert "✓ person: seen in 100% of the frames" in said
    assert "✓ judging: can be judged: 3 repetitions, lowest at" in said
    found_s = [float(word) for word in said.split("lowest at ")[1].removesuffix(" s\n").split(", ")]
    np.testing.assert_allclose(found_s, bottoms_s, atol=0.15)


def test_people_gaps_and_what_is_assumed(examine, tmp_path):
    rows = [row for n, row in enumerate(alphapose()) if n not in range(5, 9)]
    rows += [{**row, "keypoints": flat(pose * [0.5, 0.5, 1] + [700, 300, 0])}
             for row, pose in zip(alphapose(), COCO, strict=True)]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(rows))
    _, said = examine(tmp_path / "a.json", "--person", "1")
    assert "✓ people: 2, seen in 20, 24 frames" in said
    assert "! gaps: 4 frames without them, for 0.1 s at most" in said
    assert "! note: the file does not say its rate: 30 frames per second were assumed" in said


def test_a_video(examine, tmp_path, monkeypatch):
    """What the container says is read; the estimator is told what to find."""
    image = as_motion(BLAZEPOSE_33, n_frames=30)
    image = image.replace(positions=image.positions[..., ::-1] * [-1, 1] + [720, 0])
    track = PoseTrack(image, None, *SIZE[::-1], ("there are two people in the picture",))
    monkeypatch.setattr(formnet.pose.estimator, "estimate_pose", lambda *arguments, **options: track)
    clip = make_video(tmp_path / "a.mp4", [quarters()] * 30, [*np.arange(15) / 25, *(2 + np.arange(15) / 25)],
                      rotation_deg=90, with_sound=True)  # fmt: skip
    code, said = examine(clip)
    assert code == 2
    assert "✓ file: QuickTime / MOV" in said
    assert "video, h264, 64×48" in said
    assert "audio, aac" in said
    assert "✓ picture: 48×64, turned by 270°" in said
    assert "! note: there are two people in the picture" in said
    assert "✗ judging: cannot be judged: the person lies in the picture" in said


def test_a_picture(examine, tmp_path, monkeypatch):
    one = PoseTrack(as_motion(BLAZEPOSE_33).frames(0, 1), None, *SIZE)
    monkeypatch.setattr(formnet.pose.estimator, "estimate_pose", lambda *arguments, **options: one)
    Pillow.fromarray(quarters()).save(tmp_path / "a.jpg")
    code, said = examine(tmp_path / "a.jpg")
    assert code == 2
    assert "64×48, one picture" in said
    assert "is one picture; give a video" in said


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("a.txt", "hello", "but not of joints"), ("a.mp4", "hello", "is no video"), ("a.c3d", "x", "is no C3D file")],
)
def test_what_cannot_be_read(examine, tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    code, said = examine(tmp_path / name)
    assert code == 2
    assert words in said
    assert run(["doctor", str(tmp_path / "nothing")]) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are those of POSIX")
def test_a_pipe_is_not_waited_for(examine, tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    code, said = examine(tmp_path / "a.mp4")
    assert code == 2
    assert "is no ordinary file; save the video to a file first" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-a.mp4"], "-a.mp4 looks like an option; write ./-a.mp4 for the file of that name"),
        (["-b.mp4"], "No such option"),
        (["-"], "- is no file, and nothing is read from standard input"),
    ],
)
def test_names_that_begin_with_a_dash(arguments, words, tmp_path, monkeypatch, capsys):
    (tmp_path / "-a.mp4").write_text("x")
    monkeypatch.chdir(tmp_path)
    assert run(["classify", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_what_judging_leaves_out_is_said_as_classify_says_it(examine, tmp_path, capsys):
    """The clip ends at the bottom of the third repetition, and a picture is held."""
    image, bottoms_s = film_squats()
    image = image.frames(0, int(np.searchsorted(image.timestamps, bottoms_s[2] - 0.2)))
    write_npz(
        tmp_path / "a.npz", image.replace(timestamps=image.timestamps + np.where(np.arange(len(image)) > 3, 2, 0))
    )
    code, said = examine(tmp_path / "a.npz")
    assert code == 0, said
    assert run(["classify", str(tmp_path / "a.npz"), "--json"]) == 0
    (clip,) = json.loads(capsys.readouterr().out)["clips"]
    assert len(clip["warnings"]) == 2
    for warning in clip["warnings"]:
        assert said.count(f"! note: {warning}\n") == 1
    assert "✓ judging: can be judged: 2 repetitions" in said


def test_a_folder_is_said_to_hold_what_is_looked_into(examine, tmp_path):
    (tmp_path / "a").mkdir()
    write_npz(tmp_path / "a" / "b.npz", film_squats()[0])
    (tmp_path / "a" / "c.docx").write_text("x")
    code, said = examine(tmp_path)
    assert code == 0
    assert f"✓ folder: holds {Path('a', 'b.npz')}\n" in said
    assert f"! note: left out of {tmp_path}: 1 other file (1 .docx)\n" in said
    assert read_source(tmp_path).warnings == (f"left out of {tmp_path}: 1 other file (1 .docx)",)
