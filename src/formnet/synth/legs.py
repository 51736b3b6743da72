"""Legs between planted feet and the pelvis.

The feet stand; the pelvis goes down and back as far as depth and knee travel ask; the knees follow by
two-bone geometry, over the line of the toes unless they cave in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.synth.anatomy import Anatomy
from formnet.synth.faults import Targets
from formnet.synth.kinematics import (
    Array,
    Chain,
    aim_bones,
    apply,
    dot,
    minimum_jerk,
    rotation_about,
    swivel_onto_plane,
    two_bone_chain,
)
from formnet.synth.nature import Nature
from formnet.synth.rows import Rows

_OUT = np.array([1.0, -1.0])
"""Sign of x on each side, left first."""

_LONGEST = 0.9980
"""A standing leg is never straighter than this share of its length."""


@dataclass(frozen=True)
class Feet:
    """Where the feet stand, sides left, right; broadcast over N and T.

    Attributes:
        place: (N, T, 2, 2) x and z of the ankles over flat feet, metres.
        turn_deg: (N, T, 2) direction of the toes, outwards.
        height_m: (N, T, 2) how far a stepping foot is off the floor.
    """

    place: Array
    turn_deg: Array
    height_m: Array


@dataclass(frozen=True)
class Legs:
    """Posed legs, sides left, right.

    Attributes:
        pelvis: (N, T, 3) middle of the hip joints.
        pelvis_turn: (N, T, 3, 3) yaw and roll of the pelvis.
        hips, knees, ankles, toes: (N, T, 2, 3).
        thighs, shanks, feet, soles: (N, T, 2, 3, 3) global rotations; soles are the toes' part.
        middle_foot: (N, T) z of the point over which the weight shall stand.
    """

    pelvis: Array
    pelvis_turn: Array
    hips: Array
    knees: Array
    ankles: Array
    toes: Array
    thighs: Array
    shanks: Array
    feet: Array
    soles: Array
    middle_foot: Array


@dataclass(frozen=True)
class Way(Rows):
    """The way down, (N, 1) each.

    Attributes:
        thigh_deg, shank_deg: at its end, thigh over the horizontal and shank over the vertical, seen from the side.
        share: how much of it the repetition does.
    """

    thigh_deg: Array
    shank_deg: Array
    share: Array


def stand(anatomy: Anatomy, nature: Nature) -> Feet:
    """Feet (N, 1, …) planted as each person likes to stand, the ankles' middle at the origin."""
    half = (nature.stance_breadths * anatomy.hip_breadth_m[:, None] / 2)[..., None] * _OUT
    ahead = nature.foot_ahead_m[..., None] / 2 * _OUT
    return Feet(np.stack([half, ahead], axis=-1), nature.toe_out_deg, np.zeros_like(nature.toe_out_deg))


def pose_legs(
    anatomy: Anatomy,
    nature: Nature,
    targets: Targets,
    way: Way,
    feet: Feet,
    depth: Array,
    caving: Array,
    unrest: dict[str, Array] | None = None,
) -> Legs:
    """Legs of N bodies over T frames.

    Args:
        nature, targets, way: with a time axis, (N, 1, …) or (N, T, …).
        depth: (N, T) share of the way down that this repetition does, 0–1.
        caving: (N, T) course of caving knees, 0–1.
        unrest: channels of `Drift` (N, T), none for a still body.
    """
    unrest = unrest or {}
    still = np.zeros_like(depth)
    turn = _pelvis_turn(nature, depth, unrest.get("pelvis_yaw_deg", still))
    foot, ankles, sole, toes = _pose_feet(anatomy, nature, targets, feet, depth)
    floor_ankles = ankles.copy()
    floor_ankles[..., 1] -= feet.height_m
    shift = nature.shift_m * depth + unrest.get("sway_aside_m", still)
    pelvis = _place_pelvis(anatomy, nature, way, feet, floor_ankles, depth, shift)
    across = anatomy.vector("right_hip", "left_hip") / 2
    hip_offsets = np.stack([across, -across], axis=1)
    hips = pelvis[:, :, None] + apply(turn[:, :, None], hip_offsets[:, None])
    thigh, shank = anatomy.bones("hip", "knee"), anatomy.bones("knee", "ankle")
    wobble = np.stack([unrest.get("knee_left_deg", still), unrest.get("knee_right_deg", still)], -1)
    azimuth = feet.turn_deg + nature.knee_track_deg + wobble
    heading = _heading(azimuth)
    chain = two_bone_chain(hips, ankles, np.linalg.norm(thigh, axis=-1)[:, None],
                           np.linalg.norm(shank, axis=-1)[:, None], heading)  # fmt: skip
    swivel = _steer_knees(chain, nature, targets, azimuth, ankles, depth, caving)
    knees = chain.middle(swivel)
    hinge = np.cross(chain.outward(swivel), chain.along)
    thighs, shanks = aim_bones(thigh, knees - hips, hinge), aim_bones(shank, chain.end - knees, hinge)
    # A leg that cannot reach its foot keeps its length; the foot goes with it.
    toes = toes + (chain.end - ankles)
    balance = nature.balance + (targets.balance - nature.balance) * depth
    middle = floor_ankles[..., 2] + np.cos(np.radians(feet.turn_deg)) * (anatomy.toe_m[:, None] * balance)[..., None]
    return Legs(pelvis, turn, hips, knees, chain.end, toes, thighs, shanks, foot, sole, middle.mean(axis=-1))


