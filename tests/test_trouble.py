"""Trouble in the picture, and the right answer all the same: somebody passes, the person leaves, the camera changes.

A phone held upright, its pictures on their side with a flag that says so, is in `test_same_film`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from formnet.pipeline import make_judge
from formnet.pose.estimator import create_estimator
from formnet.pose.video import Image, read_frames
from formnet.reading import Reading, read_track
from formnet.verdict import RepetitionVerdict
from tests.pose.drawn_person import draw_person
from tests.pose.videos import make_video
from tests.test_same_film import FROM_S, TO_S, scaled

RATE, ROOM_PX = 12, 160
BOTTOM_S = 1.8
"""Of the shallow repetition, from its film's beginning."""


@pytest.fixture(scope="module")
def film() -> list[Image]:
    """The shallow repetition of the demo in a wider room, every second picture."""
    from formnet import demo

    frames = read_frames(Path(demo.__file__).with_name("squats.mp4"))
    images = [frame.image for frame in frames if FROM_S <= frame.timestamp_s < TO_S][::2]
    return [np.pad(image, ((0, 0), (ROOM_PX, ROOM_PX), (0, 0)), mode="edge") for image in images]


@pytest.fixture(scope="module")
def judged(pose_model: Path, tmp_path_factory: pytest.TempPathFactory):
    judge, estimator = make_judge(), create_estimator(model=pose_model)

    def find(images: Sequence[Image]) -> tuple[RepetitionVerdict, ...]:
        path = make_video(tmp_path_factory.mktemp("film") / "film.mp4", images, np.arange(len(images)) / RATE)
        return judge.judge(read_track(path, Reading(), estimator=estimator), str(path)).repetitions

    return find


def clear_faults(repetition: RepetitionVerdict) -> list[str]:
    return [finding.fault for finding in repetition.findings if finding.state == "clear"]


def bottoms_s(repetitions: Sequence[RepetitionVerdict]) -> list[float]:
    return [repetition.bottom_s for repetition in repetitions]


def test_somebody_who_crosses_in_front_is_not_taken_for_the_one_who_squats(film, judged):
    height, width = film[0].shape[:2]
    way = np.linspace(-0.15, 1.15, 2 * RATE)
    crossed = [draw_person(width, height, centre_x=place, scale=0.75, canvas=film[0]) for place in way]
    (found,) = judged([*crossed, *film])
    assert found.bottom_s == pytest.approx(len(crossed) / RATE + BOTTOM_S, abs=0.15)
    assert clear_faults(found) == ["shallow"]


def test_who_leaves_and_returns_has_all_repetitions_and_none_between(film, judged):
    width = film[0].shape[1]
    steps = range(0, width, width // RATE)
    out = [np.pad(film[-1], ((0, 0), (step, 0), (0, 0)), mode="edge")[:, :width] for step in steps]
    images = [*film, *out, *[out[-1]] * (RATE // 2), *out[::-1], *film]
    found = judged(images)
    assert bottoms_s(found) == pytest.approx([BOTTOM_S, (len(images) - len(film)) / RATE + BOTTOM_S], abs=0.15)
    assert [clear_faults(one) for one in found] == [["shallow"]] * 2


def test_a_cut_to_another_camera_parts_repetitions(film, judged):
    height, width = film[0].shape[:2]
    small = [scaled(image[:, ::-1], 2 * round(0.4 * height)) for image in film]
    up, side = (height - small[0].shape[0]) // 2, width - small[0].shape[1]
    other = [np.pad(image, ((up, up), (0, side), (0, 0)), mode="edge") for image in small]
    assert other[0].shape == film[0].shape
    cut_s = len(film) / RATE
    found = judged([*film, *other])
    assert bottoms_s(found) == pytest.approx([BOTTOM_S, cut_s + BOTTOM_S], abs=0.15)
    assert found[0].end_s <= cut_s <= found[1].start_s + 1 / RATE
    assert "shallow" in clear_faults(found[0])


def test_a_camera_that_changes_at_the_bottom_makes_no_second_repetition(film, judged):
    height, width = film[0].shape[:2]
    bottom = round(BOTTOM_S * RATE)
    closer = [scaled(image[64:, 80:-80], height)[:, :width] for image in film[bottom:]]
    room = width - closer[0].shape[1]
    changed = [np.pad(image, ((0, 0), (0, room), (0, 0)), mode="edge") for image in closer]
    found = judged([*film[:bottom], *changed])
    assert len(found) == 1
    assert found[0].bottom_s == pytest.approx(BOTTOM_S, abs=0.3)
