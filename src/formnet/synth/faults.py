"""The seven classes: how each fault, at each severity, bends a repetition away from good form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from formnet.errors import InputError
from formnet.faults import WASEDA_CLASSES
from formnet.synth.kinematics import Array
from formnet.synth.nature import Nature
from formnet.synth.rows import Rows

# Barely visible → gross. The least values lie just outside what `nature` draws for good form.
KNEE_WIDTH_RATIO = (0.90, 0.40)
"""Inward knees: knee width over ankle width at the bottom."""
ROUNDING_DEG = (20.0, 62.0)
"""Round back: bending of the spine between pelvis and chest beyond the natural one."""
ARCHING_DEG = (20.0, 54.0)
"""Warped back: hollowing of the spine beyond the natural one, most of it in the lower back."""
HEAD_DEG = (32.0, 72.0)
"""Head up: extension of neck and head against the chest."""
SHALLOW_THIGH_DEG = (25.0, 60.0)
"""Shallow: thigh over the horizontal at the deepest point."""
FORWARD_M = (0.055, 0.14)
"""Knees in front of the toes: how far beyond their tip."""


@dataclass(frozen=True)
class Targets(Rows):
    """What the fault of each of N repetitions asks for; zeros ask for nothing. Sides are left, right.

    Attributes:
        caving: (N, 2) weight 0–1 of `caving_ratio`; the two knees need not cave alike.
        caving_ratio: (N,) knee width over ankle width at the bottom.
        rounding_deg, arching_deg: (N,) added bending and hollowing of the back at the bottom.
        protraction_deg: (N,) shoulders pulled forwards at the bottom.
        head_up: (N,) weight of `head_up_deg`.
        head_up_deg: (N,) extension of neck and head.
        thigh_deg: (N,) thigh over the horizontal at the end of the full way, as in `Nature`.
        end_thigh_deg: (N,) where this repetition turns round; higher than `thigh_deg` when it is cut short.
        toe_margin_m: (N,) knee in front of the toes at the bottom, natural or asked for.
        balance: (N,) where the weight stands at the bottom.
        heel_lift_m: (N, 2).
        held: (N,) share of the fault that is there already when standing before the descent.
        onset: (N,) share of the depth at which the fault begins to grow.
    """

    caving: Array
    caving_ratio: Array
    rounding_deg: Array
    arching_deg: Array
    protraction_deg: Array
    head_up: Array
    head_up_deg: Array
    thigh_deg: Array
    end_thigh_deg: Array
    toe_margin_m: Array
    balance: Array
    heel_lift_m: Array
    held: Array
    onset: Array


def apply_faults(rng: np.random.Generator, nature: Nature, labels: ArrayLike, severity: ArrayLike) -> Targets:
    """Targets of N repetitions of the given classes.

    Args:
        rng: draws how the fault shows itself (one knee more than the other, early or late); the same
            number of draws is taken whatever the class.
        labels: (N,) index into `WASEDA_CLASSES`.
        severity: (N,) in 0–1, from barely visible to gross; ignored for good repetitions.

    Raises:
        InputError: for an unknown class or a severity outside 0–1.
    """
    labels, severity = np.asarray(labels), np.asarray(severity, dtype=float)
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(WASEDA_CLASSES):
        raise InputError(f"expected classes 0–{len(WASEDA_CLASSES) - 1}, got {labels.min()}–{labels.max()}")
    if not ((severity >= 0) & (severity <= 1)).all():
        raise InputError("severity must lie between 0 (barely visible) and 1 (gross)")
    n = len(labels)
    # Row by row, so that what comes first does not depend on how many follow.
    side, split, held_draw, onset_draw, pull = rng.uniform(size=(n, 5)).T
    weaker_is_left, weaker_side = side < 0.5, 0.35 * split

    def shows(name: str) -> Array:
        return (labels == WASEDA_CLASSES.index(name)).astype(float)

    def grown(limits: tuple[float, float]) -> Array:
        return limits[0] + (limits[1] - limits[0]) * severity

    one_sided = np.stack([weaker_is_left, ~weaker_is_left], axis=-1) * weaker_side[:, None]
    forward, rounding = shows("knees_forward"), shows("round_back")
    head = shows("head_up")
    return Targets(
        # The ratio is kept whatever the split: what one knee lacks the other adds.
        caving=shows("inward_knees")[:, None] * (1 + (weaker_side[:, None] - 2 * one_sided)),
        caving_ratio=grown(KNEE_WIDTH_RATIO),
        rounding_deg=rounding * grown(ROUNDING_DEG),
        arching_deg=shows("warped_back") * grown(ARCHING_DEG),
        protraction_deg=rounding * severity * (12 + 12 * pull),
        head_up=head,
        head_up_deg=grown(HEAD_DEG),
        thigh_deg=nature.thigh_deg,
        end_thigh_deg=np.where(shows("shallow") > 0, grown(SHALLOW_THIGH_DEG), nature.thigh_deg),
        toe_margin_m=np.where(forward > 0, grown(FORWARD_M) + 0.3 * (nature.toe_margin_m + 0.02), nature.toe_margin_m),
        balance=nature.balance + forward * (0.10 + 0.25 * severity),
        heel_lift_m=nature.heel_lift_m + (forward * 0.045 * severity**1.5)[:, None],
        # A head held up or a hollow back is often there from the start; caving knees are not.
        held=np.where(head > 0, 0.8, 0.35) * held_draw * (1 - shows("inward_knees")) * (1 - forward),
        onset=0.35 * onset_draw,
    )
