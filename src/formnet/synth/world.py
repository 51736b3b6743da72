"""From the solvers' frame into formnet's world, and on to landmarks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.body.model import TO_WORLD, Body
from formnet.synth.kinematics import Array
from formnet.synth.squat import Posture

_CHUNK = 256


def to_world(posture: Posture) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """SMPL pose parameters, the pelvis' place and all joints in formnet's world (y down)."""
    joints = (posture.joints * TO_WORLD).astype(np.float32)
    return posture.axis_angle().astype(np.float32), joints[:, :, 0].copy(), joints


def pose_landmarks(
    body: Body, betas: Array, poses: NDArray[np.float32], translation: NDArray[np.float32]
) -> NDArray[np.float32]:
    """BlazePose landmarks (N, T, 33, 3) in the world, metres, of N bodies over T frames."""
    chunks = [
        body.pose_joints(betas[i : i + _CHUNK], poses[i : i + _CHUNK], translation[i : i + _CHUNK])[1]
        for i in range(0, len(poses), _CHUNK)
    ]
    return np.concatenate(chunks)
