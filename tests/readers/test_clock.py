"""Times and rates that files say, whatever they call them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from formnet.readers.keypoints.clock import find_rate, mend_times, read_time, settle_times, time_unit_of
from formnet.readers.source import read_pose_source
from tests.readers.keypoint_files import COCO, N_FRAMES, alphapose, flat

UNEVEN_S = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.05, N_FRAMES))


@pytest.mark.parametrize(
    ("key", "unit"),
    [("time_s", "s"), ("timestamp_s", "s"), ("Time (s)", "s"), ("time [s]", "s"), ("seconds", "s"),
     ("timestamp_nanos", "ns"), ("unix_time", "unknown"), ("recorded_at", "unknown"), ("created_at", None),
     ("time", "unknown"),
     ("timestampMs", "ms"),
     ("timestamp", "unknown"), ("t", "unknown"), ("ts", "unknown"), ("timestamp_ms", "ms"), ("time_ms", "ms"),
     ("video_time", "unknown"), ("frame", None), ("score", None), ("times", None), ("timeout", None)],
)  # fmt: skip
def test_keys_of_times(key, unit):
    assert time_unit_of(key) == unit


@pytest.mark.parametrize(("key", "factor"), [("time_s", 1), ("timestamp", 1), ("timestamp", 1e3), ("timestamp_ms", 1e3),
                                             ("t", 1e6), ("time", 1e9)])  # fmt: skip
def test_times_of_a_file_are_taken_in_their_unit(tmp_path, key, factor):
    rows = [{**row, key: float(time_s * factor)} for row, time_s in zip(alphapose(), UNEVEN_S, strict=True)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    source = read_pose_source(tmp_path / "a.json")
    assert source.warnings == ()
    assert source.has_own_times
    np.testing.assert_allclose(source.motion.timestamps, UNEVEN_S, atol=1e-6)


def test_times_since_1970_count_from_the_first():
    for factor in (1.0, 1e3, 1e6, 1e9):
        found = settle_times((1.7e9 + UNEVEN_S) * factor, {"unknown"})
        np.testing.assert_allclose(found, UNEVEN_S - UNEVEN_S[0], atol=1e-5)


@pytest.mark.parametrize("times", [np.arange(24.0), np.full(24, 3.0), np.array([0.0, np.nan]), np.array([])])
def test_what_may_as_well_count_frames_is_no_time(times):
    assert settle_times(times, {"unknown"}) is None


def test_times_in_several_units_are_none():
    assert settle_times(UNEVEN_S, {"s", "ms"}) is None
    assert settle_times(UNEVEN_S, set()) is None


@pytest.mark.parametrize(
    "content",
    [
        {"fps": 50},
        {"fps": "50"},
        {"fps": "50000/1000"},
        {"info": {"fps": 50.0}},
        {"video": {"frame_rate": 50, "width": 1280}},
    ],
)
def test_a_rate_of_a_file_is_taken(tmp_path, content):
    assert find_rate(content) == 50.0
    content = {**content, "frames": [{"keypoints": flat(pose)} for pose in COCO]}
    (tmp_path / "a.json").write_text(json.dumps(content))
    source = read_pose_source(tmp_path / "a.json")
    np.testing.assert_allclose(source.motion.timestamps, np.arange(N_FRAMES) / 50)
    assert source.warnings == ()


@pytest.mark.parametrize("content", [{}, [], {"fps": "fifty"}, {"fps": "5/0"}, {"fps": 0}, {"fps": True}, {"fps": 1e9}])
def test_what_is_no_rate(content):
    assert find_rate(content) is None


@pytest.mark.parametrize("column", ["time", "time_ms"])
def test_times_of_a_table(tmp_path, column):
    factor = 1000 if column == "time_ms" else 1
    header = [column, *(f"{joint}_{axis}" for joint in range(17) for axis in ("x", "y", "score"))]
    lines = [",".join(map(str, [time_s * factor, *flat(pose)])) for time_s, pose in zip(UNEVEN_S, COCO, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join([",".join(header), *lines]))
    source = read_pose_source(tmp_path / "a.csv")
    np.testing.assert_allclose(source.motion.timestamps, UNEVEN_S, atol=1e-9)


def write_timed(tmp_path, times):
    rows = [{"frame": number, "timestamp": stated, "keypoints": flat(pose)}
            for number, (stated, pose) in enumerate(zip(times, COCO, strict=True))]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(rows))
    return read_pose_source(tmp_path / "a.json")


@pytest.mark.parametrize(
    "say",
    [
        lambda time_s: f"{time_s:.6f}",
        lambda time_s: f"00:00:0{time_s:.6f}",
        lambda time_s: f"0:0{time_s:.6f}".replace(".", ","),
        lambda time_s: f"2024-05-01T10:00:0{time_s:.6f}Z",
        lambda time_s: f"2024-05-01 10:00:0{time_s:.6f}",
    ],
    ids=["text", "clock", "clock with a comma", "date", "date with a blank"],
)
def test_times_written_as_text_are_times(tmp_path, say):
    source = write_timed(tmp_path, [say(time_s) for time_s in UNEVEN_S])
    assert source.warnings == ()
    np.testing.assert_allclose(np.diff(source.motion.timestamps), np.diff(UNEVEN_S), atol=2e-6)


def _say_in_parts(whole, part, scale):
    return lambda time_s: {whole: 1_700_000_000 + int(time_s), part: round(time_s % 1 * scale)}


@pytest.mark.parametrize(
    "say",
    [
        lambda time_s: {"timestamp": f"{time_s:.6f} s"},
        lambda time_s: {"timestamp": f"{time_s * 1000:.3f}ms"},
        lambda time_s: {"recorded_at": f"2024-05-01T10:00:0{time_s:.6f}+02:00"},
        lambda time_s: {"datetime": f"20240501T10000{time_s:.6f}Z"},
        lambda time_s: {"header": {"seq": 1, "stamp": _say_in_parts("secs", "nsecs", 1e9)(time_s)}},
        lambda time_s: {"header": {"frame_id": "cam", "stamp": _say_in_parts("sec", "nanosec", 1e9)(time_s)}},
        lambda time_s: {"header": _say_in_parts("secs", "nsecs", 1e9)(time_s)},
        lambda time_s: {"timestamp": _say_in_parts("seconds", "nanos", 1e9)(time_s)},
        lambda time_s: {"presentationTimeStamp": {"value": round(time_s * 600000), "timescale": 600000, "epoch": 0}},
        lambda time_s: {"meta": {"timestamp_us": round(time_s * 1e6)}},
        lambda time_s: {"timestamp": 1_700_000_000_000_000 + round(time_s * 1e6)},
        lambda time_s: {"timestamp": 1_700_000_000_000_000_000 + round(time_s * 1e9)},
    ],
    ids=["s", "ms", "recorded at", "compact date", "ROS 1", "ROS 2", "header", "protocol buffers", "CMTime", "meta",
         "microseconds since 1970", "nanoseconds since 1970"],
)  # fmt: skip
@pytest.mark.parametrize("is_lines", [False, True])
def test_times_beside_people_are_used_however_they_are_said(tmp_path, say, is_lines):
    rows = [{**say(time_s), "people": [{"keypoints": flat(pose)}]} for time_s, pose in zip(UNEVEN_S, COCO, strict=True)]
    (tmp_path / "a.json").write_text("\n".join(map(json.dumps, rows)) if is_lines else json.dumps(rows))
    source = read_pose_source(tmp_path / "a.json")
    assert source.warnings == ()
    np.testing.assert_allclose(np.diff(source.motion.timestamps), np.diff(UNEVEN_S), atol=2e-6)


@pytest.mark.parametrize(("rate", "stated"), [(25, None), (30, None), (60, None), (15, 15)])
def test_a_timecode_is_a_time_and_says_which_frames_are_missing(tmp_path, rate, stated):
    codes = [f"10:00:{n // rate:02d}:{n % rate:02d}" for n in range(100)]
    del codes[40:50]
    rows = [{"timecode": code, "keypoints": flat(COCO[n % N_FRAMES])} for n, code in enumerate(codes)]
    (tmp_path / "a.json").write_text(json.dumps({"fps": stated, "frames": rows} if stated else rows))
    motion = read_pose_source(tmp_path / "a.json").motion
    np.testing.assert_allclose(motion.timestamps, np.arange(100) / rate, atol=1e-6)
    np.testing.assert_array_equal(motion.missing.all(axis=1), [40 <= n < 50 for n in range(100)])


def test_less_than_a_second_of_timecodes_tells_no_rate(tmp_path):
    rows = [{"timecode": f"10:00:00:{n:02d}", "keypoints": flat(pose)} for n, pose in enumerate(COCO[:20])]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    source = read_pose_source(tmp_path / "a.json")
    assert "30 frames per second were assumed" in source.warnings[0]


def test_how_long_a_frame_took_is_no_time(tmp_path):
    took_s = np.random.default_rng(0).uniform(0.02, 0.9, N_FRAMES).tolist()
    source = write_timed(tmp_path, took_s)
    np.testing.assert_allclose(np.diff(source.motion.timestamps), 1 / 30)
    assert "do not rise" in source.warnings[0]


@pytest.mark.parametrize("text", ["", "noon", "1:2:3:4", "2024-13-45T10:00:00", "nan", "inf"])
def test_texts_that_are_no_times(text):
    assert read_time(text, "s") is None


@pytest.mark.parametrize("jump_s", [600.0, -0.4, -5000.0])
def test_a_jump_of_times_is_a_joint_between_recordings_and_is_said(tmp_path, jump_s):
    even_s = np.arange(N_FRAMES) / 30
    source = write_timed(tmp_path, (7000 + even_s + jump_s * (np.arange(N_FRAMES) >= 12)).tolist())
    np.testing.assert_allclose(np.diff(source.motion.timestamps), 1 / 30, atol=1e-6)
    assert ["joins recordings" in warning for warning in source.warnings] == [True]


def test_repeated_times_lie_between_their_neighbours(tmp_path):
    source = write_timed(tmp_path, (np.arange(N_FRAMES) // 2 / 15).tolist())
    np.testing.assert_allclose(source.motion.timestamps, np.arange(N_FRAMES) / 30, atol=1e-6)
    assert source.warnings == ()


def test_minutes_without_the_person_are_no_joint():
    frames = np.array([0, 1, 2, 6000, 6001, 6001])
    times_s = frames / 30
    times_s[2] = times_s[1]
    mended_s, notes = mend_times(times_s, frames)
    np.testing.assert_allclose(mended_s, [0, 1 / 30, 1.5 / 30, 200, 200 + 1 / 30, 200 + 1 / 30], atol=1e-6)
    assert notes == ()


def test_times_that_do_not_rise_are_not_used_and_it_is_said(tmp_path):
    rows = [{"frame": number, "time_s": 3.0, "keypoints": flat(pose)} for number, pose in enumerate(COCO)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    source = read_pose_source(tmp_path / "a.json", fps=50)
    np.testing.assert_allclose(source.motion.timestamps, np.arange(N_FRAMES) / 50)
    assert "do not rise" in source.warnings[0]
