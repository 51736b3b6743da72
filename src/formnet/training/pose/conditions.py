"""What conditioned networks are trained on: true poses made as wrong as networks of several people find them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.skeleton import Skeleton

# How often a joint is where it should not be, and how far from it: a guess, wide enough for networks good and bad.
_JITTER = (0.005, 0.05)
"""Standard deviation of all joints of a person, in shares of the person's size; drawn evenly over its logarithm."""
_FAR, _FAR_SHARE = 0.15, 0.1
_OF_ANOTHER, _TWIN, _MISSING = 0.06, 0.04, 0.03
_TURNED = 0.08
"""Share of people whose left and right are exchanged."""


def disturb_pose(
    own: NDArray[np.floating], others: NDArray[np.floating], skeleton: Skeleton, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Joints (J, 2) of somebody as a network may find them beside others (P, J, 2); NaN stays NaN."""
    n_joints = len(own)
    size = float(np.sqrt(np.prod(np.nanmax(own, axis=0) - np.nanmin(own, axis=0)).clip(1.0)))
    found = own.astype(np.float64)
    if rng.random() < _TURNED:
        found = found[skeleton.mirror]
    is_twin = rng.random(n_joints) < _TWIN
    found[is_twin] = found[skeleton.mirror][is_twin]
    if len(others):
        is_of_another = rng.random(n_joints) < _OF_ANOTHER
        whose = rng.integers(len(others), size=n_joints)
        found[is_of_another] = others[whose, np.arange(n_joints)][is_of_another]
    spread = np.full(n_joints, np.exp(rng.uniform(*np.log(_JITTER))))
    spread[rng.random(n_joints) < _FAR_SHARE] = _FAR
    found += rng.normal(size=(n_joints, 2)) * size * spread[:, None]
    found[rng.random(n_joints) < _MISSING] = np.nan
    return found
