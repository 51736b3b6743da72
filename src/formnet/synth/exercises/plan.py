"""What a body is asked to do: channels over time that the solver turns into whole bodies.

SMPL's frame throughout: x to the person's left, y up, z forwards; sides are left, right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.synth.anatomy import Anatomy
from formnet.synth.exercises.curves import wander
from formnet.synth.exercises.holds import ArmPose
from formnet.synth.kinematics import Array

OUT = np.array([1.0, -1.0])
"""Sign of x on each side, left first."""


@dataclass(frozen=True)
class Plan:
    """Wanted motion of N bodies over T frames; degrees and metres.

    Attributes:
        place: (N, T, 2, 2) x and z of the ankles over flat feet.
        lift_m: (N, T, 2) sole over the floor.
        foot_yaw_deg: (N, T, 2) direction of the toes, outwards.
        foot_pitch_deg: (N, T, 2) positive lifts the heel (about the ball), negative the toes (about the heel).
        weight: (N, T, 2) share of the body's weight on each foot.
        balance: (N, T) 1 keeps the centre of mass over the loaded feet, 0 keeps the pelvis over `pelvis`.
        pelvis: (N, T, 2) x and z of the hips' middle, from the loaded feet's middle.
        crouch_m: (N, T) how much lower than with straight legs the hips are.
        seat: (N, T, 2) height of the hips over the floor and how much it counts (0–1).
        turn_deg: (N, T, 3) of the pelvis: yaw to the left, pitch forwards, roll to the right.
        spine_deg: (N, T, 3) whole spine: flexion, side bend to the right, twist to the left.
        head_deg: (N, T, 3) against the chest: flexion, side bend to the right, turn to the left.
        shrug_deg: (N, T, 2) raising of the collar bones beyond what raised arms do.
        arms_deg: (N, T, 2, 5) shoulder flexion, abduction, internal rotation, elbow flexion, pronation.
        hang: (N, T) share of the trunk's lean that the arms take back to hang down.
        hold: how the hands hold something, and (N, T, 2) how much of it.
        free: (N, T, 2) 1 where the leg follows `leg_deg` instead of standing.
        leg_deg: (N, T, 2, 5) hip flexion, abduction, outward rotation, knee flexion, plantar flexion.
    """

    place: Array
    lift_m: Array
    foot_yaw_deg: Array
    foot_pitch_deg: Array
    weight: Array
    balance: Array
    pelvis: Array
    crouch_m: Array
    seat: Array
    turn_deg: Array
    spine_deg: Array
    head_deg: Array
    shrug_deg: Array
    arms_deg: Array
    hang: Array
    hold: ArmPose
    hold_share: Array
    free: Array
    leg_deg: Array


@dataclass(frozen=True)
class Scene:
    """What an exercise is drawn for.

    Attributes:
        anatomy: N bodies.
        times: (N, T) seconds.
        rng: all randomness.
    """

    anatomy: Anatomy
    times: Array
    rng: np.random.Generator

    def __len__(self) -> int:
        return len(self.times)

    def still(self, *size: int) -> Array:
        """Zeros (N, T, *size)."""
        return np.zeros((*self.times.shape, *size))

    def draw(self, low: float, high: float, *size: int) -> Array:
        """Uniform values (N, 1, *size), constant over time."""
        return self.rng.uniform(low, high, (len(self), 1, *size))

    def vary(self, spread: float, *size: int) -> Array:
        """Normal values (N, 1, *size), constant over time."""
        return np.clip(self.rng.normal(0, spread, (len(self), 1, *size)), -2.5 * spread, 2.5 * spread)

    @property
    def leg_m(self) -> Array:
        """Hip to ankle (N, 1)."""
        return (self.anatomy.length("left_hip", "left_knee") + self.anatomy.length("left_knee", "left_ankle"))[:, None]

    @property
    def thigh_m(self) -> Array:
        """Hip to knee (N, 1)."""
        return self.anatomy.length("left_hip", "left_knee")[:, None]


def stand_at_ease(scene: Scene) -> Plan:
    """Everybody stands in their own way, arms hanging, breathing and swaying a little."""
    rng, times = scene.rng, scene.times
    breadth = scene.anatomy.length("left_hip", "right_hip")[:, None] * scene.draw(0.8, 1.9)
    place = np.stack([breadth[..., None] / 2 * OUT, scene.vary(0.015)[..., None] * OUT], axis=-1)
    arms = scene.still(2, 5) + np.array([4.0, 9.0, 8.0, 14.0, 15.0])
    own = np.array([5.0, 4.0, 10.0, 7.0, 18.0])
    arms = arms + scene.vary(1.0, 1, 5) * own + 0.4 * scene.vary(1.0, 2, 5) * own + wander(rng, times, (2, 5), 1.5)
    arms[..., 3] = np.maximum(arms[..., 3], 4.0)
    spine = scene.still(3) + scene.vary(1.0, 3) * np.array([6.0, 2.0, 2.5])
    head = scene.still(3) + scene.vary(1.0, 3) * np.array([9.0, 3.0, 6.0])
    return Plan(
        place=place + scene.still(2, 2),
        lift_m=scene.still(2),
        foot_yaw_deg=scene.still(2) + scene.draw(-3, 24, 1) + scene.vary(4, 2),
        foot_pitch_deg=scene.still(2),
        weight=scene.still(2) + 0.5,
        balance=scene.still() + 1,
        pelvis=scene.still(2) + wander(rng, times, (2,), 0.006),
        crouch_m=scene.still() + 0.014 * scene.draw(0, 1) ** 2,
        seat=scene.still(2),
        turn_deg=scene.still(3) + scene.vary(1.0, 3) * np.array([3.0, 3.0, 1.0]) + wander(rng, times, (3,), 0.7),
        spine_deg=spine + wander(rng, times, (3,), 1.0),
        head_deg=head + wander(rng, times, (3,), 2.0),
        shrug_deg=scene.still(2) + scene.vary(2.0, 2),
        arms_deg=arms,
        hang=scene.still() + scene.draw(0.7, 1.0),
        hold=ArmPose.none(len(scene)),
        hold_share=scene.still(2),
        free=scene.still(2),
        leg_deg=scene.still(2, 5),
    )
