"""Paths over time that measures are read from: pure functions of a `Performance`, one value (T,) a frame.

A joint that the source lacks or did not see makes the value NaN in those frames. Forwards is -z, up is -y, the
person's left is +x (see `Performance`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from formnet.geometry.angles import compute_joint_angle_deg
from formnet.measures.performance import SIDES, Performance
from formnet.motion import FloatArray

Curve = Callable[[Performance], FloatArray]
_LEAST_PROJECTED_DEG = 30.0


def both_sides(one_side: Callable[[Performance, str], FloatArray]) -> Curve:
    """The mean of a curve over the left and the right side; of the side that is seen where one is not."""
    return lambda performance: _mean_of_sides(performance, one_side, SIDES)


def nearer_side(one_side: Callable[[Performance, str], FloatArray]) -> Curve:
    """The mean of a curve over the sides whose leg is seen well: of the nearer one alone where it hides the other.

    A foot behind a foot is guessed, and guessed feet rise and fall with the knees.
    """
    return lambda performance: _mean_of_sides(performance, one_side, performance.seen_sides)


def side_of_seen_knee(one_side: Callable[[Performance, str], FloatArray]) -> Curve:
    """The mean of a curve over the sides whose knee is seen at the bottom; over both where neither is.

    A knee behind the body is guessed, and from obliquely behind it is guessed inwards.
    """
    return lambda performance: _mean_of_sides(performance, one_side, performance.sides_showing("knee"))


def _mean_of_sides(
    performance: Performance, one_side: Callable[[Performance, str], FloatArray], sides: Sequence[str]
) -> FloatArray:
    values = np.stack([one_side(performance, side) for side in sides])
    seen = np.isfinite(values)
    total, count = np.where(seen, values, 0.0).sum(axis=0), seen.sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def left_minus_right(one_side: Callable[[Performance, str], FloatArray]) -> Curve:
    """The difference of a curve between the sides."""
    return lambda performance: one_side(performance, "left") - one_side(performance, "right")


def on_side(one_side: Callable[[Performance, str], FloatArray], side: str) -> Curve:
    """A curve of one side."""
    return lambda performance: one_side(performance, side)


def forward_lean_deg(low: FloatArray, high: FloatArray) -> FloatArray:
    """(T,) angle from the vertical to the line low→high in the sagittal plane, positive forwards."""
    line = high - low
    return np.degrees(np.arctan2(-line[:, 2], -line[:, 1]))


def side_lean_deg(low: FloatArray, high: FloatArray) -> FloatArray:
    """(T,) angle from the vertical to the line low→high in the frontal plane, positive to the person's left."""
    line = high - low
    return np.degrees(np.arctan2(line[:, 0], -line[:, 1]))


def thigh_deg(p: Performance, side: str) -> FloatArray:
    """Thigh over the horizontal: 90 hanging down, 0 level, negative with the hip below the knee."""
    line = p.joint(f"{side}_hip") - p.joint(f"{side}_knee")
    return np.degrees(np.arctan2(-line[:, 1], np.hypot(line[:, 0], line[:, 2])))


def hip_over_knee(p: Performance, side: str) -> FloatArray:
    """Height of the hip joint over the knee in lengths of the shin."""
    rise = (p.joint(f"{side}_knee") - p.joint(f"{side}_hip"))[:, 1]
    return np.asarray(rise / p.length(f"{side}_knee", f"{side}_ankle"))


