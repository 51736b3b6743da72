"""Every row of the corpus: one sentence, exit code 2, no traceback, within limits of time and memory, nothing lost."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from formnet.readers.npz import write_npz
from formnet.storage.weights import shipped_path
from tests.hostile import files, options, rows
from tests.hostile.rows import Row
from tests.hostile.runs import Ended, Runner, said_lines
from tests.scoring.motions import waving_in_picture

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits and forks are those of POSIX")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Poses that every command reads."""
    path = tmp_path / "good.npz"
    files.archive(files.motion())(path)
    write_npz(tmp_path / "picture.npz", waving_in_picture(3).frames(1, 2))
    return path


def look(folder: Path) -> dict[str, str]:
    """What is in a folder, by content where that can be read without waiting."""
    found = {}
    for path in sorted(folder.rglob("*")):
        is_small = path.is_file() and not path.is_symlink() and path.stat().st_size < 2**26
        found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest() if is_small else "there"
    return found


def check(ended: Ended, row: Row, program: str = "formnet: ") -> None:
    """What holds of every run that ends with a sentence."""
    all_said = ended.said + ended.out
    assert not ended.is_late, all_said
    assert "Traceback" not in all_said
    assert "internal error" not in all_said
    assert "Warning:" not in all_said
    assert ended.code == row.code, all_said
    assert row.says in all_said
    assert max(len(line) for line in all_said.splitlines()) < 2000 + len(row.command)
    if not row.command.startswith("doctor"):
        *others, last = said_lines(ended)
        assert last.startswith(program), ended.said
        assert not others, ended.said
    if "--json" in row.command and ended.out:
        json.loads(ended.out)


@pytest.mark.parametrize("row", rows.POSES, ids=str)
def test_poses(runner: Runner, tmp_path: Path, good: Path, row: Row) -> None:
    check(run_row(runner, tmp_path / "given", good, row), row)
    assert not (tmp_path / "out.npz").exists()


def run_row(runner: Runner, folder: Path, good: Path, row: Row, program: str = "formnet") -> Ended:
    """Makes the row's file in a folder of its own and runs its command there; whatever was there is there after."""
    folder.mkdir()
    if row.make is not None:
        row.make(folder / row.name)
    before = look(folder)
    shipped = str(shipped_path("squat.safetensors"))
    command = [
        part.format(row.name, good=good, picture=good.with_name("picture.npz"), shipped=shipped)
        for part in row.command.split()
    ]
    ended = runner.run(*([program] if program else []), *command, cwd=folder)
    after = look(folder)
    assert {name: after.get(name) for name in before} == before
    assert "ran" not in after
    assert not [name for name in after if Path(name).name.startswith(".formnet")]
    return ended


@pytest.mark.parametrize("row", options.OPTIONS, ids=str)
def test_options(runner: Runner, tmp_path: Path, good: Path, row: Row) -> None:
    check(run_row(runner, tmp_path / "given", good, row), row)


@pytest.mark.parametrize("row", options.SETTINGS, ids=str)
def test_settings(runner: Runner, tmp_path: Path, good: Path, row: Row) -> None:
    check(run_row(runner, tmp_path / "given", good, row, ""), row, "error: ")
