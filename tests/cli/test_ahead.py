"""Several clips on several cores: the same answers, bars, and an end at once, whoever is stopped or killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import formnet.cli.ahead
import formnet.pose.prefetch
from formnet import demo
from formnet.cli.app import run
from formnet.pose.video import read_frames
from formnet.readers.npz import write_npz
from tests.pose.videos import make_video
from tests.processes import children_of, is_there, needs_proc, wait_until
from tests.simulated_film import film_squats
from tests.test_same_film import FROM_S, RATE, TO_S

ROOT = Path(__file__).resolve().parents[2]
CLASSIFY = (
    "import formnet.cli.ahead, sys\nformnet.cli.ahead.count_cores = lambda: 2\nfrom formnet.cli.app import main\nmain()"
)


@pytest.fixture
def folder(tmp_path, pose_model) -> Path:
    """Three films and a file of poses between them."""
    (tmp_path / "clips").mkdir()
    for name in ("a.mp4", "c.mp4", "d.mp4"):
        shutil.copy(Path(demo.__file__).with_name("squats.mp4"), tmp_path / "clips" / name)
    write_npz(tmp_path / "clips" / "b.npz", film_squats()[0])
    return tmp_path / "clips"


def start(folder: Path, *options: str, said: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """`formnet classify` of a folder in a process group of its own, with two processes that read."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    started = subprocess.Popen(
        [sys.executable, "-c", CLASSIFY, "classify", str(folder), *options], text=True, env=environment,
        stdout=subprocess.PIPE, stderr=said, process_group=0,
    )  # fmt: skip
    assert wait_until(lambda: len(children_of(started.pid)) == 2)
    return started


@pytest.mark.usefixtures("kept_poses")
def test_the_answer_does_not_depend_on_the_number_of_cores(folder, monkeypatch, capsys) -> None:
    frames = list(read_frames(folder / "a.mp4"))
    shallow = [frame.image for frame in frames if FROM_S <= frame.timestamp_s < TO_S][::3]
    for name in ("a.mp4", "c.mp4"):
        make_video(folder / name, shallow, np.arange(len(shallow)) / RATE)
    (folder / "d.mp4").write_text("notes")
    said = []
    for n_cores in (1, 2):
        for module in (formnet.cli.ahead, formnet.pose.prefetch):
            monkeypatch.setattr(module, "count_cores", lambda n_cores=n_cores: n_cores)
        assert run(["classify", str(folder), "--fps", "30", "--json"]) == 2
        said.append(tuple(capsys.readouterr()))
    assert said[0] == said[1]
    answer = json.loads(said[0][0])
    assert [Path(clip["path"]).name for clip in answer["clips"]] == ["a.mp4", "b.npz", "c.mp4"]
    assert "--fps was not used" in str(answer["clips"][0]["warnings"])
    assert "d.mp4 is no video" in said[0][1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--estimator", "blaze"], "there is no pose estimator 'blaze'"),
        (["--estimator", "opencv-openpose", "--eyes", "fast"], "--eyes chooses the size of blazepose"),
    ],
)
def test_a_wrong_estimator_is_refused_before_any_work(folder, options, sentence, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(formnet.cli.ahead, "count_cores", lambda: 2)
    assert run(["classify", str(folder), "--out", str(tmp_path / "out"), *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"formnet: {sentence}")
    assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@needs_proc
def test_ctrl_c_ends_all_at_once_while_bars_are_shown(folder) -> None:
    import pty

    terminal, said = pty.openpty()
    running = start(folder, said=said)
    os.close(said)
    shown = b""
    # The poses of the first film and of the next one that is none of poses are under way.
    while not (b"[1/4] a.mp4" in shown and b"[3/4] c.mp4" in shown):
        shown += os.read(terminal, 4096)
    processes = children_of(running.pid)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(timeout=30) == 130
    assert not any(map(is_there, processes))
    told = shown
    while not told.rstrip().endswith(b"run the same command again"):
        told += os.read(terminal, 4096)
    os.close(terminal)
    assert b"formnet: stopped; " in told
    assert b"Traceback" not in told


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_processes_end_with_the_one_that_started_them(folder, number) -> None:
    running = start(folder, "--json")
    processes = children_of(running.pid)
    running.send_signal(number)
    out, said = running.communicate(timeout=30)
    assert running.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert wait_until(lambda: not any(map(is_there, processes)))
    assert out == ""
    assert "Traceback" not in said


@needs_proc
def test_a_killed_process_costs_its_clip_alone(folder, tmp_path) -> None:
    running = start(folder, "--json", "--out", str(tmp_path / "out"), "--no-video")
    answer = tmp_path / "out" / "verdict.json"
    assert wait_until(answer.exists, patience_s=120)
    # The first film is judged, the two others are being read.
    os.kill(min(children_of(running.pid)), signal.SIGKILL)
    out, said = running.communicate(timeout=120)
    assert running.returncode == 2
    assert "Traceback" not in said
    assert said.count("the system ended its process (SIGKILL)") == 1
    judged = json.loads(out)
    assert [Path(clip["path"]).name for clip in judged["clips"]] in (
        ["a.mp4", "b.npz", one] for one in ("c.mp4", "d.mp4")
    )
    assert len(judged["failures"]) == 1
    assert json.loads(answer.read_text())["clips"] == judged["clips"]
