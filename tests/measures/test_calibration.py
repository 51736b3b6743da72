"""Measurements: lines undo what a source does, errors say what is left, and what is hidden is not shown."""

import math

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.measures.base import RawValue
from formnet.measures.calibration import (
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
from tests.measures.stick_figure import Pose, build_squat


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
