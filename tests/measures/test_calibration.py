"""Measurements: lines undo what a source does, errors say what is left, and what is hidden is not shown."""

import math

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.measures.base import RawValue, compute_restlessness
from formnet.measures.calibration import (
    FAST_ERROR,
    FAST_EYES,
    LEAST_RELIABILITY,
    VIEWS,
    Calibration,
    Line,
    calibration_for,
    measure_repetition,
    read_calibrations,
    view_name,
)
from formnet.measures.measurement import Measurement, describe_limit, describe_value
from formnet.measures.performance import make_performance
from formnet.measures.registry import MEASURES
from formnet.training.measures.errors import fit_line, solid_lines
from tests.measures.stick_figure import Pose, build_squat, turned


@pytest.mark.parametrize(
    ("angle", "view"),
    [
        (0, "front"),
        (-20, "front"),
        (45, "front oblique"),
        (-90, "side"),
        (270, "side"),
        (140, "back oblique"),
        (180, "back"),
    ],
)
def test_views_by_angle(angle, view):
    assert view_name(angle) == view


def test_a_line_is_found_again_with_what_is_left():
    rng = np.random.default_rng(0)
    truth = rng.uniform(-30, 60, 4000)
    reading = (truth + rng.normal(0, 5, 4000) - 10) / 1.5
    line = fit_line(reading, truth)
    assert line.error == pytest.approx(5.0, rel=0.1)
    assert line.reliability == pytest.approx(1 - 25 / truth.var(), abs=0.02)
    corrected = line.offset + line.gain * reading
    assert np.mean(np.abs(corrected - truth) < line.error) == pytest.approx(0.68, abs=0.04)


def test_too_few_rows_fit_no_line():
    assert fit_line(np.arange(20.0), np.arange(20.0)) is None


def test_what_a_view_does_not_show_is_kept_but_not_shown():
    lines = {"thigh": dict.fromkeys(VIEWS, Line(2.0, 1.1, 6.0, 0.9)) | {"side": Line(0, 1, 6.0, 0.2)}}
    calibration = Calibration("test", lines)
    front, side = (calibration.correct("thigh", RawValue(10.0, 1.5), angle) for angle in (0.0, 90.0))
    assert (front.value, front.error, front.is_shown) == (pytest.approx(13.0), 6.0, True)
    assert not side.is_shown
    assert side.reason == "cannot be measured from the side"
    assert math.isfinite(side.value)
    unread = calibration.correct("thigh", RawValue(math.nan, 1.5), 0.0)
    assert not unread.is_shown


def test_every_measure_has_lines_for_every_shipped_source():
    for source in ("supervised+picture", "supervised+picture keypoints", "supervised", "unsupervised", "solid"):
        calibration = calibration_for(source)
        assert calibration.source == source
        assert set(calibration.lines) == set(MEASURES)
        for views in calibration.lines.values():
            assert set(views) == set(VIEWS)
            assert all(line.error > 0 for line in views.values())


def test_a_repetition_is_measured_whole_and_unseen_joints_hide_their_measures():
    motion = build_squat(Pose(thigh=5, shank=30, trunk=35))
    middle = len(motion) // 2
    calibration = Calibration("solid", solid_lines())
    seen = measure_repetition(make_performance(motion, 15, middle, len(motion) - 16), calibration)
    assert set(seen) == set(MEASURES)
    assert seen["thigh"].is_shown
    sure = motion.confidence.copy()
    sure[:, motion.skeleton.indices(("left_ankle", "right_ankle"))] = 0.05
    hidden = measure_repetition(
        make_performance(motion.replace(confidence=sure), 15, middle, len(motion) - 16), calibration
    )
    assert hidden["thigh"].is_shown
    assert not hidden["knee_flexion"].is_shown
    assert hidden["knee_flexion"].reason == "ankle not seen"


def test_values_are_written_as_people_write_them():
    assert describe_value(34.4, "°", 4.2) == "34 ± 4°"
    assert describe_value(1.284, "ratio", 0.14) == "1.28 ± 0.14"
    assert describe_value(-0.3, "°") == "0°"
    assert describe_value(0.5, "foot lengths") == "0.50 foot lengths"
    assert describe_limit(4.5, "°") == "4.5°"
    assert describe_limit(0.9, "ratio") == "0.9"


def test_json_has_no_nan():
    unread = Measurement("thigh", math.nan, math.nan, 1.0, False, "not seen").to_dict()
    assert unread == {"value": None, "error": None, "unit": "°", "shown": False, "reason": "not seen"}


def test_content_that_is_no_errors_file_is_refused():
    with pytest.raises(InputError, match="no errors of measures"):
        read_calibrations({"sources": {"x": {"thigh": {"front": [1, 2]}}}})


@pytest.mark.parametrize(("yaw_deg", "sides"), [(90, ("left",)), (-90, ("right",)), (0, ("left", "right")),
                                                 (60, ("left",)), (45, ("left", "right"))])  # fmt: skip
