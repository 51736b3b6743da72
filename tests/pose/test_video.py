"""Reading video: true times, upright pictures, and one sentence for everything that is wrong."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from formnet.errors import InputError
from formnet.pose.container import describe_streams
from formnet.pose.video import Frame, probe_video, read_frames
from tests.pose.videos import corner_names, make_sound, make_video, noise, quarters

RED, GREEN, BLUE, WHITE = "red", "green", "blue", "white"


def refusal(path: Path) -> str:
    """What both doors say; they must agree that the file cannot be used, in one line."""
    with pytest.raises(InputError) as probed:
        probe_video(path)
    with pytest.raises(InputError) as read:
        list(read_frames(path))
    for message in (str(probed.value), str(read.value)):
        assert str(path) in message
        assert "\n" not in message
    return str(read.value)


def test_times_of_a_variable_rate_are_kept(tmp_path):
    times_s = [0.0, 0.04, 0.05, 0.2, 0.21, 0.9, 1.0, 1.7]
    clip = make_video(tmp_path / "vfr.mp4", [quarters()] * len(times_s), times_s)
    np.testing.assert_allclose([frame.timestamp_s for frame in read_frames(clip)], times_s, atol=1e-4)


def test_times_begin_at_the_first_picture(tmp_path):
    """A transport stream begins at 1.4 s or so; players show 0."""
    clip = make_video(tmp_path / "a.ts", [quarters()] * 10)
    times_s = [frame.timestamp_s for frame in read_frames(clip)]
    np.testing.assert_allclose(times_s, np.arange(10) / 25, atol=1e-3)


@pytest.mark.parametrize(
    ("rotation_deg", "hflip", "corners", "clockwise_deg"),
    [
        (0, False, (RED, GREEN, BLUE, WHITE), 0),
        (-90, False, (BLUE, RED, WHITE, GREEN), 90),
        (90, False, (GREEN, WHITE, RED, BLUE), 270),
        (180, False, (WHITE, BLUE, GREEN, RED), 180),
        (0, True, (GREEN, RED, WHITE, BLUE), 0),
    ],
)
def test_pictures_are_upright(tmp_path, rotation_deg, hflip, corners, clockwise_deg):
    clip = make_video(tmp_path / "r.mp4", [quarters(64, 48)] * 3, rotation_deg=rotation_deg, hflip=hflip)
    frames = list(read_frames(clip))
    info = probe_video(clip)
    assert [corner_names(frame.image) for frame in frames] == [corners] * 3
    shape = (64, 48, 3) if rotation_deg in (90, -90) else (48, 64, 3)
    assert frames[0].image.shape == shape
    assert (info.height, info.width, 3) == shape
    assert info.rotation_deg == clockwise_deg
    assert frames[0].image.flags.c_contiguous
    assert frames[0].image.dtype == np.uint8


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mp4", "libx264", "yuv444p"),
        ("a.mkv", "libx264", "yuv420p10le"),
        ("a.mkv", "ffv1", "gray"),
        ("a.avi", "mjpeg", "yuvj422p"),
        ("a.mov", "png", "rgba"),
    ],
)
def test_odd_pixel_formats_become_rgb(tmp_path, name, codec, pix_fmt):
    clip = make_video(tmp_path / name, [quarters()] * 4, codec=codec, pix_fmt=pix_fmt)
    frames = list(read_frames(clip))
    assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 4
    if pix_fmt != "gray":
        assert corner_names(frames[0].image) == (RED, GREEN, BLUE, WHITE)


def test_pixels_become_square(tmp_path):
    clip = make_video(tmp_path / "wide.mp4", [quarters(64, 48)] * 2, aspect=Fraction(2, 1))
    assert next(iter(read_frames(clip))).image.shape == (48, 128, 3)
    assert (probe_video(clip).width, probe_video(clip).height) == (128, 48)


def test_probe_tells_rate_and_length(tmp_path):
    info = probe_video(make_video(tmp_path / "a.mp4", [quarters()] * 50, with_sound=True))
    assert info.fps == pytest.approx(25, rel=0.03)
    assert info.duration_s == pytest.approx(2.0, abs=0.05)
    assert info.n_frames_estimate == 50


def test_scaling_and_thinning(tmp_path):
    clip = make_video(tmp_path / "a.mp4", [quarters(128, 96)] * 50)
    frames = list(read_frames(clip, max_side=32, max_fps=10))
    assert frames[0].image.shape == (24, 32, 3)
    times_s = np.array([frame.timestamp_s for frame in frames])
    assert len(times_s) == pytest.approx(20, abs=1)
    assert np.diff(times_s).min() > 0.06
    # Smaller pictures are not blown up, slower clips are not thinned.
    assert len(list(read_frames(clip, max_side=500, max_fps=60))) == 50
    assert next(iter(read_frames(clip, max_side=500))).image.shape == (96, 128, 3)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp"])
def test_a_picture_is_one_frame(tmp_path, suffix):
    path = tmp_path / f"still %03d{suffix}"
    Pillow.fromarray(quarters()).save(path)
    frames = list(read_frames(path))
    assert [frame.timestamp_s for frame in frames] == [0.0]
    assert corner_names(frames[0].image) == (RED, GREEN, BLUE, WHITE)
    info = probe_video(path)
    assert (info.n_frames_estimate, info.duration_s) == (1, 0.0)
    assert math.isnan(info.fps)


@pytest.mark.parametrize(
    ("orientation", "corners"),
    [
        (1, (RED, GREEN, BLUE, WHITE)),
        (3, (WHITE, BLUE, GREEN, RED)),
        (6, (BLUE, RED, WHITE, GREEN)),
        (8, (GREEN, WHITE, RED, BLUE)),
    ],
)
def test_a_phone_picture_is_turned(tmp_path, orientation, corners):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    Pillow.fromarray(quarters()).save(tmp_path / "phone.jpg", exif=exif)
    assert corner_names(next(iter(read_frames(tmp_path / "phone.jpg"))).image) == corners


def test_odd_file_names(tmp_path):
    for name in ("with space.mp4", "ünïcode.mp4", "concat:a.mp4", "-i.mp4", "a#b?c.mp4", "%d.mp4"):
        assert len(list(read_frames(make_video(tmp_path / "x.mp4", [quarters()] * 2).rename(tmp_path / name)))) == 2


def test_no_such_file(tmp_path):
    assert "there is no file" in refusal(tmp_path / "absent.mp4")


def test_a_folder(tmp_path):
    assert "is a folder" in refusal(tmp_path)


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    assert "is empty" in refusal(path)


@pytest.mark.parametrize("name", ["notes.mp4", "notes.txt", "notes.avi", "notes.jpg", "notes.ans"])
def test_text(tmp_path, name):
    path = tmp_path / name
    path.write_text("three sets of eight squats\n" * 50)
    assert "is no video that can be read" in refusal(path)


def test_files_that_point_to_other_files(tmp_path):
    """A list of files must not make formnet open what it names."""
    clip = make_video(tmp_path / "secret.mp4", [quarters()] * 5)
    for name, text in (
        ("list.ffconcat", f"ffconcat version 1.0\nfile {clip.name}\n"),
        ("list.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{clip.name}\n#EXT-X-ENDLIST\n"),
    ):
        path = tmp_path / name
        path.write_text(text)
        assert "is no video" in refusal(path)


def test_sound_only(tmp_path):
    assert "sound but no picture" in refusal(make_sound(tmp_path / "voice.m4a"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    path = make_video(tmp_path / "a.mp4", [quarters()] * 2)
    path.chmod(0)
    assert "cannot be read" in refusal(path)


def test_a_pipe(tmp_path):
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)
    assert "is no ordinary file" in refusal(path)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_cut_off_without_index(tmp_path, share):
    clip = make_video(tmp_path / "a.mp4", noise(20))
    clip.write_bytes(clip.read_bytes()[: int(share * clip.stat().st_size)])
    assert "is cut off" in refusal(clip)


def read_damaged(path: Path) -> tuple[list[Frame], list[str]]:
    warnings: list[str] = []
    return list(read_frames(path, on_warning=warnings.append)), warnings


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts"])
def test_cut_off_after_a_good_beginning_is_used_with_a_warning(tmp_path, name):
    clip = make_video(tmp_path / name, noise(100), faststart=name == "a.mp4")
    whole, no_warnings = read_damaged(clip)
    assert (len(whole), no_warnings) == (100, [])
    clip.write_bytes(clip.read_bytes()[: int(0.5 * clip.stat().st_size)])
    frames, warnings = read_damaged(clip)
    assert 40 <= len(frames) <= 60
    np.testing.assert_array_equal(frames[20].image, whole[20].image)
    if name != "a.ts":  # a transport stream does not say how long it should be
        assert len(warnings) == 1
        assert "damaged" in warnings[0]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_sound_that_goes_on_after_the_pictures_is_no_damage(tmp_path, name):
    frames, warnings = read_damaged(make_video(tmp_path / name, noise(25), with_sound=True, sound_s=5.0))
    assert (len(frames), warnings) == (25, [])


def test_cut_off_with_sound_is_damage(tmp_path):
    clip = make_video(tmp_path / "a.mkv", noise(100), with_sound=True)
    clip.write_bytes(clip.read_bytes()[: int(0.5 * clip.stat().st_size)])
    frames, warnings = read_damaged(clip)
    assert len(frames) < 90
    assert ["damaged" in warning for warning in warnings] == [True]


def test_cut_off_before_one_second_is_refused(tmp_path):
    clip = make_video(tmp_path / "a.mp4", noise(100), faststart=True)
    clip.write_bytes(clip.read_bytes()[: int(0.15 * clip.stat().st_size)])
    with pytest.raises(InputError, match=r"is damaged .*only 0\.. s could be read"):
        list(read_frames(clip))


def test_damage_in_the_middle_keeps_the_rest(tmp_path):
    clip = make_video(tmp_path / "a.mkv", noise(100), codec="mjpeg", pix_fmt="yuvj420p")
    content = bytearray(clip.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    clip.write_bytes(content)
    frames, _ = read_damaged(clip)
    assert len(frames) >= 40
    assert (np.diff([frame.timestamp_s for frame in frames]) > 0).all()


def test_damage_in_the_middle_is_not_called_a_short_beginning(tmp_path):
    clip = make_video(tmp_path / "a.mp4", noise(100), faststart=True)
    content = bytearray(clip.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\xff" * 4000
    clip.write_bytes(content)
    frames, warnings = read_damaged(clip)
    assert frames[-1].timestamp_s == pytest.approx(99 / 25, abs=0.2)
    assert len(warnings) == 1
    assert "the video is damaged (" in warnings[0]
    assert warnings[0].endswith("): what could not be read was passed over")


def test_an_index_without_pictures(tmp_path):
    """All pictures replaced by zeros: nothing to see, and no stack trace."""
    clip = make_video(tmp_path / "a.mp4", noise(10), faststart=True)
    content = clip.read_bytes()
    start = content.index(b"mdat") + 4
    clip.write_bytes(content[:start] + bytes(len(content) - start))
    refusal(clip)


def test_stopping_early_is_possible(tmp_path):
    frames = read_frames(make_video(tmp_path / "a.mp4", noise(30)))
    assert next(frames).timestamp_s == 0.0
    frames.close()


def test_the_real_clip(shared_dir):
    clip = shared_dir / "clips" / "side_bodyweight.mp4"
    info = probe_video(clip)
    assert (info.width, info.height, info.n_frames_estimate, info.rotation_deg) == (1280, 720, 354, 0)
    times_s = [frame.timestamp_s for frame in read_frames(clip, max_side=64)]
    np.testing.assert_allclose(times_s, np.arange(354) / 30, atol=1e-6)


def write_films(path: Path, sizes: Sequence[tuple[int, int, int]]) -> Path:
    """A file with streams of (pictures, width, height), none of them said to be a cover."""
    with av.open(str(path), "w") as container:
        streams = []
        for _, width, height in sizes:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            streams.append(stream)
        for stream, (n_frames, width, height) in zip(streams, sizes, strict=True):
            for number in range(n_frames):
                frame = av.VideoFrame.from_ndarray(quarters(width, height), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def test_of_several_films_the_largest_is_read_and_the_others_are_named(tmp_path):
    frames, warnings = read_damaged(write_films(tmp_path / "a.mp4", [(25, 64, 48), (25, 128, 96)]))
    assert frames[0].image.shape == (96, 128, 3)
    assert warnings == [
        "the file holds 2 videos (stream 0 of 64×48, stream 1 of 128×96): stream 1 is read; export another by itself"
    ]


def test_a_large_single_picture_beside_a_film_is_its_cover(tmp_path):
    frames, warnings = read_damaged(write_films(tmp_path / "a.mp4", [(1, 256, 192), (25, 64, 48)]))
    assert (len(frames), frames[0].image.shape, warnings) == (25, (48, 64, 3), [])


def test_an_unknown_coding_is_said_and_left_out_beside_a_known_one(tmp_path):
    clip = make_video(tmp_path / "a.mp4", [quarters()] * 5)
    clip.write_bytes(clip.read_bytes().replace(b"avc1", b"encv"))
    assert "is coded or locked in a way that cannot be decoded here" in refusal(clip)
    assert describe_streams(clip)[1] == ("stream 0", "video, unknown coding")
    two = write_films(tmp_path / "b.mp4", [(25, 128, 96), (25, 64, 48)])
    # Once as a brand of the file, then as the coding of its first stream.
    two.write_bytes(two.read_bytes().replace(b"avc1", b"zzzz", 2))
    frames, warnings = read_damaged(two)
    assert frames[0].image.shape == (48, 64, 3)
    assert "(stream 0 of unknown coding, stream 1 of 64×48): stream 1 is read" in warnings[0]


def test_a_picture_in_a_container_of_films_is_one_picture(tmp_path):
    info = probe_video(make_video(tmp_path / "a.mp4", [quarters()]))
    assert (math.isnan(info.fps), info.duration_s) == (True, 0.0)
