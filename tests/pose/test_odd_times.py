"""Videos whose times are odd: mixed up, far from 0, absent, held, joined; and films inside pictures."""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from formnet.errors import InputError
from formnet.playback import Playback
from formnet.pose.claims import read_frame_rate
from formnet.pose.container import describe_streams
from formnet.pose.timing import MonotonicClock, sort_times
from formnet.pose.video import Image, probe_video, read_frames
from tests.pose.videos import corner_names, make_video, quarters


def shade(number: int, n_frames: int) -> Image:
    """A grey picture that says its number."""
    return np.full((96, 128, 3), round(20 + 215 * number / (n_frames - 1)), dtype=np.uint8)


def shades(n_frames: int) -> list[Image]:
    return [shade(number, n_frames) for number in range(n_frames)]


def read_all(path: Path, **options: object) -> tuple[list[float], list[Image], list[str]]:
    warnings: list[str] = []
    frames = list(read_frames(path, on_warning=warnings.append, **options))  # type: ignore[arg-type]
    return [frame.timestamp_s for frame in frames], [frame.image for frame in frames], warnings


def copy_stream(source: Path, target: Path, shift_s: float = 0.0) -> Path:
    """What a careless converter does: the coded pictures and their times go into another container as they are."""
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.dts is not None:
                shift = round(shift_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = stream
                written.mux(packet)
    return target


@pytest.mark.parametrize("name", ["b.avi", "copied.mkv", "copied.mp4"])
def test_times_of_decoding_are_put_in_the_order_of_showing(tmp_path, name):
    clip = tmp_path / "b.avi"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "5", "b-adapt": "0"})
        stream.height, stream.width, stream.pix_fmt = 96, 128, "yuv420p"
        for number, image in enumerate(shades(60)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    if name != "b.avi":
        clip = copy_stream(clip, tmp_path / name)
    times_s, images, warnings = read_all(clip)
    np.testing.assert_allclose(times_s, np.arange(60) / 25, atol=2e-3)
    assert all(a.mean() < b.mean() for a, b in pairwise(images))
    assert warnings == []


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
    st.integers(0, 6),
)
def test_sorting_undoes_any_disorder_within_its_depth(steps, random, depth):
    """Slow twin: sorting all of them at once."""
    times = [float(time) / 30 for time in np.cumsum(steps)]
    mixed = list(times)
    for start in range(0, len(mixed), depth + 1):
        part = mixed[start : start + depth + 1]
        random.shuffle(part)
        mixed[start : start + depth + 1] = part
    result = list(sort_times([(time, number) for number, time in enumerate(mixed)], depth, 1.0))
    assert [number for _, number in result] == list(range(len(times)))
    assert [time for time, _ in result] == sorted(times)


def test_pictures_before_an_error_are_not_lost():
    def breaking():
        yield 0.2, "a"
        yield 0.1, "b"
        raise InputError("broken")

    found = []
    with pytest.raises(InputError, match="broken"):
        found.extend(sort_times(breaking(), 16, 0.1))
    assert found == [(0.1, "a"), (0.2, "b")]


@pytest.mark.parametrize("n_frames", [20, 60])
def test_times_count_from_the_first_frame(tmp_path, n_frames):
    clip = make_video(tmp_path / "camera.mp4", shades(n_frames))
    far = copy_stream(clip, tmp_path / "camera.mkv", shift_s=3600)
    times_s, _, warnings = read_all(far)
    np.testing.assert_allclose(times_s, np.arange(n_frames) / 25, atol=2e-3)
    assert warnings == []
    assert probe_video(far).duration_s == pytest.approx(n_frames / 25, abs=0.05)


