"""What varies between people and repetitions without being a fault.

Nobody's good squat is perfect. Every quantity here is drawn the same way for every class, before the
class is known, so none of them can give a class away.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from formnet.synth.arms import LOADED_STYLES, STYLE_NAMES
from formnet.synth.kinematics import Array
from formnet.synth.rows import Rows

# How often each way of holding the arms occurs.
_STYLE_SHARES = {
    "forward": 0.2, "raised": 0.13, "crossed": 0.12, "behind_head": 0.1, "bar_high": 0.2, "bar_low": 0.07,
    "hips": 0.08, "goblet": 0.1,
}  # fmt: skip


@dataclass(frozen=True)
class Nature(Rows):
    """Natural deviations of N people or repetitions; sides are left, right. Angles in degrees, lengths in metres.

    Attributes:
        stance_breadths: (N,) distance of the ankles in breadths of the hips.
        toe_out_deg: (N, 2) feet turned outwards.
        foot_ahead_m: (N,) left foot in front of the right one.
        knee_track_deg: (N, 2) direction of the knee outside that of the toes.
        knee_inward: (N, 2) loss of knee width over ankle width at the bottom.
        thigh_deg: (N,) thigh over the horizontal at the bottom; negative is below parallel.
        toe_margin_m: (N,) knee in front of the tip of the toes at the bottom (negative: behind).
        travel_bend: (N,) below 1 the knees go first, above 1 the hips.
        balance: (N,) where the weight stands, 0 the ankle and 1 the tip of the toes.
        stand_flex_deg: (N,) knee bend when standing.
        kyphosis_deg, lordosis_deg: (N,) standing curves of chest and lower back.
        back_flex_deg: (N,) bending of the back with depth; negative hollows it.
        wink_deg: (N,) tuck of the pelvis near the bottom.
        neck_share: (N,) share of the trunk's lean that the neck takes back.
        head_deg: (N, 3) pitch down, yaw, roll of the head.
        pelvis_deg: (N, 2) yaw and roll of the pelvis at the bottom.
        trunk_deg: (N, 2) side bend and twist of the trunk at the bottom.
        shift_m: (N,) sideways shift of the pelvis at the bottom.
        heel_lift_m: (N, 2) rise of the heels at the bottom.
        pronation_deg: (N, 2) rolling in of the feet at the bottom.
        arm_style: (N,) index into `STYLE_NAMES`.
        arm_habit: (N, 4) standard normal: width, height, reach, left against right.
        load_share: (N,) what is carried, as a share of body mass.
        restlessness: (N,) factor on sway, breathing and tremor.
    """

    stance_breadths: Array
    toe_out_deg: Array
    foot_ahead_m: Array
    knee_track_deg: Array
    knee_inward: Array
    thigh_deg: Array
    toe_margin_m: Array
    travel_bend: Array
    balance: Array
    stand_flex_deg: Array
    kyphosis_deg: Array
    lordosis_deg: Array
    back_flex_deg: Array
    wink_deg: Array
    neck_share: Array
    head_deg: Array
    pelvis_deg: Array
    trunk_deg: Array
    shift_m: Array
    heel_lift_m: Array
    pronation_deg: Array
    arm_style: Array
    arm_habit: Array
    load_share: Array
    restlessness: Array

    def __len__(self) -> int:
        return len(self.thigh_deg)

    def table(self) -> Array:
        """All quantities side by side, (N, columns): what a class must not be readable from."""
        return np.concatenate(
            [np.asarray(getattr(self, f.name), dtype=float).reshape(len(self), -1) for f in fields(self)], axis=1
        )


def _bounded(rng: np.random.Generator, mean: float, spread: float, low: float, high: float, *shape: int) -> Array:
    return np.clip(rng.normal(mean, spread, shape), low, high)


def sample_nature(rng: np.random.Generator, people: int) -> Nature:
    """Draws the natural deviations of `people` people (their first repetition included)."""
    toe_out = 2 + 36 * rng.beta(2.0, 2.6, (people, 1)) + rng.normal(0, 2.5, (people, 2))
    style = rng.choice(len(STYLE_NAMES), size=people, p=[_STYLE_SHARES[name] for name in STYLE_NAMES])
    loads = np.array([LOADED_STYLES.get(name, 0.0) for name in STYLE_NAMES])[style]
    return Nature(
        stance_breadths=0.8 + 1.2 * rng.beta(1.8, 2.9, people),
        toe_out_deg=np.clip(toe_out, 0.0, 40.0),
        foot_ahead_m=_bounded(rng, 0, 0.010, -0.03, 0.03, people),
        knee_track_deg=_bounded(rng, 4, 4, -5, 14, people, 2),
        knee_inward=np.abs(_bounded(rng, 0, 0.05, -0.12, 0.12, people, 2)),
        thigh_deg=17 - 34 * rng.beta(1.3, 2.2, people),
        toe_margin_m=rng.uniform(-0.055, 0.026, people),
        travel_bend=rng.uniform(0.75, 1.2, people),
        balance=rng.uniform(0.12, 0.36, people),
        stand_flex_deg=rng.uniform(3, 14, people),
        kyphosis_deg=_bounded(rng, 5, 4.5, -5, 16, people),
        lordosis_deg=_bounded(rng, 4, 4, -6, 13, people),
        back_flex_deg=_bounded(rng, 2, 3, -5, 8, people),
        wink_deg=np.abs(_bounded(rng, 0, 3.5, -9, 9, people)),
        neck_share=rng.uniform(0.0, 0.35, people),
        head_deg=rng.normal(0, (4.0, 5.0, 3.0), (people, 3)),
        pelvis_deg=rng.normal(0, (2.5, 1.3), (people, 2)),
        trunk_deg=rng.normal(0, (2.0, 2.5), (people, 2)),
        shift_m=_bounded(rng, 0, 0.012, -0.035, 0.035, people),
        heel_lift_m=np.abs(_bounded(rng, 0, 0.0025, -0.006, 0.006, people, 2)),
        pronation_deg=_bounded(rng, 2, 1.5, -2, 6, people, 2),
        arm_style=style.astype(float),
        arm_habit=np.clip(rng.normal(size=(people, 4)), -2.2, 2.2),
        load_share=loads * rng.uniform(0, 1, people),
        restlessness=np.exp(rng.normal(0, 0.35, people)),
    )


def vary_repetitions(rng: np.random.Generator, nature: Nature, row: int, repetitions: int) -> Nature:
    """One person's repetitions: the person stays, depth, balance and posture differ a little each time."""
    same = nature.take(np.full(repetitions, row))

    def near(values: Array, spread: float, low: float, high: float) -> Array:
        return np.clip(values + rng.normal(0, spread, values.shape), low, high)

    return replace(
        same,
        thigh_deg=near(same.thigh_deg, 3.0, -22, 17),
        toe_margin_m=near(same.toe_margin_m, 0.006, -0.08, 0.03),
        balance=near(same.balance, 0.02, 0.05, 0.4),
        back_flex_deg=near(same.back_flex_deg, 1.0, -5, 8),
        wink_deg=near(same.wink_deg, 1.0, 0, 9),
        knee_inward=near(same.knee_inward, 0.015, 0, 0.12),
        shift_m=near(same.shift_m, 0.004, -0.035, 0.035),
        pelvis_deg=near(same.pelvis_deg, 0.6, -8, 8),
    )


def blend_natures(nature: Nature, begun: Array) -> Nature:
    """One nature for every frame, (1, T, …), passing from each repetition's to the next one's.

    Args:
        nature: R repetitions of one person.
        begun: (T, R - 1) how far the second, third, … repetition has taken over, 0–1.
    """
    before = np.concatenate([np.ones((len(begun), 1)), begun], axis=1)
    weights = before - np.concatenate([begun, np.zeros((len(begun), 1))], axis=1)
    blended = {
        field.name: np.einsum("tr,r...->t...", weights, getattr(nature, field.name))[None] for field in fields(nature)
    }
    return Nature(**{**blended, "arm_style": np.broadcast_to(nature.arm_style[0], (1, len(begun)))})
