"""The drawn person is a person to the real estimator, from every side."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from formnet.body import load_body
from formnet.pose.estimator import create_estimator
from formnet.pose.video import Frame
from formnet.skeleton import BLAZEPOSE_33, SMPL_24
from formnet.synth.appearance import plain_appearance
from formnet.synth.camera import orbit_camera
from formnet.synth.render import render_frames

LEGS = [BLAZEPOSE_33.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("hip", "knee", "ankle")]


@pytest.fixture(scope="module")
def estimator(pose_model):
    return create_estimator(model=pose_model)


def squatting(depth_deg: float) -> np.ndarray:
    """A squat (1, 24, 3) with feet flat, knees apart and arms forward."""
    pose = np.zeros((24, 3))
    lean = 0.35 * depth_deg
    pose[SMPL_24.index("pelvis"), 0] = np.radians(lean)
    for side, sign in (("left", 1), ("right", -1)):
        hip = Rotation.from_euler("yx", [sign * 18, -0.95 * depth_deg], degrees=True)
        pose[SMPL_24.index(f"{side}_hip")] = hip.as_rotvec()
        pose[SMPL_24.index(f"{side}_knee"), 0] = np.radians(depth_deg)
        pose[SMPL_24.index(f"{side}_ankle"), 0] = -np.radians(lean + 0.05 * depth_deg)
        arm = Rotation.from_euler("x", -lean, degrees=True) * Rotation.from_euler("y", -85 * sign, degrees=True)
        pose[SMPL_24.index(f"{side}_shoulder")] = arm.as_rotvec()
    pose[SMPL_24.index("head"), 0] = -np.radians(0.6 * lean)
    return pose[None]


@pytest.mark.parametrize("yaw", range(0, 360, 45))
@pytest.mark.parametrize("depth", [0, 105])
def test_estimator_finds_the_person(estimator, yaw, depth):
    body = load_body()
    betas = np.random.default_rng(yaw + depth).normal(scale=0.8, size=len(body.shape_names))
    posed = body.pose(betas, squatting(depth), np.zeros((1, 3)))
    posed = body.pose(betas, squatting(depth), np.array([[0.0, -posed.vertices[0, :, 1].max(), 0.0]]))
    camera = orbit_camera(yaw, 3.0, 1.1, focal_px=560)
    frame = next(render_frames(posed, body, camera, plain_appearance()))
    found = estimator.estimate([Frame(0.0, frame)]).image
    places, seen = found.positions[0], found.confidence[0]
    off = np.linalg.norm(places - camera.project(posed.landmarks[0]), axis=1) / (camera.focal_px * 1.72 / 3.0)
    near = LEGS[:3] if yaw < 180 else LEGS[3:]
    assert seen[near].min() > 0.7
    assert np.median(off[LEGS]) < 0.035
    # Front and back are not mistaken for each other: left stays on the left.
    across = places[[23, 24], 0]
    truth = camera.project(posed.landmarks[0, [23, 24]])[:, 0]
    if yaw % 180 < 60 or yaw % 180 > 120:
        assert (across[0] > across[1]) == (truth[0] > truth[1])