def solve_way(anatomy: Anatomy, nature: Nature, targets: Targets, rounds: int = 10) -> Way:
    """The way down that ends with the thigh as high and the knees as far forward as `targets` ask.

    Stance, toe-out, pelvis and caving make the three-dimensional leg differ from its side view, so the side
    view's angles are corrected until the posed leg agrees; then the share of the way after which a shallow
    repetition turns round is found by bisection. `nature` and `targets` have shape (N, 1, …).
    """
    thigh_m, shank_m = anatomy.length("left_hip", "left_knee"), anatomy.length("left_knee", "left_ankle")
    one = np.ones_like(targets.thigh_deg)
    ahead_m = (anatomy.toe_m[:, None] + targets.toe_margin_m) * np.cos(np.radians(nature.toe_out_deg)).mean(axis=-1)
    wanted_shank = np.degrees(np.arcsin(np.clip(ahead_m / shank_m[:, None], -0.2, 0.9)))
    feet = stand(anatomy, nature)

    def measure(way: Way) -> tuple[Array, Array]:
        legs = pose_legs(anatomy, nature, targets, way, feet, one, one)
        rise = (legs.hips - legs.knees)[..., 1].mean(axis=-1) / thigh_m[:, None]
        ahead = (legs.knees - legs.ankles)[..., 2].mean(axis=-1) / shank_m[:, None]
        return np.degrees(np.arcsin(np.clip(rise, -1, 1))), np.degrees(np.arcsin(np.clip(ahead, -1, 1)))

    way = Way(targets.thigh_deg, wanted_shank, one)
    for _ in range(rounds):
        thigh, shank = measure(way)
        way = Way(
            np.clip(way.thigh_deg + 0.8 * (targets.thigh_deg - thigh), -50, 60),
            np.clip(way.shank_deg + 0.8 * (wanted_shank - shank), 0, 62),
            one,
        )
    is_cut = targets.end_thigh_deg > targets.thigh_deg
    low, high = np.zeros_like(one), one
    for _ in range(14 if is_cut.any() else 0):
        middle = (low + high) / 2
        too_high = measure(Way(way.thigh_deg, way.shank_deg, middle))[0] > targets.end_thigh_deg
        low, high = np.where(too_high, middle, low), np.where(too_high, high, middle)
    return Way(way.thigh_deg, way.shank_deg, np.where(is_cut, high, one))


def _heading(azimuth_deg: Array) -> Array:
    """Horizontal unit vectors (..., 2, 3) that point outwards of straight ahead by (..., 2)."""
    angle = np.radians(azimuth_deg)
    return np.stack([np.sin(angle) * _OUT, np.zeros_like(angle), np.cos(angle)], axis=-1)


def _pelvis_turn(nature: Nature, depth: Array, yaw_unrest_deg: Array) -> Array:
    yaw, roll = nature.pelvis_deg[..., 0] * depth + yaw_unrest_deg, nature.pelvis_deg[..., 1] * depth
    return rotation_about(1, yaw) @ rotation_about(2, roll)


