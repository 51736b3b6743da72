"""The posture solver: from depth over time to whole bodies that stand by themselves.

The legs come first (`legs`). Then the trunk's lean is solved, frame by frame, so that the centre of mass
of body and load stays over the chosen point of the feet; spine, neck and arms ride on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from formnet.body.data import PARENTS
from formnet.skeleton import SMPL_24
from formnet.synth.anatomy import IS_UPPER, SEGMENT_JOINTS, SEGMENT_MASSES, Anatomy
from formnet.synth.arms import (
    ARM_STYLES,
    HANGING,
    LOADED_STYLES,
    RAISED,
    STYLE_NAMES,
    blend_holds,
    place_load,
    place_wrists,
    pose_arms,
)
from formnet.synth.faults import Targets, apply_faults
from formnet.synth.kinematics import Array, apply, compute_axis_angle, limit_softly, minimum_jerk, rotation_about
from formnet.synth.legs import Feet, Legs, Way, pose_legs, solve_way, stand
from formnet.synth.nature import Nature
from formnet.synth.program import DRIFT_CHANNELS

_J = {name: number for number, name in enumerate(SMPL_24.joints)}
_LEAN_LIMIT_DEG = 62.0
"""Hips do not bend further; where balance asks for more, the weight stays further back on the foot.
A rounding back tucks the pelvis, which then bends less."""
_COMFORTABLE_LEAN_DEG = 52.0
_SETTLING_DEPTHS = np.array([0.65, 0.75, 0.85, 1.0])
_ROUNDS = 3


@dataclass(frozen=True)
class Course:
    """What happens when, (N, T) each.

    Attributes:
        depth: 0 standing, 1 deepest of this repetition.
        rising: 0 on the way down, 1 on the way up.
        active: 0 away from a repetition, 1 around it (a held fault comes and goes with it).
        arms: 0 hanging, 1 held as the style says.
        unrest: channels of `Drift`.
    """

    depth: Array
    rising: Array
    active: Array
    arms: Array
    unrest: dict[str, Array]


@dataclass(frozen=True)
class Posture:
    """Bodies in SMPL's frame with the floor at y = 0.

    Attributes:
        joints: (N, T, 24, 3) metres.
        rotations: (N, T, 24, 3, 3) global rotations of the bones.
        load: (N, T, 3) what is carried (meaningless where nothing is).
    """

    joints: Array
    rotations: Array
    load: Array

    def axis_angle(self) -> Array:
        """SMPL pose parameters (N, T, 24, 3): the pelvis in space, every other joint against its parent."""
        parents = np.array(PARENTS[1:])
        local = np.swapaxes(self.rotations[:, :, parents], -1, -2) @ self.rotations[:, :, 1:]
        return compute_axis_angle(np.concatenate([self.rotations[:, :, :1], local], axis=2))


def solve_squat(anatomy: Anatomy, nature: Nature, targets: Targets, way: Way, feet: Feet, course: Course) -> Posture:
    """Whole bodies over time.

    Args:
        anatomy: N bodies.
        nature, targets, way: with a time axis, (N, 1, …) or (N, T, …).
        feet, course: (N, 1, …) or (N, T, …).
    """
    legs = pose_legs(anatomy, nature, targets, way, feet, course.depth, compute_caving(targets, course), course.unrest)
    shape = course.depth.shape
    joints, rotations = np.zeros((*shape, 24, 3)), np.zeros((*shape, 24, 3, 3))
    _put_legs(joints, rotations, legs)
    spine = compute_spine(nature, targets, way, course)
    lean = np.zeros(shape)
    load = np.zeros((*shape, 3))
    limit = _LEAN_LIMIT_DEG - 0.3 * targets.rounding_deg * compute_fault_course(targets, course)
    goal = legs.middle_foot + course.unrest["sway_forward_m"]
    for _ in range(_ROUNDS):
        load = _put_upper(joints, rotations, anatomy, nature, targets, course, legs, spine, lean)
        lean = limit_softly(lean + _lean_error(anatomy, nature, joints, rotations, load, legs, goal), limit, 3.0)
    load = _put_upper(joints, rotations, anatomy, nature, targets, course, legs, spine, lean)
    return Posture(joints, rotations, load)


def settle_nature(anatomy: Anatomy, nature: Nature, rounds: int = 5) -> Nature:
    """The same people, with knees a little further forward and weight further back where they would fold over.

    Long thighs over short feet cannot be balanced sitting far back; people find this out by themselves. It
    is done before any fault is known, so it tells nothing about the class.
    """
    # The hips are furthest back where the thighs are level, on the way to a deep bottom.
    still = np.zeros((len(nature), len(_SETTLING_DEPTHS)))
    course = Course(still + _SETTLING_DEPTHS, still, still + 1, still + 1, dict.fromkeys(DRIFT_CHANNELS, still))
    labels = np.zeros(len(nature), dtype=int)
    for _ in range(rounds):
        targets = apply_faults(np.random.default_rng(0), nature, labels, labels).take(np.s_[:, None])
        timed = nature.take(np.s_[:, None])
        posture = solve_squat(
            anatomy, timed, targets, solve_way(anatomy, timed, targets), stand(anatomy, timed), course
        )
        excess = np.maximum(compute_trunk_lean(posture).max(axis=1) - _COMFORTABLE_LEAN_DEG, 0)
        if not excess.any():
            break
        nature = replace(
            nature,
            toe_margin_m=np.minimum(nature.toe_margin_m + 0.0012 * excess, np.maximum(nature.toe_margin_m, 0.03)),
            balance=np.maximum(nature.balance - 0.004 * excess, np.minimum(nature.balance, 0.05)),
        )
    return nature


def compute_trunk_lean(posture: Posture) -> Array:
    """Angle (N, T) in degrees of the line from the hips to the neck with the vertical, positive forwards."""
    hips = posture.joints[:, :, [_J["left_hip"], _J["right_hip"]]].mean(axis=2)
    line = posture.joints[:, :, _J["neck"]] - hips
    return np.degrees(np.arctan2(line[..., 2], line[..., 1]))


def compute_fault_course(targets: Targets, course: Course) -> Array:
    """How much of a fault of back or head shows, (N, T) in 0–1: some from the start, the rest with depth."""
    grown = minimum_jerk((course.depth - targets.onset) / (1 - targets.onset))
    return targets.held * course.active + (1 - targets.held * course.active) * grown


def compute_caving(targets: Targets, course: Course) -> Array:
    """How much of the caving shows, (N, T) in 0–1: most at the bottom and in the early ascent."""
    grown = minimum_jerk((course.depth - targets.onset) / (1 - targets.onset))
    return grown ** (1.3 - 0.8 * course.rising)


def compute_spine(nature: Nature, targets: Targets, way: Way, course: Course) -> Array:
    """Bending (N, T, 3) forwards of SMPL's three spine joints against their parents, degrees."""
    depth = course.depth * way.share
    shown = compute_fault_course(targets, course)
    flex = nature.back_flex_deg * depth
    wink = nature.wink_deg * minimum_jerk((depth - 0.55) / 0.45)
    rounding, arching = targets.rounding_deg * shown, targets.arching_deg * shown
    still = np.zeros_like(depth)
    breath, unrest = course.unrest.get("breath_deg", still), course.unrest.get("spine_deg", still)
    return np.stack(
        [
            -nature.lordosis_deg + 0.35 * flex + 0.6 * wink + 0.28 * rounding - 0.60 * arching + 0.5 * unrest,
            0.4 * nature.kyphosis_deg + 0.35 * flex + 0.4 * wink + 0.36 * rounding - 0.28 * arching - 0.5 * breath,
            0.6 * nature.kyphosis_deg + 0.30 * flex + 0.36 * rounding - 0.12 * arching + 0.5 * unrest - 0.5 * breath,
        ],
        axis=-1,
    )