def test_a_file_without_times_gets_its_guessed_rate_and_says_so(tmp_path):
    clip = tmp_path / "raw.h264"
    with av.open(str(clip), "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=50, options={"bf": "2"})
        stream.height, stream.width, stream.pix_fmt = 96, 128, "yuv420p"
        for number, image in enumerate(shades(50)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 50)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    times_s, _, warnings = read_all(clip)
    np.testing.assert_allclose(times_s, np.arange(50) / 50, atol=1e-6)
    assert warnings == ["the video does not say when its pictures were taken: 50 frames per second were assumed"]


def test_a_held_picture_keeps_its_time(tmp_path):
    times_s = [0.0, 0.04, 0.08, 1.58, 1.62]
    found_s, _, warnings = read_all(make_video(tmp_path / "a.mp4", shades(5), times_s))
    np.testing.assert_allclose(found_s, times_s, atol=1e-4)
    assert warnings == []


@pytest.mark.parametrize("jump_s", [300.0, -50.0])
def test_a_jump_is_a_joint_between_recordings(jump_s):
    clock = MonotonicClock(0.1)
    times = [100.0, 100.1, 100.2 + jump_s, 100.3 + jump_s]
    np.testing.assert_allclose([clock.advance(time) for time in times], [0, 0.1, 0.2, 0.3], atol=1e-9)
    np.testing.assert_allclose(clock.joints_s, [0.2])


def test_joined_recordings_are_said(tmp_path):
    times_s = [*np.arange(30) / 25, *(400 + np.arange(30) / 25)]
    found_s, _, warnings = read_all(make_video(tmp_path / "a.mkv", shades(60), times_s))
    np.testing.assert_allclose(found_s, np.arange(60) / 25, atol=2e-3)
    assert warnings == [
        "the video joins recordings: its time jumps at 1.2 s; each part goes on where the one before ends"
    ]


def test_slow_motion_is_played_at_the_speed_of_life(tmp_path):
    clip = make_video(tmp_path / "a.mp4", shades(50))
    times_s, _, _ = read_all(clip, playback=Playback(slow_motion=8.0))
    np.testing.assert_allclose(times_s, np.arange(50) / 200, atol=1e-6)
    info = probe_video(clip, Playback(slow_motion=8.0))
    assert info.fps == pytest.approx(200)
    assert info.duration_s == pytest.approx(0.25)
    with pytest.raises(InputError, match="slow motion is how many times slower"):
        Playback(slow_motion=0)


@pytest.mark.parametrize(("turn_deg", "top_left"), [(0, "red"), (90, "blue"), (180, "white"), (270, "green")])
def test_a_turn_comes_after_what_the_file_says(tmp_path, turn_deg, top_left):
    clip = make_video(tmp_path / "a.mp4", [quarters(64, 48)] * 2)
    _, images, _ = read_all(clip, playback=Playback(turn_deg))
    info = probe_video(clip, Playback(turn_deg))
    assert corner_names(images[0])[0] == top_left
    assert images[0].shape[:2] == (info.height, info.width)
    with pytest.raises(InputError, match="90, 180 or 270"):
        Playback(45)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animated_pictures_play_as_browsers_play_them(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    first, *others = [Pillow.fromarray(image) for image in shades(5)]
    first.save(path, save_all=True, append_images=others, duration=[0, 10, 50, 80, 100], loop=0)
    times_s, images, warnings = read_all(path)
    np.testing.assert_allclose(times_s, [0, 0.1, 0.2, 0.25, 0.33], atol=1e-6)
    assert all(a.mean() < b.mean() for a, b in pairwise(images))
    assert warnings == []
    still = next(iter(read_frames(path, playback=Playback(is_still=True))))
    np.testing.assert_allclose(still.image, images[0], atol=8)
    assert "0×0" not in str(describe_streams(path))


def test_a_damaged_animation_is_one_sentence(tmp_path):
    path = tmp_path / "a.webp"
    rng = np.random.default_rng(0)
    first, *others = [Pillow.fromarray(rng.integers(0, 255, (96, 128, 3), dtype=np.uint8)) for _ in range(5)]
    first.save(path, save_all=True, append_images=others, duration=100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="is an animation that cannot be read"):
        read_all(path)


def test_the_film_in_a_motion_photo_is_read_and_the_photo_alone_where_asked(tmp_path):
    film = make_video(tmp_path / "film.mp4", shades(40))
    Pillow.fromarray(quarters(128, 96)).save(tmp_path / "photo.jpg")
    path = tmp_path / "IMG_0001.MP.jpg"
    path.write_bytes((tmp_path / "photo.jpg").read_bytes() + film.read_bytes())
    times_s, images, _ = read_all(path)
    np.testing.assert_allclose(times_s, np.arange(40) / 25, atol=1e-6)
    assert images[0].mean() < images[-1].mean()
    _, still, _ = read_all(path, playback=Playback(is_still=True))
    assert [corner_names(image) for image in still] == [("red", "green", "blue", "white")]


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
def test_sound_that_lasts_longer_does_not_lengthen_the_film(tmp_path, name):
    clip = make_video(tmp_path / name, shades(25), with_sound=True, sound_s=4.0)
    assert probe_video(clip).duration_s == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("claimed", "expected"), [((60_000, 25), 25), ((0, 120), 120), ((240, 30), 240), ((9e4, 9e4), 30)]
)
def test_rates_that_no_phone_films_at_are_not_believed(claimed, expected):
    """Repeated times in Matroska, and what DV says of itself."""
    container = SimpleNamespace(format=SimpleNamespace(flags=0))
    stream = SimpleNamespace(average_rate=claimed[0], guessed_rate=claimed[1])
    assert read_frame_rate(container, stream) == expected  # type: ignore[arg-type]


def test_joined_recordings_of_several_sizes_are_shown_in_that_of_the_first(tmp_path):
    parts = []
    for number, (width, height) in enumerate([(128, 96), (64, 96), (256, 192)]):
        part = make_video(tmp_path / f"{number}.ts", [quarters(width, height)] * 25)
        parts.append(part.read_bytes())
    clip = tmp_path / "a.ts"
    clip.write_bytes(b"".join(parts))
    times_s, images, warnings = read_all(clip)
    assert {image.shape for image in images} == {(96, 128, 3)}
    assert len(times_s) == 75
    # The narrow one stands in the middle, in its own shape.
    narrow = images[40]
    assert narrow[:, :30].max() < 20
    assert narrow[:, 98:].max() < 20
    assert corner_names(narrow[:, 32:96]) == corner_names(images[0]) == corner_names(images[60])
    assert warnings[-1] == "the pictures change their size at 1.0, 2.0 s: all are shown in that of the first"


def test_the_time_of_a_joint_is_that_of_life(tmp_path):
    times_s = [*np.arange(30) / 25, *(400 + np.arange(30) / 25)]
    _, _, warnings = read_all(make_video(tmp_path / "a.mkv", shades(60), times_s), playback=Playback(slow_motion=4))
    assert "its time jumps at 0.3 s" in warnings[0]


def test_pictures_behind_a_photo_are_no_film(tmp_path):
    """A map of brightness or depth behind the picture; but the same bytes by the name of a film are one."""
    pieces = []
    for number in range(4):
        buffer = io.BytesIO()
        Pillow.fromarray(shade(number, 4)).save(buffer, "jpeg")
        pieces.append(buffer.getvalue())
    photo, film = tmp_path / "a.jpg", tmp_path / "a.mjpeg"
    photo.write_bytes(b"".join(pieces))
    film.write_bytes(b"".join(pieces * 10))
    times_s, images, warnings = read_all(photo)
    assert (times_s, len(images), warnings) == ([0.0], 1, [])
    assert np.isnan(probe_video(photo).fps)
    times_s, _, warnings = read_all(film)
    np.testing.assert_allclose(times_s, np.arange(40) / 25)
    assert warnings == ["the video does not say when its pictures were taken: 25 frames per second were assumed"]
