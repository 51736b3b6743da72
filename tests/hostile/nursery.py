"""A process that has imported everything, and forks children for runs: a fresh program at the price of a fork.

Started by `runs.py` as a program of its own, so that no thread of the test runner is forked along. It takes one run a
line of JSON on standard input and answers with one line. A run that needs a process of its own (killed, without a
stream, as another user, with a full disk) gets one; the others go one after the other through a worker, which is a
child with limits of time and memory all the same, and is replaced when one of them ends it or when it grows old.
Whatever happens to a child, a crash included, is the answer.
"""

from __future__ import annotations

import contextlib
import contextvars
import gc
import glob
import importlib
import io
import json
import os
import pkgutil
import resource
import runpy
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("train.py", "evaluate.py")
MOST_RUNS = 60
"""Of one worker."""


def import_everything() -> None:
    """What commands import and load when they are asked for, so that a child has it."""
    import formnet.cli

    for module in pkgutil.iter_modules(formnet.cli.__path__):
        importlib.import_module(f"formnet.cli.{module.name}")
    for name in (
        "formnet.pipeline", "formnet.pose.estimator", "formnet.pose.video", "formnet.report.results",
        "formnet.report.text", "formnet.report.compare_video", "formnet.report.plots", "formnet.scoring.compare",
        "formnet.scoring.search", "formnet.scoring.match", "formnet.judges.checkpoint", "formnet.lifting.lifter",
        "formnet.training.start", "formnet.training.command", "formnet.training.configuration", "hydra.main",
        "formnet.training.pose.build", "formnet.exports.mot", "formnet.standards.ranges", "PIL.Image", "av", "cv2",
        "formnet.report.video_writer", "pydantic.type_adapter", "typer._adapters", "rich._emoji_codes",
        "encodings.cp437", "encodings.cp1252", "encodings.latin_1", "encodings.utf_16", "encodings.idna",
    ):  # fmt: skip
        importlib.import_module(name)
    from hydra._internal.hydra import Hydra

    from formnet.pipeline import make_judge

    make_judge()
    # Hydra composes every configuration once more, only to learn a mode that nothing here sets.
    Hydra.get_mode = lambda self, config_name, overrides: None  # type: ignore[method-assign]


class EndedError(BaseException):
    """A worker's `os._exit`, which ends a run and not the worker."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def redirect(streams: list[str | None], encoding: str) -> None:
    """Gives the process these files as its standard streams; None is closed."""
    for number, name in enumerate(streams):
        if name is None:
            os.close(number)
            continue
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        opened = os.open(name, flags, 0o600)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
    sys.stdin = None if streams[0] is None else open(0, closefd=False)  # noqa: SIM115
    for number, name in ((1, "stdout"), (2, "stderr")):
        if streams[number] is None:
            setattr(sys, name, None)
            continue
        raw = open(number, "wb", buffering=0, closefd=False)  # noqa: SIM115
        setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(raw), encoding, line_buffering=number == 2))


def limit_memory(more_bytes: int) -> None:
    """Lets the process have so much beyond what it has."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (now + more_bytes, now + more_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_time(time_s: float) -> None:
    """Lets the process have so much more of the processor."""
    soft = int(count_cpu_s() + time_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def count_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run_program(words: list[str]) -> int:
    """Runs a program as the interpreter would; its exit code."""
    name, *arguments = [os.fsdecode(word.encode("utf-8", "surrogateescape")) for word in words]
    try:
        if name in SCRIPTS:
            sys.argv = [str(ROOT / name), *arguments]
            runpy.run_path(str(ROOT / name), run_name="__main__")
            return 0
        assert name == "formnet", name
        from formnet.cli.app import main

        sys.argv = [name, *arguments]
        main()
    except EndedError as ended:
        return ended.code
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        # For the test to see.
        import traceback

        traceback.print_exc()
        return 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                if stream is not None:
                    stream.flush()
    return 0


def live_alone(run: dict[str, Any]) -> NoReturn:
    """A child for one run."""
    os.setsid()
    os.chdir(run["cwd"])
    os.environ.update(run["environment"])
    redirect(run["streams"], run["encoding"])
    limit_memory(run["memory_bytes"])
    limit_time(run["time_s"])
    if run["file_bytes"] is not None:
        # A write beyond it fails as one on a full disk does.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (run["file_bytes"], run["file_bytes"]))
    if run["user"] is not None:
        os.setgroups([])
        os.setresgid(run["user"], run["user"], run["user"])
        os.setresuid(run["user"], run["user"], run["user"])
    os._exit(run_program(run["arguments"]))


def raise_ended(code: int) -> NoReturn:
    raise EndedError(code)


def work(runs: int, answers: int) -> NoReturn:
    """A worker: reads runs from a pipe until that ends, and writes their codes and times."""
    os.setsid()
    leave, os._exit = os._exit, raise_ended  # type: ignore[assignment]
    is_limited = False
    for line in os.fdopen(runs):
        run = json.loads(line)
        if not is_limited:
            limit_memory(run["memory_bytes"])
            is_limited = True
        os.chdir(run["cwd"])
        redirect(run["streams"], run["encoding"])
        limit_time(run["time_s"])
        before, environment = count_cpu_s(), dict(os.environ)
        code = contextvars.copy_context().run(run_program, run["arguments"])
        os.environ.clear()
        os.environ.update(environment)
        forget_configuration()
        os.write(answers, json.dumps({"code": code, "cpu_s": count_cpu_s() - before}).encode() + b"\n")
    leave(0)


def forget_configuration() -> None:
    """Hydra thinks there is one program in a process."""
    from hydra.core.global_hydra import GlobalHydra

    GlobalHydra.instance().clear()


def wait_for(child: int, until: Callable[[], bool], run: dict[str, Any]) -> tuple[int | None, float, bool]:
    """Waits for the child's end, or for an answer; kills it where the run says so, and when it is late.

    Returns:
        Its status (None where it goes on), the processor time of all its life, whether it was late.
    """
    began, is_late, kill = time.monotonic(), False, run.get("kill")
    while True:
        ended, status, used = os.wait4(child, os.WNOHANG)
        if ended:
            return status, used.ru_utime + used.ru_stime, is_late
        if until():
            return None, 0.0, False
        now_s = time.monotonic() - began
        if kill is not None and now_s >= kill["after_s"] and (not kill["when"] or glob.glob(kill["when"])):
            os.kill(child, kill["signal"])
            kill = None
        if now_s > run["wall_s"]:
            is_late = True
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.002)


