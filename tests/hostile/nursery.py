"""A process that has imported everything, and forks a child for each run: a fresh program at the price of a fork.

Started by `runs.py` as a program of its own, so that no thread of the test runner is forked along. It takes one run a
line of JSON on standard input and answers with one line. The child has limits of its own; whatever happens to it,
a crash included, is the answer.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import pkgutil
import resource
import runpy
import signal
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("train.py", "evaluate.py")


def import_everything() -> None:
    """What commands import when they are asked for, so that a child has it."""
    import formnet.cli

    for module in pkgutil.iter_modules(formnet.cli.__path__):
        importlib.import_module(f"formnet.cli.{module.name}")
    for name in (
        "formnet.pipeline", "formnet.pose.estimator", "formnet.pose.video", "formnet.report.results",
        "formnet.report.text", "formnet.report.compare_video", "formnet.report.plots", "formnet.scoring.compare",
        "formnet.scoring.search", "formnet.scoring.match", "formnet.judges.checkpoint", "formnet.lifting.lifter",
        "formnet.training.start", "formnet.training.command", "formnet.training.configuration", "hydra.main",
        "formnet.training.pose.build", "formnet.exports.mot", "formnet.standards.ranges", "PIL.Image",
        "encodings.cp437", "encodings.cp1252", "encodings.latin_1", "encodings.utf_16", "encodings.idna",
    ):  # fmt: skip
        importlib.import_module(name)


def become(run: dict[str, Any]) -> None:
    """The child: its streams, limits and folder, then the program; does not return."""
    os.setsid()
    os.chdir(run["cwd"])
    os.environ.update(run["environment"])
    for number, name in enumerate(run["streams"]):
        if name is None:
            os.close(number)
            continue
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    encoding = run["encoding"]
    sys.stdin = None if run["streams"][0] is None else open(0, closefd=False)  # noqa: SIM115
    for number, name in ((1, "stdout"), (2, "stderr")):
        if run["streams"][number] is None:
            setattr(sys, name, None)
            continue
        raw = open(number, "wb", buffering=0, closefd=False)  # noqa: SIM115
        setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(raw), encoding, line_buffering=number == 2))
    before = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    most = before + run["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (int(run["time_s"]), int(run["time_s"]) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if run["file_bytes"] is not None:
        # A write beyond it fails as one on a full disk does.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (run["file_bytes"], run["file_bytes"]))
    if run["user"] is not None:
        os.setgroups([])
        os.setresgid(run["user"], run["user"], run["user"])
        os.setresuid(run["user"], run["user"], run["user"])
    name, *arguments = [os.fsdecode(argument.encode("utf-8", "surrogateescape")) for argument in run["arguments"]]
    if name in SCRIPTS:
        sys.argv = [str(ROOT / name), *arguments]
        runpy.run_path(str(ROOT / name), run_name="__main__")
        return
    assert name == "formnet", name
    from formnet.cli.app import main

    sys.argv = [name, *arguments]
    main()


def fork(run: dict[str, Any]) -> dict[str, Any]:
    """How a run ended: exit code or signal, processor and wall time."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            become(run)
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        except BaseException:
            # As the interpreter would, for the test to see.
            import traceback

            traceback.print_exc()
            code = 1
        finally:
            for stream in (sys.stdout, sys.stderr):
                try:
                    if stream is not None:
                        stream.flush()
                except (OSError, ValueError):
                    pass
            os._exit(code)
    is_late = False
    while True:
        ended, status, used = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - began > run["wall_s"]:
            is_late = True
            os.killpg(child, signal.SIGKILL)
            _, status, used = os.wait4(child, 0)
            break
        time.sleep(0.003)
    code = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - began
    return {"code": code, "is_late": is_late, "cpu_s": used.ru_utime + used.ru_stime, "wall_s": wall_s}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import_everything()
    # What is there stays where it is: a child that counted references anew would copy it all.
    gc.collect()
    gc.freeze()
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(fork(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
