"""A person whose pelvis is the origin is put on the floor: planted feet tell how the pelvis travels.

Lifters and estimators place joints about the pelvis, so that in a squat the feet rise and the pelvis stays. What stands
on the floor does not move: how the joints of the planted feet move against the pelvis is, turned round, how the pelvis
moves. Which of them are planted is told by how deep they are, frame by frame, so that heels may rise and people walk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.geometry.joints import Joints
from formnet.geometry.level import (
    compute_across,
    find_standing_frames,
    rotate_motion,
    rotation_to_front,
    rotation_to_level,
)
from formnet.geometry.paths import interpolate_gaps
from formnet.motion import FloatArray, Motion
from formnet.preprocess.spec import PreprocessSpec, clean_motion

SOLE_M = {"heel": 0.02, "foot_index": 0.02, "ankle": 0.08}
"""About how high joints of a standing foot are over the floor."""
_SIDES = ("left", "right")
_CONTACT_M = 0.008
"""A joint that is so much higher than the lowest one counts e times less for where the floor is. Smaller, and noise
wanders; larger, and the foot that swings is dragged along (1.5 cm lost twice as much of people who walk in)."""
_TRAVEL_M = 0.005
"""A pelvis that strays less than this has no path of its own."""
_TO_FORWARD: FloatArray = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""From facing the camera (−z) to facing +x."""


@dataclass(frozen=True, eq=False)
class Standing:
    """A motion in floor coordinates, and how they were found.

    Attributes:
        motion: (T, J, 3) metres, y down with the floor at 0; where `is_placed`, x where the person faces and the origin
            between the ankles of the first frame.
        standing: (T,) frames with open hips and knees.
        is_placed: False where the source had a path of its own, which is kept as it is.
        is_levelled: False where nobody stood, so that the camera's own vertical had to do.
    """

    motion: Motion
    standing: NDArray[np.bool_]
    is_placed: bool
    is_levelled: bool


def place_on_floor(motion: Motion) -> Standing:
    """Levels the camera by the person's standing, turns them to face +x and moves them so that their feet stay.

    The path is found from gap-free, smoothed joints; the joints that are moved are those given, gaps and all. A motion
    with its own path (motion capture, a depth camera, TRC) stays as it is. Jumps and stairs are not known of: the
    lowest foot is taken to be on the floor.

    Args:
        motion: (T, J, 3) metres, y roughly down.

    Raises:
        InputError: no metres in 3D, or no ankles.
    """
    if motion.n_dimensions != 3 or motion.unit != "metre":
        raise InputError(f"the floor needs joints in metres in 3D; these are {motion.n_dimensions}D in {motion.unit}s")
    if not any(f"{side}_ankle" in motion.skeleton for side in _SIDES):
        raise InputError("the floor is found by the ankles, and this joint set has none; use one with ankles")
    clean = clean_motion(motion, PreprocessSpec())
    standing = find_standing_frames(clean)
    if has_own_path(motion):
        return Standing(motion, standing, is_placed=False, is_levelled=True)
    to_level = rotation_to_level(clean, standing)
    rotation = np.eye(3) if to_level is None else to_level
    across = compute_across(rotate_motion(clean, rotation))
    if across is not None:
        rotation = _TO_FORWARD @ rotation_to_front(across) @ rotation
    path = compute_pelvis_path(rotate_motion(clean, rotation), standing)
    placed = motion.positions @ rotation.T + path[:, None]
    return Standing(motion.replace(positions=placed), standing, is_placed=True, is_levelled=to_level is not None)


def has_own_path(motion: Motion) -> bool:
    """Whether the pelvis travels: False where it, or the middle of the hips, is the origin of every frame."""
    joints = Joints(motion.positions, motion.skeleton, absent="nan")
    for path in (joints["pelvis"], joints.middle("hip")):
        seen = path[np.isfinite(path).all(axis=1)]
        if len(seen) and float(np.abs(seen - np.median(seen, axis=0)).max()) < _TRAVEL_M:
            return False
    return True


def compute_pelvis_path(motion: Motion, standing: NDArray[np.bool_]) -> FloatArray:
    """(T, 3) what to add to every joint so that planted feet stay: the floor at y = 0, the first feet about x = z = 0.

    Args:
        motion: (T, J, 3) about the pelvis, level, without gaps.
        standing: (T,) frames with feet that are flat on the floor; all are taken where there is none.
    """
    names = [f"{side}_{joint}" for joint in SOLE_M for side in _SIDES if f"{side}_{joint}" in motion.skeleton]
    feet = interpolate_gaps(motion.positions[:, motion.skeleton.indices(names)], motion.timestamps)
    seen = np.isfinite(feet).all(axis=(0, 2))
    if not seen.any():
        raise InputError("no foot is seen in any frame, so nothing tells where the floor is; film the whole body")
    feet, names = feet[:, seen], [names[number] for number in np.flatnonzero(seen)]
    over_lowest = feet[..., 1].max(axis=1, keepdims=True) - feet[..., 1]
    own_m = np.median(over_lowest[standing] if standing.any() else over_lowest, axis=0)
    # Where the floor would be if this joint stood on it; the deepest say where it is.
    floor = feet[..., 1] + own_m
    weight = np.exp((floor - floor.max(axis=1, keepdims=True)) / _CONTACT_M)
    weight /= weight.sum(axis=1, keepdims=True)
    sole_m = SOLE_M[names[int(np.argmin(own_m))].split("_", 1)[1]]
    between = 0.5 * (weight[1:] + weight[:-1])
    steps = -(between[..., None] * np.diff(feet, axis=0)).sum(axis=1)
    path = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    path -= _middle_of_ankles(feet[0], names)
    path[:, 1] = -(weight * floor).sum(axis=1) - sole_m
    return np.asarray(path)


def _middle_of_ankles(feet: FloatArray, names: list[str]) -> FloatArray:
    """(3,) of the joints (K, 3) of one frame; of all of them where no ankle is seen."""
    ankles = [number for number, name in enumerate(names) if name.endswith("ankle")]
    return np.asarray(feet[ankles or slice(None)].mean(axis=0))
