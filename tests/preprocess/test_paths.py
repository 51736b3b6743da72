"""Gap filling, smoothing, resampling: analytic paths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from formnet.errors import InputError
from formnet.geometry.paths import find_runs
from formnet.motion import Motion
from formnet.preprocess.gaps import fill_gaps
from formnet.preprocess.resample import resample_to_fps, resample_to_frames, resample_to_times
from formnet.preprocess.smooth import smooth_butterworth
from formnet.skeleton import Skeleton

POINTS = Skeleton("points", ("nose", "neck"))


def path_motion(times_s: np.ndarray, path: np.ndarray) -> Motion:
    """Two joints that follow `path` (T,) in x, the second one at 2·x."""
    positions = np.zeros((len(times_s), 2, 3))
    positions[:, 0, 0], positions[:, 1, 0] = path, 2 * path
    return Motion(positions, np.ones((len(times_s), 2)), times_s, POINTS)


def lose(motion: Motion, frames: list[int], joint: int = 0) -> Motion:
    positions = motion.positions.copy()
    positions[frames, joint] = np.nan
    return motion.replace(positions=positions)


def test_a_line_with_a_gap_is_restored_exactly() -> None:
    motion = path_motion(np.arange(20) / 10, 3 * np.arange(20.0))
    filled = fill_gaps(lose(motion, [5, 6, 7]), limit_s=0.3)
    np.testing.assert_allclose(filled.positions, motion.positions, atol=1e-12)
    assert (filled.confidence[5:8, 0] == 0.5).all()
    assert (filled.confidence[:, 1] == 1).all()


def test_a_gap_longer_than_the_limit_stays() -> None:
    motion = lose(path_motion(np.arange(20) / 10, np.arange(20.0)), [5, 6, 7, 8])
    filled = fill_gaps(motion, limit_s=0.3)
    assert filled.missing[5:9, 0].all()
    assert not fill_gaps(motion, limit_s=0.4).missing.any()


def test_gaps_at_the_ends_and_joints_never_seen_stay() -> None:
    motion = lose(path_motion(np.arange(20) / 10, np.arange(20.0)), [0, 1, 19])
    assert fill_gaps(motion, limit_s=9).missing[[0, 1, 19], 0].all()
    assert fill_gaps(lose(motion, list(range(20))), limit_s=9).missing[:, 0].all()


def test_cubic_follows_a_parabola_and_linear_does_not() -> None:
    times_s = np.arange(20) / 10
    motion = path_motion(times_s, times_s**2)
    lost = lose(motion, [8, 9, 10])
    assert np.abs(fill_gaps(lost, 1.0, "cubic").positions - motion.positions).max() < 1e-9
    assert np.abs(fill_gaps(lost, 1.0, "linear").positions - motion.positions).max() > 0.01


def test_the_limit_is_time_not_frames() -> None:
    times_s = np.concatenate([np.arange(10) / 100, 1 + np.arange(10) / 100])
    motion = path_motion(times_s, np.arange(20.0))
    filled = fill_gaps(lose(motion, [9]), limit_s=0.1)
    assert filled.missing[9, 0], "one lost frame, but nearly a second between its neighbours"


@pytest.mark.parametrize("rate", ["constant", "variable"])
def test_smoothing_keeps_slow_removes_fast_and_delays_nothing(rate: str) -> None:
    rng = np.random.default_rng(3)
    times_s = np.arange(300) / 30
    if rate == "variable":
        times_s = times_s + rng.uniform(-0.008, 0.008, 300)
    slow, fast = np.sin(2 * np.pi * 0.5 * times_s), 0.2 * np.sin(2 * np.pi * 10 * times_s)
    smooth = smooth_butterworth(path_motion(times_s, slow + fast), cutoff_hz=4).positions[:, 0, 0]
    inner = slice(30, -30)
    assert np.abs(smooth - slow)[inner].max() < (0.02 if rate == "constant" else 0.04)
    lag = np.argmax([np.corrcoef(smooth[60:240], slow[60 + k : 240 + k])[0, 1] for k in range(-5, 6)]) - 5
    assert lag == 0


def test_amplitude_at_the_cutoff_is_a_half() -> None:
    times_s = np.arange(900) / 90
    wave = np.sin(2 * np.pi * 6 * times_s)
    smooth = smooth_butterworth(path_motion(times_s, wave), cutoff_hz=6).positions[:, 0, 0]
    assert np.abs(smooth[300:600]).max() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("frames", [4, 20, 28, 300])
@pytest.mark.parametrize(("cutoff_hz", "fps"), [(6.0, 30.0), (0.5, 240.0), (14.9, 30.0)])
def test_smoothing_is_what_scipy_does(frames: int, cutoff_hz: float, fps: float) -> None:
    path = np.cumsum(np.random.default_rng(0).normal(size=frames))
    smooth = smooth_butterworth(path_motion(np.arange(frames) / fps, path), cutoff_hz).positions[:, 0, 0]
    sections = butter(2, cutoff_hz, fs=fps, output="sos")
    expected = sosfiltfilt(sections, path, padtype="odd", padlen=min(27, frames - 1))
    np.testing.assert_allclose(smooth, expected, atol=1e-9)


def test_smoothing_leaves_gaps_and_treats_joints_apart() -> None:
    motion = path_motion(np.arange(90) / 30, np.sin(np.arange(90) / 5))
    smooth = smooth_butterworth(lose(motion, list(range(40, 50))), cutoff_hz=4)
    assert smooth.missing[40:50, 0].all()
    assert smooth.missing.sum() == 10
    np.testing.assert_array_equal(smooth.positions[:, 1], smooth_butterworth(motion, 4).positions[:, 1])


def test_cutoff_over_nyquist_is_no_change_and_zero_is_refused() -> None:
    motion = path_motion(np.arange(30) / 10, np.sin(np.arange(30.0)))
    np.testing.assert_array_equal(smooth_butterworth(motion, 5.0).positions, motion.positions)
    with pytest.raises(InputError, match="cut-off above 0 Hz"):
        smooth_butterworth(motion, 0.0)


def test_find_runs() -> None:
    assert find_runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert find_runs(np.zeros(3, dtype=bool)) == []


def test_resampling_a_line_is_exact_and_own_times_change_nothing() -> None:
    motion = path_motion(np.array([0.0, 0.1, 0.35, 0.5, 1.0]), np.array([0.0, 1.0, 3.5, 5.0, 10.0]))
    there = resample_to_frames(motion, 41)
    np.testing.assert_allclose(there.positions[:, 0, 0], 10 * there.timestamps, atol=1e-12)
    same = resample_to_times(motion, motion.timestamps)
    np.testing.assert_array_equal(same.positions, motion.positions)


def test_resampling_keeps_gaps_as_gaps() -> None:
    motion = lose(path_motion(np.arange(5.0), np.arange(5.0)), [2])
    missing = resample_to_times(motion, np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5])).missing[:, 0]
    assert missing.tolist() == [False, False, True, True, True, False, False]


def test_to_fps_starts_at_the_first_frame_and_stays_inside() -> None:
    motion = path_motion(10 + np.arange(31) / 30, np.arange(31.0))
    slow = resample_to_fps(motion, 12.5)
    assert slow.timestamps[0] == 10
    assert slow.fps == pytest.approx(12.5)
    assert slow.timestamps[-1] <= motion.timestamps[-1]
    assert len(slow) == 13


def test_times_outside_are_refused() -> None:
    motion = path_motion(np.arange(5.0), np.arange(5.0))
    with pytest.raises(InputError, match=r"within 0\.000–4\.000 s"):
        resample_to_times(motion, np.array([-0.5, 1.0]))


def test_cubic_resampling_follows_a_sine_better() -> None:
    times_s = np.arange(20) / 10
    motion, at_s = path_motion(times_s, np.sin(4 * times_s)), np.linspace(0, 1.9, 77)
    errors = [
        np.abs(resample_to_times(motion, at_s, method).positions[:, 0, 0] - np.sin(4 * at_s)).max()
        for method in ("linear", "cubic")
    ]
    assert errors[1] < 0.2 * errors[0]
