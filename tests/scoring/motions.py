"""Motions with known answers for the scoring tests."""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.skeleton import BLAZEPOSE_33, COCO_17, KINECT_22, Skeleton

_REST = {
    "pelvis": (0.0, 0.0, 0.0), "spine1": (0.0, -0.12, 0.0), "spine2": (0.0, -0.22, 0.0), "spine3": (0.0, -0.32, 0.0),
    "neck": (0.0, -0.5, 0.0), "head": (0.0, -0.65, 0.0), "head_top": (0.0, -0.78, 0.0), "nose": (0.0, -0.62, -0.1),
    "left_collar": (0.08, -0.45, 0.0), "left_shoulder": (0.18, -0.48, 0.0), "left_elbow": (0.2, -0.2, 0.02),
    "left_wrist": (0.2, 0.04, -0.04), "left_hip": (0.1, 0.02, 0.0), "left_knee": (0.12, 0.44, -0.03),
    "left_ankle": (0.12, 0.84, 0.0), "left_heel": (0.12, 0.88, 0.05), "left_foot_index": (0.13, 0.89, -0.15),
    "left_eye": (0.03, -0.65, -0.09), "left_ear": (0.07, -0.64, 0.0), "left_eye_inner": (0.02, -0.65, -0.09),
    "left_eye_outer": (0.045, -0.65, -0.085), "left_mouth": (0.03, -0.58, -0.09), "left_pinky": (0.2, 0.1, -0.05),
    "left_index": (0.2, 0.1, -0.08), "left_thumb": (0.19, 0.08, -0.08),
    "left_hand": (0.2, 0.1, -0.06),
}  # fmt: skip


def rest_pose(skeleton: Skeleton) -> FloatArray:
    """(J, 3) a person facing the camera, in metres, y down."""
    places = []
    for joint in skeleton.joints:
        if joint.startswith("right_"):
            x, y, z = _REST["left_" + joint.removeprefix("right_")]
            places.append((-x, y, z))
        else:
            places.append(_REST[joint])
    return np.array(places)


def turn(positions: FloatArray, axis: int, angle_deg: float | FloatArray) -> FloatArray:
    """Positions (T, J, 3) turned about an axis by an angle for each frame."""
    angle = np.broadcast_to(np.radians(angle_deg), positions.shape[:1])
    c, s, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    rows = {
        0: [(one, zero, zero), (zero, c, -s), (zero, s, c)],
        1: [(c, zero, s), (zero, one, zero), (-s, zero, c)],
        2: [(c, -s, zero), (s, c, zero), (zero, zero, one)],
    }[axis]
    matrix = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    return np.einsum("tij,tkj->tki", matrix, positions)


def swing(motion: Motion, joint: str, axis: int, angle_deg: float | FloatArray) -> Motion:
    """The motion with everything beyond a joint turned about it."""
    skeleton = motion.skeleton

    def hangs_from(name: str) -> bool:
        # Where there is no pelvis, hips hang from shoulders; arms do not carry them all the same.
        parent = None if name.endswith("_hip") else skeleton.parent(name)
        return parent is not None and (parent == joint or hangs_from(parent))

    moved = skeleton.indices([name for name in skeleton.joints if hangs_from(name)])
    positions = motion.positions.copy()
    pivot = positions[:, [skeleton.index(joint)]]
    positions[:, moved] = turn(positions[:, moved] - pivot, axis, angle_deg) + pivot
    return motion.replace(positions=positions)


def still(skeleton: Skeleton = KINECT_22, n_frames: int = 90, fps: float = 30.0) -> Motion:
    """Somebody who stands."""
    positions = np.repeat(rest_pose(skeleton)[None], n_frames, axis=0)
    return Motion(positions, np.ones(positions.shape[:2]), np.arange(n_frames) / fps, skeleton)


def waving(skeleton: Skeleton = KINECT_22, n_frames: int = 90, fps: float = 30.0) -> Motion:
    """Left arm up sideways once, right thigh up twice: nothing about it is symmetric in space or time."""
    x = np.linspace(0, 1, n_frames)
    motion = swing(still(skeleton, n_frames, fps), "left_shoulder", 2, -80 * np.sin(np.pi * x) ** 2)
    motion = swing(motion, "left_elbow", 0, -40 * np.sin(np.pi * x))
    return swing(motion, "right_hip", 0, -45 * np.sin(2 * np.pi * x**1.3) ** 2)


def in_picture(motion: Motion, skeleton: Skeleton = COCO_17) -> Motion:
    """Seen straight from the front in pixels, 300 pixels a metre."""
    chosen = motion.select(skeleton)
    return chosen.replace(positions=chosen.positions[..., :2] * 300 + [400, 350], unit="pixel")


def waving_in_picture(n_frames: int = 60) -> Motion:
    """`waving` on COCO-17 in pixels."""
    return in_picture(waving(BLAZEPOSE_33, n_frames))
