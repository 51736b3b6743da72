"""What tells a squat from other movements: quantities of one repetition, each a pure function of it.

Lengths are in leg lengths of the person (hip to knee to ankle), angles in degrees. NaN where a joint is not there: what
is unknown speaks neither for nor against a squat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from formnet.gate.flight import read_flight
from formnet.geometry.angles import compute_lean_deg
from formnet.geometry.vectors import take_level
from formnet.measures.base import median_of
from formnet.measures.curves import knee_flexion_deg, thigh_deg
from formnet.measures.performance import SIDES, Performance
from formnet.motion import FloatArray, Motion

Sign = Callable[[Performance], float]
Frames = NDArray[np.bool_]
_BUT_OUTLIERS = (5, 95)
_END_S = 0.1
"""Start and end of a repetition are read over this long."""


def standing_lean_deg(p: Performance) -> float:
    """Line from the ankles to the shoulders against the vertical at the start or the end, whichever is more upright."""
    lean_deg = compute_lean_deg(p.middle("ankle"), p.middle("shoulder"))
    return float(np.fmin(_at(lean_deg, _starts(p)), _at(lean_deg, _ends(p))))


def trunk_lean_at_bottom_deg(p: Performance) -> float:
    """Line from the hips to the shoulders against the vertical at the bottom."""
    return _at(compute_lean_deg(p.middle("hip"), p.middle("shoulder")), p.at_bottom)


def least_knee_bend_deg(p: Performance) -> float:
    """Bend of the knee that bends less, at the bottom; of the one that was found where the other was not."""
    bends = [_at(knee_flexion_deg(p, side), p.at_bottom) for side in _found_sides(p)]
    return float(np.fmin.reduce(bends))


def knee_bend_share(p: Performance) -> float:
    """Share of the knees' bend at the bottom that was not there at the start or the end, whichever is straighter; of
    the knee of which it is more. Who hangs, or sits on a bench or a machine, keeps the knees bent.
    """
    shares = []
    for side in _found_sides(p):
        bend_deg = knee_flexion_deg(p, side)
        straightest = np.fmin(_at(bend_deg, _starts(p)), _at(bend_deg, _ends(p)))
        shares.append(1.0 - straightest / max(_at(bend_deg, p.at_bottom), 1.0))
    return max(0.0, float(np.fmax.reduce(shares)))


def thigh_difference_deg(p: Performance) -> float:
    """How much steeper one thigh is than the other at the bottom: in a lunge one hangs and one lies."""
    left, right = (_at(thigh_deg(p, side), p.at_bottom) for side in SIDES)
    return abs(left - right)


def knee_difference_deg(p: Performance) -> float:
    """How much more one knee is bent than the other at the bottom."""
    left, right = (_at(knee_flexion_deg(p, side), p.at_bottom) for side in SIDES)
    return abs(left - right)


def foot_ahead(p: Performance) -> float:
    """How far one ankle is ahead of the other at the bottom."""
    return abs(_at(_between_ankles(p)[:, 2], p.at_bottom))


def knees_ahead(p: Performance) -> float:
    """How far one knee is ahead of the other at the bottom."""
    return abs(_at(_between(p, "knee")[:, 2], p.at_bottom))


def knee_height_difference(p: Performance) -> float:
    """How much lower one knee is than the other at the bottom: in a lunge the one behind is let down."""
    return abs(_at(_between(p, "knee")[:, 1], p.at_bottom))


def feet_apart(p: Performance) -> float:
    """How far the ankles are apart sideways at the bottom."""
    return abs(_at(_between_ankles(p)[:, 0], p.at_bottom))


def step(p: Performance) -> float:
    """How far one foot travels against the other between the bottom and the end it travels less to.

    The nearer end, since people step into their stance before a squat and out of it after.
    """
    level = take_level(_between_ankles(p))
    bottom, start, end = (
        np.array([_at(level[:, axis], frames) for axis in (0, 1)]) for frames in (p.at_bottom, _starts(p), _ends(p))
    )
    return float(np.fmin(np.linalg.norm(start - bottom), np.linalg.norm(end - bottom)))


def stride(p: Performance) -> float:
    """How far the feet pass each other, to the side or ahead, while the hips are in the lower part of their way."""
    level = take_level(_between_ankles(p))[p.inside][_rests(p, 0.6)]
    known = level[np.isfinite(level).all(axis=1)]
    if not len(known):
        return float("nan")
    low, high = np.percentile(known, _BUT_OUTLIERS, axis=0)
    return float((high - low).max())


def hip_shift(p: Performance) -> float:
    """How far the hips are off the middle of the ankles, sideways, at the bottom."""
    return abs(_at((p.middle("hip") - p.middle("ankle"))[:, 0], p.at_bottom)) / _leg(p)


def hand_height(p: Performance) -> float:
    """Height of the wrists over the ankles at the bottom."""
    return _at((p.middle("ankle") - p.middle("wrist"))[:, 1], p.at_bottom) / _leg(p)


def hand_drop(p: Performance) -> float:
    """How far the wrists sink against the shoulders on the way down from where they are higher, start or end."""
    height = (p.middle("shoulder") - p.middle("wrist"))[:, 1] / _leg(p)
    return float(np.fmax(_at(height, _starts(p)), _at(height, _ends(p)))) - _at(height, p.at_bottom)


def balance(p: Performance) -> float:
    """How far the body's weight is behind the middle of the feet at the bottom: who sits on nothing cannot be far.

    Weight of the trunk with head and arms 0.6, thighs 0.28, shanks with feet 0.12 of the body, each at the middle of
    its length (Winter 2009, table 4.1, rounded).
    """
    shoulder, hip, knee, ankle = (p.middle(joint)[:, 2] for joint in ("shoulder", "hip", "knee", "ankle"))
    weight = 0.6 * (0.55 * shoulder + 0.45 * hip) + 0.28 * 0.5 * (hip + knee) + 0.12 * 0.5 * (knee + ankle)
    toes = p.middle("foot_index")[:, 2]
    foot = 0.5 * (toes + ankle) if np.isfinite(toes).any() else ankle - 0.08 * _leg(p)
    return _at(weight - foot, p.at_bottom) / _leg(p)


def shoulder_travel(p: Performance) -> float:
    """How far the shoulders travel over the feet while the hips rest at their lowest: who rises from a seat swings the
    trunk forward first, and back after landing on it; in a squat trunk and hips come down and go up together.
    """
    path = (p.middle("shoulder") - p.middle("ankle"))[p.inside][_rests(p, 0.1)]
    known = path[np.isfinite(path).all(axis=1)]
    return float(np.linalg.norm(np.ptp(known, axis=0))) / _leg(p) if len(known) else float("nan")


def rest_share(p: Performance) -> float:
    """Share of the repetition with the hips in the lowest fifth of their way."""
    return float(_rests(p, 0.2).mean())


_SIGNS: tuple[Sign, ...] = (
    standing_lean_deg,
    trunk_lean_at_bottom_deg,
    least_knee_bend_deg,
    knee_bend_share,
    thigh_difference_deg,
    knee_difference_deg,
    foot_ahead,
    knees_ahead,
    knee_height_difference,
    feet_apart,
    step,
    stride,
    hip_shift,
    hand_height,
    hand_drop,
    balance,
    shoulder_travel,
    rest_share,
)
SIGNS: Mapping[str, Sign] = MappingProxyType({sign.__name__: sign for sign in _SIGNS})


_OF_FEET = frozenset(
    sign.__name__ for sign in (foot_ahead, feet_apart, step, stride, hip_shift, hand_height, balance, shoulder_travel)
)
"""Signs that tell nothing where no foot is seen: an estimator puts it anywhere."""


_LEG_AGAINST_LEG = (thigh_difference_deg, knee_difference_deg, foot_ahead, knees_ahead, knee_height_difference, step,
                    stride)  # fmt: skip
_OF_BOTH_LEGS = frozenset(sign.__name__ for sign in _LEG_AGAINST_LEG)
_NOWHERE = 0.05
"""Confidence of joints that a file does not give and a lifter places all the same; a leg behind the other has more."""


def read_signs(performance: Performance, image: Motion | None = None) -> dict[str, float]:
    """All signs of a repetition, by name, and `flight`.

    Args:
        image: joints in the picture, which alone tell a flight; None where there is none.

    NaN are those of the feet where neither ankle is seen at the bottom, and those that hold one leg against the other
    where one was not found at all.
    """
    unseen = _OF_FEET if performance.hides("ankle", performance.at_bottom) else frozenset()
    if len(_found_sides(performance)) < len(SIDES):
        unseen |= _OF_BOTH_LEGS
    signs = {name: float("nan") if name in unseen else sign(performance) for name, sign in SIGNS.items()}
    return {**signs, "flight": float("nan") if image is None else read_flight(performance, image)}


def _found_sides(p: Performance) -> tuple[str, ...]:
    """The sides whose knee and ankle were found at the bottom; both where neither was."""
    lost = [
        side for side in SIDES if any(p.hides(f"{side}_{joint}", p.at_bottom, _NOWHERE) for joint in ("knee", "ankle"))
    ]
    return tuple(side for side in SIDES if side not in lost) or SIDES


def _rests(p: Performance, share: float) -> Frames:
    """Frames of the repetition in which the hips are in the lowest `share` of their way."""
    height = p.hip_height[p.inside]
    seen = np.isfinite(height)
    low, high = (height[seen].min(), height[seen].max()) if seen.any() else (0.0, 0.0)
    return seen & (np.nan_to_num(height, nan=np.inf) <= low + share * (high - low))


def _at(curve: FloatArray, frames: Frames) -> float:
    return median_of(curve[frames])


def _starts(p: Performance) -> Frames:
    return _near(p, p.start)


def _ends(p: Performance) -> Frames:
    return _near(p, p.end)


def _near(p: Performance, frame: int) -> Frames:
    times_s = p.motion.timestamps
    return np.asarray(np.abs(times_s - times_s[frame]) <= _END_S)


def _leg(p: Performance) -> float:
    legs = [p.length(f"{side}_hip", f"{side}_knee") + p.length(f"{side}_knee", f"{side}_ankle") for side in SIDES]
    return float(np.nanmean(legs))


def _between_ankles(p: Performance) -> FloatArray:
    return _between(p, "ankle")


def _between(p: Performance, name: str) -> FloatArray:
    """(T, 3) from the right to the left joint, in leg lengths."""
    return np.asarray((p.joint(f"left_{name}") - p.joint(f"right_{name}")) / _leg(p))
