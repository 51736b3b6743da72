"""`formnet synth` writes whole clips with their truth."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from formnet.cli.synth import synth
from formnet.errors import InputError

app = typer.Typer()
app.command()(synth)
FAST = ["--clips", "2", "--reps", "2", "--fps", "8"]


def run(*arguments: str) -> None:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False, standalone_mode=False)
    if result.exception:
        raise result.exception


def test_truth_without_videos(tmp_path: Path) -> None:
    run(str(tmp_path / "a"), *FAST, "--seed", "3", "--no-render")
    run(str(tmp_path / "b"), *FAST, "--seed", "3", "--no-render")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [f"clip_0003_{n:05d}.{ending}" for n in (0, 1) for ending in ("json", "npz")]
    for name in names:
        if name.endswith("json"):
            truth = json.loads((tmp_path / "a" / name).read_text())
            assert truth == json.loads((tmp_path / "b" / name).read_text())
            assert len(truth["repetitions"]) == 2
            assert {"label", "severity", "start_s", "bottom_s", "end_s"} == set(truth["repetitions"][0])
            with np.load(tmp_path / "a" / name.replace("json", "npz"), allow_pickle=False) as arrays:
                assert arrays["landmarks"].shape == (truth["frames"], 33, 3)
                assert arrays["poses"].shape == (truth["frames"], 24, 3)


def test_only_the_asked_classes(tmp_path: Path) -> None:
    run(str(tmp_path), "--clips", "3", "--reps", "3", "--fps", "6", "--no-render", "--classes", "good,shallow")
    labels = {
        repetition["label"]
        for path in tmp_path.glob("*.json")
        for repetition in json.loads(path.read_text())["repetitions"]
    }
    assert labels == {"good", "shallow"}


def test_a_video_with_its_camera(tmp_path: Path) -> None:
    run(str(tmp_path), "--clips", "1", "--reps", "1", "--fps", "6", "--width", "120", "--height", "160", "--yaw", "90")
    truth = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert truth["camera"]["yaw_deg"] == pytest.approx(90, abs=0.1)
    with av.open(str(next(tmp_path.glob("*.mp4")))) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height) == (120, 160)
        assert sum(1 for _ in video.decode(stream)) == truth["frames"]
    assert len(list(tmp_path.iterdir())) == 3


def test_refusals_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="slouching"):
        run(str(tmp_path / "out"), "--classes", "slouching")
    with pytest.raises(InputError, match="even picture sizes"):
        run(str(tmp_path / "out"), "--width", "121")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        run(str(tmp_path / "file"))
    assert not (tmp_path / "out").exists()
