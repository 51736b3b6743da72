"""Curves over time of a placed body: directions of limbs, angles and ratios, positions.

Lengths are in lengths of a leg, angles in radians. What the joint set cannot give is left out, so the channels depend
on the joint set alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formnet.geometry.angles import compute_angle_between_deg
from formnet.geometry.joints import Joints
from formnet.geometry.paths import resample_frames
from formnet.geometry.vectors import compute_length, compute_unit_vectors
from formnet.motion import FloatArray
from formnet.skeleton import Skeleton

N_FRAMES = 64
ARM = 2.0 / 3.0
"""Reach of an arm in lengths of a leg, so that curves of hands are as large as those of feet."""
_SIDED = ("elbow", "wrist", "knee", "ankle", "heel", "foot_index")


@dataclass(frozen=True, eq=False)
class Curves:
    """Curves of N clips on `N_FRAMES` frames, each (N, channels, N_FRAMES).

    Attributes:
        directions: unit vectors along limbs and across hips and shoulders, and the path of the pelvis.
        angles: angles, leans, heights and widths.
        positions: joints relative to the pelvis, and the path of the pelvis.
    """

    directions: FloatArray
    angles: FloatArray
    positions: FloatArray

    def __len__(self) -> int:
        return len(self.angles)


def compute_curves(clips: Sequence[FloatArray], skeleton: Skeleton) -> Curves:
    """Curves of placed clips (T, J, 3) of one joint set with pelvis and neck."""
    parts = [
        [
            resample_frames(kind(clip, skeleton), N_FRAMES).T
            for kind in (direction_curves, angle_curves, position_curves)
        ]
        for clip in clips
    ]
    return Curves(*(np.stack(part) for part in zip(*parts, strict=True)))


def moving_joints(skeleton: Skeleton) -> tuple[str, ...]:
    """Joints whose limb has a direction of its own: not hips, shoulders, collars, neck or the face."""
    head = next((joint for joint in ("head", "nose", "head_top") if joint in skeleton), None)
    wanted = {"spine1", "spine2", "spine3", head, *(f"{side}_{j}" for side in ("left", "right") for j in _SIDED)}
    return tuple(joint for joint in skeleton.joints if joint in wanted and skeleton.parent(joint) is not None)


def direction_curves(clip: FloatArray, skeleton: Skeleton) -> FloatArray:
    """(T, 3·(n + 4)): directions of the moving joints' limbs, trunk, shoulders, hips, and the pelvis' path."""
    joints = Joints(clip, skeleton)
    columns = [_directions(joints[joint] - joints[str(skeleton.parent(joint))]) for joint in moving_joints(skeleton)]
    columns += [
        _directions(joints["neck"] - joints["pelvis"]),
        _directions(joints.across("shoulder")),
        _directions(joints.across("hip")),
        _path_of_pelvis(clip, skeleton),
    ]
    return np.concatenate(columns, axis=1)


def position_curves(clip: FloatArray, skeleton: Skeleton) -> FloatArray:
    """(T, 3·(n + 5)): moving joints, hips and shoulders relative to the pelvis, and the pelvis' path."""
    joints = (*moving_joints(skeleton), "left_hip", "right_hip", "left_shoulder", "right_shoulder")
    relative = clip[:, skeleton.indices(joints)] - clip[:, [skeleton.index("pelvis")]]
    return np.concatenate([relative.reshape(len(clip), -1), _path_of_pelvis(clip, skeleton)], axis=1)


def angle_curves(clip: FloatArray, skeleton: Skeleton) -> FloatArray:
    """(T, n) angles, leans, heights, widths and twists; see the code for each."""
    joints = Joints(clip, skeleton)
    trunk = joints["neck"] - joints["pelvis"]
    sides = {side: _limb_angles(joints, side, trunk) for side in ("left", "right")}
    columns = [*sides["left"], *sides["right"]]
    columns += list(_directions(trunk).T)
    columns += [compute_length(joints.across(joint)) for joint in ("knee", "ankle", "wrist")]
    head = next((joint for joint in ("head", "nose", "head_top") if joint in skeleton), None)
    if head is not None:
        neck = _directions(joints[head] - joints["neck"])
        columns += [neck[:, 0], neck[:, 2], _angle_rad(trunk, neck)]
    shoulders = _directions(joints.across("shoulder"))
    hips = _directions(joints.across("hip"))
    columns += [shoulders[:, 1], shoulders[:, 2], hips[:, 1], hips[:, 2], _twist(shoulders) - _twist(hips)]
    feet = joints.middle("ankle")
    columns += list((joints["pelvis"] - feet).T) + list((joints["neck"] - feet).T[[0, 2]])
    # Differences between left and right of knee, hip, elbow and shoulder.
    columns += [left - right for left, right in zip(sides["left"][:4], sides["right"][:4], strict=True)]
    return np.stack(columns, axis=1)


def _limb_angles(joints: Joints, side: str, trunk: FloatArray) -> list[FloatArray]:
    """Knee, hip, elbow, shoulder (and ankle) angles; shin, thigh, hand and foot in space."""
    shoulder, elbow, wrist, hip, knee, ankle = joints.side(side, "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    columns = [
        _angle_rad(hip - knee, ankle - knee),
        _angle_rad(trunk, knee - hip),
        _angle_rad(shoulder - elbow, wrist - elbow),
        _angle_rad(-trunk, elbow - shoulder),
    ]
    if f"{side}_foot_index" in joints:
        columns.append(_angle_rad(knee - ankle, joints[f"{side}_foot_index"] - ankle))
    columns += [(knee - ankle)[:, 0], (knee - ankle)[:, 2], 2.0 * (hip - knee)[:, 1]]
    columns += list((wrist - shoulder).T / ARM) + list((ankle - hip).T)
    return columns


def _angle_rad(first: FloatArray, second: FloatArray) -> FloatArray:
    """(T,) angles between vectors (T, 3), 0–π; a right angle where one has no length."""
    return np.radians(compute_angle_between_deg(first, second, degenerate_deg=90.0))


def _directions(vectors: FloatArray) -> FloatArray:
    """Unit vectors (T, 3); 0 where there is no direction."""
    return np.asarray(compute_unit_vectors(vectors, degenerate=0.0))


def _path_of_pelvis(clip: FloatArray, skeleton: Skeleton) -> FloatArray:
    path = clip[:, skeleton.index("pelvis")]
    return np.asarray(path - path[:3].mean(axis=0))


def _twist(across: FloatArray) -> FloatArray:
    return np.asarray(np.arctan2(across[:, 2], across[:, 0]))
