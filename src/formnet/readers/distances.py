"""From distances back to joints: what a table of all distances of a frame still knows about the pose."""

from __future__ import annotations

import numpy as np

from formnet.geometry.vectors import compute_unit_vectors
from formnet.motion import FloatArray
from formnet.skeleton import Skeleton


def reconstruct_joints(distances: FloatArray, skeleton: Skeleton) -> FloatArray:
    """Joints (T, J, 3) with these distances (T, J·(J-1)/2; strict upper triangle, row by row).

    Classical multidimensional scaling (Torgerson 1952): the three leading eigenvectors of the doubly centred matrix of
    squared distances. Distances fix a pose up to a turn and a mirror image. The mirror image is settled by anatomy
    (left, up and front must fit a human body); the turn is set by the body, frame by frame: x from the right hip to the
    left, y down from the middle of neck and hips to the middle of the ankles. Gravity itself is not in the distances.
    """
    n_joints = len(skeleton)
    above = np.triu_indices(n_joints, 1)
    squared = np.zeros((len(distances), n_joints, n_joints))
    squared[:, above[0], above[1]] = distances**2
    squared += squared.transpose(0, 2, 1)
    centring = np.eye(n_joints) - 1.0 / n_joints
    values, vectors = np.linalg.eigh(-0.5 * centring @ squared @ centring)
    joints = vectors[:, :, -3:] * np.sqrt(np.maximum(values[:, None, -3:], 0.0))
    return _stand_up(joints, skeleton)


def _stand_up(joints: FloatArray, skeleton: Skeleton) -> FloatArray:
    def at(*names: str) -> FloatArray:
        return np.asarray(joints[:, skeleton.indices(names)].mean(axis=1))

    down = compute_unit_vectors(at("left_ankle", "right_ankle") - at("neck", "left_hip", "right_hip"), degenerate=0.0)
    left = at("left_hip") - at("right_hip")
    left = compute_unit_vectors(left - down * (left * down).sum(axis=-1, keepdims=True), degenerate=0.0)
    back = np.cross(left, down)
    # The eyes lie in front of the ears and the knees bend forward; where both point back, the body is mirrored.
    face = at("nose", "left_eye", "right_eye") - at("left_ear", "right_ear")
    knees = at("left_knee", "right_knee") - at("left_hip", "right_hip", "left_ankle", "right_ankle")
    mirrored = ((face + knees) * back).sum(axis=-1) > 0
    back[mirrored] *= -1.0
    centred = joints - at("left_hip", "right_hip")[:, None]
    return np.einsum("tjd,tkd->tjk", centred, np.stack([left, down, back], axis=1))
