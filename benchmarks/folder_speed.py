"""What a second core is worth to `formnet classify FOLDER`: wall time on one core over that on all.

    python benchmarks/folder_speed.py [FOLDER] [--rounds 3]

One core is `taskset -c 0`. Both run in turns, each in a process of its own, start and verdicts with it. Processor time
stands beside wall time, since that of a busy machine tells little. Ends with one JSON object.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import run_main, say
from figures import print_figures
from page import REPOSITORY

from formnet.errors import InputError

REAL = REPOSITORY.parent / "shared" / "clips" / "real"
CLIPS = (
    "dl_good_01.mp4", "er_squat1.mp4", "er_squat_slow.mp4", "hfa_squat.mp4", "kv_squat_correct_003.mp4",
    "kv_squat_correct_005.mp4", "kv_squat_incorrect_003.mp4", "wt_squat.mp4",
)  # fmt: skip
"""One to 31 seconds long."""
CLASSIFY = [sys.executable, "-c", "from formnet.cli.app import main; main()", "classify"]
ONE_CORE = ["taskset", "-c", "0"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help=f"of clips (default: {len(CLIPS)} of {REAL})")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if shutil.which(ONE_CORE[0]) is None:
        raise InputError("there is no taskset, which holds a program to one core; install util-linux")
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.folder or link_clips(Path(place))
        print_figures(measure(folder, arguments.rounds))


def link_clips(place: Path) -> Path:
    """A folder of the usual clips."""
    missing = [name for name in CLIPS if not (REAL / name).is_file()]
    if missing:
        raise InputError(f"{REAL} lacks {', '.join(missing)}; name a folder of clips")
    for name in CLIPS:
        (place / name).symlink_to(REAL / name)
    return place


def measure(folder: Path, n_rounds: int) -> dict[str, object]:
    """Seconds of each run and of the processor, medians and their ratios; says whether the answers are the same."""
    kinds: dict[str, list[str]] = {"one_core": [*ONE_CORE, *CLASSIFY], "all_cores": CLASSIFY}
    walls: dict[str, list[float]] = {name: [] for name in kinds}
    processors: dict[str, list[float]] = {name: [] for name in kinds}
    answers = set()
    for _ in range(n_rounds):
        for name, command in kinds.items():
            wall_s, processor_s, answer = run([*command, str(folder), "--json"])
            walls[name].append(wall_s)
            processors[name].append(processor_s)
            answers.add(answer)
            say(f"{name.replace('_', ' ')}: {wall_s:.1f} s, {processor_s:.1f} s of the processor")
    one, many = (statistics.median(walls[name]) for name in kinds)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        **{f"{name}_s": [round(wall_s, 2) for wall_s in walls[name]] for name in kinds},
        **{f"{name}_processor_s": [round(processor_s, 2) for processor_s in processors[name]] for name in kinds},
        "ratio": round(one / many, 3),
        "same_answer": len(answers) == 1,
    }


def run(command: list[str]) -> tuple[float, float, bytes]:
    """Wall and processor seconds of a command with its children, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # A clip in which nothing can be judged ends with 2; the others have been judged.
    if done.returncode not in (0, 2) or not done.stdout:
        raise InputError(f"{' '.join(command)} ended with {done.returncode}; run it by itself")
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


if __name__ == "__main__":
    run_main(main)
