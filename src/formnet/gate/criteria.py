"""What a squat is not: one criterion for every movement that is taken for one.

A squat (Schoenfeld 2010; Myer et al. 2014) is done standing on both feet, side by side, that stay where they are; both
knees bend, alike, and bend together with the hips; the trunk stays over the feet, and nothing but the feet carries.
Each criterion holds one of these against a limit. How a squat is done, shallow, folded forward, knees in or heels up,
is no matter here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter

import numpy as np

Signs = Mapping[str, float]


@dataclass(frozen=True)
class OtherMovement:
    """One movement that is no squat.

    Attributes:
        name: of the movement.
        title: with its article, as it stands in a sentence.
        score: of the signs of a repetition; the higher, the more it is that movement.
        limit, spread: a score of `limit` is as likely a squat as not; odds change e-fold with `spread`.
        reason: format string of signs that the score needs.
        source: where limit and sign come from.
        detail: format string of further signs, behind the reason where they are all known.
    """

    name: str
    title: str
    score: Callable[[Signs], float]
    limit: float
    spread: float
    reason: str
    source: str
    detail: str = ""

    def describe(self, signs: Signs) -> str:
        """The reason in one clause."""
        named = [name for _, name, _, _ in Formatter().parse(self.detail) if name]
        is_known = all(np.isfinite(signs[name]) for name in named)
        return self.reason.format(**signs) + (self.detail.format(**signs) if is_known else "")

    def log_odds(self, signs: Signs) -> float:
        """Log odds of a squat against this movement; what cannot be read speaks for nothing (+inf)."""
        score = self.score(signs)
        return float((self.limit - score) / self.spread) if np.isfinite(score) else float("inf")


def _hinge(signs: Signs) -> float:
    """Trunk lean; hands that hang below the knees, as on a bar that stands on the floor, hands that swing down, as with
    a kettlebell, and knees that bend little count like further lean. Knees that bend deeply under hands that stay up
    count against it: that is a squat folded forward.
    """
    hands = np.nan_to_num(signs["hand_height"], nan=1.0)
    low = np.clip(0.5 - hands, 0.0, 0.25)
    swung = np.clip(np.nan_to_num(signs["hand_drop"], nan=0.0) - 0.3, 0.0, 0.3)
    straight_deg = max(0.0, 90.0 - signs["least_knee_bend_deg"])
    deep_deg = np.clip(signs["least_knee_bend_deg"] - 90.0, 0.0, 25.0) * np.clip((hands - 0.3) / 0.1, 0.0, 1.0)
    lean_deg = signs["trunk_lean_at_bottom_deg"]
    return float(lean_deg + 80.0 * low + 25.0 * swung + 0.45 * straight_deg - 0.6 * deep_deg)


# Log odds by logistic regressions (docs/measures.md): weight of a sign, and the value beyond which it says no more. One
# sign that goes far is a stance, or a joint that was lifted wrongly; a lunge shows in several.
_LUNGE = {
    "foot_ahead": (5.3, 0.3),
    "thigh_difference_deg": (0.052, 22.5),
    "knees_ahead": (5.0, 0.25),
    "knee_height_difference": (8.6, 0.12),
    "trunk_lean_at_bottom_deg": (-0.067, 30.0),
}
_SEAT = {"balance": (16.0, np.inf), "shoulder_travel": (17.0, np.inf), "rest_share": (11.4, np.inf)}
_DEEPEST_SEAT_DEG, _STRAIGHT_DEG = 120.0, 40.0


def _weigh(signs: Signs, weights: Mapping[str, tuple[float, float]]) -> float:
    return sum(weight * min(signs[name], most) for name, (weight, most) in weights.items())


def _lunge(signs: Signs) -> float:
    return _weigh(signs, _LUNGE)


def _stay_bent(signs: Signs) -> float:
    # Knees that are straight all the time are told by themselves.
    return -signs["knee_bend_share"] if signs["least_knee_bend_deg"] > _STRAIGHT_DEG else -1.0


def _side_lunge(signs: Signs) -> float:
    return signs["knee_difference_deg"] / 25.0 + signs["hip_shift"] / 0.2 + (signs["feet_apart"] - 0.5) / 0.5


def _seat(signs: Signs) -> float:
    # On a seat the thighs are about level; deeper knees fold under a body that no seat holds.
    too_deep = max(0.0, signs["least_knee_bend_deg"] - _DEEPEST_SEAT_DEG)
    return _weigh(signs, _SEAT) - too_deep


CRITERIA: tuple[OtherMovement, ...] = (
    OtherMovement(
        "lying", "an exercise on the floor, such as a bridge or a push-up", lambda s: s["standing_lean_deg"], 32.0, 4.0,
        "the body never stands up: from feet to shoulders it leans {standing_lean_deg:.0f}° at best (if somebody does "
        "stand there, the camera was tilted: turn the film upright)", "definition",
    ),
    OtherMovement(
        "plank", "an exercise on hands and feet, such as a plank or a burpee", lambda s: -s["balance"], 0.4, 0.03,
        "the hands carry: the body's weight is far ahead of the feet", "balance over the feet (Winter 2009)",
    ),
    OtherMovement(
        "jump", "a jump", lambda s: s["flight"], 0.2, 0.015,
        "both feet leave the floor by {flight:.2f} leg lengths", "feet stay where they are",
    ),
    OtherMovement(
        "bent", "an exercise with knees that stay bent, hanging or on a bench", _stay_bent, -0.4, 0.03,
        "of the knees' bend of {least_knee_bend_deg:.0f}° only {knee_bend_share:.0%} comes and goes",
        "at least 47 % in squats of real people (UI-PRMD, UTD-MHAD, real clips)",
    ),
    OtherMovement(
        "hinge", "a deadlift or another hinge of the hips", _hinge, 67.0, 3.0,
        "the trunk leans {trunk_lean_at_bottom_deg:.0f}°",
        "trunk of 66° (conventional) and 57° (sumo) at lift-off (Escamilla et al. 2000)",
        " with the hands {hand_height:+.2f} leg lengths from the height of the ankles",
    ),
    OtherMovement(
        "lunge", "a lunge", _lunge, 3.0, 1.0,
        "one foot is {foot_ahead:.2f} leg lengths ahead of the other, one thigh {thigh_difference_deg:.0f}° steeper",
        "feet side by side; logistic regression on simulated people",
    ),
    OtherMovement(
        "side_lunge", "a side lunge", _side_lunge, 1.6, 0.2,
        "one knee bends {knee_difference_deg:.0f}° more than the other, the hips are {hip_shift:.2f} leg lengths off "
        "the middle of the feet, which stand {feet_apart:.2f} apart",
        "both knees bend alike",
    ),
    OtherMovement(
        "step", "stepping", lambda s: s["step"], 0.35, 0.04,
        "one foot moves {step:.2f} leg lengths against the other", "feet stay where they are",
    ),
    OtherMovement(
        "walking", "walking", lambda s: s["stride"], 0.8, 0.1,
        "the feet pass each other by {stride:.2f} leg lengths", "feet stay where they are while the hips are low",
    ),
    OtherMovement(
        "upright", "a movement of arms or trunk", lambda s: -s["least_knee_bend_deg"], -_STRAIGHT_DEG, 4.0,
        "the knees stay nearly straight ({least_knee_bend_deg:.0f}° of bend)",
        "good mornings bend the knees by 5 ± 7° (Schellenberg et al. 2013)",
    ),
    OtherMovement(
        "sit_to_stand", "sitting down and standing up", _seat, 9.4, 1.0,
        "the body's weight rests behind the feet, as on a seat",
        "logistic regression on simulated people and UTD-MHAD's",
    ),
)  # fmt: skip
