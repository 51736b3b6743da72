"""Hand-made curves. Add a block here: one function `(pose, **options) -> Channels` under `@feature_block`.

Both sides are given as their mean and their signed difference (left − right) where a side alone means little;
with `sides=True` each side has its own channel.
"""

from __future__ import annotations

from typing import Any

from formnet.features.array import EPSILON, Channels, standing_value
from formnet.features.registry import compute_block, feature_block
from formnet.geometry.angles import compute_angle_between_deg, compute_elevation_deg, compute_joint_angle_deg
from formnet.geometry.joints import Joints
from formnet.geometry.vectors import Array, compute_distance, compute_length, take_level

_SIDES = ("left", "right")
_DEGENERATE_DEG = 0.0
"""Angle of a limb of no length, as the shipped networks have learnt it."""
_NEVER = 1e3
"""Higher over the knees than any hips."""


def _leg_length(pose: Joints, frames: int = 3) -> Array:
    """(…, 1) hip–knee–ankle of the standing person, mean of both legs."""
    legs = [
        compute_distance(pose[f"{side}_hip"], pose[f"{side}_knee"])
        + compute_distance(pose[f"{side}_knee"], pose[f"{side}_ankle"])
        for side in _SIDES
    ]
    return standing_value((0.5 * (legs[0] + legs[1]))[..., None], frames)[..., 0] + EPSILON


def _level_width(pose: Joints, joint: str) -> Array:
    """Distance of a left and right joint in the horizontal plane (2D: along x)."""
    return compute_length(take_level(pose.across(joint)))


def _mean_and_difference(channels: dict[str, Array], name: str, left: Array, right: Array) -> None:
    channels[name] = 0.5 * (left + right)
    channels[f"{name}_difference"] = left - right


def _both_sides(sides: bool, name: str, left: Array, right: Array, channels: dict[str, Array]) -> None:
    if sides:
        channels[f"left_{name}"], channels[f"right_{name}"] = left, right
    else:
        _mean_and_difference(channels, name, left, right)


@feature_block("angles")
def angles_block(pose: Joints, sides: bool = False, unit_deg: float = 90.0) -> Channels:
    """Joint angles and leans to gravity, in units of `unit_deg` (about one for a network).

    Knee and hip flexion, ankle angle (where there is a toe), shank and thigh elevation over the horizontal;
    trunk elevation, angle of the head against the trunk, head pitch (where there is a nose and an ear),
    bending of the spine (where there is a middle of it).
    """
    channels: dict[str, Array] = {}
    curves = {
        "knee": pose.angles_deg("hip", "knee", "ankle", degenerate_deg=_DEGENERATE_DEG),
        "hip": pose.angles_deg("shoulder", "hip", "knee", degenerate_deg=_DEGENERATE_DEG),
        "shank_elevation": pose.elevations_deg("ankle", "knee", degenerate_deg=_DEGENERATE_DEG),
        "thigh_elevation": pose.elevations_deg("knee", "hip", degenerate_deg=_DEGENERATE_DEG),
    }
    if "left_foot_index" in pose:
        back = "heel" if "left_heel" in pose else "ankle"
        curves["ankle"] = pose.angles_deg("knee", "ankle", "foot_index", degenerate_deg=_DEGENERATE_DEG)
        curves["foot_elevation"] = pose.elevations_deg(back, "foot_index", degenerate_deg=_DEGENERATE_DEG)
    for name, (left, right) in curves.items():
        _both_sides(sides, name, left, right, channels)
    pelvis, neck, head = pose["pelvis"], pose["neck"], pose.head()
    channels["trunk_elevation"] = compute_elevation_deg(pelvis, neck, degenerate_deg=_DEGENERATE_DEG)
    channels["head_to_trunk"] = compute_angle_between_deg(head - neck, neck - pelvis, degenerate_deg=_DEGENERATE_DEG)
    channels["neck_elevation"] = compute_elevation_deg(neck, head, degenerate_deg=_DEGENERATE_DEG)
    if "left_ear" in pose and "nose" in pose:
        channels["head_pitch"] = compute_elevation_deg(pose.middle("ear"), pose["nose"], degenerate_deg=_DEGENERATE_DEG)
    for middle in ("spine2", "spine1"):
        if middle in pose:
            channels["spine"] = compute_joint_angle_deg(neck, pose[middle], pelvis, degenerate_deg=_DEGENERATE_DEG)
            break
    return Channels.stack({name: curve / unit_deg for name, curve in channels.items()})


@feature_block("heights")
def heights_block(pose: Joints) -> Channels:
    """Heights of hips, knees, shoulders, head and wrists over the floor, in leg lengths of the standing person.

    The floor is the lower ankle of each frame: it stays put when the whole body drifts in the picture.
    """
    xp, leg = pose.xp, _leg_length(pose)
    floor_y = xp.maximum(pose["left_ankle"][..., 1], pose["right_ankle"][..., 1])
    channels = {"hips": (floor_y - pose["pelvis"][..., 1]) / leg, "neck": (floor_y - pose["neck"][..., 1]) / leg}
    channels["head"] = (floor_y - pose.head()[..., 1]) / leg
    for joint in ("knee", "wrist", "ankle", "heel", "foot_index"):
        if f"left_{joint}" in pose:
            left, right = ((floor_y - pose[f"{side}_{joint}"][..., 1]) / leg for side in _SIDES)
            _mean_and_difference(channels, joint, left, right)
    return Channels.stack(channels)


