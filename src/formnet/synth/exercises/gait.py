"""Walking: in any direction, and on the spot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formnet.synth.exercises.carriage import HANGING, carry_arms
from formnet.synth.exercises.curves import ramp, wander
from formnet.synth.exercises.plan import Plan, Scene, stand_at_ease
from formnet.synth.kinematics import Array

_PHASES = np.array([0.0, 0.5])
"""Both legs do the same, half a cycle apart."""


def plan_walking(scene: Scene) -> Plan:
    """Steps forwards, backwards, sideways and on the spot, each body at its own pace."""
    rng, count, times = scene.rng, len(scene), scene.times
    plan = stand_at_ease(scene)
    way = rng.choice(4, size=(count, 1), p=(0.6, 0.12, 0.13, 0.15))
    forwards, backwards, sideways, here = (way == number for number in range(4))
    slow = backwards | sideways
    cycle_s = np.where(slow, scene.draw(1.15, 1.7), scene.draw(0.95, 1.45))
    # A stride (two steps) of 0.9 to 1.7 leg lengths; whoever strides long also strides quickly.
    stride = np.where(here, 0.0, np.where(slow, scene.draw(0.35, 0.75), scene.draw(0.75, 1.6))) * scene.leg_m
    angle = np.where(
        backwards, np.pi, np.where(sideways, np.where(rng.uniform(size=(count, 1)) < 0.5, 1, -1) * np.pi / 2, 0)
    )
    angle = angle + np.where(sideways, 0, scene.vary(0.1))
    heading = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    stands = np.where(here, scene.draw(0.52, 0.66), scene.draw(0.57, 0.65))
    centre = (times.min() + times.max()) / 2
    cycles = (times - centre) / cycle_s + scene.draw(0, 1)
    own = cycles[..., None] + _PHASES
    number, phase = np.floor(own), own - np.floor(own)
    stands2 = stands[..., None]
    # Share of the swing that has passed; the foot stands while the body passes over it.
    swing = np.clip((phase - stands2) / (1 - stands2), 0, 1)
    carried = _forward_course(swing)
    # The body is over the foot in the middle of its stance, at phase stands / 2.
    behind = (number + carried + stands2 / 2 - _PHASES) * stride[..., None]
    gone = cycles * stride
    mean = gone.mean(axis=1, keepdims=True)
    base = plan.place * np.where(sideways, 1.5, 0.8)[..., None, None]
    place = base + (behind - mean[..., None])[..., None] * heading[:, :, None]
    toe_off, strike = np.where(forwards, scene.draw(22, 48), np.where(here, scene.draw(15, 40), 10)), np.where(
        forwards, scene.draw(5, 20), 0)  # fmt: skip
    pitch = _foot_pitch(phase, stands2, toe_off[..., None], strike[..., None])
    clearance = np.where(here, scene.draw(0.05, 0.38), scene.draw(0.03, 0.09))
    lift = clearance[..., None] * _hump(swing)
    sway = np.cos(2 * np.pi * (cycles - stands / 2)) * scene.draw(0.012, 0.035)
    pelvis = np.stack([sway, 0 * sway], axis=-1) + (gone - mean)[..., None] * heading
    # The weight's point is where the pelvis goes, not the feet: undo what the solver adds for them.
    support = place.mean(axis=2)
    turn, spine, head = plan.turn_deg.copy(), plan.spine_deg.copy(), plan.head_deg.copy()
    reach = stride / scene.leg_m
    yaw = -5 * reach * np.where(forwards, 1, 0.3) * np.cos(2 * np.pi * (cycles - 0.02)) * scene.draw(0.5, 1.4)
    turn[..., 0] += yaw
    turn[..., 1] += np.where(forwards, scene.draw(0, 8), np.where(backwards, scene.draw(-4, 3), scene.vary(3)))
    turn[..., 2] += np.cos(2 * np.pi * (cycles - stands / 2 - 0.05)) * scene.draw(-4, 0.5)
    spine[..., 2] -= 1.7 * yaw
    head[..., 2] += 0.5 * yaw + wander(rng, times, (), 6.0)
    arms = plan.arms_deg.copy()
    amplitude = np.where(here, scene.draw(4, 40), scene.draw(5, 22) * (0.4 + reach)) * np.where(sideways, 0.25, 1.0)
    # Each arm swings with the opposite leg, whose foot is furthest ahead at the strike.
    swings = amplitude[..., None] * np.cos(2 * np.pi * (own[..., ::-1] - 0.02)) * (1 + scene.vary(0.15, 2))
    arms[..., 0] += swings + 4
    arms[..., 3] += scene.draw(0, 1)[..., None] ** 3 * 75 + 0.5 * np.maximum(swings, 0) + 4
    plan = replace(
        plan, place=place, lift_m=lift, foot_pitch_deg=pitch, foot_yaw_deg=plan.foot_yaw_deg * 0.6,
        balance=plan.balance * 0, pelvis=pelvis - support, turn_deg=turn, spine_deg=spine, head_deg=head,
        arms_deg=arms, crouch_m=plan.crouch_m + scene.draw(0.008, 0.024),
    )  # fmt: skip
    shares = {
        HANGING: 0.8,
        "hips": 0.04,
        "bent": 0.06,
        "clasped": 0.03,
        "crossed": 0.03,
        "behind_head": 0.02,
        "overhead": 0.02,
    }
    return carry_arms(scene, plan, shares)


def _forward_course(swing: Array) -> Array:
    """Share of the stride a swinging foot has covered, at rest at both ends."""
    return np.asarray(swing - np.sin(2 * np.pi * swing) / (2 * np.pi))


def _hump(swing: Array) -> Array:
    """Height of a swinging foot, 0 at both ends and without a jolt."""
    return np.asarray(np.sin(np.pi * swing) ** 2)


def _foot_pitch(phase: Array, stands: Array, toe_off: Array, strike: Array) -> Array:
    """Heel up at the end of the stance, toes up at its begin, degrees."""
    rising = toe_off * ramp(phase, stands - 0.22, stands + 0.03) * (1 - ramp(phase, stands + 0.03, stands + 0.27))
    landing = strike * (ramp(phase, stands + 0.18, 1.0) + (phase < 0.5) * (1 - ramp(phase, 0.0, 0.12)))
    return np.asarray(rising - landing)
