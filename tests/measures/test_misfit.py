"""Joints that lie on something else than the person's body."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.measures.knees import INSIDE_FOOT
from formnet.measures.misfit import describe_misfit
from formnet.measures.performance import Performance, make_performance
from formnet.motion import Motion
from tests.measures.stick_figure import Pose, build_squat

BOTTOM = 45


def perform(motion: Motion) -> Performance:
    return make_performance(motion, 15, BOTTOM, 75)


def shortened(share: float, sides: tuple[str, ...] = ("left", "right")) -> Motion:
    """A squat in which thighs shrink to a share of their length on the way down, as joints on a plate do."""
    motion = build_squat(Pose(thigh=0, shank=30, trunk=30))
    positions = motion.positions.copy()
    depth = np.clip(1 - np.abs(np.arange(len(motion)) - BOTTOM) / 30, 0, 1)[:, None]
    for side in sides:
        hip, knee = (motion.joint(f"{side}_{joint}") for joint in ("hip", "knee"))
        shift = (1 - share) * depth * (hip - knee)
        for joint in ("knee", "ankle", "heel", "foot_index"):
            positions[:, motion.skeleton.index(f"{side}_{joint}")] += shift
    return motion.replace(positions=positions)


@pytest.mark.parametrize("share", [1.0, 0.75])
def test_a_body_keeps_its_lengths(share: float) -> None:
    assert describe_misfit(perform(shortened(share))) == ""


def test_joints_on_a_plate_are_told_by_a_thigh_that_shrinks() -> None:
    said = describe_misfit(perform(shortened(0.4)))
    assert said == "the joints do not lie on the body: the left thigh has 42% of its length there"


def test_a_leg_behind_the_other_tells_nothing() -> None:
    motion = shortened(0.4, ("left",))
    sure = motion.confidence.copy()
    sure[:, [n for n, name in enumerate(motion.skeleton.joints) if name.startswith("left_")]] = 0.2
    assert describe_misfit(perform(motion.replace(confidence=sure))) == ""


def test_a_knee_that_is_guessed_does_not_tell_where_both_are() -> None:
    """The left knee falls inwards, but nobody saw it."""
    motion = build_squat(Pose(thigh=0, shank=30, trunk=30))
    positions, sure = motion.positions.copy(), motion.confidence.copy()
    left = motion.skeleton.index("left_knee")
    positions[30:60, left, 0] -= 0.1
    both = perform(motion.replace(positions=positions))
    sure[:, left] = 0.3
    one = perform(motion.replace(positions=positions, confidence=sure))
    assert both.sides_showing("knee") == ("left", "right")
    assert one.sides_showing("knee") == ("right",)
    assert np.nanmax(INSIDE_FOOT(both)[30:60]) > 5
    assert np.nanmax(INSIDE_FOOT(one)[30:60]) == pytest.approx(0, abs=1e-6)
    sure[:, motion.skeleton.index("right_knee")] = 0.3
    assert perform(motion.replace(confidence=sure)).sides_showing("knee") == ("left", "right")