@feature_block("ratios")
def ratios_block(pose: Joints) -> Channels:
    """Widths and reaches as ratios that a coach would read off.

    Knee over ankle width, ankle over hip width, hip height over the knee in shin lengths, how far the knee
    is before the ankle (and the toe, where there is one) in shin lengths, length of the back over standing.
    """
    xp = pose.xp
    ankle_width = _level_width(pose, "ankle")
    hip_width = standing_value(_level_width(pose, "hip")[..., None], 3)[..., 0]
    channels = {
        "knee_to_ankle_width": xp.clip(_level_width(pose, "knee") / (ankle_width + EPSILON), 0.0, 5.0),
        "ankle_to_hip_width": xp.clip(ankle_width / (hip_width + EPSILON), 0.0, 10.0),
    }
    over_knee, before_ankle, before_toe = [], [], []
    for side in _SIDES:
        hip, knee, ankle = pose[f"{side}_hip"], pose[f"{side}_knee"], pose[f"{side}_ankle"]
        shin = standing_value(compute_distance(knee, ankle)[..., None], 3)[..., 0] + EPSILON
        over_knee.append((knee[..., 1] - hip[..., 1]) / shin)
        before_ankle.append(_level_distance(knee, ankle) / shin)
        if f"{side}_foot_index" in pose:
            before_toe.append(_forward_reach(knee, ankle, pose[f"{side}_foot_index"]) / shin)
    _mean_and_difference(channels, "hip_over_knee", over_knee[0], over_knee[1])
    _mean_and_difference(channels, "knee_before_ankle", before_ankle[0], before_ankle[1])
    if before_toe:
        _mean_and_difference(channels, "knee_before_toe", before_toe[0], before_toe[1])
    back = compute_distance(pose["neck"], pose["pelvis"])[..., None]
    channels["back_length"] = (back / (standing_value(back, 3) + EPSILON))[..., 0]
    return Channels.stack(channels)


def _level_distance(first: Array, second: Array) -> Array:
    return compute_length(take_level(first - second))


def _forward_reach(knee: Array, ankle: Array, toe: Array) -> Array:
    """How far the knee is past the toe along the foot's own horizontal direction."""
    foot, leg = take_level(toe - ankle), take_level(knee - toe)
    return (foot * leg).sum(-1) / (compute_length(foot) + EPSILON)


@feature_block("extremes")
def extremes_block(pose: Joints, near: float = 0.15) -> Channels:
    """What a coach would measure at the deepest moment; the same value in every frame.

    Lowest height of the hips over the knees in shin lengths; mean ratio of knee width to ankle width while the hips
    are within `near` shin lengths of that; the same ratio while standing.
    """
    xp = pose.xp
    ratios = ratios_block(pose)
    over_knee = ratios["hip_over_knee"]
    width = ratios["knee_to_ankle_width"]
    # A frame without hips or knees is neither deep nor wide.
    known = ~(xp.isnan(over_knee) | xp.isnan(width))
    high = xp.where(known, over_knee, xp.full_like(over_knee, _NEVER))
    lowest = xp.amin(high, -1)[..., None]
    deep = (known & (high < lowest + near)) * 1.0
    at_depth = (deep * xp.where(known, width, xp.zeros_like(width))).sum(-1)[..., None] / (
        deep.sum(-1)[..., None] + EPSILON
    )
    standing = standing_value(width[..., None], 3)[..., 0]
    whole = xp.ones_like(over_knee)
    return Channels.stack(
        {
            "lowest_hip_over_knee": lowest * whole,
            "knee_to_ankle_width_at_depth": at_depth * whole,
            "knee_to_ankle_width_standing": standing * whole,
        }
    )


@feature_block("coordinates")
def coordinates_block(pose: Joints) -> Channels:
    """All joints from the middle of the hips, in leg lengths of the standing person: x, y and z of each.

    They depend on the view. With cameras all around in training, a network learns from them what a view hides.
    """
    middle = pose.middle("hip")
    leg = _leg_length(pose)[..., None]
    curves = {}
    for joint in pose.skeleton.joints:
        place = (pose[joint] - middle) / leg
        for axis, name in enumerate("xyz"[: place.shape[-1]]):
            curves[f"{joint}_{name}"] = place[..., axis]
    return Channels.stack(curves)


@feature_block("velocity")
def velocity_block(pose: Joints, block: str = "angles", options: dict[str, Any] | None = None) -> Channels:
    """First difference over frames of another block, times the number of frames (per repetition); first is 0."""
    inner = compute_block(pose, block, dict(options or {}))
    step = inner.values[..., 1:, :] - inner.values[..., :-1, :]
    values = pose.xp.concatenate([step[..., :1, :] * 0.0, step], -2) * float(inner.values.shape[-2])
    return Channels(tuple(f"{name}_velocity" for name in inner.names), values)
