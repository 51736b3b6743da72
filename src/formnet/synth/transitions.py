"""What happens before the first and after the last repetition: walking in, setting up, walking off.

A segmentation that sees only squats never learns what is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.synth.kinematics import Array, minimum_jerk
from formnet.synth.legs import Feet


@dataclass(frozen=True)
class Walk:
    """A few steps between standing at `offset_m` and standing in place.

    Attributes:
        start_s: begin of the first step.
        step_s: duration of one step.
        steps: number of steps; both feet move at least once.
        offset_m: (2,) x and z of the far end, from the place of the squat.
        lift_m: how high the swinging foot goes.
        left_first: which foot begins.
        is_leaving: False walks in (far end first), True walks off.
    """

    start_s: float
    step_s: float
    steps: int
    offset_m: Array
    lift_m: float
    left_first: bool
    is_leaving: bool

    @property
    def end_s(self) -> float:
        """End of the last step."""
        return self.start_s + self.steps * self.step_s

    def feet(self, times_s: Array) -> tuple[Array, Array]:
        """Offsets (T, 2 feet, 2) of the feet from their places, metres, and heights (T, 2) over the floor."""
        progress, height = np.zeros((len(times_s), 2)), np.zeros((len(times_s), 2))
        at = [0.0, 0.0]
        for step in range(self.steps):
            foot = (step + (0 if self.left_first else 1)) % 2
            # The last two steps close up; every other one goes ahead of the standing foot.
            to = min((step + 1) / (self.steps - 1), 1.0)
            swing = np.clip((times_s - self.start_s) / self.step_s - step, 0, 1)
            progress[:, foot] += (to - at[foot]) * minimum_jerk(swing)
            height[:, foot] += self.lift_m * np.sin(np.pi * swing) ** 2
            at[foot] = to
        away = progress if self.is_leaving else 1 - progress
        return away[..., None] * self.offset_m, height


def sample_walk(rng: np.random.Generator, start_s: float, is_leaving: bool, far_m: tuple[float, float]) -> Walk:
    """Draws a walk in any direction over a distance within `far_m`."""
    direction, distance = rng.uniform(0, 2 * np.pi), rng.uniform(*far_m)
    return Walk(
        start_s=start_s,
        step_s=rng.uniform(0.55, 0.85),
        steps=int(max(2, round(distance / rng.uniform(0.22, 0.38)) + 1)),
        offset_m=distance * np.array([np.sin(direction), np.cos(direction)]),
        lift_m=rng.uniform(0.03, 0.08),
        left_first=bool(rng.uniform() < 0.5),
        is_leaving=is_leaving,
    )


@dataclass(frozen=True)
class Setting:
    """Everything around the repetitions of one clip.

    Attributes:
        lead_s, tail_s: time before the first and after the last repetition's standing.
        walks: steps in and off.
        arms_up_s, arms_down_s: begin and end of taking the arms' position and of dropping it.
        dip_s: begin and end of a short bend of the knees to take the bar from its rack, or None.
        dip_depth: how deep that goes, as a share of the way down.
    """

    lead_s: float
    tail_s: float
    walks: tuple[Walk, ...]
    arms_up_s: tuple[float, float] | None
    arms_down_s: tuple[float, float] | None
    dip_s: tuple[float, float] | None
    dip_depth: float

    def arms(self, times_s: Array) -> Array:
        """Weight (T,) of the held position against hanging arms."""
        weight = np.ones_like(times_s)
        if self.arms_up_s is not None:
            weight = minimum_jerk((times_s - self.arms_up_s[0]) / (self.arms_up_s[1] - self.arms_up_s[0]))
        if self.arms_down_s is not None:
            begin, end = self.arms_down_s
            weight = np.minimum(weight, 1 - minimum_jerk((times_s - begin) / (end - begin)))
        return weight

    def dip(self, times_s: Array) -> Array:
        """Depth (T,) of the bend before the first repetition."""
        if self.dip_s is None:
            return np.zeros_like(times_s)
        share = (times_s - self.dip_s[0]) / (self.dip_s[1] - self.dip_s[0])
        return self.dip_depth * minimum_jerk(2 * share) * minimum_jerk(2 - 2 * share)

    def feet(self, planted: Feet, times_s: Array) -> Feet:
        """Feet (1, T, …) that walk in, stand as `planted` (1, 1, …), and walk off."""
        shift, height = np.zeros((len(times_s), 2, 2)), np.zeros((len(times_s), 2))
        for walk in self.walks:
            moved, lifted = walk.feet(times_s)
            shift, height = shift + moved, height + lifted
        turn = np.broadcast_to(planted.turn_deg, (1, *height.shape))
        return Feet(planted.place + shift[None], turn, height[None])


def sample_setting(rng: np.random.Generator, repetitions_s: float, has_bar: bool) -> Setting:
    """Draws what surrounds repetitions that last `repetitions_s` in all.

    Someone with a bar takes it from a rack (a short dip), steps back and stands; someone without walks in
    with hanging arms, stands and brings the arms up. Many clips begin and end with plain standing.
    """
    now = rng.uniform(0.2, 1.2)
    walks: list[Walk] = []
    dip = arms_up = arms_down = None
    dip_depth, walks_in = rng.uniform(0.12, 0.28), rng.uniform() < 0.5
    if has_bar and walks_in:
        dip = (now, now + rng.uniform(0.8, 1.4))
        now = dip[1] + rng.uniform(0.1, 0.5)
    if walks_in:
        walks.append(sample_walk(rng, now, False, (0.25, 0.6) if has_bar else (0.4, 1.3)))
        now = walks[-1].end_s + rng.uniform(0.2, 0.8)
    if not has_bar and rng.uniform() < 0.75:
        arms_up = (now, now + rng.uniform(0.5, 1.1))
        now = arms_up[1]
    lead = now + rng.uniform(0.2, 1.0)
    now = lead + repetitions_s + rng.uniform(0.2, 0.8)
    if not has_bar and rng.uniform() < 0.6:
        arms_down = (now, now + rng.uniform(0.5, 1.0))
        now = arms_down[1] + rng.uniform(0.1, 0.5)
    if rng.uniform() < 0.35:
        walks.append(sample_walk(rng, now, True, (0.3, 0.9)))
        now = walks[-1].end_s
    tail = now + rng.uniform(0.2, 0.8) - lead - repetitions_s
    return Setting(lead, tail, tuple(walks), arms_up, arms_down, dip, dip_depth)
