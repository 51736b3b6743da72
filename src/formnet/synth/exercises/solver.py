"""From a plan to whole bodies: trunk and arms by joint angles, legs by two-bone geometry between pelvis and feet.

The trunk's shape is known first. The pelvis is then moved, a few times over, until the centre of mass is
where the plan wants it; its height is what the standing legs allow. A heel rises where the ankle does not
bend as far as the leg asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from formnet.body.data import PARENTS
from formnet.skeleton import SMPL_24
from formnet.synth.anatomy import IS_UPPER, SEGMENT_JOINTS, SEGMENT_MASSES, Anatomy
from formnet.synth.exercises.holds import compute_arms
from formnet.synth.exercises.plan import OUT, Plan
from formnet.synth.kinematics import (
    Array,
    aim_bones,
    apply,
    bone_frame,
    dot,
    normalise_vectors,
    rotation_about,
    two_bone_chain,
)
from formnet.synth.squat import Posture

_J = {name: number for number, name in enumerate(SMPL_24.joints)}
_SIDES = ("left", "right")
_ROUNDS = 4
_STRAIGHTEST = 0.9985
_LOWEST = 0.40
"""Hips never sink below this share of the leg's length."""
_SOFT_M = 0.002
"""The taller leg's share of the pelvis' height fades out over about this length."""
_DORSIFLEXION_DEG = 34.0
_SPINE_SHARES = np.array([0.36, 0.34, 0.30])
_MIDDLE_OF_FOOT = 0.4
"""Where the weight stands, as a share of the way from the ankle to the tip of the toes."""


@dataclass(frozen=True)
class _Bones:
    """Leg bones in the rest pose, both sides (N, 2, 3)."""

    thigh: Array
    shank: Array
    ball: Array


def solve_plan(anatomy: Anatomy, plan: Plan) -> Posture:
    """Whole bodies (N, T) in SMPL's frame, the floor at y = 0."""
    shape = plan.crouch_m.shape
    joints, rotations = np.zeros((*shape, 24, 3)), np.zeros((*shape, 24, 3, 3))
    _pose_upper(anatomy, plan, joints, rotations)
    bones = _Bones(*(anatomy.bones(a, b) for a, b in (("hip", "knee"), ("knee", "ankle"), ("ankle", "foot_index"))))
    hips = joints[:, :, [_J["left_hip"], _J["right_hip"]]]
    middle = hips.mean(axis=2)
    offsets = hips - middle[:, :, None]
    upper = joints[:, :, SEGMENT_JOINTS[IS_UPPER]] + apply(
        rotations[:, :, SEGMENT_JOINTS[IS_UPPER]], anatomy.mass_offsets[:, None, IS_UPPER]
    )
    upper_mass = SEGMENT_MASSES[IS_UPPER].sum()
    upper_centre = np.einsum("s,ntsc->ntc", SEGMENT_MASSES[IS_UPPER], upper) / upper_mass - middle
    support = _support(anatomy, plan)
    ground = support + plan.pelvis
    heel_deg = plan.foot_pitch_deg
    legs = None
    for _ in range(_ROUNDS):
        if legs is not None:
            centre = upper_mass * (ground + upper_centre[..., [0, 2]]) + _lower_moment(anatomy, joints, rotations)
            error = support + plan.pelvis - centre
            ground = ground + 1.15 * plan.balance[..., None] * error
            heel_deg = _raise_heels(plan, heel_deg, rotations)
        legs = _pose_legs(anatomy, replace(plan, foot_pitch_deg=heel_deg), bones, ground, offsets, rotations[:, :, 0],
                          joints, rotations)  # fmt: skip
    joints[:, :, _UPPER] += (legs - middle)[:, :, None]
    return Posture(joints, rotations, np.zeros((*shape, 3)))


_LEG_NAMES = ("hip", "knee", "ankle", "foot_index")
_LOWER = [_J[f"{side}_{name}"] for side in _SIDES for name in _LEG_NAMES]
_UPPER = [number for number in range(24) if number not in _LOWER]


