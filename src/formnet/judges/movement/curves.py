"""Curves over time of a placed body: directions of limbs, angles and ratios, positions.

Lengths are in lengths of a leg, angles in radians. What the joint set cannot give is left out, so the channels depend
on the joint set alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formnet.judges.parts.body import resample_values, unit_vectors
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
            resample_values(kind(clip, skeleton), N_FRAMES).T
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

    def at(joint: str) -> FloatArray:
        return np.asarray(clip[:, skeleton.index(joint)])

    columns = [unit_vectors(at(joint) - at(str(skeleton.parent(joint)))) for joint in moving_joints(skeleton)]
    columns += [
        unit_vectors(at("neck") - at("pelvis")),
        unit_vectors(at("left_shoulder") - at("right_shoulder")),
        unit_vectors(at("left_hip") - at("right_hip")),
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

    def at(joint: str) -> FloatArray:
        return np.asarray(clip[:, skeleton.index(joint)])

    trunk = at("neck") - at("pelvis")
    sides = {side: _limb_angles(clip, skeleton, side, trunk) for side in ("left", "right")}
    columns = [*sides["left"], *sides["right"]]
    columns += list(unit_vectors(trunk).T)
    columns += [_length(at(f"left_{joint}") - at(f"right_{joint}")) for joint in ("knee", "ankle", "wrist")]
    head = next((joint for joint in ("head", "nose", "head_top") if joint in skeleton), None)
    if head is not None:
        neck = unit_vectors(at(head) - at("neck"))
        columns += [neck[:, 0], neck[:, 2], angle_rad(trunk, neck)]
    shoulders = unit_vectors(at("left_shoulder") - at("right_shoulder"))
    hips = unit_vectors(at("left_hip") - at("right_hip"))
    columns += [shoulders[:, 1], shoulders[:, 2], hips[:, 1], hips[:, 2], _twist(shoulders) - _twist(hips)]
    feet = 0.5 * (at("left_ankle") + at("right_ankle"))
    columns += list((at("pelvis") - feet).T) + list((at("neck") - feet).T[[0, 2]])
    # Differences between left and right of knee, hip, elbow and shoulder.
    columns += [left - right for left, right in zip(sides["left"][:4], sides["right"][:4], strict=True)]
    return np.stack(columns, axis=1)


def _limb_angles(clip: FloatArray, skeleton: Skeleton, side: str, trunk: FloatArray) -> list[FloatArray]:
    """Knee, hip, elbow, shoulder (and ankle) angles; shin, thigh, hand and foot in space."""
    shoulder, elbow, wrist, hip, knee, ankle = (
        clip[:, skeleton.index(f"{side}_{joint}")] for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    )
    columns = [
        angle_rad(hip - knee, ankle - knee),
        angle_rad(trunk, knee - hip),
        angle_rad(shoulder - elbow, wrist - elbow),
        angle_rad(-trunk, elbow - shoulder),
    ]
    if f"{side}_foot_index" in skeleton:
        columns.append(angle_rad(knee - ankle, clip[:, skeleton.index(f"{side}_foot_index")] - ankle))
    columns += [(knee - ankle)[:, 0], (knee - ankle)[:, 2], 2.0 * (hip - knee)[:, 1]]
    columns += list((wrist - shoulder).T / ARM) + list((ankle - hip).T)
    return columns


def angle_rad(first: FloatArray, second: FloatArray) -> FloatArray:
    """(T,) angles between vectors (T, 3), 0–π; a right angle where one has no length."""
    return np.asarray(np.arccos(np.clip((unit_vectors(first) * unit_vectors(second)).sum(axis=-1), -1.0, 1.0)))


def _path_of_pelvis(clip: FloatArray, skeleton: Skeleton) -> FloatArray:
    path = clip[:, skeleton.index("pelvis")]
    return np.asarray(path - path[:3].mean(axis=0))


def _twist(across: FloatArray) -> FloatArray:
    return np.asarray(np.arctan2(across[:, 2], across[:, 0]))


def _length(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(vectors, axis=-1))
