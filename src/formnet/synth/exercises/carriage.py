"""What arms do while the exercise is about something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from formnet.synth.exercises.curves import wander
from formnet.synth.exercises.holds import sample_holds
from formnet.synth.exercises.plan import Plan, Scene
from formnet.synth.kinematics import Array

HANGING = "hanging"
# Shoulder flexion, abduction, internal rotation, elbow flexion, pronation.
_HELD_ANGLES: dict[str, tuple[float, float, float, float, float]] = {
    "sideways": (10.0, 80.0, -5.0, 12.0, 60.0),
    "ahead": (85.0, 6.0, 5.0, 10.0, 50.0),
    "overhead": (160.0, 15.0, 0.0, 10.0, 20.0),
    "bent": (15.0, 10.0, 12.0, 90.0, 10.0),
}


def carry_arms(
    scene: Scene, plan: Plan, shares: dict[str, float], effort: Array | None = None, spread: float = 1.0
) -> Plan:
    """The plan with the arms carried in one of several ways, drawn for each body.

    Args:
        shares: carriage → how often; "hanging" leaves the arms as they are.
        effort: (N, T) 0–1; a third of the bodies lift their arms only with it, others hold them all the time.
        spread: factor on the variation between bodies.
    """
    rng, count = scene.rng, len(scene)
    names = tuple(shares)
    odds = np.array([shares[name] for name in names])
    chosen = np.array(names)[rng.choice(len(names), size=count, p=odds / odds.sum())]
    share = scene.still() + 1.0
    if effort is not None:
        comes = rng.uniform(size=(count, 1)) < 0.35
        share = np.where(comes, effort, share)
    arms = plan.arms_deg
    for name, angles in _HELD_ANGLES.items():
        here = (share * (chosen == name)[:, None])[..., None, None]
        goal = np.array(angles) + spread * (
            scene.vary(1.0, 1, 5) * np.array([13.0, 8.0, 10.0, 9.0, 20.0]) + scene.vary(4.0, 2, 5)
        )
        goal = goal + wander(rng, scene.times, (2, 5), 2.0)
        arms = arms + here * (goal - arms)
    holds = [name if name not in (HANGING, *_HELD_ANGLES) else "hips" for name in chosen]
    held = np.isin(chosen, [HANGING, *_HELD_ANGLES], invert=True)[:, None] * share
    freed = np.isin(chosen, list(_HELD_ANGLES))[:, None] * share
    return replace(
        plan,
        arms_deg=arms,
        # Arms held ahead stay level while the trunk leans; those held otherwise go with it.
        hang=plan.hang * (1 - freed) + freed * (chosen == "ahead")[:, None],
        hold=sample_holds(rng, scene.anatomy, holds),
        hold_share=np.repeat(held[..., None], 2, axis=-1),
    )


def hold_hands(scene: Scene, plan: Plan, names: Sequence[str], share: Array) -> Plan:
    """The plan with the hands of each body going to one of the poses of `HOLDS`, by `share` (N, T, 2)."""
    chosen = scene.rng.choice(np.array(list(names)), size=len(scene))
    return replace(plan, hold=sample_holds(scene.rng, scene.anatomy, [str(n) for n in chosen]), hold_share=share)
