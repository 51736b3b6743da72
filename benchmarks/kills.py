"""Kills runs at random moments and looks at what they leave: python benchmarks/kills.py [--runs 100] [--seed 0].

Each run of classify, compare, pose, index or train.py is ended by SIGTERM, SIGINT or SIGKILL after a random share of
the time that a whole one takes. Then its exit code has to be the signal's (or 0 where it had finished), nothing
half-written or hidden may stand in its folder, and the same command, run again, has to give what an undisturbed one
gives.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
TINY = (
    "model=resnet1d_small", "model.width=8", "model.n_layers=1", "data.count=60", "data.n_folds=5",
    "trainer.max_epochs=6", "fit.batch_size=2", "threads=1", "hydra.run.dir=run", "logger=none",
)  # fmt: skip
ANSWERS = {"classify": "v/verdict.json", "compare": "c/similarity.png", "pose": "o.npz", "index": "i.npz"}
KILLED_AT_ONCE = -signal.SIGKILL


@dataclass(frozen=True)
class Killed:
    """What one killed run left behind.

    Attributes:
        code: exit code, minus the signal's number where it ended the process itself.
        problems: what should not be; empty where all is well.
    """

    command: str
    signal: str
    after_s: float
    code: int
    problems: tuple[str, ...]


def command_line(command: str) -> list[str]:
    """The program and its arguments, in a folder that holds `squats.npz`."""
    formnet = [sys.executable, "-m", "formnet"]
    return {
        "classify": [*formnet, "classify", "lib/squats.npz", "lib/again.npz", "--out", "v"],
        "compare": [*formnet, "compare", "lib/squats.npz", "lib/again.npz", "--out", "c"],
        "pose": [*formnet, "pose", "lib/squats.npz", "-o", "o.npz"],
        "index": [*formnet, "index", "lib", "-o", "i.npz"],
        "train": [sys.executable, str(ROOT / "train.py"), *TINY],
    }[command]


def make_folder(folder: Path) -> None:
    """Puts the inputs of all commands into an empty folder."""
    from tests.simulated_film import film_squats

    from formnet.readers.npz import write_npz

    (folder / "lib").mkdir(parents=True)
    write_npz(folder / "lib" / "squats.npz", film_squats()[0])
    shutil.copy(folder / "lib" / "squats.npz", folder / "lib" / "again.npz")


def start(command: str, folder: Path) -> subprocess.Popen[str]:
    """Starts a command in a folder."""
    paths = os.pathsep.join([str(ROOT / "src"), *filter(None, sys.path)])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    return subprocess.Popen(
        command_line(command), cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def read_answer(command: str, folder: Path) -> str | None:
    """What an undisturbed run says; None where there is no answer."""
    if command == "train":
        metrics = folder / "run" / "metrics.json"
        return metrics.read_text() if metrics.is_file() else None
    answer = folder / ANSWERS[command]
    if not answer.is_file():
        return None
    if command == "classify":
        content = json.loads(answer.read_text())
        return json.dumps([content["clips"], content["complete"]])
    if command == "compare":
        return str((folder / "c" / "compare.mp4").stat().st_size > 0)
    import numpy as np

    with np.load(answer, allow_pickle=False) as arrays:
        return str({name: (arrays[name].shape, arrays[name].tobytes()[:64]) for name in sorted(arrays.files)})


def kill_one(command: str, number: signal.Signals, after_s: float, folder: Path, whole: str | None) -> Killed:
    """One run that is killed, what it left, and the same command again."""
    make_folder(folder)
    process = start(command, folder)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    _, said = process.communicate(timeout=120)
    code, problems = process.returncode, []
    expected = {0, -number, 128 + number}
    if code not in expected:
        problems.append(f"exit code {code}")
    if "Traceback" in said:
        problems.append("a traceback")
    if code == 128 + number and not said.splitlines()[-1].split("formnet: ")[-1].startswith("stopped"):
        problems.append(f"the last line is {said.splitlines()[-1]!r}")
    hidden = [path.name for path in folder.rglob(".*") if path.name != ".hydra"]
    if hidden and number != signal.SIGKILL:
        problems.append(f"left {hidden}")
    try:
        left = read_answer(command, folder)
        if code != 0 and left is not None and left != whole and command != "classify":
            problems.append("an answer that is not the whole one")
    except (OSError, ValueError, KeyError) as error:
        problems.append(f"half-written: {error}")
    again = start(command, folder)
    _, said = again.communicate(timeout=180)
    if again.returncode != 0:
        problems.append(f"the next run ended with {again.returncode}: {said[-200:]}")
    elif whole is not None and read_answer(command, folder) != whole:
        problems.append("the next run says something else")
    if hidden := [path.name for path in folder.rglob(".formnet*")]:
        problems.append(f"the next run left {hidden}")
    return Killed(command, number.name, after_s, code, tuple(problems))


def run_kills(commands: list[str], n_runs: int, seed: int, folder: Path) -> list[Killed]:
    """Kills `n_runs` runs, the commands and signals in turns, at random moments."""
    generator = random.Random(seed)
    wholes: dict[str, tuple[str | None, float]] = {}
    killed = []
    for number in range(n_runs):
        command = commands[number % len(commands)]
        if command not in wholes:
            whole = folder / f"whole-{command}"
            make_folder(whole)
            began = time.monotonic()
            process = start(command, whole)
            _, said = process.communicate(timeout=180)
            if process.returncode != 0:
                raise RuntimeError(said)
            wholes[command] = read_answer(command, whole), time.monotonic() - began
        answer, took_s = wholes[command]
        after_s = generator.uniform(0.05, 1.0) * took_s
        chosen = SIGNALS[generator.randrange(len(SIGNALS))]
        place = folder / f"run-{number}"
        killed.append(kill_one(command, chosen, after_s, place, answer))
        print(f"{number + 1}: {killed[-1]}", file=sys.stderr, flush=True)
        shutil.rmtree(place)
    return killed


def describe(killed: list[Killed]) -> str:
    """A table: by command and signal how many runs, their exit codes, and how many had a problem."""
    lines = ["| command | signal | runs | exit codes | problems |", "|---|---|---|---|---|"]
    groups = sorted({(one.command, one.signal) for one in killed})
    for command, name in groups:
        rows = [one for one in killed if (one.command, one.signal) == (command, name)]
        codes = ", ".join(f"{code} × {count}" for code, count in sorted(Counter(one.code for one in rows).items()))
        lines.append(f"| {command} | {name} | {len(rows)} | {codes} | {sum(bool(one.problems) for one in rows)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", default="classify,compare,pose,index,train")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as name:
        killed = run_kills(options.commands.split(","), options.runs, options.seed, Path(name))
    print(describe(killed))
    for one in killed:
        if one.problems:
            print(f"- {one}")
    sys.exit(any(one.problems for one in killed))


if __name__ == "__main__":
    main()
