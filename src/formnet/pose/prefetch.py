"""Lets sources work in threads of their own, so that decoding, estimation and drawing overlap."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterable[Item], ahead: int = 8) -> Iterator[Item]:
    """The same items in the same order; at most `ahead` of them wait in memory.

    An error of the source is raised where its item would have come. When the consumer stops early, the source is
    closed and its thread ends.
    """
    for _, item in run_together([items], ahead):
        yield item


def run_together(sources: Sequence[Iterable[Item]], ahead: int = 8) -> Iterator[tuple[int, Item]]:
    """The items of several sources as they come, each with the number of its source, whose order is kept.

    Every source works in a thread of its own; at most `ahead` items wait in memory. The first error of a source is
    raised after the items that came before it. Then, or when the consumer stops early, all sources are closed.
    """
    waiting: queue.Queue[tuple[int, Item | BaseException | None, bool]] = queue.Queue(maxsize=ahead)
    stopped = threading.Event()

    def put(number: int, value: Item | BaseException | None, is_item: bool) -> bool:
        while not stopped.is_set():
            try:
                waiting.put((number, value, is_item), timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work(number: int, source: Iterable[Item]) -> None:
        iterator = iter(source)
        ending: BaseException | None = None
        try:
            for item in iterator:
                if not put(number, item, True):
                    break
        except BaseException as error:  # handed over, raised by the consumer
            ending = error
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
        put(number, ending, False)

    threads = [
        threading.Thread(target=work, args=numbered, name="formnet-prefetch", daemon=True)
        for numbered in enumerate(sources)
    ]
    for thread in threads:
        thread.start()
    n_running = len(threads)
    try:
        while n_running:
            number, value, is_item = waiting.get()
            if is_item:
                yield number, value  # type: ignore[misc]
            elif value is not None:
                raise value  # type: ignore[misc]
            else:
                n_running -= 1
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
