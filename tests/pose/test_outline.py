"""Backs whose bend is known, drawn as silhouettes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from formnet.pose.outline import HIGH, LOW, measure_back_bend_deg
from formnet.skeleton import BLAZEPOSE_33

LENGTH = 200.0


def drawn_back(sagitta: float, *, lean_deg: float = 30.0, faces_left: bool = False, fold_px: int = 0):
    """A trunk of 200 pixels whose back is a parabola that bulges by `sagitta` trunk lengths; mask and joints."""
    along = np.linspace(-0.2, 1.1, 60)
    back = 0.12 + sagitta * (1 - (2 * along - 1) ** 2)
    outline = np.concatenate([np.stack([-back, along], 1), np.stack([np.full(60, 0.2), along[::-1]], 1)])
    places = {"hip": (0, 0), "shoulder": (0, 1), "heel": (-0.1, -1), "foot_index": (0.3, -1)}
    joints = np.array(
        [next((xy for name, xy in places.items() if joint.endswith(name)), (0.3, 0.5)) for joint in BLAZEPOSE_33.joints]
    )
    lean = np.radians(lean_deg)
    turn = np.array([[np.cos(lean), np.sin(lean)], [np.sin(lean), -np.cos(lean)]])
    sign = np.array([-1.0 if faces_left else 1.0, 1.0])

    def to_picture(points: np.ndarray) -> np.ndarray:
        return 400 + LENGTH * (points @ turn.T) * sign

    mask = np.zeros((800, 800), np.uint8)
    cv2.fillPoly(mask, [to_picture(outline).round().astype(np.int32)], 1)
    if fold_px:
        cv2.circle(mask, tuple(to_picture(np.array([-0.12, 0.35])).round().astype(int).tolist()), fold_px, 1, -1)
    return mask.astype(float), to_picture(joints)


def true_bend_deg(sagitta: float) -> float:
    slope = [4 * sagitta * (1 - 2 * share) for share in (LOW, HIGH)]
    return float(np.degrees(np.arctan(slope[0]) - np.arctan(slope[1])))


@pytest.mark.parametrize("sagitta", [-0.08, 0.0, 0.1, 0.15])
@pytest.mark.parametrize(("lean_deg", "faces_left"), [(0.0, False), (30.0, True), (50.0, False)])
def test_the_bend_of_a_known_back(sagitta, lean_deg, faces_left):
    found = measure_back_bend_deg(*drawn_back(sagitta, lean_deg=lean_deg, faces_left=faces_left))
    assert found == pytest.approx(true_bend_deg(sagitta), abs=4.0)


def test_an_arm_or_a_large_thing_behind_the_back_is_not_judged():
    mask, joints = drawn_back(0.1)
    behind = joints.copy()
    # Far up and back from the trunk's line, as hands that hold a bar.
    hips = joints[BLAZEPOSE_33.index("left_hip")]
    behind[BLAZEPOSE_33.index("left_elbow")] = hips - 0.5 * LENGTH * np.array([np.cos(np.radians(30)), 0.3])
    assert np.isnan(measure_back_bend_deg(mask, behind))
    assert np.isnan(measure_back_bend_deg(np.ones_like(mask), joints))
    missing = joints.copy()
    missing[BLAZEPOSE_33.index("left_hip")] = np.nan
    assert np.isnan(measure_back_bend_deg(mask, missing))


def test_a_fold_in_the_outline_bends_no_back():
    with_fold = drawn_back(0.0, fold_px=14)
    assert (with_fold[0] != drawn_back(0.0)[0]).sum() > 100
    assert abs(measure_back_bend_deg(*with_fold)) < 5
