"""Exercises of arms and trunk on standing feet: reaching, idling, and anything at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formnet.synth.exercises.carriage import hold_hands
from formnet.synth.exercises.curves import sample_rounds, sample_sides, vary_rounds, wander, waypoints, window
from formnet.synth.exercises.holds import HOLDS
from formnet.synth.exercises.plan import OUT, Plan, Scene, stand_at_ease
from formnet.synth.kinematics import Array

# Goal: shoulder flexion, abduction, internal rotation, elbow flexion, pronation.
_REACHES: tuple[tuple[tuple[float, float, float, float, float], float], ...] = (
    ((172, 4, 0, 6, 10), 0.3),  # flexion
    ((12, 168, -20, 6, 20), 0.25),  # abduction
    ((128, 90, -10, 6, 15), 0.15),  # in the plane of the shoulder blade
    ((6, 8, -62, 92, 0), 0.08),  # outward rotation at the side
    ((6, 10, 62, 92, 20), 0.07),  # inward rotation at the side
    ((-48, 12, 5, 12, 10), 0.15),  # extension
)


def plan_overhead_reach(scene: Scene) -> Plan:
    """Arms raised ahead, sideways or between, turned at the side with bent elbows, or taken backwards."""
    rng, count = scene.rng, len(scene)
    plan = stand_at_ease(scene)
    rounds = sample_rounds(rng, scene.times, pace=1.1)
    goals = np.array([goal for goal, _ in _REACHES])
    odds = np.array([share for _, share in _REACHES])
    way = rng.choice(len(goals), size=count, p=odds / odds.sum())
    turning = np.isin(way, (3, 4))[:, None, None, None]
    both = rng.uniform(size=(count, 1, 1)) < 0.55
    side = rounds.pick(sample_sides(rng, count))[..., None] == np.arange(2)
    acts = (both | side).astype(float)
    range_ = rounds.pick(vary_rounds(rng, count, 0.72, 1.04, 0.04))
    done = rounds.depth[..., None] * acts * range_[..., None]
    goal = (
        goals[way][:, None, None] + scene.vary(1.0, 1, 5) * np.array([7.0, 6.0, 8.0, 5.0, 25.0]) + scene.vary(4, 2, 5)
    )
    goal[..., 3] = np.maximum(goal[..., 3], 0)
    rest = plan.arms_deg.copy()
    # Turning begins and ends with bent elbows.
    bent = np.broadcast_to(goal, rest.shape).copy()
    bent[..., 2] = -0.35 * bent[..., 2]
    begin = np.where(turning, bent, rest)
    arms = begin + done[..., None] * (goal - begin)
    # One elbow in four gives way on the way up.
    slack = np.where(rng.uniform(size=(count, 1)) < 0.25, scene.draw(10, 50), 0)
    arms[..., 3] += np.where(turning[..., 0], 0, slack[..., None] * done * (1 - 0.5 * done))
    raised = np.where(np.isin(way, (0, 1, 2))[:, None], (rounds.depth * range_), 0)
    uneven = np.where(both[..., 0], 0, side[..., 0] * 1.0 - side[..., 1] * 1.0) * raised
    spine, turn, head = plan.spine_deg.copy(), plan.turn_deg.copy(), plan.head_deg.copy()
    spine[..., 0] -= raised * scene.draw(0, 16)
    spine[..., 1] += uneven * scene.draw(-4, 16)
    turn[..., 1] += np.where(np.isin(way, (5,))[:, None], rounds.depth * scene.draw(-3, 14), raised * scene.vary(4))
    head[..., 0] -= raised * scene.draw(-6, 22)
    plan = replace(
        plan, arms_deg=arms, spine_deg=spine, turn_deg=turn, head_deg=head, hang=plan.hang * (1 - 0.8 * raised),
        shrug_deg=plan.shrug_deg + (raised * scene.draw(-3, 9))[..., None] * acts,
    )  # fmt: skip
    # Some stand with one foot ahead, or rise onto their toes while reaching.
    tiptoe = (rng.uniform(size=(count, 1)) < 0.12) * raised * scene.draw(12, 30)
    place = plan.place.copy()
    place[..., 1] += np.where(rng.uniform(size=(count, 1)) < 0.15, scene.vary(0.15), 0)[..., None] * OUT
    return replace(plan, place=place, foot_pitch_deg=plan.foot_pitch_deg + tiptoe[..., None])


def plan_idle(scene: Scene) -> Plan:
    """Standing about: weight goes from leg to leg, the head looks around, the hands find something to do."""
    rng, count, times = scene.rng, len(scene), scene.times
    plan = stand_at_ease(scene)
    slow = (0.9, 2.2)
    shift = waypoints(rng, times, np.array([-1.0]), np.array([1.0]), pace_s=slow)[..., 0] * scene.draw(0.2, 0.95)
    look = waypoints(rng, times, np.array([-20.0, -12.0, -60.0]), np.array([40.0, 12.0, 60.0]), pace_s=(0.5, 1.3))
    trunk = waypoints(rng, times, np.array([-6.0, -8.0, -18.0]), np.array([16.0, 8.0, 18.0]), pace_s=slow)
    turn = plan.turn_deg.copy()
    turn[..., 2] -= 7 * shift * scene.draw(0.3, 1.0)
    turn[..., 0] += 0.3 * trunk[..., 2] + 4 * shift
    spine = plan.spine_deg + trunk
    spine[..., 1] += 6 * shift
    weight = np.stack([0.5 + 0.5 * shift, 0.5 - 0.5 * shift], axis=-1)
    low, high = np.array([-18.0, 0.0, -25.0, -5.0, -25.0] * 2), np.array([45.0, 25.0, 35.0, 75.0, 40.0] * 2)
    gesture = waypoints(rng, times, low, high, pace_s=(0.5, 1.4), rest_share=0.5).reshape(*times.shape, 2, 5)
    arms = plan.arms_deg + gesture * (rng.uniform(size=(count, 1, 2, 1)) < 0.5)
    place = plan.place.copy()
    place[..., 1] += scene.vary(0.07)[..., None] * OUT
    plan = replace(
        plan, weight=weight, turn_deg=turn, spine_deg=spine, head_deg=plan.head_deg + look, arms_deg=arms, place=place,
        pelvis=plan.pelvis + wander(rng, times, (2,), 0.008), foot_yaw_deg=plan.foot_yaw_deg + scene.vary(7, 2),
        # The leg without weight bends a little: the hips drop on its side.
        crouch_m=plan.crouch_m + 0.01 * np.abs(shift),
    )  # fmt: skip
    wish = waypoints(rng, times, np.array([1.0]), np.array([1.0]), pace_s=(0.7, 1.3), rest_share=0.35)
    share = wish * _hands(scene)
    names = ("hips", "crossed", "scratch", "chin", "chest", "clasped", "behind_back", "behind_head")
    return hold_hands(scene, plan, names, share)


def plan_free(scene: Scene) -> Plan:
    """Any joints go to any angles that joints can have, and come back or go elsewhere."""
    rng, count, times = scene.rng, len(scene), scene.times
    plan = stand_at_ease(scene)

    def some(chance: float) -> Array:
        return (rng.uniform(size=(count, 1)) < chance).astype(float)

    def course(low: list[float], high: list[float], pace: tuple[float, float], rest: float = 0.3) -> Array:
        return waypoints(rng, times, np.array(low), np.array(high), pace_s=pace, rest_share=rest)

    low, high = [-50.0, -20.0, -55.0, 0.0, -60.0], [165.0, 130.0, 55.0, 138.0, 70.0]
    per_arm = np.stack([course(low, high, (1.0, 2.0), 0.2) for _ in range(2)], axis=2)
    mirrored = some(0.4)[..., None, None]
    per_arm = np.where(mirrored > 0, per_arm[:, :, :1], per_arm)
    per_arm = _limit_shoulders(per_arm)
    active = np.stack([some(0.75), some(0.75)], axis=-1)[..., None]
    arms = plan.arms_deg + active * (per_arm - plan.arms_deg * np.clip(np.abs(per_arm) / 20, 0, 1))
    trunk = course([-22.0, -32.0, -48.0], [60.0, 32.0, 48.0], (0.9, 2.2)) * some(0.7)[..., None]
    head = course([-45.0, -28.0, -65.0], [45.0, 28.0, 65.0], (0.6, 1.6)) * some(0.7)[..., None]
    turn = course([-32.0, -12.0, -12.0], [32.0, 75.0, 12.0], (1.0, 2.2)) * some(0.6)[..., None]
    depth = np.abs(course([-0.3], [1.0], (1.0, 2.0), 0.25)[..., 0]) * some(0.55)
    shift = course([-1.0], [1.0], (1.0, 2.0))[..., 0] * scene.draw(0.2, 0.7) * some(0.6)
    wide = np.where(some(0.4) > 0, scene.draw(1.0, 2.7), 1.0)
    ahead = np.where(some(0.4) > 0, scene.vary(0.16), 0.0)
    place = plan.place.copy()
    place[..., 0] *= wide[..., None]
    place[..., 1] += ahead[..., None] / 2 * OUT
    rounds = sample_rounds(rng, times, pace=1.4)
    # Whoever folds over far does not squat deep as well, or the hands would go through the floor.
    folded = np.clip((turn[..., 1] + trunk[..., 0]) / 100, 0, 1)
    depth = depth * (1 - 0.9 * folded)
    trunk = trunk * (1 - 0.6 * np.clip(turn[..., 1:2] / 75, 0, 1))
    lifts = some(0.25)
    raised = window(rounds.share, (0.2, 0.46), (0.54, 0.8)) * lifts
    shifted = window(rounds.share, (0.0, 0.26), (0.74, 1.0)) * lifts
    carried = window(rounds.share, (0.19, 0.44), (0.56, 0.81)) * lifts
    unloaded = window(rounds.share, (0.11, 0.27), (0.73, 0.89)) * lifts
    acts = rounds.pick(sample_sides(rng, count))[..., None] == np.arange(2)
    leg = np.stack([scene.draw(-25, 105), scene.draw(-5, 40), scene.vary(20), scene.draw(3, 115), scene.vary(18)], -1)
    narrow = np.where(lifts > 0, 0.7 / wide, 1.0)
    place[..., 0] *= narrow[..., None]
    place[..., 1] *= np.where(lifts > 0, 0.2, 1.0)[..., None]
    depth = depth * np.where(lifts > 0, 0.25, 1.0)
    weight = np.stack([0.5 + 0.45 * shift, 0.5 - 0.45 * shift], axis=-1) * (1 - shifted)[..., None]
    weight = weight + shifted[..., None] * ~acts
    spine = plan.spine_deg + trunk
    plan = replace(
        plan, arms_deg=arms, spine_deg=spine, head_deg=plan.head_deg + head, turn_deg=plan.turn_deg + turn,
        crouch_m=plan.crouch_m + 0.5 * depth * scene.leg_m, place=place, weight=weight,
        lift_m=0.035 * unloaded[..., None] * acts, free=carried[..., None] * acts,
        leg_deg=leg[:, :, None] * (raised[..., None] * acts)[..., None],
        foot_yaw_deg=plan.foot_yaw_deg + scene.vary(8, 2), hang=plan.hang * some(0.5),
        shrug_deg=plan.shrug_deg + course([-6.0, -6.0], [14.0, 14.0], (0.6, 1.5)) * some(0.4)[..., None],
    )  # fmt: skip
    holding = course([1.0], [1.0], (1.0, 1.6), 0.3) * some(0.25)[..., None] * _hands(scene)
    return hold_hands(scene, plan, tuple(HOLDS), holding)


def _limit_shoulders(arms_deg: Array) -> Array:
    """Shoulder swings (..., 5) of less than 165 degrees in any direction."""
    size = np.hypot(arms_deg[..., 0], arms_deg[..., 1])
    shrink = 165 * np.tanh(size / 165) / np.maximum(size, 1e-6)
    limited = arms_deg.copy()
    limited[..., :2] *= shrink[..., None]
    return limited


def _hands(scene: Scene) -> Array:
    """Which hands take part, (N, 1, 2): both, the left or the right."""
    choice = scene.rng.integers(0, 4, (len(scene), 1))
    return np.stack([choice != 1, choice != 2], axis=-1).astype(float)
