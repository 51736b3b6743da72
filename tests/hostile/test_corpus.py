"""Every row of the corpus: one sentence, exit code 2, no traceback, within limits of time and memory, nothing lost."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import files, rows
from tests.hostile.rows import Row
from tests.hostile.runs import Ended, Runner, said_lines

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits and forks are those of POSIX")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(tmp_path_factory.mktemp("runs"))
    yield runner
    runner.close()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Poses that every command reads."""
    path = tmp_path / "good.npz"
    files.archive(files.motion())(path)
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
    assert max(len(line) for line in all_said.splitlines()) < 2000
    if not row.command.startswith("doctor"):
        *others, last = said_lines(ended)
        assert last.startswith(program), ended.said
        assert not others, ended.said
    if "--json" in row.command and ended.out:
        json.loads(ended.out)


@pytest.mark.parametrize("row", rows.POSES, ids=str)
def test_poses(runner: Runner, tmp_path: Path, good: Path, row: Row) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    row.make(folder / row.name)
    before = look(tmp_path)
    command = [part.format(row.name, good=good) for part in row.command.split()]
    check(runner.run("formnet", *command, cwd=folder), row)
    assert look(tmp_path) == before
