"""A process that reads tracks for another: asked on its standard input, it answers on its standard output.

It imports what sees and nothing that judges, leaves Ctrl-C to the process that started it, and ends with that.
"""

from __future__ import annotations

import os
import pickle
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, BinaryIO

from formnet.errors import FormnetError

if TYPE_CHECKING:
    from formnet.pose.estimator import PoseEstimator
    from formnet.pose.model_bundle import Eyes
    from formnet.pose.track import PoseTrack
    from formnet.reading.door import Reading

_TELL_EVERY_S = 0.1
_NOBODY_ASKS = 0
"""The code of a process whose asker is gone."""


@dataclass(frozen=True)
class ChosenEstimator:
    """Which estimator looks; see `formnet.pose.estimator.create_estimator`."""

    name: str
    eyes: Eyes | None = None


@dataclass(frozen=True)
class Look:
    """Asks for the track of a clip; see `formnet.reading.read_track`."""

    path: Path
    how: Reading
    chosen: ChosenEstimator


@dataclass(frozen=True)
class CoreIsFree:
    """Tells that from now on a core has nothing else to do."""


@dataclass(frozen=True)
class FramesDone:
    """Tells how many frames are done, of how many."""

    done: int
    expected: int


@dataclass(frozen=True)
class Answer:
    """A track, or the error that came instead; where an estimator was asked for, neither says that it is there."""

    track: PoseTrack | None = None
    error: Exception | None = None

    def require(self) -> PoseTrack | None:
        """What was asked for; raises the error that came instead."""
        if self.error is not None:
            raise self.error
        return self.track


Tell = Callable[[FramesDone | Answer], None]


def work() -> None:
    """Answers until nobody asks any more; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, answers = _take_streams()
    waiting: SimpleQueue[ChosenEstimator | Look] = SimpleQueue()
    has_free_core = Event()
    Thread(target=_listen, args=(asked, waiting, has_free_core), daemon=True).start()

    def tell(message: FramesDone | Answer) -> None:
        try:
            answers.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
            answers.flush()
        except OSError:
            os._exit(_NOBODY_ASKS)

    while True:
        tell(_answer(waiting.get(), tell, has_free_core))


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for messages alone: what a library reads is empty, what it prints goes nowhere."""
    taken = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return taken


def _listen(asked: BinaryIO, waiting: SimpleQueue[ChosenEstimator | Look], has_free_core: Event) -> None:
    while True:
        try:
            message = pickle.load(asked)
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(_NOBODY_ASKS)
        if isinstance(message, CoreIsFree):
            has_free_core.set()
        else:
            waiting.put(message)


def _answer(request: ChosenEstimator | Look, tell: Tell, has_free_core: Event) -> Answer:
    try:
        if isinstance(request, ChosenEstimator):
            _open(request)
            return Answer()
        return Answer(_look(request, tell, has_free_core))
    except Exception as error:
        return Answer(error=_sendable(error))


@cache
def _open(chosen: ChosenEstimator) -> PoseEstimator:
    from formnet.pose.estimator import create_estimator

    return create_estimator(chosen.name, eyes=chosen.eyes)


def _look(look: Look, tell: Tell, has_free_core: Event) -> PoseTrack:
    from formnet.reading.door import read_track

    told_s = time.monotonic()

    def on_frame(done: int, expected: int) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= _TELL_EVERY_S:
            told_s = time.monotonic()
            tell(FramesDone(done, expected))

    return read_track(
        look.path, look.how, estimator=_open(look.chosen), on_frame=on_frame, has_free_core=has_free_core.is_set
    )


def _sendable(error: Exception) -> Exception:
    """The error, with where it was raised if no user can mend it; its words alone where it cannot travel."""
    if not isinstance(error, FormnetError):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
