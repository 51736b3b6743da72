"""At which moments a back is looked at."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.pose.blazepose.watch import Watch
from formnet.skeleton import BLAZEPOSE_33

TRUNK_PX = 100.0


def joints_at(hips_px: float, width_px: float) -> np.ndarray:
    joints = np.zeros((33, 2))
    for side, sign in (("left", -0.5), ("right", 0.5)):
        joints[BLAZEPOSE_33.index(f"{side}_hip")] = sign * width_px, hips_px
        joints[BLAZEPOSE_33.index(f"{side}_shoulder")] = sign * width_px, hips_px - TRUNK_PX
    return joints


def look(hips_px: np.ndarray, fps: float, width_px: float = 15.0) -> np.ndarray:
    """Times of the looks at a person whose hips take this way, with a tremble of a two-hundredth of the trunk."""
    watch, looks = Watch(), []
    tremble = np.random.default_rng(0).normal(0, 0.005 * TRUNK_PX, len(hips_px))
    for number, y in enumerate(hips_px + tremble):
        time_s = number / fps
        wanted = watch.wants(time_s)
        watch.tell(joints_at(y, width_px), time_s, was_outlined=wanted)
        looks += [time_s] if wanted else []
    return np.array(looks)


def squats(fps: float, way_s: float, count: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Hips' heights (pixels, downwards) of squats with a second of standing around each, and times of their bottoms."""
    one = np.concatenate([np.zeros(round(fps)), 0.5 - 0.5 * np.cos(np.linspace(0, 2 * np.pi, round(2 * way_s * fps)))])
    path = np.concatenate([*[one] * count, np.zeros(round(fps))])
    return 300 + 0.9 * TRUNK_PX * path, np.arange(count) * len(one) / fps + 1 + way_s


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
@pytest.mark.parametrize("way_s", [0.6, 1.0, 3.0])
def test_every_bottom_and_the_standing_are_looked_at_twice(fps, way_s):
    path, bottoms_s = squats(fps, way_s)
    looks = look(path, fps)
    share = (path[np.round(looks * fps).astype(int)] - 300) / (0.9 * TRUNK_PX)
    for bottom_s in bottoms_s:
        near = np.abs(looks - bottom_s) < way_s
        assert (share[near] > 0.8).sum() >= 2
    assert (share < 0.1).sum() >= 2
    # A look costs nearly as much as another picture.
    assert len(looks) <= 8 * len(bottoms_s)


def test_who_is_not_seen_from_the_side_is_not_looked_at():
    path, _ = squats(30.0, 1.0)
    assert len(look(path, 30.0, width_px=0.75 * TRUNK_PX)) == 0


def test_who_stands_is_looked_at_now_and_then_only():
    assert 2 <= len(look(np.full(600, 300.0), 30.0)) <= 10
