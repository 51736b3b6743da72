"""Limb normalisation: who it is disappears, what they do stays.

Ogata et al. (2019) set chosen limbs (None, Head, Body, Full) to unit length in every frame. That also erases
the shortening of a back that rounds, so the lengths can be set per clip instead: the median length of a limb
over the clip becomes the reference length, and changes within the clip remain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from formnet.errors import InputError
from formnet.geometry.limbs import Limb, LimbTree, compute_limb_lengths, compute_limb_tree, scale_limbs
from formnet.motion import Motion

LimbScope = Literal["none", "head", "body", "full"]
LimbPeriod = Literal["frame", "clip"]


def select_limbs(tree: LimbTree, scope: LimbScope) -> tuple[Limb, ...]:
    """Limbs of the tree in the head (ending at a head joint), in the rest of the body, or all of them."""
    head = tree.skeleton.parts.get("head", ())
    return tuple(
        limb for limb in tree.order if scope == "full" or (scope != "none" and (limb[1] in head) == (scope == "head"))
    )


def normalise_limbs(
    motion: Motion, scope: LimbScope, per: LimbPeriod = "clip", reference: Mapping[Limb, float] | None = None
) -> Motion:
    """Limbs of `scope` brought to reference lengths, directions kept; the result has the unit "body".

    Args:
        per: "frame", the paper's (every frame by itself), or "clip" (one factor per limb from its median).
        reference: limb → length; None sets unit length.

    Raises:
        InputError: naming the limbs that the reference lacks.
        SkeletonError: when the joint set has no trunk to hang limbs from.
    """
    if scope == "none":
        return motion
    tree = compute_limb_tree(motion.skeleton)
    lengths = compute_limb_lengths(tree, motion.positions)
    chosen = select_limbs(tree, scope)
    wanted = {limb: 1.0 if reference is None else find_reference_length(reference, limb) for limb in chosen}
    unknown = [f"{parent}–{child}" for (parent, child), length in wanted.items() if np.isnan(length)]
    if unknown:
        raise InputError(f"the reference lengths lack {', '.join(unknown)}; add them or choose another joint set")
    factors = {}
    for limb in chosen:
        length = lengths[limb]
        if per == "clip":
            length = np.asarray(np.median(length[~np.isnan(length)]) if not np.isnan(length).all() else np.nan)
        # A limb of no length (two joints on one spot) has no direction to stretch along.
        usable = np.where(length > 1e-9, length, np.nan)
        factors[limb] = np.where(np.isnan(usable), 1.0, wanted[limb] / usable)
    return motion.replace(positions=scale_limbs(tree, motion.positions, factors), unit="body")


def find_reference_length(reference: Mapping[Limb, float], limb: Limb) -> float:
    """Length of a limb in either direction; neck–shoulder follows from the width of the shoulders. NaN if unknown."""
    parent, child = limb
    if limb in reference:
        return float(reference[limb])
    if (child, parent) in reference:
        return float(reference[child, parent])
    if parent == "neck" and child.endswith("_shoulder"):
        width = find_reference_length(reference, ("left_shoulder", "right_shoulder"))
        return 0.5 * width
    return float("nan")
