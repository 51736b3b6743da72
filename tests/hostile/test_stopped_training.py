"""A training that is killed never says it succeeded: its code is the signal's, and a sentence says how to go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.runs import Kill, Runner

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits and forks are those of POSIX")
TINY = (
    "model=resnet1d_small", "model.width=8", "model.n_layers=1", "data.count=60", "data.n_folds=5",
    "trainer.max_epochs=8", "fit.batch_size=2", "threads=1", "hydra.run.dir=run", "logger=none",
)  # fmt: skip


WALL_S = 300.0


@pytest.mark.slow
def test_a_killed_training_goes_on(runner: Runner, tmp_path: Path) -> None:
    last = tmp_path / "run" / "last.ckpt"
    stopped = runner.run("train.py", *TINY, cwd=tmp_path, kill=Kill(signal.SIGTERM, when=str(last)), wall_s=WALL_S)
    assert stopped.code == 143, stopped
    assert stopped.out == ""
    assert "Traceback" not in stopped.said
    kept = f"{last} holds the epochs that are finished; go on with the same command and resume={last}"
    # The signal may come while the bar is drawn, whose line then ends with the sentence.
    assert stopped.said.endswith(f"stopped by SIGTERM; {kept}\n")
    left = {path.name for path in last.parent.iterdir()}
    assert not [name for name in left if name.startswith((".", "tmp")) and name != ".hydra"]
    assert "model.safetensors" not in left
    again = [*TINY[:-2], "hydra.run.dir=again", f"resume={last}"]
    done = runner.run("train.py", *again, cwd=tmp_path, wall_s=WALL_S, is_alone=True)
    assert done.code == 0, done.said
    assert json.loads(done.out.splitlines()[-1])["test/repetitions"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "when"),
    [
        ((*TINY, "fit.members=2"), "run/member-0/last.ckpt"),
        (("data.count=2000", "hydra.run.dir=run", "threads=1"), "run/train.log"),
    ],
)
def test_ctrl_c_where_nothing_can_go_on(runner: Runner, tmp_path: Path, arguments: tuple[str, ...], when: str) -> None:
    kill = Kill(signal.SIGINT, when=str(tmp_path / when))
    stopped = runner.run("train.py", *arguments, cwd=tmp_path, kill=kill, wall_s=WALL_S)
    assert stopped.code == 130, stopped
    assert stopped.out == ""
    assert stopped.said.splitlines()[-1] == "stopped; nothing half-written was left; run the same command again"
    assert "Traceback" not in stopped.said


@pytest.mark.slow
def test_a_training_that_is_killed_at_once_leaves_no_model(runner: Runner, tmp_path: Path) -> None:
    last = tmp_path / "run" / "last.ckpt"
    killed = runner.run("train.py", *TINY, cwd=tmp_path, kill=Kill(signal.SIGKILL, when=str(last)), wall_s=WALL_S)
    assert killed.code == -signal.SIGKILL
    assert not list(last.parent.glob("*.safetensors"))
    assert not (last.parent / "metrics.json").exists()


def assert_stopped(program: str, code: int, said: str) -> None:
    """Runs a program that stops itself: it leaves with that code and that beginning of a sentence, said once."""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == code
    assert ended.stderr.startswith(said)
    assert ended.stderr.count(said) == 1
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("becomes", ['RecursionError("half imported")', "SystemExit"])
def test_a_stop_that_turns_into_another_error_is_still_a_stop(becomes: str) -> None:
    """Libraries that are stopped in the middle of their import make errors of their own of it; Lightning, where it was
    swallowed, leaves as if nothing had been."""
    program = f"""
import os, signal, time
from formnet.training.ending import one_sentence_for_errors
with one_sentence_for_errors():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(9)
    except BaseException:
        raise {becomes} from None
"""
    assert_stopped(program, 143, "stopped by SIGTERM; ")


def test_a_stop_that_was_swallowed_before_the_task_begins_is_not_forgotten() -> None:
    program = """
import os, signal, time
from formnet.training.ending import one_sentence_for_errors
with one_sentence_for_errors():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(9)
    except BaseException:
        pass
    with one_sentence_for_errors():
        raise IndexError("list index out of range")
"""
    assert_stopped(program, 130, "stopped; ")


def test_a_stop_within_the_task_is_told_once() -> None:
    program = """
import os, signal, time
from formnet.training.ending import one_sentence_for_errors
with one_sentence_for_errors(), one_sentence_for_errors():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(9)
"""
    assert_stopped(program, 143, "stopped by SIGTERM; ")
