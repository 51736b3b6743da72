"""What conditioned networks are trained on: true poses made as wrong as networks of several people find them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from formnet.skeleton import Skeleton

# How wrong: as dense offsets find people who cross (half of the visible joints within 0.03 of a person's size, a tenth
# beyond 0.17; hidden ones three times as far), and wider. What is nearly always right would only be repeated.
_SPREAD = (0.015, 0.08)
"""Standard deviation of a person's visible joints, in shares of the person's size; drawn evenly over its logarithm."""
_HIDDEN = 3.0
"""How much farther hidden joints are off."""
_FAR, _FAR_SHARE = 0.2, 0.1
_ALIKE = 0.5
"""Correlation of the errors of two joints of one limb."""
_OF_ANOTHER, _TWIN, _MISSING = 0.06, 0.04, 0.03
_TURNED = 0.08
"""Share of people whose left and right are exchanged."""


def disturb_pose(
    own: NDArray[np.floating],
    is_hidden: NDArray[np.bool_],
    others: NDArray[np.floating],
    skeleton: Skeleton,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Joints (J, 2) of somebody, of which some are hidden (J,), as a network may find them beside others (P, J, 2); NaN
    stays NaN."""
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
    spread = np.exp(rng.uniform(*np.log(_SPREAD))) * np.where(is_hidden, _HIDDEN, 1.0)
    spread[rng.random(n_joints) < _FAR_SHARE] = _FAR
    found += _draw_errors(skeleton, rng) * size * spread[:, None]
    found[rng.random(n_joints) < _MISSING] = np.nan
    return found


def _draw_errors(skeleton: Skeleton, rng: np.random.Generator) -> NDArray[np.float64]:
    """(J, 2) of variance 1, alike at both ends of a limb."""
    errors = rng.normal(size=(len(skeleton), 2))
    for number, parent in _list_limbs_outwards(skeleton):
        errors[number] *= np.sqrt(1 - _ALIKE**2)
        errors[number] += _ALIKE * errors[parent]
    return errors


@functools.cache
def _list_limbs_outwards(skeleton: Skeleton) -> list[tuple[int, int]]:
    """Numbers of joints and of their parents, whose own come before."""
    outwards = sorted(skeleton.joints, key=lambda name: len(_list_ancestors(skeleton, name)))
    pairs = [(joint, skeleton.parent(joint)) for joint in outwards]
    return [(skeleton.index(joint), skeleton.index(parent)) for joint, parent in pairs if parent is not None]


def _list_ancestors(skeleton: Skeleton, joint: str) -> list[str]:
    parent = skeleton.parent(joint)
    return [] if parent is None else [parent, *_list_ancestors(skeleton, parent)]
