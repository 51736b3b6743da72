"""Files that belong together appear together."""

from __future__ import annotations

import contextvars
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from formnet.errors import InputError
from formnet.storage import files
from formnet.storage.files import all_or_none, atomic_path
from formnet.storage.outputs import guard_outputs


def write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text)


def write_both(folder: Path) -> None:
    write(folder / "a", "1")
    write(folder / "b", "2")


def together(work: Callable[[], None]) -> None:
    with all_or_none():
        work()


def test_they_appear_at_the_end_of_the_block(tmp_path: Path) -> None:
    with all_or_none():
        write_both(tmp_path)
        assert not (tmp_path / "a").exists()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "1", "b": "2"}
    write(tmp_path / "c", "3")
    assert (tmp_path / "c").exists()


@pytest.mark.parametrize("error", [InputError("no"), KeyboardInterrupt()])
def test_after_an_error_none_is_there_and_what_was_there_still_is(tmp_path: Path, error: BaseException) -> None:
    (tmp_path / "a").write_text("before")

    def fail() -> None:
        write(tmp_path / "a", "1")
        raise error

    with pytest.raises(type(error)):
        together(fail)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "before"


def test_what_appeared_meanwhile_is_not_replaced_and_none_appears(tmp_path: Path) -> None:
    def race() -> None:
        guard_outputs([])
        write_both(tmp_path)
        (tmp_path / "b").write_text("theirs")

    with pytest.raises(InputError, match="was not written by formnet"):
        contextvars.copy_context().run(together, race)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b": "theirs"}


def test_a_stop_waits_until_all_have_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class StopError(Exception):
        pass

    def stop(number: int, frame: object) -> None:
        raise StopError

    def replace_and_stop(source: Path, target: Path) -> None:
        rename(source, target)
        signal.raise_signal(signal.SIGTERM)

    rename, before = os.replace, signal.signal(signal.SIGTERM, stop)
    monkeypatch.setattr(files.os, "replace", replace_and_stop)
    try:
        with pytest.raises(StopError):
            together(lambda: write_both(tmp_path))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
