"""How the arms are held: each style is a place for the wrists and a direction for the elbows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from formnet.skeleton import SMPL_24
from formnet.synth.kinematics import Array, aim_bones, apply, normalise_vectors, two_bone_chain

Frame = Literal["world", "chest", "pelvis"]


@dataclass(frozen=True)
class ArmStyle:
    """Where the wrists are; vectors are outwards, up, forwards in the frame, lengths in arm lengths.

    Attributes:
        base: joint from which the wrist is measured ("shoulder" and "hip" are those of the same side).
        frame: axes of the vectors; the world's turn with the pelvis only about the vertical.
        wrist: place of the wrist.
        elbow: direction of the elbow.
        habit: how far one unit of the person's habit (width, height, reach) moves the wrist.
    """

    base: str
    frame: Frame
    wrist: tuple[float, float, float]
    elbow: tuple[float, float, float]
    habit: tuple[float, float, float]


ARM_STYLES: dict[str, ArmStyle] = {
    "forward": ArmStyle("shoulder", "world", (-0.10, 0.00, 0.91), (0.5, -1.0, -0.1), (0.09, 0.07, 0.03)),
    "raised": ArmStyle("shoulder", "world", (-0.10, -0.03, 0.91), (0.5, -1.0, -0.1), (0.09, 0.09, 0.03)),
    "crossed": ArmStyle("shoulder", "chest", (-0.50, -0.10, 0.26), (0.5, -1.0, 0.9), (0.04, 0.05, 0.02)),
    "behind_head": ArmStyle("head", "chest", (0.17, 0.01, -0.13), (1.0, -0.9, 0.2), (0.03, 0.03, 0.01)),
    "bar_high": ArmStyle("neck", "chest", (0.66, -0.04, -0.15), (0.1, -1.0, -0.45), (0.09, 0.02, 0.01)),
    "bar_low": ArmStyle("neck", "chest", (0.78, -0.10, -0.18), (0.2, -0.8, -1.0), (0.07, 0.02, 0.01)),
    "hips": ArmStyle("hip", "pelvis", (0.17, 0.17, 0.02), (1.0, 0.0, -0.45), (0.01, 0.03, 0.03)),
    "goblet": ArmStyle("spine3", "chest", (0.10, 0.10, 0.46), (0.4, -1.0, 0.1), (0.02, 0.06, 0.04)),
}
HANGING = ArmStyle("shoulder", "world", (0.13, -0.93, 0.06), (0.2, 0.0, -1.0), (0.03, 0.0, 0.03))
"""Arms at the sides: before setting up, after racking, and in the "raised" style when standing."""

LOADED_STYLES: dict[str, float] = {"bar_high": 0.9, "bar_low": 0.9, "goblet": 0.3}
"""Styles that carry something → the most it weighs, as a share of body mass."""

STYLE_NAMES: tuple[str, ...] = tuple(ARM_STYLES)
RAISED = STYLE_NAMES.index("raised")
_LOAD_BASE = {"bar_high": (0.0, -0.02, -0.10), "bar_low": (0.0, -0.13, -0.17)}

_SIDES = (("left", 1.0), ("right", -1.0))
_OUT = np.array([[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])


def place_wrists(
    style: ArmStyle, joints: Array, chest: Array, pelvis: Array, world: Array, arm_m: Array, habit: Array
) -> tuple[Array, Array]:
    """Wrist places and elbow directions of one style.

    Args:
        joints: (N, T, 24, 3) with trunk, head, hips and shoulders in place.
        chest, pelvis, world: (N, T, 3, 3) axes.
        arm_m: (N,) shoulder to wrist.
        habit: (N, T, 2, 3) width, height, reach of each arm.

    Returns:
        (N, T, 2, 3) places and (N, T, 2, 3) directions, left arm first.
    """
    names = [f"{side}_{style.base}" if style.base in ("shoulder", "hip") else style.base for side, _ in _SIDES]
    axes = {"world": world, "chest": chest, "pelvis": pelvis}[style.frame][:, :, None]
    offset = (np.array(style.wrist) + habit * np.array(style.habit)) * _OUT * arm_m[:, None, None, None]
    wrists = joints[:, :, SMPL_24.indices(names)] + apply(axes, offset)
    return wrists, np.broadcast_to(apply(axes, np.array(style.elbow) * _OUT), wrists.shape)


def place_load(style: str, joints: Array, chest: Array, arm_m: Array) -> Array:
    """Place (N, T, 3) of what is carried: the bar on the back, or what the hands hold."""
    if style in _LOAD_BASE:
        offset = np.array(_LOAD_BASE[style]) * arm_m[:, None, None]
        return joints[:, :, SMPL_24.index("neck")] + apply(chest, offset)
    return joints[:, :, SMPL_24.indices(["left_wrist", "right_wrist"])].mean(axis=2)


def blend_holds(
    hanging: tuple[Array, Array], held: tuple[Array, Array], weight: Array, out: Array
) -> tuple[Array, Array]:
    """Wrists and elbows between hanging (0) and held (1), led around the body in an arc.

    Args:
        weight: (N, T).
        out: (N, T, 3, 3) axes of the chest.
    """
    w = weight[..., None, None]
    arc = apply(out[:, :, None], np.array([0.10, 0.0, 0.18]) * _OUT) * 4 * w * (1 - w)
    return hanging[0] * (1 - w) + held[0] * w + arc, normalise_vectors(hanging[1] * (1 - w) + held[1] * w)


def pose_arms(
    shoulders: Array, wrists: Array, elbows: Array, upper: Array, lower: Array
) -> tuple[Array, Array, Array, Array]:
    """Two-bone arms.

    Args:
        shoulders, wrists, elbows: (N, T, 2, 3) places of shoulders and wrists, directions of the elbows.
        upper, lower: (N, 2, 3) bones in the rest pose.

    Returns:
        Places of elbows and wrists (N, T, 2, 3), rotations of upper arms and forearms (N, T, 2, 3, 3).
    """
    upper_m, lower_m = (np.linalg.norm(bone, axis=-1)[:, None] for bone in (upper, lower))
    chain = two_bone_chain(shoulders, wrists, upper_m, lower_m, elbows)
    middle = chain.middle(np.zeros(chain.radius.shape))
    hinge = np.cross(chain.ahead, chain.along)
    # In the rest pose (a T, palms down) elbows point backwards.
    upper_arms = aim_bones(upper, middle - shoulders, hinge, bends=-1.0)
    return middle, chain.end, upper_arms, aim_bones(lower, chain.end - middle, hinge, bends=-1.0)