class Worker:
    """The worker of the moment."""

    def __init__(self) -> None:
        self._process = 0
        self._n_runs = 0
        self._to = self._back = -1

    def run(self, run: dict[str, Any]) -> dict[str, Any]:
        """Hands a run over, to a new worker where there is none."""
        if not self._process:
            self._start()
        began = time.monotonic()
        os.write(self._to, json.dumps(run).encode() + b"\n")
        back = self._back
        status, cpu_s, is_late = wait_for(
            self._process, lambda: bool(select.select([back], [], [], 0.001)[0] and has_more(back)), run
        )
        self._n_runs += 1
        if status is None:
            answer = json.loads(os.read(back, 2**16))
        else:
            self._process = 0
            answer = {"code": os.waitstatus_to_exitcode(status), "cpu_s": cpu_s}
        if status is not None or self._n_runs >= MOST_RUNS:
            self.end()
        return {**answer, "is_late": is_late, "wall_s": time.monotonic() - began}

    def _start(self) -> None:
        runs, self._to = os.pipe()
        self._back, answers = os.pipe()
        self._n_runs = 0
        self._process = os.fork()
        if self._process == 0:
            os.close(self._to)
            os.close(self._back)
            work(runs, answers)
        os.close(runs)
        os.close(answers)

    def end(self) -> None:
        """Lets the worker go."""
        for number in (self._to, self._back):
            with contextlib.suppress(OSError):
                os.close(number)
        if self._process:
            os.waitpid(self._process, 0)
            self._process = 0


def has_more(pipe: int) -> bool:
    """False at the end of a pipe, which can be read as well."""
    import fcntl
    import struct
    import termios

    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0] > 0


def needs_a_process(run: dict[str, Any]) -> bool:
    """True for what would change a worker for good."""
    return (
        None in run["streams"] or bool(run["environment"]) or run["encoding"] != "utf-8"
        or any(run[name] is not None for name in ("file_bytes", "user", "kill")) or run["is_alone"]
    )  # fmt: skip


def fork(run: dict[str, Any]) -> dict[str, Any]:
    """How a run in a process of its own ended: exit code or minus the signal, processor and wall time."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        live_alone(run)
    status, cpu_s, is_late = wait_for(child, lambda: False, run)
    assert status is not None
    return {
        "code": os.waitstatus_to_exitcode(status), "cpu_s": cpu_s, "is_late": is_late,
        "wall_s": time.monotonic() - began,
    }  # fmt: skip


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import_everything()
    # What is there stays where it is: a child that counted references anew would copy it all.
    gc.collect()
    gc.freeze()
    print(json.dumps({"ready": True}), file=answers, flush=True)
    worker = Worker()
    for line in sys.stdin:
        run = json.loads(line)
        print(json.dumps(fork(run) if needs_a_process(run) else worker.run(run)), file=answers, flush=True)
    worker.end()


if __name__ == "__main__":
    main()
