"""What real people and their pictures have beyond the simulation: joints placed elsewhere, other proportions, a camera
that is not quite level. Random changes teach the network not to lean on what only simulated people share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.checks import check_fields, real, within
from formnet.judges.measuring.sight import Array, Sight


@dataclass(frozen=True)
class Disturbance:
    """Standard deviations of random changes, each the same over a whole repetition.

    Attributes:
        scale: logarithm of the factors along the axes.
        shear: of one axis on another, about the tangent of a lean.
        place: offset of each joint, in metres or sizes of the person.
        reading: offset of each reading, in deviations of all readings.
    """

    scale: float = within(real(0, 1), 0.08)
    shear: float = within(real(0, 1), 0.05)
    place: float = within(real(0, 1), 0.03)
    reading: float = within(real(0, 10), 0.2)

    def __post_init__(self) -> None:
        check_fields(self, "task.disturbance")


def disturb_sight(sight: Sight, how: Disturbance, rng: np.random.Generator) -> Sight:
    """The same repetitions (N) as if of other people before another camera."""
    spread = np.nan_to_num(np.nanstd(sight.readings, axis=0))
    return Sight(
        _disturb_joints(sight.solid, how, rng),
        _disturb_joints(sight.picture, how, rng),
        sight.readings + how.reading * spread * rng.normal(size=sight.readings.shape),
        sight.view_deg,
    )


def _disturb_joints(joints: Array, how: Disturbance, rng: np.random.Generator) -> Array:
    """Joints (N, T, J, D) through an affine map each, and every joint moved by an offset that stays."""
    n, _, n_joints, d = joints.shape
    maps = how.shear * rng.normal(size=(n, d, d)) * (1 - np.eye(d))
    maps = maps + np.exp(how.scale * rng.normal(size=(n, 1, d))) * np.eye(d)
    offsets = how.place * rng.normal(size=(n, 1, n_joints, d))
    return np.asarray(np.einsum("nij,ntkj->ntki", maps, joints) + offsets, dtype=np.float32)
