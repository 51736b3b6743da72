"""Lets a source work ahead in a thread of its own, so that decoding overlaps with estimation."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterable[Item], ahead: int = 8) -> Iterator[Item]:
    """The same items in the same order; at most `ahead` of them wait in memory.

    An error of the source is raised where its item would have come. When the consumer stops early, the source is
    closed and its thread ends.
    """
    waiting: queue.Queue[tuple[bool, Item | BaseException | None]] = queue.Queue(maxsize=ahead)
    stopped = threading.Event()

    def put(is_item: bool, value: Item | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                waiting.put((is_item, value), timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        iterator = iter(items)
        ending: BaseException | None = None
        try:
            for item in iterator:
                if not put(True, item):
                    break
        except BaseException as error:  # handed over, raised by the consumer
            ending = error
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
        put(False, ending)

    thread = threading.Thread(target=work, name="formnet-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            is_item, value = waiting.get()
            if is_item:
                yield value  # type: ignore[misc]
            elif value is not None:
                raise value  # type: ignore[misc]
            else:
                return
    finally:
        stopped.set()
        thread.join()
