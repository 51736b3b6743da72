"""Joints by name, with one rule for those that a joint set lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from formnet.errors import SkeletonError
from formnet.geometry.angles import compute_elevation_deg, compute_joint_angle_deg
from formnet.geometry.vectors import Array, namespace_of
from formnet.motion import Motion
from formnet.skeleton import Skeleton

_MIDDLES = {"neck": "shoulder", "pelvis": "hip", "toe": "foot_index"}
_HEADS = (("head",), ("left_ear", "right_ear"), ("left_eye", "right_eye"), ("head_top",), ("nose",))


@dataclass(frozen=True, eq=False)
class Joints:
    """Paths of joints by name.

    A joint of the set is itself; `neck`, `pelvis` and `toe` are the middles of shoulders, hips and toes where the set
    lacks them; any other joint that it lacks follows `absent`.

    Attributes:
        positions: (…, J, D) of NumPy or PyTorch, y down.
        absent: "refuse" raises, "nan" gives a path of NaN.
    """

    positions: Array
    skeleton: Skeleton
    absent: Literal["refuse", "nan"] = "refuse"

    @classmethod
    def of(cls, motion: Motion, absent: Literal["refuse", "nan"] = "refuse") -> Joints:
        return cls(motion.positions, motion.skeleton, absent)

    @property
    def xp(self) -> Any:
        return namespace_of(self.positions)

    def __contains__(self, joint: str) -> bool:
        return joint in self.skeleton

    def __getitem__(self, joint: str) -> Array:
        """Path of a joint, (…, D).

        Raises:
            SkeletonError: naming the joint, when the set lacks it and it is to be refused.
        """
        if joint in self.skeleton:
            return self.positions[..., self.skeleton.index(joint), :]
        pair = _MIDDLES.get(joint)
        if pair is not None and f"left_{pair}" in self.skeleton and f"right_{pair}" in self.skeleton:
            return self.middle(pair)
        if self.absent == "nan":
            return self.xp.full_like(self.positions[..., 0, :], np.nan)
        raise SkeletonError(
            f"the joint set {self.skeleton.name!r} has no {joint!r}, which is needed here; choose another joint set"
        )

    def side(self, side: str, *joints: str) -> list[Array]:
        """Paths of joints of one side, "left" or "right"."""
        return [self[f"{side}_{joint}"] for joint in joints]

    def middle(self, joint: str) -> Array:
        """Half way between the left and the right joint, (…, D)."""
        return 0.5 * (self[f"left_{joint}"] + self[f"right_{joint}"])

    def across(self, joint: str) -> Array:
        """From the right to the left joint, (…, D)."""
        return self[f"left_{joint}"] - self[f"right_{joint}"]

    def angles_deg(self, first: str, middle: str, last: str, *, degenerate_deg: float = np.nan) -> tuple[Array, Array]:
        """Angle at the middle joint on the left and on the right, 180° when straight; (…) each.

        `angles_deg("hip", "knee", "ankle")` are the knees.
        """
        left, right = (
            compute_joint_angle_deg(*self.side(side, first, middle, last), degenerate_deg=degenerate_deg)
            for side in ("left", "right")
        )
        return left, right

    def elevations_deg(self, low: str, high: str, *, degenerate_deg: float = np.nan) -> tuple[Array, Array]:
        """How far the left and the right limb from `low` to `high` rise over the horizontal, 90° upright; (…) each."""
        left, right = (
            compute_elevation_deg(*self.side(side, low, high), degenerate_deg=degenerate_deg)
            for side in ("left", "right")
        )
        return left, right

    def head(self) -> Array:
        """A point in the head: its centre, between the ears or eyes, its top or the nose. (…, D)

        Raises:
            SkeletonError: when the set has none of these and that is to be refused.
        """
        for joints in _HEADS:
            if all(joint in self for joint in joints):
                return sum(self[joint] for joint in joints) / len(joints)
        return self["head"]
