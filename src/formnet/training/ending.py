"""How `train.py` and `evaluate.py` end when they cannot go on: one sentence and an exit code, never a traceback.

Light, so that it is there before anything slow is imported.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import re
import sys
from collections.abc import Iterator
from typing import NoReturn

from formnet.errors import FormnetError
from formnet.terminal.stopping import Stopped, find_stop, has_arrived, stop_on_signals

_NOBODY_READS = 141
"""128 and the number of SIGPIPE, as shells have it."""


@contextlib.contextmanager
def one_sentence_for_errors() -> Iterator[None]:
    """A user's error becomes one sentence on standard error and exit code 2; our own keep their traceback.

    Ctrl-C and SIGTERM say what is kept and how to go on, and end with 130 and 143.
    """
    # Hydra prints and swallows errors of the task unless told to hand them on.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    stop_on_signals()
    try:
        try:
            yield
        finally:
            # Else what is left in the buffer goes out when Python ends, where nobody catches a closed pipe.
            sys.stdout.flush()
    except Stopped as stopped:
        _end_stopped(stopped)
    except BrokenPipeError:
        # Whoever reads the output (`| head`) has enough of it; Python would complain again when it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_NOBODY_READS)
    except (Exception, SystemExit) as error:
        # Libraries make errors of a stop; Lightning, which notes a SIGTERM itself, leaves as if all were well.
        if (lost := find_stop()) is not None:
            _end_stopped(lost)
        if isinstance(error, SystemExit):
            raise
        cause: BaseException = error
        while not isinstance(cause, FormnetError) and isinstance(cause.__cause__, Exception):
            cause = cause.__cause__
        if isinstance(cause, MemoryError):
            print("error: there is not enough memory for this; take fewer or smaller", file=sys.stderr)
            sys.exit(2)
        if isinstance(error, OSError) and not isinstance(error, BlockingIOError) and error.errno is not None:
            where = f"{error.filename}: " if error.filename else ""
            print(f"error: {where}{error.strerror}; free space, or check the path and its permissions", file=sys.stderr)
            sys.exit(2)
        if not _is_of_configuration(error) or (not _is_of_configuration(cause) and not _is_of_the_machine(cause)):
            raise
        print(f"error: {_first_sentence(str(cause) or str(error))}", file=sys.stderr)
        sys.exit(2)


def _end_stopped(stopped: Stopped) -> NoReturn:
    has_arrived()
    # Stopped while it is imported, PyTorch logs figures of its caches at the very end.
    logging.disable()
    print(stopped, file=sys.stderr)
    sys.exit(stopped.code)


def _is_of_configuration(error: BaseException) -> bool:
    if isinstance(error, FormnetError):
        return True
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    return isinstance(error, HydraException | OmegaConfBaseException)


def _is_of_the_machine(error: BaseException) -> bool:
    return isinstance(error, ImportError | OSError)


def _first_sentence(text: str) -> str:
    """Hydra's and OmegaConf's many lines as one, in the words of the command line."""
    if missing := re.search(r"[Mm]issing mandatory value: (?:\S+\s+full_key: )?(\S+)", text):
        return f"{missing[1]} is not given; add {missing[1]}=… to the command"
    if unknown := re.search(r"is not in struct\s+full_key: (\S+)", text):
        return f"there is no setting {unknown[1]}; see configs/train.yaml for those there are"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wanted = [line for line in lines if not line.startswith(("full_key", "object_type", "set_type", "reference_type"))]
    for number, line in enumerate(wanted):
        if line.startswith("Available options"):
            options = itertools.takewhile(
                lambda option: not option.startswith("Config search path"), wanted[number + 1 :]
            )
            return f"{' '.join(wanted[:number])}; there are {', '.join(options)}"
    return " ".join(wanted[:3])
