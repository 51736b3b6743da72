"""A first pose by geometry alone: whole body from hips and shoulders, limbs as hinged chains.

All in SMPL's frame: x left, y up, z forwards.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from formnet.body.model import TO_WORLD, Body
from formnet.conversion import convert_motion
from formnet.errors import InputError
from formnet.geometry.vectors import compute_unit_vectors
from formnet.lifting.fitting.points import is_smpl_like
from formnet.motion import FloatArray, Motion
from formnet.skeleton import BLAZEPOSE_33, SMPL_24, Skeleton

_NEEDED = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
_USED = Skeleton(
    "warm_start",
    (
        *_NEEDED, "spine2", "nose",
        *(f"{side}_{joint}" for side in ("left", "right")
          for joint in ("elbow", "wrist", "knee", "ankle", "foot_index", "ear")),
    ),
)  # fmt: skip
# Chain → joint it hangs on, its hinge axis in the rest pose (right-handed when bending).
_CHAINS = {
    ("left_hip", "left_knee", "left_ankle"): ("pelvis", (1.0, 0.0, 0.0)),
    ("right_hip", "right_knee", "right_ankle"): ("pelvis", (1.0, 0.0, 0.0)),
    ("left_shoulder", "left_elbow", "left_wrist"): ("spine3", (0.0, -1.0, 0.0)),
    ("right_shoulder", "right_elbow", "right_wrist"): ("spine3", (0.0, 1.0, 0.0)),
}
_STRAIGHT = 0.2
"""Sine of the bend below which a chain's own plane counts less than the one it would have without twist."""
_J = SMPL_24.index


