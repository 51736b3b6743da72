"""Feet that stand, stand: the pelvis travels as the planted legs say, and no foot slides.

All in SMPL's frame: x left, y up, z forwards, the floor at y = 0. Depth cameras lift the feet of who squats by
centimetres and turn them at will: a foot stands that is slow and not far up, and it lies flat. What both legs disagree
about tilts the pelvis a little; of what is left, height raises the heel of the upper foot as in a lunge, and the rest
bends the knees. A straight leg that is a centimetre too long bends by 17°, so the order matters.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.spatial.transform import Rotation

from formnet.geometry.paths import find_runs
from formnet.motion import FloatArray
from formnet.recorded.turns import place_joints, rotation_onto
from formnet.skeleton import SMPL_24
from formnet.synth.anatomy import Anatomy
from formnet.synth.kinematics import dot, normalise_vectors, rotation_about, two_bone_chain

_SIDES = ("left", "right")
_SLOW_M_S = 0.3
_LOW_M = 0.15
"""A foot that is faster, or higher over where it is lowest, does not stand."""
_SHORTEST_S = 0.25
"""Shorter stands and steps are noise."""
_TILT_DEG = 12.0
"""How far the pelvis tilts for the legs to agree."""
_FLAT_M, _HIGHEST_SINE = 0.02, 0.95
"""A heel that would rise less than this stays down; and how steep a foot gets on its ball."""
_STRAIGHTEST = 0.9995
_HINGE_SHARE = 0.2
"""How much the thigh's own front counts beside the bend of the leg for where the knee points."""
Feet = Mapping[str, FloatArray]


def find_contacts(feet: Feet, step_s: float) -> NDArray[np.bool_]:
    """(T, 2) whether the left and the right foot stand; of two feet in the air the slower one is said to.

    Args:
        feet: side → (T, 2, 3) ankle and toe in the room.
    """
    ankles = np.stack([feet[side][:, 0] for side in _SIDES], axis=1)
    speed = np.linalg.norm(np.gradient(ankles, step_s, axis=0), axis=-1)
    height = ankles[..., 1] - np.quantile(ankles[..., 1], 0.05, axis=0)
    # The majority over a short while.
    stands = _average(((speed < _SLOW_M_S) & (height < _LOW_M)).astype(float), step_s) > 0.5
    slower, lost = np.argmin(speed + height / _SHORTEST_S, axis=1), ~stands.any(axis=1)
    stands[lost, slower[lost]] = True
    return stands


def plant_feet(
    anatomy: Anatomy, turns: FloatArray, feet: Feet, contacts: NDArray[np.bool_], step_s: float
) -> FloatArray:
    """Puts a body on the floor; the rotations of pelvis, legs and feet are changed in place.

    Args:
        anatomy: of one person.
        turns: (T, 24, 3, 3) global rotations.
        feet: side → (T, 2, 3) recorded ankle and toe.
        contacts: (T, 2), see `find_contacts`.

    Returns:
        Joints (T, 24, 3); the middle of the ankles begins at x = z = 0.
    """
    # Who stands shares the weight; hand-overs take a while, so that the pelvis does not jump.
    weight = _average(contacts.astype(float), step_s)
    _tilt_pelvis(anatomy, turns, contacts, step_s)
    rise_m = _raise_heels(anatomy, turns, contacts, step_s)
    for number, side in enumerate(_SIDES):
        _turn_foot(anatomy, turns, side, feet[side], contacts[:, number], rise_m[:, number])
    joints = place_joints(anatomy.offsets[0], turns)
    ankles, balls = joints[:, _both("ankle")], joints[:, _both("foot_index")]
    sole_m = anatomy.ankle_height[0]
    low_m = sole_m + anatomy.bones("ankle", "foot_index")[0, :, 1]
    weight /= weight.sum(axis=1, keepdims=True)
    between = 0.5 * (weight[1:] + weight[:-1])
    steps = -(between[..., None] * np.diff(balls, axis=0)).sum(axis=1)
    path = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    path[:, 1] = (weight * (sole_m + rise_m - ankles[..., 1])).sum(axis=1)
    path[:, [0, 2]] -= (path[0] + ankles[0].mean(axis=0))[[0, 2]]
    goals = np.stack([_anchor(path + balls[:, side], contacts[:, side], low_m[side]) for side in (0, 1)], axis=1)
    goals += ankles - balls
    path[:, 1] = np.minimum(path[:, 1], _find_highest(anatomy, joints, path, goals, contacts))
    for number, side in enumerate(_SIDES):
        _bend_leg(turns, joints + path[:, None], side, goals[:, number])
    return place_joints(anatomy.offsets[0], turns) + path[:, None]


def _tilt_pelvis(anatomy: Anatomy, turns: FloatArray, contacts: NDArray[np.bool_], step_s: float) -> None:
    """Turns the pelvis about its middle so that two feet that stand keep their distance, at one height."""
    joints = place_joints(anatomy.offsets[0], turns)
    apart, across = (joints[:, left] - joints[:, right] for left, right in (_both("ankle"), _both("hip")))
    wanted, both = across.copy(), contacts[:, 0] & contacts[:, 1]
    for start, stop in find_runs(both):
        wanted[start:stop] += apart[start:stop].mean(axis=0) * [1.0, 0.0, 1.0] - apart[start:stop]
    tilt = (
        Rotation.from_matrix(rotation_onto(across, wanted)).as_rotvec() * _average(both.astype(float), step_s)[:, None]
    )
    size = np.linalg.norm(tilt, axis=1, keepdims=True)
    tilt *= np.minimum(1.0, np.radians(_TILT_DEG) / np.maximum(size, 1e-9))
    turns[:, 0] = Rotation.from_rotvec(tilt).as_matrix() @ turns[:, 0]