def test_from_the_side_the_nearer_foot_tells_where_no_confidence_does(yaw_deg, sides):
    """The farther one is guessed, and guessed feet rise with the knees."""
    motion = turned(build_squat(Pose(thigh=5, shank=30, trunk=35), standing=Pose()), yaw_deg)
    middle = len(motion) // 2
    performance = make_performance(motion, 15, middle, len(motion) - 16)
    assert performance.seen_sides == sides
    assert abs(performance.view_deg) == pytest.approx(abs(yaw_deg), abs=1)
    if len(sides) == 1:
        (near,), (far,) = sides, {"left", "right"} - set(sides)
        assert motion.joint(f"{near}_hip")[0, 2] < motion.joint(f"{far}_hip")[0, 2]
    sure = motion.confidence * np.where(["right" in joint for joint in motion.skeleton.joints], 0.7, 0.9)
    told = make_performance(motion.replace(confidence=sure), 15, middle, len(motion) - 16)
    assert told.seen_sides == ("left",)


def test_a_foot_that_is_not_seen_while_standing_takes_no_part_in_its_rise():
    """One toe is out of the picture while the person stands: the other foot alone tells; without either none does."""
    motion = build_squat(Pose(thigh=5, shank=30, trunk=35, heel_rise=0.2), standing=Pose(heel_rise=0.0))
    middle = len(motion) // 2
    performance = make_performance(motion, 15, middle, len(motion) - 16)
    assert performance.seen_sides == ("left", "right")
    sure, standing = motion.confidence.copy(), performance.standing
    sure[standing, motion.skeleton.index("left_foot_index")] = 0.05
    one = make_performance(motion.replace(confidence=sure), 15, middle, len(motion) - 16)
    assert one.seen_sides == ("right",)
    assert measure_repetition(one, SHOWN)["heel_rise"].is_shown
    sure[standing, motion.skeleton.index("right_foot_index")] = 0.05
    none = measure_repetition(make_performance(motion.replace(confidence=sure), 15, middle, len(motion) - 16), SHOWN)
    assert none["heel_rise"].reason == "foot index not seen when standing"
    assert none["heel_height"].is_shown


def test_feet_that_tremble_are_measured_with_a_larger_error():
    motion = build_squat(Pose(thigh=5, shank=30, trunk=35))
    middle = len(motion) // 2
    shaken = motion.positions.copy()
    for side in ("left", "right"):
        shaken[:, motion.skeleton.index(f"{side}_heel"), 1] += 0.02 * np.random.default_rng(0).normal(size=len(motion))
    calm, restless = (
        measure_repetition(make_performance(m, 15, middle, len(motion) - 16), SHOWN)
        for m in (motion, motion.replace(positions=shaken))
    )
    assert calm["heel_rise"].error == pytest.approx(0.1, abs=0.001)
    # 2 cm of a foot of 22 cm, both feet alike, counted twice.
    assert restless["heel_rise"].error == pytest.approx(math.hypot(0.1, 2 * 0.02 / 0.22), rel=0.2)
    assert restless["thigh"].error == calm["thigh"].error


def test_tremble_is_the_noise_on_a_steady_course():
    motion = build_squat(Pose(thigh=5, shank=30, trunk=35), half_s=20.0)
    performance = make_performance(motion, 15, len(motion) // 2, len(motion) - 16)
    steady = np.linspace(0.0, 5.0, len(motion))
    noise = 0.3 * np.random.default_rng(0).normal(size=len(motion))
    assert compute_restlessness(steady, performance) == pytest.approx(0.0, abs=1e-9)
    assert compute_restlessness(steady + noise, performance) == pytest.approx(0.3, rel=0.1)
    assert compute_restlessness(np.full(len(motion), np.nan), performance) == 0.0


def test_from_behind_a_foot_hides_its_own_toes():
    for source in ("supervised+picture", "supervised+picture keypoints", "supervised"):
        lines = calibration_for(source).lines["heel_rise"]
        assert all(lines[view].error >= 0.15 for view in ("back", "back oblique"))
        assert lines["front"].error < 0.12


def test_the_small_eyes_see_no_heels_from_the_side():
    lines = calibration_for(f"supervised+picture{FAST_EYES}").lines["heel_rise"]
    shown = {view: line.reliability > LEAST_RELIABILITY for view, line in lines.items()}
    assert shown == {"front": True, "front oblique": True, "side": False, "back oblique": False, "back": False}


def test_the_small_eyes_have_larger_errors_of_their_own():
    fast, standard = (calibration_for(f"supervised+picture{eyes}") for eyes in (FAST_EYES, ""))
    for name in MEASURES:
        for view in VIEWS:
            assert fast.lines[name][view].error == FAST_ERROR * standard.lines[name][view].error
    assert calibration_for(f"somebody's{FAST_EYES}").source == f"solid{FAST_EYES}"


SHOWN = Calibration("test", {name: dict.fromkeys(VIEWS, Line(0.0, 1.0, 0.1, 1.0)) for name in MEASURES})
