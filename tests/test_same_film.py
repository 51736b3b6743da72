"""The demo's film, in other files: the same repetitions, and no finding that turns into its opposite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from formnet.pipeline import make_judge
from formnet.pose.estimator import create_estimator
from formnet.pose.video import Image, read_frames
from formnet.reading import Reading, read_track
from formnet.verdict import RepetitionVerdict
from tests.pose.videos import make_video

FROM_S, TO_S, RATE = 5.6, 9.2, 8
"""The shallow repetition, every third picture."""
Judging = Callable[[Path], tuple[RepetitionVerdict, ...]]


@pytest.fixture(scope="module")
def film() -> list[Image]:
    from formnet import demo

    frames = read_frames(Path(demo.__file__).with_name("squats.mp4"))
    return [frame.image for frame in frames if FROM_S <= frame.timestamp_s < TO_S][::3]


@pytest.fixture(scope="module")
def judging(pose_model: Path) -> Judging:
    judge, estimator = make_judge(), create_estimator(model=pose_model)

    def find(path: Path) -> tuple[RepetitionVerdict, ...]:
        return judge.judge(read_track(path, Reading(), estimator=estimator), str(path)).repetitions

    return find


@pytest.fixture(scope="module")
def expected(film: list[Image], judging: Judging, tmp_path_factory: pytest.TempPathFactory):
    path = make_video(tmp_path_factory.mktemp("film") / "film.mp4", film, np.arange(len(film)) / RATE)
    repetitions = judging(path)
    assert [one.state for one in repetitions[0].findings].count("clear") == 1
    assert len(repetitions) == 1
    return repetitions


def scaled(image: Image, height: int) -> Image:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    width = 2 * round(image.shape[1] * height / image.shape[0] / 2)
    return frame.reformat(width=width, height=height, interpolation="AREA").to_ndarray(format="rgb24")


def with_b_frames_in_avi(path: Path, film: Sequence[Image]) -> Path:
    """AVI holds times of decoding, so that they stand at the wrong pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"bf": "3", "b-adapt": "0", "crf": "30"})
        stream.height, stream.width = film[0].shape[:2]
        for image in film:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return path


def mirrored_and_padded_webm(path: Path, film: Sequence[Image]) -> Path:
    room = ((60, 40), (120, 80), (0, 0))
    images = [np.pad(image[:, ::-1], room) for image in film]
    return make_video(path, images, np.arange(len(film)) / RATE, codec="libvpx")


def small_and_cropped_from_late_on(path: Path, film: Sequence[Image]) -> Path:
    images = [scaled(image[16:-8, 48:-48], 320) for image in film]
    return make_video(path, images, 1000.0 + np.arange(len(film)) / RATE)


def on_its_side_with_a_flag_at_a_variable_rate(path: Path, film: Sequence[Image]) -> Path:
    kept = np.sort(np.random.default_rng(0).choice(len(film), round(0.8 * len(film)), replace=False))
    kept[0] = 0
    images = [np.rot90(film[number]) for number in kept]
    return make_video(path, images, kept / RATE, rotation_deg=-90)


CHANGES = {
    "a=b [1] (2).avi": with_b_frames_in_avi,
    "2023.05.01 squat.webm": mirrored_and_padded_webm,
    "ünï cödé.mkv": small_and_cropped_from_late_on,
    "clip.0031.mp4": on_its_side_with_a_flag_at_a_variable_rate,
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_repetitions_and_no_finding_turned(name, film, expected, judging, tmp_path):
    found = judging(CHANGES[name](tmp_path / name, film))
    np.testing.assert_allclose([one.bottom_s for one in found], [one.bottom_s for one in expected], atol=0.1)
    for one, other in zip(expected, found, strict=True):
        for finding, again in zip(one.findings, other.findings, strict=True):
            assert {finding.state, again.state} != {"clear", "none"}, (finding, again)
