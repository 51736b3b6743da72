"""Exercises of the legs: lunges, hinges, sitting down and standing up, raising one leg."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formnet.synth.exercises.carriage import HANGING, carry_arms
from formnet.synth.exercises.curves import hump, ramp, sample_rounds, sample_sides, vary_rounds, wander, window
from formnet.synth.exercises.plan import OUT, Plan, Scene, stand_at_ease
from formnet.synth.kinematics import Array

_LUNGE_WAYS = ("forward", "backward", "side", "split")
_LUNGE_SHARES = (0.35, 0.12, 0.28, 0.25)


def plan_lunge(scene: Scene) -> Plan:
    """Lunges: stepping forwards, backwards or sideways and back, or with feet that stay apart."""
    rng, count = scene.rng, len(scene)
    plan = stand_at_ease(scene)
    way = rng.choice(len(_LUNGE_WAYS), size=(count, 1), p=_LUNGE_SHARES)
    forward, backward, side, split = (way == number for number in range(4))
    rounds = sample_rounds(rng, scene.times, pace=1.35)
    sides = np.where(split, rng.integers(0, 2, (count, 1)), sample_sides(rng, count))
    acts = rounds.pick(sides)[..., None] == np.arange(2)
    done = rounds.share
    out = np.where(split, 1.0, window(done, (0.03, 0.34), (0.66, 0.97)))
    depth = np.where(split, rounds.depth, window(done, (0.18, 0.48), (0.52, 0.80)))
    reaches = vary_rounds(rng, count, 0.62, 0.98, 0.04)
    # Feet that stay apart stay where they are from one repetition to the next.
    reach = np.where(split, reaches[:, :1], rounds.pick(reaches)) * scene.leg_m
    range_ = rounds.pick(vary_rounds(rng, count, 0.45, 1.0, 0.06))
    flight = np.where(split, 0.0, hump(done, 0.0, 0.36) + hump(done, 0.64, 1.0))
    step = np.where(side, reach * scene.draw(0.68, 0.84), 0.0)[..., None] * OUT
    ahead = np.where(side, scene.vary(0.03), np.where(backward, -reach, reach))
    moved = np.stack([step, np.repeat(ahead[..., None], 2, axis=-1)], axis=-1) * (out[..., None] * acts)[..., None]
    place = plan.place + moved
    inline = split & (rng.uniform(size=(count, 1)) < 0.35)
    place[..., 0] *= np.where(inline, 0.25, 1.0)[..., None]
    lift = (flight * scene.draw(0.05, 0.14))[..., None] * acts
    # In lunges to the front both feet carry, the front one more; to the side the bent leg carries nearly all.
    front = np.where(backward[..., None], ~acts, acts)
    bias = np.where(side, scene.draw(0.2, 0.33), np.where(split, scene.draw(-0.05, 0.15), scene.draw(0.0, 0.22)))
    landed = ramp(out, 0.55, 1.0)
    leaving = 4 * out * (1 - out)
    weight = 0.5 + (bias * np.where(side, depth, landed))[..., None] * np.where(front, 1, -1)
    # While a foot is in the air the other one carries.
    weight = weight + ((1 - landed) * leaving * 0.48)[..., None] * np.where(acts, -1, 1)
    # To the side the straight leg already lowers the hips.
    crouch = depth * range_ * np.where(side, 0.12, 0.78) * scene.thigh_m
    lean = depth * np.where(side, scene.draw(18, 40), scene.draw(-2, 24))
    turn = plan.turn_deg.copy()
    turn[..., 1] += lean
    turn[..., 0] += depth * np.where(side, 0, scene.vary(7)) - 4 * out * np.where(side, 0, 1) * np.where(
        acts[..., 0] == ~backward, 1, -1
    )
    spine = plan.spine_deg + depth[..., None] * scene.vary(1.0, 3) * np.array([8.0, 5.0, 6.0])
    spine = spine + _twist_at_depth(scene, depth)
    head = plan.head_deg.copy()
    head[..., 0] -= 0.45 * lean + 0.4 * (spine - plan.spine_deg)[..., 0]
    pitch = plan.foot_pitch_deg + (12 * leaving * out)[..., None] * np.where(acts & forward[..., None], -1, 0)
    plan = replace(
        plan, place=place, lift_m=lift, weight=weight, crouch_m=plan.crouch_m + crouch, turn_deg=turn,
        spine_deg=spine, head_deg=head, foot_pitch_deg=pitch,
        foot_yaw_deg=plan.foot_yaw_deg * np.where(side, 1, 0.5)[..., None],
    )  # fmt: skip
    shares = {HANGING: 0.3, "hips": 0.2, "clasped": 0.12, "sideways": 0.08, "ahead": 0.1, "behind_head": 0.05,
              "bar_high": 0.05, "crossed": 0.05, "overhead": 0.05, "bent": 0.05}  # fmt: skip
    return carry_arms(scene, plan, shares, depth)


def plan_hinge(scene: Scene) -> Plan:
    """Good mornings and deadlifts: the trunk leans far forwards over nearly straight legs."""
    rng, count = scene.rng, len(scene)
    plan = stand_at_ease(scene)
    rounds = sample_rounds(rng, scene.times)
    depth = rounds.depth
    lean = depth * rounds.pick(vary_rounds(rng, count, 50, 92, 0.05))
    stiff = scene.draw(0, 1)
    rounding = depth * np.where(rng.uniform(size=(count, 1)) < 0.3, scene.draw(15, 55), scene.draw(-12, 12))
    turn, spine, head = plan.turn_deg.copy(), plan.spine_deg.copy(), plan.head_deg.copy()
    turn[..., 1] += lean - 0.45 * np.maximum(rounding, 0)
    spine[..., 0] += rounding
    spine += _twist_at_depth(scene, depth)
    head[..., 0] -= scene.draw(0.0, 0.5) * lean
    crouch = depth * (0.01 + 0.07 * stiff**2) * scene.leg_m
    arms = plan.arms_deg.copy()
    arms[..., 0] += (depth * scene.draw(-4, 10))[..., None]
    plan = replace(plan, turn_deg=turn, spine_deg=spine, head_deg=head, crouch_m=plan.crouch_m + crouch,
                   arms_deg=arms, hang=plan.hang * 0 + scene.draw(0.9, 1.0))  # fmt: skip
    shares = {HANGING: 0.5, "bar_high": 0.14, "crossed": 0.1, "hips": 0.1, "behind_head": 0.06, "goblet": 0.04,
              "sideways": 0.03, "overhead": 0.03}  # fmt: skip
    return carry_arms(scene, plan, shares)


def plan_sit_to_stand(scene: Scene) -> Plan:
    """Sitting on a chair nobody sees, leaning forwards, standing up, and back."""
    rng = scene.rng
    plan = stand_at_ease(scene)
    rounds = sample_rounds(rng, scene.times, pace=1.1)
    # A repetition begins sitting; its depth is how far the body has risen.
    shifted = (rounds.share + 0.5) % 1.0
    seated = window(shifted, (0.12, 0.38), (0.62, 0.88))
    rise = 1 - seated
    # The trunk leans ahead of the rising and again before sitting down.
    lean = window(shifted, (0.04, 0.28), (0.30, 0.50)) + window(shifted, (0.50, 0.70), (0.72, 0.96))
    seat_m = scene.draw(0.41, 0.50)
    relaxed = scene.draw(-16, 8)
    turn, spine, head = plan.turn_deg.copy(), plan.spine_deg.copy(), plan.head_deg.copy()
    turn[..., 1] += seated * relaxed + lean * scene.draw(22, 45)
    slump = scene.draw(0, 35) * seated * (1 - 0.6 * lean)
    spine[..., 0] += slump + lean * scene.draw(-4, 14)
    head[..., 0] -= 0.4 * slump + lean * scene.draw(5, 25)
    # Seated the hips are behind the feet by most of a thigh; the feet are drawn in or stretched out.
    behind = scene.thigh_m * scene.draw(0.70, 0.98)
    pelvis = plan.pelvis.copy()
    pelvis[..., 1] -= seated * behind
    on_chair = ramp(seated, 0.55, 0.97)
    place = plan.place.copy()
    place[..., 0] *= (1 + scene.draw(0, 0.35))[..., None]
    place[..., 1] += scene.vary(0.06)[..., None] * OUT
    crouch = seated * (scene.leg_m + scene.anatomy.ankle_height[:, None] - seat_m)
    seat = np.stack([seat_m + 0 * seated, on_chair], axis=-1)
    arms = plan.arms_deg.copy()
    on_lap = (seated * (1 - 0.5 * lean))[..., None, None]
    lap = np.array([22.0, 8.0, 12.0, 62.0, 55.0]) + scene.vary(1.0, 1, 5) * np.array([10.0, 6.0, 10.0, 14.0, 15.0])
    arms = arms + on_lap * (lap - arms)
    arms[..., 0] += (lean * scene.draw(-5, 35))[..., None]
    plan = replace(
        plan, place=place, pelvis=pelvis, balance=1 - seated, crouch_m=plan.crouch_m * rise + crouch, seat=seat,
        turn_deg=turn, spine_deg=spine, head_deg=head, arms_deg=arms, hang=plan.hang * (1 - 0.7 * seated),
    )  # fmt: skip
    shares = {HANGING: 0.5, "crossed": 0.2, "ahead": 0.12, "hips": 0.06, "clasped": 0.06, "bent": 0.06}
    return carry_arms(scene, plan, shares)


def plan_leg_raise(scene: Scene) -> Plan:
    """One leg is raised, straight or with a high knee as over a hurdle, while the other one stands."""
    rng, count = scene.rng, len(scene)
    plan = stand_at_ease(scene)
    rounds = sample_rounds(rng, scene.times, pace=1.35)
    acts = rounds.pick(sample_sides(rng, count))[..., None] == np.arange(2)
    done = rounds.share
    shifted = window(done, (0.0, 0.26), (0.74, 1.0))
    raised = window(done, (0.18, 0.46), (0.54, 0.82))
    way = rng.choice(4, size=(count, 1), p=(0.3, 0.4, 0.18, 0.12))
    straight, knee_high, aside, back = (way == number for number in range(4))
    high = rounds.pick(vary_rounds(rng, count, 0.6, 1.0, 0.05)) * raised
    flexion = np.where(straight, 75, np.where(knee_high, 112, np.where(aside, 8, -26))) * high
    knee = np.where(straight, scene.draw(2, 14), np.where(knee_high, scene.draw(75, 120), scene.draw(3, 20))) * raised
    knee = np.where(back & (rng.uniform(size=(count, 1)) < 0.4), scene.draw(40, 110) * raised, knee)
    # A hurdle is passed by reaching the foot over it at the top.
    over = (rng.uniform(size=(count, 1)) < 0.4) & knee_high
    knee = knee * (1 - np.where(over, 0.7 * window(done, (0.44, 0.52), (0.54, 0.62)), 0))
    abduction = np.where(aside, scene.draw(28, 45), scene.vary(6)) * high
    leg = np.stack([flexion, abduction, scene.vary(8) * raised, knee, scene.vary(15) * raised - 4 * raised], axis=-1)
    swing = window(done, (0.19, 0.44), (0.56, 0.81))
    unloaded = window(done, (0.11, 0.27), (0.73, 0.89))
    turn, spine, head = plan.turn_deg.copy(), plan.spine_deg.copy(), plan.head_deg.copy()
    towards = np.where(acts[..., 0], 1.0, -1.0)
    # The trunk leans back from a leg in front and away from one at the side; the pelvis tucks under.
    turn[..., 1] += -0.13 * np.maximum(flexion, 0) - 0.6 * np.minimum(flexion, 0)
    turn[..., 2] += towards * (0.22 * abduction + scene.vary(3) * raised)
    spine[..., 0] += 0.10 * np.maximum(flexion, 0) + 0.2 * np.minimum(flexion, 0)
    spine[..., 1] -= towards * 0.1 * abduction
    head[..., 0] += raised * scene.draw(-5, 18)
    weight = 0.5 + (0.5 * shifted)[..., None] * np.where(acts, -1, 1)
    arms = plan.arms_deg.copy()
    arms[..., 1] += (raised * scene.draw(0, 35))[..., None]
    arms = arms + (raised * (rng.uniform(size=(count, 1)) < 0.3))[..., None, None] * wander(rng, scene.times, (2, 5), 9)
    place = plan.place.copy()
    place[..., 0] *= 0.75
    plan = replace(
        plan, place=place, weight=weight, lift_m=0.035 * unloaded[..., None] * acts, free=swing[..., None] * acts,
        leg_deg=leg[:, :, None] * acts[..., None],
        turn_deg=turn, spine_deg=spine, head_deg=head, arms_deg=arms,
        pelvis=plan.pelvis + raised[..., None] * wander(rng, scene.times, (2,), 0.008, 0.3, 1.5),
        crouch_m=plan.crouch_m + raised * scene.draw(0.0, 0.015),
    )  # fmt: skip
    shares = {
        HANGING: 0.45,
        "hips": 0.2,
        "sideways": 0.12,
        "crossed": 0.08,
        "ahead": 0.05,
        "bar_high": 0.05,
        "bent": 0.05,
    }
    return carry_arms(scene, plan, shares, raised)


def _twist_at_depth(scene: Scene, depth: Array) -> Array:
    """Flexion, side bend and turn (N, T, 3) that one body in five adds with depth."""
    twists = (scene.rng.uniform(size=(len(scene), 1)) < 0.2) * depth
    return np.asarray(twists[..., None] * np.stack([scene.vary(6), scene.vary(10), scene.vary(20)], axis=-1))
