"""One thread for many small matrices."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from threadpoolctl import threadpool_limits


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Holds linear algebra, OpenMP and PyTorch to one thread; a decorator, too.

    On small matrices threads wait for each other more than they work, and beside a busy process they wait for the
    scheduler as well: a fit of 3 s becomes minutes.
    """
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 1
    with threadpool_limits(limits=1):
        if torch:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(threads)