def compute_head_extension(nature: Nature, targets: Targets, course: Course, chest_pitch_deg: Array) -> Array:
    """Extension (N, T) of neck and head together against the chest, degrees.

    Naturally the neck takes back a share of the chest's pitch, never more than some twenty degrees.
    """
    taken_back = nature.neck_share * np.maximum(chest_pitch_deg, 0)
    natural = 20 * np.tanh(taken_back / 20) - nature.head_deg[..., 0]
    weight = targets.head_up * compute_fault_course(targets, course)
    extension = natural + weight * (np.maximum(targets.head_up_deg, natural) - natural)
    return extension + course.unrest.get("head_pitch_deg", 0.0)


def _put_legs(joints: Array, rotations: Array, legs: Legs) -> None:
    for number, side in enumerate(("left", "right")):
        for joint, places, turns in (
            ("hip", legs.hips, legs.thighs),
            ("knee", legs.knees, legs.shanks),
            ("ankle", legs.ankles, legs.feet),
            ("foot_index", legs.toes, legs.soles),
        ):
            joints[:, :, _J[f"{side}_{joint}"]] = places[:, :, number]
            rotations[:, :, _J[f"{side}_{joint}"]] = turns[:, :, number]


def _put_upper(
    joints: Array,
    rotations: Array,
    anatomy: Anatomy,
    nature: Nature,
    targets: Targets,
    course: Course,
    legs: Legs,
    spine: Array,
    lean_deg: Array,
) -> Array:
    """Fills in everything above the hips for a pelvis pitched by `lean_deg`; returns the load's place."""
    unrest = course.unrest
    pelvis_turn = legs.pelvis_turn @ rotation_about(0, lean_deg)
    half_way = (anatomy.vector("pelvis", "left_hip") + anatomy.vector("pelvis", "right_hip")) / 2
    joints[:, :, 0] = legs.pelvis - apply(pelvis_turn, half_way[:, None])
    rotations[:, :, 0] = pelvis_turn

    def attach(name: str, local: Array) -> None:
        """Hangs a bone on its parent, turned by `local` against it."""
        number = _J[name]
        parent = PARENTS[number]
        joints[:, :, number] = joints[:, :, parent] + apply(rotations[:, :, parent], anatomy.offsets[:, None, number])
        rotations[:, :, number] = rotations[:, :, parent] @ local

    side_bend = nature.trunk_deg[..., 0] * course.depth / 3
    twist = nature.trunk_deg[..., 1] * course.depth / 3 + unrest["trunk_twist_deg"] / 3
    sideways = rotation_about(1, twist) @ rotation_about(2, side_bend)
    for number, name in enumerate(("spine1", "spine2", "spine3")):
        attach(name, sideways @ rotation_about(0, spine[..., number]))
    extension = compute_head_extension(nature, targets, course, lean_deg + spine.sum(axis=-1))
    yaw, roll = nature.head_deg[..., 1] + unrest["head_yaw_deg"], nature.head_deg[..., 2]
    # Half in the neck, half in the head, except that the eyes stay level-ish: yaw is the head's.
    attach("neck", rotation_about(0, -0.5 * extension) @ rotation_about(2, roll / 2 + np.zeros_like(extension)))
    attach("head", rotation_about(1, yaw) @ rotation_about(0, -0.5 * extension)
           @ rotation_about(2, roll / 2 + np.zeros_like(extension)))  # fmt: skip
    pulled = targets.protraction_deg * compute_fault_course(targets, course)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shrug = 0.5 * unrest["breath_deg"]
        attach(f"{side}_collar", rotation_about(1, -sign * pulled) @ rotation_about(2, sign * shrug))
        number = _J[f"{side}_shoulder"]
        collar = _J[f"{side}_collar"]
        joints[:, :, number] = joints[:, :, collar] + apply(rotations[:, :, collar], anatomy.offsets[:, None, number])
    return _put_arms(joints, rotations, anatomy, nature, course, legs)


