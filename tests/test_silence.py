"""Nothing leaves the machine: judging works, and never tries to reach anything, where any attempt ends the process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from formnet import demo
from formnet.pose.video import read_frames
from tests import without_network
from tests.pose.videos import make_video
from tests.test_same_film import FROM_S, RATE, TO_S

GUARD = Path(without_network.__file__)
CLASSIFY = "import sys; from formnet.cli.app import main; sys.argv[1:] = ['classify', *sys.argv[1:]]; main()"

pytestmark = pytest.mark.skipif(not without_network.is_possible(), reason="system calls are filtered on Linux only")


def run_without_network(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(GUARD), code, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
    )


def test_the_guard_would_notice():
    looking_up = run_without_network("import socket; socket.getaddrinfo('example.invalid', 80)")
    connecting = run_without_network("import socket; socket.create_connection(('127.0.0.1', 9))")
    assert looking_up.returncode == connecting.returncode == -signal.SIGSYS
    assert run_without_network("print('quiet')").stdout == "quiet\n"


@pytest.fixture(scope="module")
def judged(pose_model, tmp_path_factory):
    """What judging a clip said, with the time of every import on standard error, and the folder it wrote."""
    tmp_path = tmp_path_factory.mktemp("judged")
    frames = read_frames(Path(demo.__file__).with_name("squats.mp4"))
    shallow = [frame.image for frame in frames if FROM_S <= frame.timestamp_s < TO_S][::3]
    clip = make_video(tmp_path / "squats.mp4", shallow, np.arange(len(shallow)) / RATE)
    done = run_without_network(
        CLASSIFY, str(clip), "--json", "--out", str(tmp_path / "out"),
        FORMNET_POSE_MODEL=str(pose_model), PYTHONPROFILEIMPORTTIME="1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    return done, tmp_path / "out"


def test_classify_reaches_for_nothing(judged):
    done, out = judged
    assert json.loads(done.stdout)["clips"][0]["repetitions"]
    assert (out / "squats_overlay.mp4").is_file()


def test_classify_loads_no_library_that_takes_longer_than_judging(judged):
    done, _ = judged
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    loaded = {line.rpartition("|")[2].strip() for line in lines}
    assert "formnet.lifting.forward" in loaded
    assert not loaded & {"torch", "scipy", "sklearn", "pytorch_lightning", "matplotlib"}