def _pose_upper(anatomy: Anatomy, plan: Plan, joints: Array, rotations: Array) -> None:
    """Fills in pelvis (at the origin), trunk, head, arms and the hip joints' places."""
    yaw, pitch, roll = np.moveaxis(plan.turn_deg, -1, 0)
    rotations[:, :, 0] = rotation_about(1, yaw) @ rotation_about(0, pitch) @ rotation_about(2, -roll)

    def attach(name: str, local: Array | None) -> None:
        number = _J[name]
        parent = PARENTS[number]
        joints[:, :, number] = joints[:, :, parent] + apply(rotations[:, :, parent], anatomy.offsets[:, None, number])
        if local is not None:
            rotations[:, :, number] = rotations[:, :, parent] @ local

    for share, name in zip(_SPINE_SHARES, ("spine1", "spine2", "spine3"), strict=True):
        attach(name, _turn(share * plan.spine_deg))
    attach("neck", _turn(0.5 * plan.head_deg))
    attach("head", _turn(0.5 * plan.head_deg))
    lean = pitch + plan.spine_deg[..., 0]
    arms_deg = plan.arms_deg.copy()
    arms_deg[..., 0] += (plan.hang * lean)[..., None]
    upper, lower = compute_arms(arms_deg, plan.hold, plan.hold_share)
    for number, side in enumerate(_SIDES):
        # Shoulder blades follow a raised arm with about a quarter of its way, after the first 30 degrees.
        along = OUT[number] * upper[:, :, number, :, 0]
        raised = np.degrees(np.arccos(np.clip(-along[..., 1], -1, 1)))
        shrug = 0.25 * 8 * np.logaddexp(0, (raised - 30) / 8) + plan.shrug_deg[..., number]
        ahead = 12 * along[..., 2]
        attach(f"{side}_collar", rotation_about(1, -OUT[number] * ahead) @ rotation_about(2, OUT[number] * shrug))
        attach(f"{side}_shoulder", None)
        rotations[:, :, _J[f"{side}_shoulder"]] = rotations[:, :, _J["spine3"]] @ upper[:, :, number]
        attach(f"{side}_elbow", lower[:, :, number])
        attach(f"{side}_wrist", np.broadcast_to(np.eye(3), lower[:, :, number].shape))
        attach(f"{side}_hand", np.broadcast_to(np.eye(3), lower[:, :, number].shape))
        attach(f"{side}_hip", None)


def _turn(angles_deg: Array) -> Array:
    """Rotation by flexion, side bend to the right and turn to the left (..., 3)."""
    flexion, side, turn = np.moveaxis(angles_deg, -1, 0)
    return rotation_about(1, turn) @ rotation_about(2, -side) @ rotation_about(0, flexion)


def _support(anatomy: Anatomy, plan: Plan) -> Array:
    """Point (N, T, 2) over which the weight shall stand."""
    yaw = np.radians(plan.foot_yaw_deg)
    ahead = np.stack([np.sin(yaw) * OUT, np.cos(yaw)], axis=-1)
    feet = plan.place + _MIDDLE_OF_FOOT * anatomy.toe_m[:, None, None, None] * ahead
    return np.asarray((plan.weight[..., None] * feet).sum(axis=2))


def _pose_feet(anatomy: Anatomy, plan: Plan, ball: Array) -> tuple[Array, Array, Array]:
    """Rotations of feet (N, T, 2, 3, 3) and toes, and ankles (N, T, 2, 3), of feet that stand or step."""
    rest_turn = np.degrees(np.arctan2(ball[..., 0], ball[..., 2]))[:, None]
    yaw = rotation_about(1, plan.foot_yaw_deg * OUT)
    unturn = rotation_about(1, -rest_turn)
    foot = yaw @ rotation_about(0, plan.foot_pitch_deg) @ unturn
    flat = yaw @ unturn
    height = np.broadcast_to(anatomy.ankle_height[:, None, None], plan.lift_m.shape) + plan.lift_m
    ankle = np.stack([plan.place[..., 0], height, plan.place[..., 1]], axis=-1)
    heel = np.zeros_like(ball)
    heel[..., 1], heel[..., 2] = -anatomy.ankle_height[:, None], -anatomy.heel_m[:, None]
    # The heel lies straight behind the ankle once the foot points ahead.
    heel = apply(rotation_about(1, rest_turn[:, 0]), heel)
    for pivot, counts in ((ball, plan.foot_pitch_deg > 0), (heel, plan.foot_pitch_deg <= 0)):
        moved = apply(flat, pivot[:, None]) - apply(foot, pivot[:, None])
        ankle = ankle + np.where(counts[..., None], moved, 0.0)
    # On the floor the toes stay flat while the heel rises; in the air they follow the foot.
    in_air = np.clip(plan.lift_m / 0.06, 0, 1)
    toe_pitch = plan.foot_pitch_deg * np.where(plan.foot_pitch_deg > 0, in_air, 1.0)
    return foot, yaw @ rotation_about(0, toe_pitch) @ unturn, ankle


