"""Keeps libraries that write to file descriptor 2 from C++ off the user's terminal."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

# Two threads that swap the descriptor at once would leave it swapped.
_LOCK = threading.RLock()


@contextlib.contextmanager
def silenced_stderr() -> Iterator[None]:
    """Sends file descriptor 2 of the whole process to nowhere for the length of the block.

    Python's own `sys.stderr` is affected too, so the block should be short. Does nothing where there is no
    descriptor 2.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    with _LOCK:
        try:
            kept = os.dup(2)
        except OSError:
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)