def _put_arms(joints: Array, rotations: Array, anatomy: Anatomy, nature: Nature, course: Course, legs: Legs) -> Array:
    bones = [anatomy.bones("shoulder", "elbow"), anatomy.bones("elbow", "wrist")]
    arm_m = sum(np.linalg.norm(bone[:, 0], axis=-1) for bone in bones)
    chest, pelvis = rotations[:, :, _J["spine3"]], rotations[:, :, 0]
    shape = course.depth.shape
    habit = np.broadcast_to(nature.arm_habit, (*shape, 4))
    uneven = 0.35 * habit[..., 3:]
    per_arm = np.stack([habit[..., :3] + uneven, habit[..., :3] - uneven], axis=2)
    per_arm = per_arm + np.stack([course.unrest[f"arm_{axis}"] for axis in "xyz"], axis=-1)[:, :, None]
    style_of = np.broadcast_to(nature.arm_style, shape)[:, 0]
    load = np.zeros((*shape, 3))
    for style in np.unique(style_of):
        rows = np.flatnonzero(style_of == style)
        name = STYLE_NAMES[int(style)]
        parts = (joints[rows], chest[rows], pelvis[rows], legs.pelvis_turn[rows], arm_m[rows], per_arm[rows])
        hanging, held = place_wrists(HANGING, *parts), place_wrists(ARM_STYLES[name], *parts)
        weight = course.arms[rows]
        if style == RAISED:
            weight = weight * np.sin(np.pi / 2 * course.depth[rows])
        wrists, elbow_ways = blend_holds(hanging, held, weight, chest[rows])
        shoulders = joints[rows][:, :, SMPL_24.indices(("left_shoulder", "right_shoulder"))]
        elbows, ends, upper, lower = pose_arms(shoulders, wrists, elbow_ways, bones[0][rows], bones[1][rows])
        for number, side in enumerate(("left", "right")):
            hand_way = apply(lower[:, :, number], anatomy.offsets[rows][:, None, _J[f"{side}_hand"]])
            for joint, place, turn in (
                ("shoulder", shoulders, upper),
                ("elbow", elbows, lower),
                ("wrist", ends, lower),
                ("hand", None, lower),
            ):
                index = _J[f"{side}_{joint}"]
                joints[rows, :, index] = ends[:, :, number] + hand_way if place is None else place[:, :, number]
                rotations[rows, :, index] = turn[:, :, number]
        if name in LOADED_STYLES:
            load[rows] = place_load(name, joints[rows], chest[rows], arm_m[rows])
    return load