def relaxed_pose() -> FloatArray:
    """(24, 3) axis-angle of somebody standing with hanging arms: what is assumed of limbs nobody saw."""
    pose = np.zeros((len(SMPL_24), 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        pose[_J(f"{side}_shoulder"), 2] = sign * np.radians(-70)
        pose[_J(f"{side}_elbow"), 1] = sign * np.radians(-20)
    return pose


def estimate_rotations(body: Body, betas: FloatArray, motion: Motion) -> FloatArray:
    """Rotations (T, 24, 3, 3) in their parents' frames, from smooth joints without gaps.

    Raises:
        InputError: when hips or shoulders are never seen.
    """
    joints = convert_motion(motion, _USED, allow_missing=True)
    absent = [name for name in _NEEDED if joints.missing[:, _USED.index(name)].any()]
    if absent:
        raise InputError(
            f"a body cannot be fitted without {', '.join(absent)}; use a pose source that sees hips and shoulders"
        )
    seen = {name: joints.joint(name) * TO_WORLD for name in _USED.joints}
    rest = _rest_points(body, betas, is_smpl_like(motion.skeleton))
    local = np.broadcast_to(Rotation.from_rotvec(relaxed_pose()).as_matrix(), (len(motion), len(SMPL_24), 3, 3)).copy()
    pelvis, chest = (
        _turn(*(_lateral_and_up(points, joint) for points in (rest, seen))) for joint in ("hip", "shoulder")
    )
    local[:, 0] = pelvis
    _spread(local, pelvis, chest, ("spine1", "spine2", "spine3"))
    if all(np.isfinite(seen[name]).all() for name in ("left_ear", "right_ear", "nose")):
        head = _turn(*((p["left_ear"] - p["right_ear"], 2 * p["nose"] - p["left_ear"] - p["right_ear"])
                       for p in (rest, seen)))  # fmt: skip
        _spread(local, chest, head, ("neck", "head"))
    holders = {"pelvis": pelvis, "spine3": chest}
    for (top, middle, end), (holder, axis) in _CHAINS.items():
        if np.isfinite(seen[middle]).all() and np.isfinite(seen[end]).all():
            _pose_chain(local, holders[holder], rest, seen, (top, middle, end), np.array(axis))
    return local


def follow_rotations(axis_angle: FloatArray) -> FloatArray:
    """The same rotations (T, ..., 3), each as the vector nearest to the frame before: no jumps at half turns."""
    followed = axis_angle.copy()
    for frame in range(1, len(followed)):
        here = followed[frame]
        angle = np.maximum(np.linalg.norm(here, axis=-1, keepdims=True), 1e-9)
        turns = np.round(((followed[frame - 1] * here).sum(-1, keepdims=True) / angle - angle) / (2 * np.pi))
        followed[frame] = here * (1 + 2 * np.pi * turns / angle)
    return followed


def _rest_points(body: Body, betas: FloatArray, smpl_like: bool) -> dict[str, FloatArray]:
    points = dict(zip(BLAZEPOSE_33.joints, body.landmarks(betas) * TO_WORLD, strict=True))
    for name, place in zip(SMPL_24.joints, body.joints(betas) * TO_WORLD, strict=True):
        if smpl_like or not name.endswith("foot_index"):
            points[name] = place
    return points


def _lateral_and_up(points: dict[str, FloatArray], joint: str) -> tuple[FloatArray, FloatArray]:
    left, right = points[f"left_{joint}"], points[f"right_{joint}"]
    middle = (left + right) / 2
    up = points["spine2"] - middle
    return left - right, up if joint == "hip" else -up


def _frame(first: FloatArray, second: FloatArray) -> FloatArray:
    """Frames (..., 3, 3) with columns: along `first`, `second` made square to it, their product."""
    first = compute_unit_vectors(first, degenerate=0.0)
    second = compute_unit_vectors(second - (second * first).sum(-1, keepdims=True) * first, degenerate=0.0)
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def _turn(rest: tuple[FloatArray, FloatArray], seen: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Rotation (T, 3, 3) that takes a pair of directions at rest to those seen."""
    return _frame(*seen) @ _frame(*rest).T


def _spread(local: FloatArray, lower: FloatArray, upper: FloatArray, joints: tuple[str, ...]) -> None:
    """Shares the rotation between two parts evenly among the joints between them."""
    between = Rotation.from_matrix(np.swapaxes(lower, 1, 2) @ upper).as_rotvec() / len(joints)
    for joint in joints:
        local[:, _J(joint)] = Rotation.from_rotvec(between).as_matrix()


def _pose_chain(
    local: FloatArray,
    holder: FloatArray,
    rest: dict[str, FloatArray],
    seen: dict[str, FloatArray],
    chain: tuple[str, str, str],
    axis: FloatArray,
) -> None:
    top, middle, end = chain
    upper = compute_unit_vectors(seen[middle] - seen[top], degenerate=0.0)
    lower = compute_unit_vectors(seen[end] - seen[middle], degenerate=0.0)
    upper_rest, lower_rest = rest[middle] - rest[top], rest[end] - rest[middle]
    # The plane of bending; of a straight limb, the plane it would bend in had it swung there without twist.
    hanging = compute_unit_vectors(upper_rest, degenerate=0.0)
    hinge = np.cross(upper, lower) + _STRAIGHT * _swing(holder @ hanging, upper, holder @ axis)
    rest_axes = tuple((bone, axis) for bone in (upper_rest, lower_rest))
    of_upper, of_lower = (
        _turn(at_rest, (bone, hinge)) for at_rest, bone in zip(rest_axes, (upper, lower), strict=True)
    )
    local[:, _J(top)] = np.swapaxes(holder, 1, 2) @ of_upper
    local[:, _J(middle)] = np.swapaxes(of_upper, 1, 2) @ of_lower
    toe = f"{top.partition('_')[0]}_foot_index"
    if end.endswith("ankle") and np.isfinite(seen[toe]).all():
        of_foot = _turn((rest[toe] - rest[end], axis), (seen[toe] - seen[end], hinge))
        local[:, _J(end)] = np.swapaxes(of_lower, 1, 2) @ of_foot


def _swing(start: FloatArray, goal: FloatArray, vectors: FloatArray) -> FloatArray:
    """`vectors` (T, 3) carried along by the shortest rotation from the unit vectors `start` to `goal`."""
    axis = np.cross(start, goal)
    cosine = (start * goal).sum(-1, keepdims=True)
    along = (axis * vectors).sum(-1, keepdims=True)
    # Opposite directions have no shortest rotation: any will do.
    return cosine * vectors + np.cross(axis, vectors) + axis * along / np.maximum(1 + cosine, 1e-6)
