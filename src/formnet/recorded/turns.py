"""Rotations of a body's bones against the room and against their parents, in SMPL's frame."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from formnet.body.data import PARENTS
from formnet.motion import FloatArray
from formnet.skeleton import SMPL_24
from formnet.synth.kinematics import apply


def place_joints(offsets: FloatArray, turns: FloatArray) -> FloatArray:
    """Joints (T, 24, 3) about the pelvis from offsets (24, 3) and global rotations (T, 24, 3, 3)."""
    joints = np.zeros((len(turns), len(SMPL_24), 3))
    for number, parent in enumerate(PARENTS):
        if number:
            joints[:, number] = joints[:, parent] + apply(turns[:, parent], offsets[number])
    return joints


def rotation_onto(source: FloatArray, target: FloatArray) -> FloatArray:
    """Shortest rotations (..., 3, 3) that take the directions `source` (..., 3) to `target`; not for opposite ones."""
    source, target = (part / np.linalg.norm(part, axis=-1, keepdims=True) for part in (source, target))
    axis, cosine = np.cross(source, target), (source * target).sum(axis=-1)
    sine = np.linalg.norm(axis, axis=-1)
    angle = np.arctan2(sine, cosine) / np.maximum(sine, 1e-12)
    flat = Rotation.from_rotvec((axis * angle[..., None]).reshape(-1, 3)).as_matrix()
    return np.asarray(flat.reshape(*source.shape[:-1], 3, 3))


def chain(local: FloatArray) -> FloatArray:
    """Global rotations (T, 24, 3, 3) of rotations in the parents' frames."""
    turns = local.copy()
    for number, parent in enumerate(PARENTS):
        if number:
            turns[:, number] = turns[:, parent] @ local[:, number]
    return turns


def unchain(turns: FloatArray) -> FloatArray:
    """SMPL pose parameters (T, 24, 3) of global rotations."""
    local = turns.copy()
    local[:, 1:] = np.swapaxes(turns[:, list(PARENTS[1:])], -1, -2) @ turns[:, 1:]
    return np.asarray(Rotation.from_matrix(local.reshape(-1, 3, 3)).as_rotvec().reshape(*local.shape[:2], 3))
