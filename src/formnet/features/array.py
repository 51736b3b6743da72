"""Features written once for NumPy and PyTorch: blocks see joints by name and use a common part of both.

PyTorch is not imported here: the namespace is found from the array itself, so scoring and reports can use
features without it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from formnet.errors import SkeletonError
from formnet.skeleton import Skeleton

Array = Any
"""A NumPy array or a PyTorch tensor."""

EPSILON = 1e-6


def namespace_of(array: Array) -> Any:
    """`numpy` or `torch`; both know sqrt, stack, where, log, atan2, amin, amax, clip and concatenate."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(array, torch.Tensor) else np


@dataclass(frozen=True, eq=False)
class Channels:
    """Named channels: `values` (…, T, F) with one name per channel."""

    names: tuple[str, ...]
    values: Array

    def __post_init__(self) -> None:
        assert self.values.shape[-1] == len(self.names), "every channel needs a name"

    def __getitem__(self, name: str) -> Array:
        """One channel (…, T)."""
        return self.values[..., self.names.index(name)]

    @classmethod
    def stack(cls, channels: Mapping[str, Array]) -> Channels:
        """From name → (…, T)."""
        arrays = list(channels.values())
        return cls(tuple(channels), namespace_of(arrays[0]).stack(arrays, -1))


@dataclass(frozen=True, eq=False)
class Pose:
    """Joints by name: `positions` (…, T, J, D), y down."""

    positions: Array
    skeleton: Skeleton

    @property
    def xp(self) -> Any:
        return namespace_of(self.positions)

    def __contains__(self, joint: str) -> bool:
        return joint in self.skeleton

    def __getitem__(self, joint: str) -> Array:
        """Path of a joint (…, T, D); `neck` and `pelvis` are the middles of shoulders and hips where absent.

        Raises:
            SkeletonError: naming the joint.
        """
        if joint in self.skeleton:
            return self.positions[..., self.skeleton.index(joint), :]
        pair = {"neck": "shoulder", "pelvis": "hip", "toe": "foot_index"}.get(joint)
        if pair is None or f"left_{pair}" not in self.skeleton:
            raise SkeletonError(
                f"the joint set {self.skeleton.name!r} has no {joint!r} that a feature block needs; "
                "choose another joint set or leave the block out"
            )
        return 0.5 * (self[f"left_{pair}"] + self[f"right_{pair}"])

    def head(self) -> Array:
        """A point in the head: its centre, between the ears or eyes, its top or the nose. (…, T, D)"""
        for joints in (("head",), ("left_ear", "right_ear"), ("left_eye", "right_eye"), ("head_top",), ("nose",)):
            if all(joint in self for joint in joints):
                return sum(self[joint] for joint in joints) / len(joints)
        raise SkeletonError(f"the joint set {self.skeleton.name!r} has no joint of the head; leave the block out")


def norm(vector: Array) -> Array:
    """Length over the last axis."""
    # Coordinate by coordinate: a reduction over an axis of three is the slowest way to add three numbers.
    squares = [vector[..., i] * vector[..., i] for i in range(vector.shape[-1])]
    return namespace_of(vector).sqrt(sum(squares[1:], squares[0]))


def level(vector: Array) -> Array:
    """The horizontal part of (…, D): all coordinates but y."""
    return namespace_of(vector).concatenate([vector[..., :1], vector[..., 2:]], -1)


def distance(first: Array, second: Array) -> Array:
    return norm(first - second)


def angle_deg(first: Array, second: Array) -> Array:
    """Angle between vectors (…, D), 0–180°; see `formnet.geometry.angles` for the formula and its reason."""
    xp = namespace_of(first)
    first_length, second_length = norm(first)[..., None], norm(second)[..., None]
    difference = norm(first * second_length - second * first_length)
    total = norm(first * second_length + second * first_length)
    return 2.0 * xp.atan2(difference, total) * (180.0 / np.pi)


def joint_angle_deg(first: Array, middle: Array, last: Array) -> Array:
    """Angle at `middle`, 180° when straight."""
    return angle_deg(first - middle, last - middle)


def elevation_deg(low: Array, high: Array) -> Array:
    """How far the limb from `low` to `high` rises over the horizontal, −90 to 90° (90 upright); y points down."""
    xp = namespace_of(low)
    limb = high - low
    return xp.atan2(-limb[..., 1], norm(level(limb))) * (180.0 / np.pi)


def standing_value(values: Array, frames: int) -> Array:
    """Mean over the first and last `frames` frames of (…, T, F) → (…, 1, F), ignoring what is missing.

    A repetition starts and ends in the canonical posture, so this is the person standing.
    """
    xp = namespace_of(values)
    ends = xp.concatenate([values[..., :frames, :], values[..., -frames:, :]], -2)
    seen = ~xp.isnan(ends)
    total = xp.where(seen, ends, xp.zeros_like(ends)).sum(-2)
    count = seen.sum(-2)
    return (total / xp.where(count > 0, count * 1.0, xp.nan))[..., None, :]
