"""Backs whose bend is known, drawn as silhouettes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from formnet.pose.blazepose.landmarks import Silhouette
from formnet.pose.blazepose.region import Region
from formnet.pose.outline import HIGH, LOW, MIDDLE, compute_bend_deg, is_arm_behind, place_back, trace_back
from formnet.skeleton import BLAZEPOSE_33

LENGTH, SIDE = 200.0, 800


def parabola(sagitta: float):
    return lambda along: 0.12 + sagitta * (1 - (2 * along - 1) ** 2)


def ellipse(bulge: float):
    return lambda along: bulge * np.sqrt(np.clip(1 - ((along - 0.45) / 0.9) ** 2, 0, None))


def drawn_back(back, *, lean_deg: float = 30.0, faces_left: bool = False, fold_px: int = 0):
    """A trunk of 200 pixels whose back lies `back(along)` trunk lengths behind its line; silhouette and joints."""
    along = np.linspace(-0.2, 1.1, 120)
    outline = np.concatenate([np.stack([-back(along), along], 1), np.stack([np.full(120, 0.2), along[::-1]], 1)])
    places = {"hip": (0, 0), "shoulder": (0, 1), "heel": (-0.1, -1), "foot_index": (0.3, -1)}
    joints = np.array(
        [next((xy for name, xy in places.items() if joint.endswith(name)), (0.3, 0.5)) for joint in BLAZEPOSE_33.joints]
    )
    lean = np.radians(lean_deg)
    turn = np.array([[np.cos(lean), np.sin(lean)], [np.sin(lean), -np.cos(lean)]])
    sign = np.array([-1.0 if faces_left else 1.0, 1.0])

    def to_picture(points: np.ndarray) -> np.ndarray:
        return 400 + LENGTH * (points @ turn.T) * sign

    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(mask, [to_picture(outline).round().astype(np.int32)], 1)
    if fold_px:
        cv2.circle(mask, tuple(to_picture(np.array([-0.12, 0.35])).round().astype(int).tolist()), fold_px, 1, -1)
    return Silhouette(mask.astype(np.float32), Region(SIDE / 2, SIDE / 2, SIDE)), to_picture(joints)


def trace(silhouette, joints):
    return trace_back(silhouette.sample, joints, SIDE, SIDE)


def true_bend_deg(back) -> float:
    ends = np.array([LOW, MIDDLE, HIGH])
    lower, upper = np.degrees(np.arctan(np.diff(back(ends)) / np.diff(ends)))
    return float(lower - upper)


@pytest.mark.parametrize("back", [parabola(s) for s in (-0.08, 0.0, 0.1, 0.15)] + [ellipse(0.2), ellipse(0.35)])
@pytest.mark.parametrize(("lean_deg", "faces_left"), [(0.0, False), (30.0, True), (50.0, False)])
def test_the_bend_of_a_known_back(back, lean_deg, faces_left):
    silhouette, joints = drawn_back(back, lean_deg=lean_deg, faces_left=faces_left)
    traced = trace(silhouette, joints)
    bend_deg, roughness = compute_bend_deg(traced)
    assert bend_deg == pytest.approx(true_bend_deg(back), abs=2.0)
    assert roughness < 0.006
    on_it = place_back(traced, joints)
    just_inside, just_outside = (silhouette.sample(on_it[None] + step * (joints[0] - on_it) * 0.1) for step in (1, -1))
    assert just_inside.mean() > 0.9 > 0.1 > just_outside.mean()


def test_an_arm_behind_the_back_is_told_and_one_before_it_is_not():
    silhouette, joints = drawn_back(parabola(0.1))
    traced = trace(silhouette, joints)
    assert not is_arm_behind(joints, traced)
    behind = joints.copy()
    hips = joints[BLAZEPOSE_33.index("left_hip")]
    behind[BLAZEPOSE_33.index("left_elbow")] = hips - 0.5 * LENGTH * np.array([np.cos(np.radians(30)), 0.3])
    assert is_arm_behind(behind, traced)


def test_no_back_where_joints_are_missing_the_person_never_ends_or_the_picture_does():
    silhouette, joints = drawn_back(parabola(0.1))
    missing = joints.copy()
    missing[BLAZEPOSE_33.index("left_hip")] = np.nan
    everywhere = Silhouette(np.ones((SIDE, SIDE), np.float32), silhouette.region)
    # The picture's left edge runs through the trunk.
    cut_px = joints[BLAZEPOSE_33.index("left_hip"), 0] - 10
    for traced in (
        trace(silhouette, missing),
        trace(everywhere, joints),
        trace_back(lambda places: silhouette.sample(places + np.array([cut_px, 0])), joints - [cut_px, 0], SIDE, SIDE),
    ):
        assert np.isnan(compute_bend_deg(traced)[0])


def test_a_fold_bends_no_back_and_makes_it_rough():
    plain, folded = (compute_bend_deg(trace(*drawn_back(parabola(0.0), fold_px=size))) for size in (0, 14))
    assert abs(folded[0] - plain[0]) < 6
    assert folded[1] > 2 * plain[1]
