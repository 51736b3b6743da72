"""Runs of formnet's programs with limits of time and memory, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TIME_S = 30.0
WALL_S = 45.0
MEMORY_BYTES = 2 * 2**30
"""What a run may ask for beyond what the imports took."""


@dataclass(frozen=True)
class Ended:
    """How a run ended; `code` is minus the signal's number where one ended it."""

    code: int
    out: str
    said: str
    is_late: bool
    cpu_s: float
    wall_s: float


@dataclass(frozen=True)
class Kill:
    """A signal, and when a run gets it: after so many seconds, as soon as a file of such a name (with *) is there."""

    signal: int
    after_s: float = 0.0
    when: str = ""


class Runner:
    """The nursery, asked for one run after another."""

    def __init__(self, home: Path) -> None:
        environment = {
            **os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path[1:]]), "OMP_NUM_THREADS": "1",
            "COLUMNS": "200", "TERM": "dumb", "PYTHONFAULTHANDLER": "1",
        }  # fmt: skip
        self._home = home
        self._said = (home / "nursery.txt").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nursery.py"))], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
        )  # fmt: skip
        self._ask()

    def _ask(self, run: dict[str, Any] | None = None) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if run is not None:
            self._process.stdin.write(json.dumps(run) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError((self._home / "nursery.txt").read_text(errors="replace"))
        return json.loads(line)

    def run(
        self,
        *arguments: str,
        cwd: Path,
        environment: dict[str, str] | None = None,
        encoding: str = "utf-8",
        out: str | None = "file",
        said: str | None = "file",
        given: str | None = os.devnull,
        file_bytes: int | None = None,
        memory_bytes: int = MEMORY_BYTES,
        time_s: float = TIME_S,
        wall_s: float = WALL_S,
        user: int | None = None,
        kill: Kill | None = None,
        is_alone: bool = False,
    ) -> Ended:
        """Runs a program in a folder.

        Args:
            arguments: "formnet", "train.py" or "evaluate.py", and what follows; surrogates stand for bytes.
            out, said: where standard output and error go: "file" is read back, None is closed.
            given: standard input; None is closed.
            file_bytes: the disk is full for files beyond this size.
            user: number of the user to be, for a run that root starts.
            kill: the signal that it gets, and when.
            is_alone: in a process of its own, where that is not so anyway.
        """
        streams = [given, out, said]
        for number, name in ((1, "out.txt"), (2, "said.txt")):
            if streams[number] == "file":
                path = self._home / name
                path.write_bytes(b"")
                path.chmod(0o666)
                streams[number] = str(path)
        answer = self._ask(
            {
                "arguments": [
                    argument.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
                    for argument in arguments
                ],
                "cwd": str(cwd),
                "environment": environment or {},
                "encoding": encoding,
                "streams": streams,
                "file_bytes": file_bytes,
                "memory_bytes": memory_bytes,
                "time_s": time_s,
                "wall_s": wall_s,
                "user": user,
                "kill": None if kill is None else asdict(kill),
                "is_alone": is_alone,
            }
        )
        texts = [
            Path(str(name)).read_bytes().decode(encoding, "replace") if wanted == "file" else ""
            for name, wanted in zip(streams[1:], (out, said), strict=True)
        ]
        return Ended(answer["code"], *texts, answer["is_late"], answer["cpu_s"], answer["wall_s"])

    def close(self) -> None:
        """Ends the nursery."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._said.close()


def said_lines(ended: Ended) -> Sequence[str]:
    """What was said that is no note."""
    return [line for line in ended.said.splitlines() if line.strip() and not line.startswith("formnet: note:")]
