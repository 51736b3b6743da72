"""Clips read in processes of their own: threads of one process wait for each other, and cores with them."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from formnet.errors import PoseError
from formnet.pose.prefetch import count_cores
from formnet.pose.track import PoseTrack
from formnet.reading.door import Reading
from formnet.reading.worker import Answer, ChosenEstimator, CoreIsFree, FramesDone, Look

_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_START = "import sys; sys.path[:] = sys.argv[1:]; from formnet.reading.worker import work; work()"


class ReadersApart:
    """Processes that read tracks of films.

    Attributes:
        n_processes: so many threads may ask at a time; fewer than wanted where the system gives no more.
    """

    def __init__(self, n_processes: int, n_films: int, chosen: ChosenEstimator) -> None:
        """Starts the processes.

        Args:
            n_films: how many will be asked for in all; with the last of them, cores become free.

        Raises:
            OSError: no process can be started.
        """
        self._chosen = chosen
        self._n_waiting = n_films
        # More threads than cores, a pool in each process, would spend their time waiting for each other.
        self._threads = max(1, count_cores() // n_processes)
        self._idle = [_Process(self._threads)]
        self._busy: list[_Process] = []
        self._lock = Lock()
        self._is_closed = False
        # The first one tells whether the estimator can be had at all; the others import meanwhile.
        with_thread = ThreadPoolExecutor(1)
        self._checking: Future[Answer] = with_thread.submit(self._idle[0].ask, chosen)
        with_thread.shutdown(wait=False)
        with suppress(OSError):
            while len(self._idle) < n_processes:
                self._idle.insert(0, _Process(self._threads))
        self.n_processes = len(self._idle)

    def require_estimator(self) -> None:
        """Waits until the estimator is there.

        Raises:
            FormnetError: as `formnet.pose.estimator.create_estimator` does.
            CancelledError: the processes were ended meanwhile.
        """
        try:
            self._checking.result().require()
        except _DiedError as died:
            self._leave_if_closed()
            raise PoseError(f"the estimator was not loaded: {died}") from died

    def read(self, path: Path, how: Reading, on_frame: Callable[[int, int], None]) -> PoseTrack:
        """As `formnet.reading.read_track`; a process that dies is replaced when the next clip is asked for.

        Raises:
            CancelledError: the processes were ended meanwhile.
            PoseError: also where the system ended the process.
        """
        self.require_estimator()
        process = self._take()
        is_answered = False
        try:
            answer = process.ask(Look(path, how, self._chosen), on_frame)
            is_answered = True
        except _DiedError as died:
            self._leave_if_closed()
            raise PoseError(f"{path} was not read to its end: {died}") from died
        finally:
            self._give_back(process, is_answered=is_answered)
        track = answer.require()
        assert track is not None
        return track

    def close(self) -> None:
        """Ends all processes at once, whatever they do."""
        with self._lock:
            self._is_closed = True
            processes = (*self._idle, *self._busy)
        for process in processes:
            process.kill()

    def _take(self) -> _Process:
        with self._lock:
            self._leave_if_closed()
            try:
                process = self._idle.pop() if self._idle else _Process(self._threads)
            except OSError as error:
                raise PoseError(
                    f"no process can be started to read clips ({error.strerror}); close other programs"
                ) from error
            self._busy.append(process)
            self._n_waiting -= 1
            self._tell_free_cores()
        return process

    def _leave_if_closed(self) -> None:
        if self._is_closed:
            raise CancelledError

    def _give_back(self, process: _Process, *, is_answered: bool) -> None:
        with self._lock:
            self._busy.remove(process)
            if is_answered:
                self._idle.append(process)
            else:
                process.kill()
            self._tell_free_cores()

    def _tell_free_cores(self) -> None:
        if self._n_waiting + len(self._busy) < count_cores():
            for process in self._busy:
                process.tell_core_is_free()


def can_read_apart() -> bool:
    """Whether this interpreter can be started once more: not so in programs that carry one inside."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


class _DiedError(Exception):
    """A process ended without an answer; the text says how, and what helps."""


class _Process:
    """One process of `formnet.reading.worker`."""

    def __init__(self, threads: int) -> None:
        """Starts it.

        Args:
            threads: of libraries that have pools of their own, unless the user's environment says how many.
        """
        flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
        with _interrupts_held():
            self._process = subprocess.Popen(
                [sys.executable, *flags, "-c", _START, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**dict.fromkeys(_POOLS, str(threads)), **os.environ},
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self._sending = Lock()
        self._knows_of_core = False

    def ask(
        self, request: ChosenEstimator | Look, on_frame: Callable[[int, int], None] = lambda done, expected: None
    ) -> Answer:
        """Waits for the answer; raises `_DiedError` when none can come any more."""
        self._send(request)
        while isinstance(message := self._receive(), FramesDone):
            on_frame(message.done, message.expected)
        return message

    def tell_core_is_free(self) -> None:
        """From now on; once is enough."""
        if not self._knows_of_core:
            self._knows_of_core = True
            self._send(CoreIsFree())

    def kill(self) -> None:
        """Ends the process, and whoever waits for its answer."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]

    def _send(self, message: ChosenEstimator | Look | CoreIsFree) -> None:
        assert self._process.stdin is not None
        # Of one that is gone, its missing answer tells.
        with self._sending, suppress(OSError, ValueError):
            self._process.stdin.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
            self._process.stdin.flush()

    def _receive(self) -> FramesDone | Answer:
        assert self._process.stdout is not None
        try:
            message: FramesDone | Answer = pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            raise _DiedError(_describe_end(self._process.wait())) from error
        return message


def _describe_end(code: int) -> str:
    if code >= 0:
        return f"its process ended with code {code}; run the same command again"
    return (
        f"the system ended its process ({signal.Signals(-code).name}), as when memory runs out; close other programs, "
        "or give a shorter or smaller clip"
    )


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the block is over, and for ever in a process that begins there."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
