"""Kalman and One-Euro filters and the mirror, on paths with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.preprocess.kalman import smooth_extended_kalman, smooth_kalman
from formnet.preprocess.mirror import mirror_motion
from formnet.preprocess.one_euro import OneEuroFilter, smooth_one_euro
from formnet.preprocess.smooth import smooth_butterworth
from formnet.preprocess.smoothers import parse_smoothing, smooth_motion
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.skeleton import KINECT_22
from tests.scoring.motions import still, waving, waving_in_picture


def noisy(motion, scale=0.02, seed=1):
    rng = np.random.default_rng(seed)
    return motion.replace(positions=motion.positions + rng.normal(scale=scale, size=motion.positions.shape))


def error(motion, truth):
    return float(np.sqrt(np.nanmean((motion.positions - truth.positions) ** 2)))


def limb_spread(motion):
    lengths = [np.linalg.norm(motion.joint(b) - motion.joint(a), axis=-1) for a, b in motion.skeleton.limbs]
    return float(np.mean([length.std() for length in lengths]))


@pytest.mark.parametrize("smooth", [smooth_kalman, smooth_extended_kalman])
def test_kalman_removes_noise_without_delay(smooth):
    truth = waving(KINECT_22, 90)
    measured = noisy(truth)
    smoothed = smooth(measured)
    assert error(smoothed, truth) < 0.6 * error(measured, truth)
    lags = [error(smoothed.frames(3 + lag, 80 + lag), truth.frames(3, 80)) for lag in (-2, 0, 2)]
    assert lags[1] == min(lags)


def test_limbs_keep_their_length():
    truth = waving(KINECT_22, 60)
    measured = noisy(truth)
    plain, extended = smooth_kalman(measured), smooth_extended_kalman(measured)
    assert limb_spread(extended) < 0.4 * limb_spread(plain)
    assert error(extended, truth) < error(plain, truth)


def test_constant_velocity_passes_unchanged():
    times = np.arange(30) / 30
    motion = still(KINECT_22, 30)
    moving = motion.replace(positions=motion.positions + times[:, None, None] * [0.3, -0.1, 0.2])
    np.testing.assert_allclose(smooth_kalman(moving).positions, moving.positions, atol=2e-3)


def test_doubtful_frames_count_less():
    truth = still(KINECT_22, 40)
    positions, confidence = truth.positions.copy(), truth.confidence.copy()
    positions[20] += 0.2
    sure = smooth_kalman(truth.replace(positions=positions))
    confidence[20] = 0.1
    doubtful = smooth_kalman(truth.replace(positions=positions, confidence=confidence))
    assert error(doubtful, truth) < 0.3 * error(sure, truth)


@pytest.mark.parametrize("smooth", [smooth_kalman, smooth_extended_kalman])
def test_short_gaps_are_bridged_long_ones_stay(smooth):
    truth = waving(KINECT_22, 90)
    positions = truth.positions.copy()
    wrist, ankle = KINECT_22.indices(("left_wrist", "right_ankle"))
    positions[30:35, wrist], positions[40:70, ankle], positions[:3, ankle] = np.nan, np.nan, np.nan
    smoothed = smooth(truth.replace(positions=positions))
    assert np.abs(smoothed.positions[30:35, wrist] - truth.positions[30:35, wrist]).max() < 0.02
    assert (smoothed.confidence[30:35, wrist] == 0.5).all()
    assert smoothed.missing[40:70, ankle].all()
    assert smoothed.missing[:3, ankle].all()


def test_kalman_refuses_what_makes_no_sense():
    with pytest.raises(InputError, match="above 0"):
        smooth_kalman(still(), noise=0)
    with pytest.raises(InputError, match="no constant length"):
        smooth_extended_kalman(waving_in_picture(10))


def test_one_euro_calms_rest_and_follows_movement():
    rest = still(KINECT_22, 90)
    jitter = noisy(rest, 0.01)
    assert error(smooth_one_euro(jitter).frames(30, 90), rest.frames(30, 90)) < 0.5 * error(jitter, rest)
    truth = waving(KINECT_22, 90)
    slow, quick = (error(smooth_one_euro(truth, speed_share=share), truth) for share in (0.0, 20.0))
    assert quick < 0.25 * slow


def test_one_euro_knows_only_the_past():
    truth = noisy(waving(KINECT_22, 40))
    whole, half = smooth_one_euro(truth), smooth_one_euro(truth.frames(0, 20))
    np.testing.assert_array_equal(whole.positions[:20], half.positions)


def test_one_euro_lets_joints_go_and_come_back():
    live = OneEuroFilter()
    first = np.zeros((2, 2))
    live.filter(first, 0.0)
    gone = live.filter(np.array([[np.nan, np.nan], [0.0, 0.0]]), 0.1)
    assert np.isnan(gone[0]).all()
    back = live.filter(np.array([[5.0, 5.0], [0.0, 0.0]]), 0.2)
    np.testing.assert_array_equal(back[0], [5.0, 5.0])
    with pytest.raises(InputError, match="in order of time"):
        live.filter(first, 0.2)


@pytest.mark.parametrize("motion", [waving(KINECT_22, 10), waving_in_picture(10)], ids=["room", "picture"])
def test_mirroring_twice_changes_nothing(motion):
    once = mirror_motion(motion)
    np.testing.assert_allclose(mirror_motion(once).positions, motion.positions, atol=1e-9)
    np.testing.assert_allclose(once.joint("left_wrist")[:, 1], motion.joint("right_wrist")[:, 1])
    assert not np.allclose(once.positions, motion.positions)


def test_every_smoother_is_chosen_by_name_where_motions_are_prepared():
    measured = noisy(waving(KINECT_22, 40))
    expected = {
        "butterworth": smooth_butterworth(measured, 6.0),
        "kalman": smooth_kalman(measured),
        "extended_kalman": smooth_extended_kalman(measured),
        "one_euro": smooth_one_euro(measured),
    }
    for name, smoothed in expected.items():
        spec = PreprocessSpec.from_dict({**PreprocessSpec().to_dict(), "smoother": name})
        np.testing.assert_allclose(clean_motion(measured, spec).positions, smoothed.positions)
        assert parse_smoothing(name.replace("_", "-"))[0] == name
    with pytest.raises(InputError, match="smoother must be one of butterworth, kalman"):
        PreprocessSpec(smoother="median")


@pytest.mark.parametrize("smoother", ["butterworth", "kalman", "one_euro"])
def test_the_unit_does_not_decide_how_smooth_a_movement_becomes(smoother):
    measured = noisy(waving_in_picture(40), scale=0.01)
    large = measured.replace(positions=300.0 * measured.positions)
    one, other = (smooth_motion(motion, smoother).positions for motion in (measured, large))
    np.testing.assert_allclose(other, 300.0 * one, rtol=1e-6)


def test_smoothing_as_a_user_writes_it():
    assert parse_smoothing("4.5") == ("butterworth", 4.5)
    assert parse_smoothing("0") == parse_smoothing("none") == ("butterworth", None)
    assert parse_smoothing("Extended-Kalman")[0] == "extended_kalman"
    for wrong in ("-1", "inf", "gauss"):
        with pytest.raises(InputError, match=r"smoothing"):
            parse_smoothing(wrong)
    with pytest.raises(InputError, match="limbs in the picture have no constant length"):
        smooth_motion(waving_in_picture(20), "extended_kalman")
