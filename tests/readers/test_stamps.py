"""Names of pictures that say times are frames of one film at these times; names of several films stay several."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.readers.keypoints.clock import settle_times
from formnet.readers.keypoints.frames import number_frames

N_FRAMES = 354
TIMES_S = np.arange(N_FRAMES) / 30
FIRST_S = 14 * 3600 + 3 * 60 + 57.2


def on_the_clock(time_s, name):
    seconds, ms = divmod(round((FIRST_S + time_s) * 1000), 1000)
    return name.format(h=seconds // 3600, m=seconds // 60 % 60, s=seconds % 60, ms=ms, f=round(ms / 1000 * 30) % 30)


@pytest.mark.parametrize(
    "name",
    [
        "shot_{m:02}_{s:02}_{ms:03}.jpg", "IMG_20230501_{h:02}{m:02}{s:02}_{ms:03}.jpg",
        "PXL_20230501_{h:02}{m:02}{s:02}{ms:03}.jpg", "20230501{h:02}{m:02}{s:02}{ms:03}.png",
        "a {h:02}h{m:02}m{s:02}s{ms:03}.png", "2023-05-01 {h:02}-{m:02}-{s:02}.{ms:03}.jpg",
        "cam_{h:02}_{m:02}_{s:02}_{ms:03}000.png",
    ],
)  # fmt: skip
def test_a_clock_in_names_gives_times(name):
    frames = number_frames([on_the_clock(time_s, name) for time_s in TIMES_S])
    assert len(frames.clip_names) == 1
    assert frames.numbers.tolist() == list(range(N_FRAMES))
    times_s = settle_times(frames.stamps, {"unknown"})
    np.testing.assert_allclose(times_s - times_s[0], TIMES_S, atol=1.1e-3)


@pytest.mark.parametrize("name", ["t_{:.3f}.jpg", "side {:.2f}s.jpg", "{:.6f}.json"])
def test_seconds_with_a_decimal_point_are_times(name):
    frames = number_frames([name.format(time_s) for time_s in TIMES_S])
    assert len(frames.clip_names) == 1
    np.testing.assert_allclose(settle_times(frames.stamps, {"unknown"}), TIMES_S, atol=0.01)


@pytest.mark.parametrize("rate", [24, 25, 30, 60])
def test_a_timecode_counts_frames_within_seconds(rate):
    names = [f"clip_{n // rate // 60:02}_{n // rate % 60:02}_{n % rate:02}.png" for n in range(70 * rate)]
    frames = number_frames(names)
    assert len(frames.clip_names) == 1
    np.testing.assert_allclose(settle_times(frames.stamps, {"unknown"}), np.arange(70 * rate) / rate, atol=1e-3)


@pytest.mark.parametrize(
    "name", ["cam{:02}_{:04}.jpg", "clip_{:02}_{:02}.jpg", "{:02}.{:04}.json", "S001C{:03}_{:03}.jpg"]
)
def test_films_that_are_each_numbered_from_0_stay_several(name):
    frames = number_frames([name.format(clip, number) for clip in range(3) for number in range(30)])
    assert len(frames.clip_names) == 3
    assert frames.stamps is None
