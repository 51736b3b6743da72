"""Squats of every kind: people who differ as real ones do, several faults at once, all severities.

What a network learns measures from. `sample_repetitions` draws classes that begin where its narrow natural variation
ends; here nothing begins anywhere: depth, knee travel, balance, back and feet run through all that real squats show
(good and bad) and beyond, so that a value, and not a class, is what can be learned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from formnet.body.model import Body
from formnet.synth.anatomy import describe_anatomy
from formnet.synth.dataset import Repetitions, draw_portions, pose_portion
from formnet.synth.faults import Targets
from formnet.synth.kinematics import Array
from formnet.synth.nature import Nature, sample_nature
from formnet.synth.program import Tempo, sample_drift, sample_tempo
from formnet.synth.squat import settle_nature

# How often each fault is drawn at all; several come together. Ranges reach beyond what real sets show.
_SHALLOW, _CAVING, _ROUNDING, _ARCHING, _HEAD, _HEELS, _TOES, _FOLDED = 0.3, 0.25, 0.25, 0.15, 0.25, 0.25, 0.12, 0.3


def sample_varied_repetitions(
    body: Body,
    rng: np.random.Generator,
    count: int,
    *,
    frames: int = 64,
    progress: Callable[[int], None] | None = None,
) -> Repetitions:
    """Draws `count` repetitions of as many people; labels are all 0, since a repetition has no one class here.

    Args:
        frames: moments of each, from a little before to a little after.
        progress: is told the number of repetitions after each portion.

    Raises:
        InputError: nothing to draw, or fewer than two frames.
    """

    def draw(own: np.random.Generator, here: slice) -> Repetitions:
        return _sample_portion(body, own, frames, here.stop - here.start)

    return draw_portions(rng, count, frames, draw, progress)


def _sample_portion(body: Body, rng: np.random.Generator, frames: int, n: int) -> Repetitions:
    betas = body.sample_betas(rng, n, 0.9)
    anatomy = describe_anatomy(body, betas)
    nature = widen_nature(rng, sample_nature(rng, n))
    settled = settle_nature(anatomy, nature)
    # Some fold over their thighs, as people with stiff ankles or tired backs do: they stay as they were drawn.
    folded = rng.uniform(size=n) < _FOLDED
    nature = replace(
        settled,
        toe_margin_m=np.where(folded, np.minimum(nature.toe_margin_m, 0.02), settled.toe_margin_m),
        balance=np.where(folded, nature.balance + rng.uniform(0.0, 0.35, n), settled.balance),
    )
    tempo, drift = sample_pace(rng, n), sample_drift(rng, nature.restlessness)
    targets = sample_targets(rng, nature).take(np.s_[:, None])
    return pose_portion(anatomy, betas, nature, targets, tempo, drift, frames, np.zeros(n, dtype=np.intp), np.zeros(n))


def widen_nature(rng: np.random.Generator, nature: Nature) -> Nature:
    """The same people with the depth, knee travel, stance and back of real ones.

    Ranges cover the 1st–99th percentile of squat7's good squats, UI-PRMD's correct ones, and the acceptable ones of
    ten people before a phone (`benchmarks/nature.py` prints the table).
    """
    n = len(nature)
    stance = np.where(rng.uniform(size=n) < 0.35, rng.uniform(0.7, 2.8, n), nature.stance_breadths)
    return replace(
        nature,
        stance_breadths=stance,
        thigh_deg=rng.uniform(-30.0, 20.0, n),
        toe_margin_m=rng.uniform(-0.09, 0.16, n),
        travel_bend=rng.uniform(0.65, 1.4, n),
        balance=rng.uniform(0.02, 0.5, n),
        stand_flex_deg=rng.uniform(1, 18, n),
        knee_track_deg=nature.knee_track_deg + rng.normal(2.0, 6.0, (n, 2)),
        knee_inward=np.abs(rng.normal(0, 0.06, (n, 2))),
        back_flex_deg=rng.normal(4.0, 6.0, n),
        head_deg=nature.head_deg + rng.normal(0, (9.0, 4.0, 1.0), (n, 3)),
        neck_share=rng.uniform(0.0, 0.8, n),
        pelvis_deg=1.6 * nature.pelvis_deg,
        shift_m=1.6 * nature.shift_m,
        trunk_deg=1.5 * nature.trunk_deg,
        heel_lift_m=np.abs(rng.normal(0, 0.006, (n, 2))),
    )


def sample_pace(rng: np.random.Generator, n: int) -> Tempo:
    """Tempi from hurried (under a second) to slow."""
    tempo = sample_tempo(rng, n, np.exp(rng.normal(0, 0.12, n)), standing_s=(0.05, 0.9))
    factor = np.exp(rng.uniform(np.log(0.45), np.log(1.6), n))
    return replace(
        tempo, descent_s=tempo.descent_s * factor, pause_s=tempo.pause_s * factor, ascent_s=tempo.ascent_s * factor
    )


def sample_targets(rng: np.random.Generator, nature: Nature) -> Targets:
    """What each repetition does beside its nature, every fault by a draw of its own."""
    n = len(nature)

    def shown(share: float) -> Array:
        return (rng.uniform(size=n) < share) * rng.uniform(0.0, 1.0, n)

    shallow, caving, rounding, arching = shown(_SHALLOW), shown(_CAVING), shown(_ROUNDING), shown(_ARCHING)
    head, heels, toes = shown(_HEAD), shown(_HEELS), shown(_TOES)
    arching = np.where(rounding > 0, 0.0, arching)
    weaker_left, split = rng.uniform(size=n) < 0.5, rng.uniform(0, 1, n)
    one_sided = np.stack([weaker_left, ~weaker_left], axis=-1) * (0.6 * split)[:, None]
    lifted = nature.heel_lift_m + (0.10 * heels)[:, None] * rng.uniform(0.6, 1.0, (n, 2)) - (0.05 * toes)[:, None]
    return Targets(
        caving=(caving > 0)[:, None] * (1 + (0.6 * split)[:, None] - 2 * one_sided),
        caving_ratio=1.25 - 0.95 * caving,
        rounding_deg=65.0 * rounding,
        arching_deg=55.0 * arching,
        protraction_deg=20.0 * rounding * rng.uniform(size=n),
        head_up=(head > 0).astype(float),
        head_up_deg=75.0 * head,
        thigh_deg=nature.thigh_deg,
        end_thigh_deg=np.where(shallow > 0, np.maximum(nature.thigh_deg, 8.0 + 54.0 * shallow), nature.thigh_deg),
        toe_margin_m=nature.toe_margin_m,
        balance=nature.balance,
        heel_lift_m=lifted,
        held=rng.uniform(0, 0.8, n) * (rng.uniform(size=n) < 0.5),
        onset=rng.uniform(0, 0.4, n),
    )
