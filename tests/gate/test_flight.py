"""Jumps: feet that leave the floor in the picture beside a repetition."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.gate import recognise_all
from formnet.gate.flight import read_flight
from formnet.measures.performance import make_performance
from formnet.motion import FloatArray, Motion
from tests.measures.stick_figure import SPAN, Pose, build_squat

LEG_PX = 300.0
TAKE_OFF_S, LANDS_S = 2.55, 2.95


def parabola(times_s: FloatArray, height_px: float, start_s: float = TAKE_OFF_S, stop_s: float = LANDS_S) -> FloatArray:
    share = np.clip((times_s - start_s) / (stop_s - start_s), 0.0, 1.0)
    return 4 * height_px * share * (1 - share)


def filmed(feet_up_px: FloatArray, hips_up_px: FloatArray) -> Motion:
    """A squat in the picture of which hips and feet rise so far; the squat itself lowers the hips by half a leg."""
    squat = build_squat(Pose(thigh=0, shank=30, trunk=30))
    times_s, skeleton = squat.timestamps, squat.skeleton
    down_px = 0.5 * LEG_PX * np.clip(1 - np.abs(times_s - SPAN.bottom_s), 0, None)
    places = np.zeros((len(times_s), len(skeleton), 2))
    for number, joint in enumerate(skeleton.joints):
        is_foot = joint.endswith(("ankle", "heel", "foot_index"))
        places[:, number, 1] = LEG_PX - feet_up_px if is_foot else down_px - hips_up_px
    return Motion(places, np.ones(places.shape[:2]), times_s, skeleton, "pixel")


def performance():  # type: ignore[no-untyped-def]
    return make_performance(
        build_squat(Pose(thigh=0, shank=30, trunk=30)), SPAN.start, SPAN.bottom, SPAN.end, SPAN.bottom_s
    )


TIMES_S = build_squat(Pose(thigh=0, shank=30, trunk=30)).timestamps
STILL = np.zeros(len(TIMES_S))


def test_a_flight_is_as_high_as_the_feet_rise() -> None:
    up = parabola(TIMES_S, 0.4 * LEG_PX)
    assert read_flight(performance(), filmed(up, up)) == pytest.approx(0.4, abs=0.02)


def test_feet_that_stay_and_feet_that_are_lifted_are_no_flight() -> None:
    up = parabola(TIMES_S, 0.4 * LEG_PX)
    assert read_flight(performance(), filmed(STILL, STILL)) == 0.0
    assert read_flight(performance(), filmed(up, STILL)) < 0.1


def test_a_camera_that_is_moved_does_not_make_a_flight() -> None:
    """For longer than anybody stays in the air, or without coming back."""
    slow = parabola(TIMES_S, 0.4 * LEG_PX, 0.3, 2.9)
    gone = 0.4 * LEG_PX * np.clip((TIMES_S - 2.4) / 0.3, 0, 1)
    for shift in (slow, gone):
        assert read_flight(performance(), filmed(shift, shift)) == 0.0


def test_unseen_feet_tell_nothing() -> None:
    image = filmed(STILL, STILL)
    sure = image.confidence.copy()
    sure[:, [n for n, joint in enumerate(image.skeleton.joints) if joint.endswith(("ankle", "heel", "foot_index"))]] = (
        0.1
    )
    assert np.isnan(read_flight(performance(), image.replace(confidence=sure)))


def test_hips_below_the_feet_tell_nothing() -> None:
    assert np.isnan(read_flight(performance(), filmed(STILL + 2 * LEG_PX, STILL)))


def test_a_dip_before_a_jump_is_no_squat() -> None:
    squat = build_squat(Pose(thigh=0, shank=30, trunk=30))
    up = parabola(TIMES_S, 0.35 * LEG_PX)
    (jump,) = recognise_all(squat, [SPAN], filmed(up, up))
    assert jump.name == "jump"
    assert "leave the floor by 0.3" in jump.reason
    hop = parabola(TIMES_S, 0.1 * LEG_PX)
    assert recognise_all(squat, [SPAN], filmed(hop, hop))[0].is_squat