def knee_flexion_deg(p: Performance, side: str) -> FloatArray:
    """Bend of the knee: 0 straight."""
    return 180.0 - compute_joint_angle_deg(*(p.joint(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")))


def hip_flexion_deg(p: Performance, side: str) -> FloatArray:
    """Bend of the hip between trunk and thigh: 0 straight."""
    return 180.0 - compute_joint_angle_deg(*(p.joint(f"{side}_{joint}") for joint in ("shoulder", "hip", "knee")))


def knee_width(p: Performance) -> FloatArray:
    """Distance of the knees across the body over that of the ankles; negative where they cross."""
    knees, ankles = (p.joint(f"left_{joint}") - p.joint(f"right_{joint}") for joint in ("knee", "ankle"))
    apart = float(np.nanmedian(ankles[p.inside, 0])) if np.isfinite(ankles[p.inside, 0]).any() else np.nan
    # Ankles that touch make any ratio: narrower than a tenth of the shin there is nothing to compare with.
    least = 0.1 * p.length("left_knee", "left_ankle")
    return np.asarray(knees[:, 0] / apart) if apart > least else np.full(len(p.motion), np.nan)


def _outwards(p: Performance, side: str, line: FloatArray) -> FloatArray:
    """(T,) horizontal direction of a line, degrees to the outside from straight ahead."""
    sign = 1.0 if side == "left" else -1.0
    return np.degrees(np.arctan2(sign * line[:, 0], -line[:, 2]))


def toe_out_deg(p: Performance, side: str) -> FloatArray:
    """Foot turned outwards from straight ahead."""
    return _outwards(p, side, p.joint(f"{side}_foot_index") - p.joint(f"{side}_heel"))


def _foot_line(p: Performance, side: str) -> FloatArray:
    """(2,) horizontal direction (x, z) of the foot as it stood; from the ankle where the heel is unknown."""
    back = p.joint(f"{side}_heel")
    back = back if np.isfinite(back).any() else p.joint(f"{side}_ankle")
    line = (p.joint(f"{side}_foot_index") - back)[:, [0, 2]]
    line = line[p.standing] if np.isfinite(line[p.standing]).any() else line[p.inside]
    seen = line[np.isfinite(line).all(axis=1)]
    middle = np.median(seen, axis=0) if len(seen) else np.full(2, np.nan)
    return np.asarray(middle / np.linalg.norm(middle))


def knee_inside_foot_deg(p: Performance, side: str) -> FloatArray:
    """Lean of the shin to the inside of the vertical plane through the foot as it stood; 0: knee over the foot.

    The thigh's own direction says less: from an oblique camera its depth is the least certain, and a half squat
    hardly shows it.
    """
    forwards = _foot_line(p, side)
    outwards = np.array([-forwards[1], forwards[0]]) * (1.0 if side == "left" else -1.0)
    shin = p.joint(f"{side}_knee") - p.joint(f"{side}_ankle")
    return np.degrees(np.arcsin(-(shin[:, [0, 2]] @ outwards) / np.linalg.norm(shin, axis=1)))


def knee_valgus_deg(p: Performance, side: str) -> FloatArray:
    """Frontal-plane projection angle: shin against thigh seen from the front, positive with the knee inside.

    NaN where the thigh is less than 30° over the horizontal: what is left of its projection there points anywhere.
    """
    sign = 1.0 if side == "left" else -1.0
    hip, knee, ankle = (p.joint(f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    angle = sign * (side_lean_deg(knee, hip) - side_lean_deg(ankle, knee))
    with np.errstate(invalid="ignore"):
        return np.where(thigh_deg(p, side) >= _LEAST_PROJECTED_DEG, angle, np.nan)


def shank_lean_deg(p: Performance, side: str) -> FloatArray:
    """Shin against the vertical, positive with the knee before the ankle."""
    return forward_lean_deg(p.joint(f"{side}_ankle"), p.joint(f"{side}_knee"))


def trunk_lean_deg(p: Performance) -> FloatArray:
    """Hips to shoulders against the vertical, positive forwards."""
    return forward_lean_deg(p.middle("hip"), p.middle("shoulder"))


def trunk_minus_shank_deg(p: Performance) -> FloatArray:
    """Trunk lean beyond the shins' (Back Squat Assessment, criterion 3: trunk parallel to the shins)."""
    return trunk_lean_deg(p) - both_sides(shank_lean_deg)(p)


def back_bend_deg(p: Performance) -> FloatArray:
    """Bend between the lower and the upper half of the spine, positive rounded, negative hollow."""
    low = forward_lean_deg(p.joint("pelvis"), p.joint("spine2"))
    high = forward_lean_deg(p.joint("spine2"), p.joint("neck"))
    return high - low


def head_extension_deg(p: Performance) -> FloatArray:
    """Neck and head against the trunk, positive tipped back."""
    return trunk_lean_deg(p) - forward_lean_deg(p.middle("shoulder"), p.joint("head_top"))


def foot_pitch(p: Performance, side: str) -> FloatArray:
    """Height of the heel over the toes in lengths of the foot."""
    heel, toes = p.joint(f"{side}_heel"), p.joint(f"{side}_foot_index")
    return np.asarray((toes - heel)[:, 1] / p.length(f"{side}_heel", f"{side}_foot_index"))


def heel_height(p: Performance, side: str) -> FloatArray:
    """Height of the heel over the toes in lengths of the shin, the steadiest length of a leg."""
    rise = (p.joint(f"{side}_foot_index") - p.joint(f"{side}_heel"))[:, 1]
    return np.asarray(rise / p.length(f"{side}_knee", f"{side}_ankle"))


def toes_over_heel(p: Performance, side: str) -> FloatArray:
    """Height of the toes over the heel in lengths of the foot."""
    return -foot_pitch(p, side)


def knee_past_toes(p: Performance, side: str) -> FloatArray:
    """Knee in front of the tip of the toes, in lengths of the foot."""
    ahead = (p.joint(f"{side}_foot_index") - p.joint(f"{side}_knee"))[:, 2]
    return np.asarray(ahead / p.length(f"{side}_heel", f"{side}_foot_index"))


def stance_width(p: Performance) -> FloatArray:
    """Distance of the ankles over that of the hips."""
    ankles = np.abs((p.joint("left_ankle") - p.joint("right_ankle"))[:, 0])
    return np.asarray(ankles / p.length("left_hip", "right_hip"))


def pelvis_shift(p: Performance) -> FloatArray:
    """Middle of the hips beside the middle of the ankles, in widths of the hips, positive to the person's left."""
    return np.asarray((p.middle("hip") - p.middle("ankle"))[:, 0] / p.length("left_hip", "right_hip"))


def pelvis_drop_deg(p: Performance) -> FloatArray:
    """Line through the hips against the horizontal, positive with the left hip lower."""
    line = p.joint("left_hip") - p.joint("right_hip")
    return np.degrees(np.arctan2(line[:, 1], np.abs(line[:, 0])))