def _pose_feet(
    anatomy: Anatomy, nature: Nature, targets: Targets, feet: Feet, depth: Array
) -> tuple[Array, Array, Array, Array]:
    """Rotations of the feet, ankles, rotations of the toes, balls of the feet; the balls stay where they stand."""
    ball = anatomy.bones("ankle", "foot_index")
    rest_turn = np.degrees(np.arctan2(ball[..., 0], ball[..., 2]))[:, None]
    late = minimum_jerk((depth[..., None] - 0.3) / 0.7)
    sole_m = (np.hypot(ball[..., 0], ball[..., 2]) + anatomy.heel_m[:, None])[:, None]
    lift = np.degrees(np.arcsin(np.clip(targets.heel_lift_m * late / sole_m, -0.3, 0.6)))
    flat = rotation_about(1, feet.turn_deg * _OUT - rest_turn)
    turn = rotation_about(1, feet.turn_deg * _OUT)
    roll = rotation_about(2, nature.pronation_deg * depth[..., None] * -_OUT)
    foot = turn @ rotation_about(0, lift) @ roll @ rotation_about(1, -rest_turn)
    height = anatomy.ankle_height[:, None, None] + feet.height_m
    flat_ankles = np.stack(np.broadcast_arrays(feet.place[..., 0], height, feet.place[..., 1]), axis=-1)
    balls = flat_ankles + apply(flat, ball[:, None])
    ankles = balls - apply(foot, np.broadcast_to(ball[:, None], (*foot.shape[:3], 3)))
    shape = ankles.shape
    return foot, ankles, np.broadcast_to(flat, (*shape, 3)), np.broadcast_to(balls, shape)


def _place_pelvis(
    anatomy: Anatomy, nature: Nature, way: Way, feet: Feet, ankles: Array, depth: Array, shift_m: Array
) -> Array:
    """Middle of the hips (N, T, 3): aside by `shift_m`, back by the legs' side view, up by the bend of the knees."""
    thigh_m = anatomy.length("left_hip", "left_knee")[:, None]
    shank_m = anatomy.length("left_knee", "left_ankle")[:, None]
    done = depth * way.share
    stand_deg = nature.stand_flex_deg / 2
    thigh = np.radians(90 - stand_deg + (way.thigh_deg - 90 + stand_deg) * done)
    shank = np.radians(stand_deg + (way.shank_deg - stand_deg) * done**nature.travel_bend)
    inward = np.cos(np.radians(feet.turn_deg)).mean(axis=-1)
    back = shank_m * np.sin(shank) * inward - thigh_m * np.cos(thigh)
    length = np.sqrt(thigh_m**2 + shank_m**2 - 2 * thigh_m * shank_m * np.cos(np.pi / 2 + thigh - shank))
    middle = ankles.mean(axis=2)
    half_hip = anatomy.length("left_hip", "right_hip")[:, None, None] / 2 * _OUT
    x = middle[..., 0] + shift_m
    aside = ankles[..., 0] - x[..., None] - half_hip
    along = ankles[..., 2] - (middle[..., 2] + back)[..., None]
    flat = aside**2 + along**2
    height = ankles[..., 1] + np.sqrt(np.maximum(length[..., None] ** 2 - flat, 1e-4))
    highest = ankles[..., 1] + np.sqrt(np.maximum((_LONGEST * (thigh_m + shank_m))[..., None] ** 2 - flat, 1e-4))
    up = np.minimum(height.mean(axis=-1), highest.min(axis=-1))
    return np.stack([x, up, middle[..., 2] + back], axis=-1)


def _steer_knees(
    chain: Chain, nature: Nature, targets: Targets, azimuth_deg: Array, ankles: Array, depth: Array, caving: Array
) -> Array:
    """Swivel (N, T, 2) of the knees: over the line of the toes, less natural and faulty caving."""
    angle = np.radians(azimuth_deg)
    normal = np.stack([np.cos(angle) * _OUT, np.zeros_like(angle), -np.sin(angle)], axis=-1)
    tracked = _nearer_zero(*swivel_onto_plane(chain, normal, dot(ankles, normal)))
    # A nearly straight leg has no choice: its knee points where the toes point.
    bend = np.arctan2(chain.radius, 0.2)
    tracked = np.clip(tracked, -1.2, 1.2) * minimum_jerk((bend - 0.15) / 0.45)
    knees_x = chain.middle(tracked)[..., 0]
    middle_x = ankles[..., 0].mean(axis=-1, keepdims=True)
    width = np.abs(ankles[..., 0] - middle_x)
    tracked_ratio = (knees_x - middle_x) * _OUT / width
    natural = np.maximum(tracked_ratio - nature.knee_inward * depth[..., None], np.minimum(tracked_ratio, 1.0))
    weight = targets.caving * caving[..., None]
    ratio = natural + weight * np.minimum(targets.caving_ratio[..., None] - natural, 0.0)
    x_axis = np.zeros_like(normal)
    x_axis[..., 0] = 1.0
    first, second = swivel_onto_plane(chain, x_axis, middle_x + ratio * width * _OUT)
    return np.where(np.abs(first - tracked) < np.abs(second - tracked), first, second)


def _nearer_zero(first: Array, second: Array) -> Array:
    return np.where(np.abs(first) < np.abs(second), first, second)