def _lean_error(
    anatomy: Anatomy, nature: Nature, joints: Array, rotations: Array, load: Array, legs: Legs, goal: Array
) -> Array:
    """Turn (N, T) about the hips, in degrees, that brings the centre of mass to `goal`.

    Everything above the hips turns as one block of mass m at (y, z) from them: with r, β its polar
    coordinates from the vertical, the turn δ satisfies r·sin(β + δ) = wanted z.
    """
    centres = joints[:, :, SEGMENT_JOINTS] + apply(rotations[:, :, SEGMENT_JOINTS], anatomy.mass_offsets[:, None])
    share = np.broadcast_to(nature.load_share, goal.shape)
    upper = np.einsum("s,ntsc->ntc", SEGMENT_MASSES[IS_UPPER], centres[:, :, IS_UPPER]) + share[..., None] * load
    lower_z = np.einsum("s,nts->nt", SEGMENT_MASSES[~IS_UPPER], centres[:, :, ~IS_UPPER, 2])
    mass = SEGMENT_MASSES[IS_UPPER].sum() + share
    block = upper / mass[..., None] - legs.pelvis
    radius = np.hypot(block[..., 1], block[..., 2])
    wanted = (goal * (1 + share) - lower_z) / mass - legs.pelvis[..., 2]
    angle = np.arcsin(np.clip(wanted / radius, -0.98, 0.98))
    return np.degrees(angle - np.arctan2(block[..., 2], block[..., 1]))