def _raise_heels(anatomy: Anatomy, turns: FloatArray, contacts: NDArray[np.bool_], step_s: float) -> FloatArray:
    """(T, 2) by how much the ankle of each standing foot is over that of the lower one."""
    ankles = place_joints(anatomy.offsets[0], turns)[:, _both("ankle"), 1]
    lowest = np.where(contacts, ankles, np.inf).min(axis=1, keepdims=True)
    return np.asarray(np.maximum(_average(np.where(contacts, ankles - lowest, 0.0), step_s) - _FLAT_M, 0.0))


def _turn_foot(
    anatomy: Anatomy, turns: FloatArray, side: str, foot: FloatArray, stands: NDArray[np.bool_], rise_m: FloatArray
) -> None:
    """A standing foot points one way and is flat but for its heel; one in the air keeps what was recorded of it."""
    ankle, toe = SMPL_24.index(f"{side}_ankle"), SMPL_24.index(f"{side}_foot_index")
    rest = anatomy.vector(f"{side}_ankle", f"{side}_foot_index")[0]
    unturn = rotation_about(1, -np.degrees(np.arctan2(rest[0], rest[2])))
    size = np.linalg.norm(rest)
    sine = np.minimum((rise_m - rest[1]) / size, max(_HIGHEST_SINE, -rest[1] / size))
    heel_deg = np.degrees(np.arcsin(sine) - np.arcsin(-rest[1] / size))
    rise_m[:] = size * sine + rest[1]
    line = foot[:, 1] - foot[:, 0]
    turns[:, toe] = turns[:, ankle]
    for start, stop in find_runs(stands):
        ahead = np.median(normalise_vectors(line[start:stop] * [1.0, 0.0, 1.0]), axis=0)
        yaw = rotation_about(1, np.degrees(np.arctan2(ahead[0], ahead[2])))
        turns[start:stop, toe] = yaw @ unturn
        turns[start:stop, ankle] = yaw @ rotation_about(0, heel_deg[start:stop]) @ unturn


def _anchor(ball: FloatArray, stands: NDArray[np.bool_], low_m: float) -> FloatArray:
    """Where a ball (T, 3) shall be: at one place while the foot stands, moved over from place to place between."""
    shift, known = np.zeros(ball.shape), np.flatnonzero(stands)
    if not len(known):
        return ball
    for start, stop in find_runs(stands):
        place = ball[start:stop].mean(axis=0)
        place[1] = low_m
        shift[start:stop] = place - ball[start:stop]
    frames = np.arange(len(ball))
    goal = ball + np.stack([np.interp(frames, known, shift[known, axis]) for axis in range(3)], axis=-1)
    goal[:, 1] = np.maximum(goal[:, 1], low_m)
    return goal


def _find_highest(
    anatomy: Anatomy, joints: FloatArray, path: FloatArray, goals: FloatArray, contacts: NDArray[np.bool_]
) -> FloatArray:
    """(T,) the highest pelvis from which the standing legs reach their places."""
    longest = _STRAIGHTEST * (anatomy.length("left_hip", "left_knee") + anatomy.length("left_knee", "left_ankle"))[0]
    hips = joints[:, _both("hip")]
    flat = (path[:, None] + hips - goals)[..., [0, 2]]
    rise = np.sqrt(np.maximum(longest**2 - dot(flat, flat), 1e-4))
    return np.asarray(np.where(contacts, goals[..., 1] + rise - hips[..., 1], np.inf).min(axis=1))


def _bend_leg(turns: FloatArray, joints: FloatArray, side: str, goal: FloatArray) -> None:
    """Turns thigh and shank, each by the least, so that the ankle comes to its goal; the knee points where it did."""
    hip, knee, ankle = (SMPL_24.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    thigh, shank = joints[:, knee] - joints[:, hip], joints[:, ankle] - joints[:, knee]
    upper_m, lower_m = (np.linalg.norm(bone, axis=-1) for bone in (thigh, shank))
    along = normalise_vectors(joints[:, ankle] - joints[:, hip])
    bend = thigh - dot(thigh, along)[:, None] * along
    pole = bend + _HINGE_SHARE * upper_m[:, None] * turns[:, hip, :, 2]
    chain = two_bone_chain(joints[:, hip], goal, upper_m, lower_m, pole)
    middle = chain.middle(np.zeros(len(goal)))
    turns[:, hip] = rotation_onto(thigh, middle - joints[:, hip]) @ turns[:, hip]
    turns[:, knee] = rotation_onto(shank, chain.end - middle) @ turns[:, knee]


def _average(values: FloatArray, step_s: float) -> FloatArray:
    """Over a short while, along the first axis."""
    return np.asarray(uniform_filter1d(values, max(1, round(_SHORTEST_S / step_s)), axis=0, mode="nearest"))


def _both(joint: str) -> list[int]:
    return [SMPL_24.index(f"{side}_{joint}") for side in _SIDES]