def _pose_legs(
    anatomy: Anatomy,
    plan: Plan,
    bones: _Bones,
    ground: Array,
    offsets: Array,
    pelvis: Array,
    joints: Array,
    rotations: Array,
) -> Array:
    """Fills in both legs under hips whose middle stands over `ground`; returns that middle (N, T, 3)."""
    foot, toe, ankle = _pose_feet(anatomy, plan, bones.ball)
    lengths = [np.linalg.norm(bone, axis=-1)[:, None] for bone in (bones.thigh, bones.shank)]
    middle = np.insert(ground, 1, _hip_height(plan, ground, offsets, ankle, lengths[0] + lengths[1]), axis=-1)
    hips = middle[:, :, None] + offsets
    hinge = rotation_about(1, plan.foot_yaw_deg * OUT)[..., 0]
    free = plan.free[..., None]
    if plan.free.any():
        flexion, abduction, outward, knee, plantar = np.moveaxis(plan.leg_deg, -1, 0)
        thigh = pelvis[:, :, None] @ (rotation_about(2, abduction * OUT) @ rotation_about(0, -flexion)
                                      @ rotation_about(1, outward * OUT))  # fmt: skip
        shank = thigh @ rotation_about(0, knee)
        swung = hips + apply(thigh, bones.thigh[:, None]) + apply(shank, bones.shank[:, None])
        hanging = shank @ rotation_about(0, plantar)
        swung[..., 1] += _clear_floor(anatomy, swung[..., 1], hanging, bones.ball)
        ankle = ankle + free * (swung - ankle)
        hinge = normalise_vectors(hinge + free * (thigh[..., 0] - hinge))
        foot, toe = (bone_frame_between(turn, hanging, plan.free) for turn in (foot, toe))
    along = normalise_vectors(ankle - hips)
    chain = two_bone_chain(hips, ankle, lengths[0], lengths[1], np.cross(along, hinge))
    knees = chain.middle(np.zeros(chain.radius.shape))
    bend = np.cross(chain.ahead, chain.along)
    turns = aim_bones(bones.thigh, knees - hips, bend), aim_bones(bones.shank, chain.end - knees, bend)
    toes = chain.end + apply(foot, bones.ball[:, None])
    for number, side in enumerate(_SIDES):
        for name, places, turn in zip(_LEG_NAMES, (hips, knees, chain.end, toes), (*turns, foot, toe), strict=True):
            joints[:, :, _J[f"{side}_{name}"]] = places[:, :, number]
            rotations[:, :, _J[f"{side}_{name}"]] = turn[:, :, number]
    return middle


def bone_frame_between(first: Array, second: Array, share: Array) -> Array:
    """Rotations (..., 3, 3) on the way from `first` to `second`: blended columns made square again."""
    blend = first + share[..., None, None] * (second - first)
    return np.roll(bone_frame(normalise_vectors(blend[..., 2]), blend[..., 0]), -1, axis=-1)


def _hip_height(plan: Plan, ground: Array, offsets: Array, ankle: Array, longest: Array) -> Array:
    """Height (N, T) of the hips' middle: below what each standing leg allows, and near the seat where there is one."""
    flat = ground[:, :, None] + offsets[..., [0, 2]] - ankle[..., [0, 2]]
    reach = (_STRAIGHTEST * longest) ** 2 - dot(flat, flat)
    limits = ankle[..., 1] + np.sqrt(np.maximum(reach, 0.01)) - offsets[..., 1] + plan.free
    highest = -_SOFT_M * np.logaddexp(-limits[..., 0] / _SOFT_M, -limits[..., 1] / _SOFT_M)
    stood = highest - plan.crouch_m
    height = stood + plan.seat[..., 1] * (plan.seat[..., 0] - stood)
    lowest = _LOWEST * longest[..., 0]
    # Where straight legs end lower still, they decide.
    return np.minimum(height + 0.02 * np.logaddexp(0, (lowest - height) / 0.02), highest)


def _clear_floor(anatomy: Anatomy, ankle_height: Array, foot: Array, ball: Array) -> Array:
    """How far (N, T, 2) feet in the air must be raised for heel and toes to stay over the floor."""
    ahead = ball[..., [0, 2]] / np.linalg.norm(ball[..., [0, 2]], axis=-1, keepdims=True)
    sole = np.broadcast_to(-anatomy.ankle_height[:, None], ahead.shape[:2])
    lowest = np.full(ankle_height.shape, np.inf)
    for reach in (anatomy.toe_m, -anatomy.heel_m):
        point = np.stack([reach[:, None] * ahead[..., 0], sole, reach[:, None] * ahead[..., 1]], axis=-1)
        lowest = np.minimum(lowest, ankle_height + apply(foot, point[:, None])[..., 1])
    return np.asarray(0.015 * np.logaddexp(0, (0.01 - lowest) / 0.015))


def _raise_heels(plan: Plan, heel_deg: Array, rotations: Array) -> Array:
    """Pitch (N, T, 2) of the feet that keeps the ankles within their range."""
    shank, foot = (rotations[:, :, [_J[f"{side}_{name}"] for side in _SIDES]] for name in ("knee", "ankle"))
    relative = np.swapaxes(foot, -1, -2) @ shank
    dorsiflexion = np.degrees(np.arctan2(relative[..., 2, 1], relative[..., 1, 1]))
    wanted = heel_deg + 0.8 * (dorsiflexion - _DORSIFLEXION_DEG) * (1 - plan.free)
    softly = plan.foot_pitch_deg + 3 * np.logaddexp(0, (wanted - plan.foot_pitch_deg) / 3 - 2)
    return np.minimum(softly, 60)


def _lower_moment(anatomy: Anatomy, joints: Array, rotations: Array) -> Array:
    """Sum of mass times place (x, z) over the legs' segments, (N, T, 2)."""
    below = SEGMENT_JOINTS[~IS_UPPER]
    centres = joints[:, :, below] + apply(rotations[:, :, below], anatomy.mass_offsets[:, None, ~IS_UPPER])
    return np.einsum("s,ntsc->ntc", SEGMENT_MASSES[~IS_UPPER], centres)[..., [0, 2]]
