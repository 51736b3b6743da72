"""Clips read in processes of their own: the same tracks, errors as they are, and nobody left behind."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import CheckpointError, DataError, InputError, PoseError
from formnet.motion import Motion
from formnet.pose.estimator import create_estimator
from formnet.reading import Reading, read_track
from formnet.reading.apart import ReadersApart
from formnet.reading.worker import ChosenEstimator, _sendable
from tests.pose.drawn_person import draw_person
from tests.pose.videos import make_video
from tests.processes import children_of, is_there, needs_proc, wait_until

BLAZEPOSE = ChosenEstimator("blazepose")


@pytest.fixture(scope="module")
def clip(tmp_path_factory, pose_model) -> Path:
    """Long enough to be cut in two stretches."""
    return make_video(tmp_path_factory.mktemp("clips") / "six.mp4", [draw_person(240, 320)] * 60, np.arange(60) / 10)


@pytest.fixture
def readers():
    opened = []

    def start(n_processes: int = 1, n_films: int = 9, chosen: ChosenEstimator = BLAZEPOSE) -> ReadersApart:
        opened.append(ReadersApart(n_processes, n_films, chosen))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def ignore(done: int, expected: int) -> None:
    pass


@pytest.mark.parametrize("n_films", [9, 1], ids=["other cores have work", "a core is free"])
def test_the_track_is_the_same(readers, clip, n_films) -> None:
    how = Reading(person=1, fps=5.0, turn="auto")
    told: list[tuple[int, int]] = []
    here = read_track(clip, how, estimator=create_estimator())
    apart = readers(n_films=n_films).read(clip, how, lambda *progress: told.append(progress))
    assert here.warnings
    for field in dataclasses.fields(here):
        mine, other = (getattr(track, field.name) for track in (here, apart))
        if isinstance(mine, Motion):
            for part in ("positions", "confidence", "timestamps"):
                np.testing.assert_array_equal(getattr(mine, part), getattr(other, part))
            assert mine.skeleton == other.skeleton
        elif field.name == "backs":
            assert mine.keys() == other.keys()
        else:
            assert mine == other, field.name
    assert told == sorted(told)
    assert all(0 < done <= expected for done, expected in told)


@pytest.mark.parametrize(
    ("chosen", "error", "said"),
    [
        (ChosenEstimator("blaze"), InputError, "there is no pose estimator 'blaze'"),
        (ChosenEstimator("none.safetensors"), CheckpointError, "none.safetensors"),
    ],
)
def test_an_estimator_that_cannot_be_had_is_told_of(readers, chosen, error, said) -> None:
    with pytest.raises(error, match=said):
        readers(chosen=chosen).require_estimator()


def test_errors_arrive_as_they_are(readers, tmp_path, pose_model) -> None:
    (tmp_path / "notes.mp4").write_text("leg day")
    grey = make_video(tmp_path / "grey.mp4", [np.full((240, 180, 3), 128, np.uint8)] * 20)
    reading = readers()
    with pytest.raises(InputError, match=r"notes\.mp4 is no video"):
        reading.read(tmp_path / "notes.mp4", Reading(), ignore)
    with pytest.raises(PoseError, match=r"no person was found in .*grey\.mp4"):
        reading.read(grey, Reading(), ignore)


class StrangeError(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def test_errors_keep_what_they_carry_and_those_that_cannot_travel_keep_their_words() -> None:
    assert isinstance(sent := _sendable(DataError("damaged", ("a row",))), DataError)
    assert sent.problems == ("a row",)
    assert str(_sendable(StrangeError(1, 2))) == "StrangeError: 1 and 2"
    assert _sendable(OSError(28, "No space left", "x")).filename == "x"  # type: ignore[attr-defined]


@needs_proc
def test_a_process_that_is_killed_costs_its_clip_alone(readers, clip) -> None:
    before = children_of(os.getpid())
    reading = readers()
    reading.require_estimator()
    (process,) = children_of(os.getpid()) - before
    with pytest.raises(PoseError, match=r"six\.mp4 was not read to its end: the system ended its process \(SIGKILL\)"):
        reading.read(clip, Reading(), lambda *progress: os.kill(process, signal.SIGKILL))
    assert len(reading.read(clip, Reading(), ignore).image) == 60


def read_for_ever(reading: ReadersApart, clip: Path) -> None:
    while True:
        reading.read(clip, Reading(), ignore)


@needs_proc
def test_who_waits_when_the_processes_are_ended_is_let_go(readers, clip) -> None:
    before = children_of(os.getpid())
    reading = readers(n_processes=2)
    processes = children_of(os.getpid()) - before
    assert len(processes) == 2
    threading.Timer(0.2, reading.close).start()
    with pytest.raises(CancelledError):
        read_for_ever(reading, clip)
    assert wait_until(lambda: not any(map(is_there, processes)))


@needs_proc
def test_ctrl_c_does_not_reach_a_process(readers, clip) -> None:
    before = children_of(os.getpid())
    reading = readers()
    # At once, before it can say for itself that it does not want to know.
    (process,) = children_of(os.getpid()) - before
    os.kill(process, signal.SIGINT)
    assert len(reading.read(clip, Reading(), ignore).image) == 60
