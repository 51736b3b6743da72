"""The written video: playable anywhere, true times, whole or not there."""

from __future__ import annotations

import os

import av
import numpy as np
import pytest

from formnet.errors import InputError
from formnet.pose.video import Frame, probe_video, read_frames
from formnet.report.video_writer import write_video
from tests.pose.videos import corner_names, quarters


def frames_at(times_s, width=64, height=48):
    return [Frame(time_s, quarters(width, height)) for time_s in times_s]


def test_a_browser_can_play_it(tmp_path):
    path = tmp_path / "new" / "a.mp4"
    assert write_video(frames_at(np.arange(30) / 30), path) == 30
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert float(container.duration) / 1e6 == pytest.approx(1.0, abs=0.02)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    image = next(iter(read_frames(path))).image
    assert corner_names(image) == ("red", "green", "blue", "white")
    # Colours survive to within what compression costs.
    np.testing.assert_allclose(image[12, 16], [230, 20, 20], atol=12)
    np.testing.assert_allclose(image[36, 48], [235, 235, 235], atol=8)


def test_variable_times_are_kept(tmp_path):
    times_s = np.cumsum(np.random.default_rng(1).uniform(0.005, 0.2, 40))
    times_s -= times_s[0]
    write_video(frames_at(times_s), tmp_path / "a.mp4")
    np.testing.assert_allclose([frame.timestamp_s for frame in read_frames(tmp_path / "a.mp4")], times_s, atol=1e-4)


@pytest.mark.parametrize(("width", "height", "shown"), [(63, 47, (64, 48)), (2, 1, (2, 2)), (64, 47, (64, 48))])
def test_odd_sizes_become_even(tmp_path, width, height, shown):
    write_video(frames_at([0, 0.1], width, height), tmp_path / "a.mp4")
    info = probe_video(tmp_path / "a.mp4")
    assert (info.width, info.height) == shown


def test_an_error_of_the_source_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("the old one")

    def breaking():
        yield from frames_at([0, 0.1, 0.2])
        raise InputError("the clip broke")

    with pytest.raises(InputError, match="the clip broke"):
        write_video(breaking(), path)
    assert path.read_text() == "the old one"
    assert os.listdir(tmp_path) == ["a.mp4"]


def test_no_frames(tmp_path):
    with pytest.raises(InputError, match="there are no frames"):
        write_video([], tmp_path / "a.mp4")
    assert os.listdir(tmp_path) == []


def test_targets_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    for target in (tmp_path / "file" / "a.mp4", tmp_path / "folder.mp4", tmp_path / "a.txt"):
        with pytest.raises(InputError) as error:
            write_video(frames_at([0]), target)
        assert str(target) in str(error.value)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.mp4"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    """Writing fails half-way: one sentence, and no remains."""
    real_open = av.open
    monkeypatch.setattr(av, "open", lambda file, *a, **k: real_open("/dev/full", *a, format="mp4", **k))
    with pytest.raises(InputError, match=r"cannot be written .*free space"):
        write_video(frames_at(np.arange(5) / 25), tmp_path / "a.mp4")
    assert os.listdir(tmp_path) == []
