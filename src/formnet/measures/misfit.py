"""Whether the joints of a repetition lie on a body at all.

Limbs keep their lengths. Where a bar's plates, a rack or somebody else hides a person, an estimator puts joints on what
it sees there, and is as sure of them as ever: thighs and shins that are short at the bottom tell it.
"""

from __future__ import annotations

import numpy as np

from formnet.measures.performance import Performance
from formnet.motion import FloatArray

LEAST_LENGTH = 0.6
"""Of a part's own length. In 76 repetitions of real clips whose joints lie on the person the least is 0.66."""
_LEG_PARTS = {"thigh": ("hip", "knee"), "shin": ("knee", "ankle")}
_OWN = 75
"""Percentile that stands for a part's own length where nobody was seen standing."""


def describe_misfit(performance: Performance) -> str:
    """Which part of the person is far shorter at the bottom than it is; one clause, empty where none is."""
    shares = {title: compute_share(performance, length) for title, length in _list_lengths(performance).items()}
    shortest = min(shares, key=lambda title: shares[title])
    if not shares[shortest] < LEAST_LENGTH:
        return ""
    return f"the joints do not lie on the body: the {shortest} has {shares[shortest]:.0%} of its length there"


def compute_share(performance: Performance, length: FloatArray) -> float:
    """A length (T,) at the bottom over the person's own; infinite where either is not seen."""
    seen = np.isfinite(length)
    standing, bottom = seen & performance.standing, seen & performance.at_bottom
    if not bottom.any():
        return float("inf")
    own = np.median(length[standing]) if standing.any() else np.percentile(length[seen], _OWN)
    return float(np.median(length[bottom]) / own) if own > 0 else float("inf")


def _list_lengths(performance: Performance) -> dict[str, FloatArray]:
    """Title of a part → its length (T,): the trunk, and thigh and shin of the sides that are seen well."""
    lengths = {"trunk": performance.distances("shoulder", "hip")}
    for side in performance.seen_sides:
        for part, ends in _LEG_PARTS.items():
            lengths[f"{side} {part}"] = performance.distances(*(f"{side}_{joint}" for joint in ends))
    return lengths
