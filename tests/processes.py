"""What the system knows of processes that tests start."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not (PROC / "self" / "stat").exists(), reason="processes are listed on Linux only")


def children_of(parent: int) -> set[int]:
    """Numbers of the processes that it started and that are still there."""
    return {int(folder.name) for folder in PROC.glob("[0-9]*") if _state_and_parent(folder)[1] == parent}


def is_there(process: int) -> bool:
    """Whether it still runs; one that has ended and waits to be asked for its code does not."""
    return _state_and_parent(PROC / str(process))[0] not in ("", "Z", "X")


def wait_until(condition: Callable[[], bool], patience_s: float = 30.0) -> bool:
    """Whether it became true in time."""
    until_s = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    return True


def _state_and_parent(folder: Path) -> tuple[str, int]:
    try:
        state, parent, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", 0
    return state, int(parent)
