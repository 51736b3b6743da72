"""Being stopped: Ctrl-C and SIGTERM unwind everything, say what is kept and how to go on, and end with their code.

The signals raise `Stopped`, which is no `Exception` and no `KeyboardInterrupt`, so that no library takes it for an
error to handle or for its own: every `finally` on the way cleans up, and the entrance ends the program.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

AGAIN = "nothing half-written was left; run the same command again"
_PATIENCE_S = 5.0
_IMPATIENT = 3


class Stopped(BaseException):
    """The user, or the system, wants the program to end.

    Attributes:
        code: exit code, 128 and the number of the signal.
        name: of the signal.
    """

    def __init__(self, number: int) -> None:
        self.code, self.name = 128 + number, signal.Signals(number).name
        super().__init__(self.name)

    def __str__(self) -> str:
        told = {"SIGINT": "stopped", "SIGTERM": "stopped by SIGTERM"}.get(self.name, f"stopped by {self.name}")
        return f"{told}; {_kept()}"


_kept: Callable[[], str] = lambda: AGAIN  # noqa: E731
_caught: list[int] = []
_is_told = False


def stop_on_signals() -> None:
    """From now on SIGINT and SIGTERM raise `Stopped` in the main thread; elsewhere this does nothing.

    Where a library swallows it (in a destructor, in a callback from C), it is raised again until it arrives; what has
    not arrived is not forgotten when this is called once more.
    """
    global _is_told
    if _is_told:
        _caught.clear()
        _is_told = False
    say_what_is_kept(lambda: AGAIN)
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGINT, _raise)
    signal.signal(signal.SIGTERM, _raise)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, lambda number, frame: _again())


def say_what_is_kept(sentence: Callable[[], str]) -> None:
    """What `Stopped` says after "stopped; ": what is kept, and how to go on, as it is at that moment."""
    global _kept
    _kept = sentence


def find_stop() -> Stopped | None:
    """What was raised and lost on the way: half-imported libraries turn it into errors of their own."""
    return Stopped(_caught[0]) if _caught and not _is_told else None


def has_arrived() -> None:
    """Told by the entrance when `Stopped` came through: it is not raised again."""
    global _is_told
    _is_told = True
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def _raise(number: int, frame: FrameType | None) -> None:
    del frame
    _caught.append(number)
    if len(_caught) >= _IMPATIENT:
        os._exit(128 + number)
    if len(_caught) == 1:
        _again()


def _again() -> NoReturn:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S)
    raise Stopped(_caught[0])
