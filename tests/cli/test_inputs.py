"""Bars of several threads share one display."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import rich.console

from formnet.cli import inputs


def test_bars_of_threads_share_the_display_and_leave_none(monkeypatch):
    class Terminal(rich.console.Console):
        def __init__(self, **_: object) -> None:
            super().__init__(file=io.StringIO(), force_terminal=True)

    monkeypatch.setattr(inputs, "Console", Terminal)
    together = Barrier(3)

    def work(number: int) -> int:
        with inputs.progress_bar(f"clip {number}") as on_frame:
            together.wait(10)
            on_frame(1, 2)
            shown = len(inputs._display[0].tasks)
            together.wait(10)
            return shown

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, range(3))) == [3, 3, 3]
    assert inputs._display == []
    assert work_alone(inputs) == []


def work_alone(module) -> list:
    with module.progress_bar("piped", enabled=False) as on_frame:
        on_frame(1, 2)
        return list(module._display)
