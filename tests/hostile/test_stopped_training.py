"""A training that is killed never says it succeeded: its code is the signal's, and a sentence says how to go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = (
    "model=resnet1d_small", "model.width=8", "model.n_layers=1", "data.count=60", "data.n_folds=5",
    "trainer.max_epochs=20", "fit.batch_size=2", "threads=1", "hydra.run.dir=run", "logger=none",
)  # fmt: skip


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *arguments], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def stop(process: subprocess.Popen[str], number: int, when: Path) -> tuple[int, str, str]:
    """Sends the signal as soon as the file is there; exit code and what was said."""
    end = time.monotonic() + 60
    while not when.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(number)
    out, said = process.communicate(timeout=60)
    return process.returncode, out, said


@pytest.mark.slow
def test_a_killed_training_goes_on(tmp_path: Path) -> None:
    last = tmp_path / "run" / "last.ckpt"
    code, out, said = stop(start(tmp_path, *TINY), signal.SIGTERM, last)
    assert code == 143, said
    assert out == ""
    kept = f"{last} holds the epochs that are finished; go on with the same command and resume={last}"
    assert said.splitlines()[-1] == f"stopped by SIGTERM; {kept}"
    assert "Traceback" not in said
    left = {path.name for path in last.parent.iterdir()}
    assert not [name for name in left if name.startswith((".", "tmp")) and name != ".hydra"]
    assert "model.safetensors" not in left
    again = [*TINY[:-2], "hydra.run.dir=again", f"resume={last}"]
    done = start(tmp_path, *again)
    out, said = done.communicate(timeout=120)
    assert done.returncode == 0, said
    assert json.loads(out.splitlines()[-1])["test/repetitions"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "when"),
    [
        ((*TINY, "fit.members=2"), "run/member-0/last.ckpt"),
        (("data.count=2000", "hydra.run.dir=run", "threads=1"), "run/train.log"),
    ],
)
def test_ctrl_c_where_nothing_can_go_on(tmp_path: Path, arguments: tuple[str, ...], when: str) -> None:
    code, out, said = stop(start(tmp_path, *arguments), signal.SIGINT, tmp_path / when)
    assert code == 130, said
    assert out == ""
    assert said.splitlines()[-1] == "stopped; nothing half-written was left; run the same command again"
    assert "Traceback" not in said


def test_a_stop_that_turns_into_another_error_is_still_a_stop() -> None:
    """Libraries that are stopped in the middle of their import make errors of their own of it."""
    program = """
import os, signal, time
from formnet.training.ending import one_sentence_for_errors
with one_sentence_for_errors():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(9)
    except BaseException:
        raise RecursionError("half imported") from None
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 143
    assert ended.stderr.startswith("stopped by SIGTERM; ")
    assert "Traceback" not in ended.stderr
