"""Temporal distance matrices (Ogata et al., CVPRW 2019): all joint distances per frame.

They do not change when the camera turns or the person walks away.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from formnet.features.array import EPSILON, Channels, standing_value
from formnet.features.registry import feature_block
from formnet.geometry.joints import Joints
from formnet.geometry.vectors import Array, compute_length, namespace_of


@lru_cache(maxsize=32)
def joint_pairs(n_joints: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and second joint of every pair of the strict upper triangle, row by row."""
    first, second = np.triu_indices(n_joints, k=1)
    return first, second


def compute_distances(positions: Array) -> Array:
    """(…, T, J, D) → (…, T, J·(J−1)/2), in the unit of the positions; NaN where a joint is missing."""
    first, second = joint_pairs(positions.shape[-2])
    squares = []
    for i in range(positions.shape[-1]):
        coordinate = positions[..., i]
        difference = coordinate[..., first] - coordinate[..., second]
        squares.append(difference * difference)
    return namespace_of(positions).sqrt(sum(squares[1:], squares[0]))


def _pair_names(joints: tuple[str, ...]) -> tuple[str, ...]:
    first, second = joint_pairs(len(joints))
    return tuple(f"{joints[i]}-{joints[j]}" for i, j in zip(first, second, strict=True))


def _chosen(pose: Joints, joints: list[str] | None) -> tuple[tuple[str, ...], Array]:
    names = tuple(joints) if joints else pose.skeleton.joints
    return names, pose.positions if not joints else pose.positions[..., pose.skeleton.indices(names), :]


@feature_block("distances")
def distances_block(pose: Joints, joints: list[str] | None = None, scale: str = "none") -> Channels:
    """All pairwise distances of the joint set (HMR-19: the paper's 171), or of the `joints` named.

    scale: "none", or "mean": divided by the mean of all distances in the standing frames (size of the person).
    """
    names, positions = _chosen(pose, joints)
    values = compute_distances(positions)
    if scale == "mean":
        values = values / _nan_mean_last(standing_value(values, 3))
    return Channels(_pair_names(names), values)


@feature_block("plumb")
def plumb_block(pose: Joints, joints: list[str] | None = None, anchor: str = "pelvis", reach: float = 1.0) -> Channels:
    """Distances of the joints to two points straight below and above the anchor, `reach` away.

    Distances between joints do not know which way is down, so no lean is in them; these two points hang on the
    vertical that the motion was levelled by.

    anchor: "pelvis", or a kind of joint whose middle between both sides it is ("ankle").
    """
    names, positions = _chosen(pose, joints)
    middle = pose[anchor] if anchor == "pelvis" else pose.middle(anchor)
    down = middle[..., None, :] * 0.0
    down[..., 1] += reach
    parts = [compute_length(positions - middle[..., None, :] + sign * down) for sign in (-1.0, 1.0)]
    labels = tuple(f"{point} {anchor}-{name}" for point in ("below", "above") for name in names)
    return Channels(labels, pose.xp.concatenate(parts, -1))


@feature_block("plumb_change")
def plumb_change_block(
    pose: Joints,
    joints: list[str] | None = None,
    anchor: str = "pelvis",
    reach: float = 1.0,
    standing_frames: int = 3,
) -> Channels:
    """The distances of `plumb` less the person's own when standing (see `log_ratio`): a heel that leaves the floor is
    a small change of what differs far more from person to person."""
    plumb = plumb_block(pose, joints, anchor, reach)
    return Channels(plumb.names, plumb.values - standing_value(plumb.values, standing_frames))


@feature_block("log_ratio")
def log_ratio_block(pose: Joints, joints: list[str] | None = None, standing_frames: int = 3) -> Channels:
    """Logarithm of every distance over the person's own distance when standing: no body size, no camera scale.

    Standing is the mean of the first and last `standing_frames` frames. Ratios are held within e^±3, because
    two joints that come to lie on one spot would go to −∞.
    """
    names, positions = _chosen(pose, joints)
    values = compute_distances(positions)
    xp = pose.xp
    standing = standing_value(values, standing_frames)
    ratio = xp.log((values + EPSILON) / (standing + EPSILON))
    return Channels(_pair_names(names), xp.clip(ratio, -3.0, 3.0))


def _nan_mean_last(values: Array) -> Array:
    """Mean over the last axis of what is there, kept as an axis of length 1."""
    xp = namespace_of(values)
    seen = ~xp.isnan(values)
    total = xp.where(seen, values, xp.zeros_like(values)).sum(-1)
    return (total / xp.clip(seen.sum(-1), 1, None))[..., None]
