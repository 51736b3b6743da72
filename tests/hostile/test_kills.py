"""Runs that are killed in the middle: their code is the signal's, nothing half-written stands there, the next is right.

`benchmarks/kills.py` does the same at random moments; here the moment is told by a file that appears.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from formnet.cli.compare_answers import FILES
from formnet.readers.npz import write_npz
from tests.hostile.runs import Ended, Kill, Runner
from tests.simulated_film import film_squats

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits and forks are those of POSIX")
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
IDS = ("term", "int", "kill")
CLIPS = [f"{number}.npz" for number in range(6)]
SAID = {signal.SIGTERM: "stopped by SIGTERM; ", signal.SIGINT: "stopped; "}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six clips of three squats, and a short one."""
    squats = film_squats()[0]
    write_npz(tmp_path / CLIPS[0], squats)
    for name in CLIPS[1:]:
        shutil.copy(tmp_path / CLIPS[0], tmp_path / name)
    write_npz(tmp_path / "short.npz", squats.frames(0, 30))
    return tmp_path


def check_killed(killed: Ended, number: signal.Signals, kept: str) -> None:
    """The code is the signal's, and where there is time for a sentence it says what is kept."""
    assert killed.code == (-number if number == signal.SIGKILL else 128 + number), killed
    assert "Traceback" not in killed.said
    if number != signal.SIGKILL:
        assert killed.said.splitlines()[-1] == f"formnet: {SAID[number]}{kept}"


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".formnet*")]


@pytest.mark.parametrize("number", SIGNALS, ids=IDS)
def test_classify_keeps_the_clips_that_were_finished(runner: Runner, folder: Path, number: signal.Signals) -> None:
    command = ("formnet", "classify", *CLIPS, "--out", "v")
    answer = folder / "v" / "verdict.json"
    killed = runner.run(*command, cwd=folder, kill=Kill(number, when=str(answer)))
    left = json.loads(answer.read_text())
    assert not left["complete"]
    done = len(left["clips"])
    assert 1 <= done < len(CLIPS)
    told = f"v/verdict.json holds what was finished ({done} of 6 clips); run the same command again for the rest"
    check_killed(killed, number, told)
    if number != signal.SIGKILL:
        assert not hidden(folder)
    assert not (folder / "v" / "report.html").exists()

    again = runner.run(*command, cwd=folder, is_alone=True)
    assert again.code == 0
    whole = json.loads(answer.read_text())
    assert whole["complete"]
    assert [clip["path"] for clip in whole["clips"]] == CLIPS
    assert whole["clips"][:done] == left["clips"]
    assert sorted(path.name for path in (folder / "v").iterdir()) == ["report.html", "verdict.csv", "verdict.json"]


@pytest.mark.parametrize("number", SIGNALS, ids=IDS)
def test_compare_leaves_all_its_answers_or_none(runner: Runner, folder: Path, number: signal.Signals) -> None:
    command = ("formnet", "compare", "short.npz", "short.npz", "--out", "c")
    # The first answer is written and waits for the others.
    killed = runner.run(*command, cwd=folder, kill=Kill(number, when=str(folder / "c" / ".formnet-*.png")))
    check_killed(killed, number, "nothing half-written was left; run the same command again")
    assert not [name for name in FILES if (folder / "c" / name).exists()]
    if number != signal.SIGKILL:
        assert not hidden(folder)

    assert runner.run(*command, cwd=folder, is_alone=True).code == 0
    assert sorted(path.name for path in (folder / "c").iterdir()) == sorted(FILES)
