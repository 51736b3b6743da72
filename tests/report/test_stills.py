"""Stills of deepest moments: taken while the overlay is drawn, or by a look of their own."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.motion import Motion
from formnet.pipeline import JudgedClip
from formnet.pose.track import PoseTrack
from formnet.pose.video import read_frames
from formnet.report import colours, moments, results
from formnet.report.html import write_page
from formnet.report.moments import render_bottoms
from formnet.report.results import ResultsFolder, describe_segments
from formnet.skeleton import COCO_17
from formnet.verdict import ClipVerdict, RepetitionVerdict
from tests.pose.videos import make_video

WIDTH, HEIGHT, RATE = 1200, 700, 10


@contextmanager
def no_bar(title: str):
    yield lambda done, total: None


@pytest.fixture
def clip(tmp_path: Path) -> JudgedClip:
    """Three seconds whose pictures become lighter, with two repetitions."""
    path = make_video(
        tmp_path / "clip.mp4", [np.full((HEIGHT, WIDTH, 3), 20 + 6 * n, np.uint8) for n in range(30)],
        np.arange(30) / RATE,
    )  # fmt: skip
    joints = np.random.default_rng(0).uniform(0.3, 0.7, (30, 17, 2)) * [WIDTH, HEIGHT]
    track = PoseTrack(Motion(joints, np.ones((30, 17)), np.arange(30) / RATE, COCO_17, "pixel"), None, WIDTH, HEIGHT)
    repetitions = tuple(RepetitionVerdict(at_s - 0.4, at_s, at_s + 0.4, "good") for at_s in (0.8, 2.1))
    return JudgedClip(ClipVerdict(str(path), 10.0, 3.0, repetitions), track, path)


def write(clip: JudgedClip, out: Path, *, with_video: bool) -> ResultsFolder:
    folder = ResultsFolder(out, [Path(clip.verdict.path)], with_video=with_video, progress_bar=no_bar)
    folder.add_clip(clip)
    return folder


def test_a_clip_is_decoded_once_for_overlay_and_stills(clip, tmp_path, monkeypatch) -> None:
    expected = render_bottoms(clip.verdict.path, clip.track, describe_segments(clip))
    assert None not in expected
    assert len(set(expected)) == 2
    alone = write(clip, tmp_path / "alone", with_video=False)
    assert alone.bottoms[clip.verdict.path] == expected
    looks = []
    monkeypatch.setattr(moments, "read_frames", lambda *given, **how: looks.append(given) or read_frames(*given, **how))
    folder = write(clip, tmp_path / "out", with_video=True)
    assert looks == []
    assert [len(still) for still in folder.bottoms[clip.verdict.path]] == pytest.approx([len(e) for e in expected], 0.1)


def test_stills_are_there_though_the_overlay_could_not_be_written(clip, tmp_path, monkeypatch) -> None:
    def fail(*given, **how):
        raise InputError("the disk is full")

    monkeypatch.setattr(results, "write_overlay_video", fail)
    folder = write(clip, tmp_path / "out", with_video=True)
    assert folder.problems == ["the disk is full"]
    assert None not in folder.bottoms[clip.verdict.path]


def test_pages_take_their_colours_from_one_place(tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", "page.css")
    text = (tmp_path / "page.html").read_text()
    assert all(f"--{name}: {colour};" in text for name, colour in colours.PAGE.items())
    templates = Path(results.__file__).with_name("templates")
    sources = [path.read_text() for path in templates.iterdir()] + [
        path.read_text() for path in templates.parent.glob("*.py") if path.name != "colours.py"
    ]
    assert not [colour for colour in (*colours.PAGE.values(), *colours.COURSES) if any(colour in s for s in sources)]
