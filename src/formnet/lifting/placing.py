"""From a lifter's answer to joints in metres: what its networks of NumPy and of PyTorch share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.conversion import conversion_matrix
from formnet.geometry.vectors import Array, namespace_of
from formnet.lifting.observation import OBSERVED_24
from formnet.skeleton import LIFTED_32, Skeleton

WORKING_FPS = 15.0
TYPICAL_SIZE_M = 0.47
"""Metres in one size of a person, see `normalise_points`; the network corrects it."""
_PELVIS = LIFTED_32.index("pelvis")
_SELDOM_SEEN = ("head_top", "left_hand", "right_hand")


def carry_matrix() -> NDArray[np.float32]:
    """(32, 24): which observed joint a lifted one is."""
    matrix = np.zeros((len(LIFTED_32), len(OBSERVED_24)), dtype=np.float32)
    for number, joint in enumerate(OBSERVED_24.joints):
        matrix[LIFTED_32.index(joint), number] = 1.0
    return matrix


def derivation_matrix() -> NDArray[np.float32]:
    """(32, 32): joints that sources seldom or never observe are put where anatomy has them, the others stay."""
    known = tuple(joint for joint in OBSERVED_24.joints if joint not in _SELDOM_SEEN)
    matrix = np.zeros((len(LIFTED_32), len(LIFTED_32)), dtype=np.float32)
    matrix[:, LIFTED_32.indices(known)] = conversion_matrix(Skeleton("known", known), LIFTED_32)
    return matrix


def place_lifted(out: Array, points: Array, seen: Array, log_size: Array, carry: Array, derive: Array | None) -> Array:
    """Joints (B, T, 32, 3) in metres about the pelvis.

    What is seen stays where it is seen, but for a correction; what is not is found by the network alone.

    Args:
        out: (B, T, 32, 3) the network's answer, in sizes of the person.
        points: (B, T, 24, 2) that it saw, and `seen` (B, T, 24), 1 where.
        log_size: (B,) logarithm of the size over `TYPICAL_SIZE_M`; not used where joints are derived.
        carry, derive: see `carry_matrix` and `derivation_matrix`; None derives nothing.
    """
    xp = namespace_of(out)
    picture = carry @ (points * seen[..., None])
    picture = xp.concatenate([picture, xp.zeros_like(picture[..., :1])], -1)
    if derive is not None:
        hidden = 1 - carry @ seen[..., None]
        out = xp.concatenate([out[..., :2] * hidden, out[..., 2:]], -1)
        solid = derive @ (TYPICAL_SIZE_M * (out + picture))
    else:
        solid = (TYPICAL_SIZE_M * xp.exp(log_size))[:, None, None, None] * (out + picture)
    return solid - solid[:, :, _PELVIS : _PELVIS + 1]
