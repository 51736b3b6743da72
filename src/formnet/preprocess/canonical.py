"""The canonical posture: standing upright, told by joint angles (Ogata et al. 2019 use hip > 150°)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.errors import SkeletonError
from formnet.geometry.angles import compute_joint_angle_deg
from formnet.geometry.joints import Joints
from formnet.motion import FloatArray, Motion

JointTriple = tuple[str, str, str]


@dataclass(frozen=True)
class CanonicalRule:
    """Which joint angles tell that a person stands.

    Attributes:
        angles: (end, vertex, end) joints without their side; all of them count.
        threshold_deg: all angles at or above this: standing.
    """

    angles: tuple[JointTriple, ...] = (("shoulder", "hip", "knee"), ("hip", "knee", "ankle"))
    threshold_deg: float = 150.0


def choose_better_seen_sides(motion: Motion, joints: tuple[str, ...], margin: float = 0.1) -> tuple[str, ...]:
    """("left",), ("right",), or both where their mean confidence over the clip differs by less than `margin`.

    Raises:
        SkeletonError: when neither side has all of `joints`.
    """
    seen = {
        side: float(motion.confidence[:, motion.skeleton.indices(f"{side}_{j}" for j in joints)].mean())
        for side in ("left", "right")
        if all(f"{side}_{j}" in motion.skeleton for j in joints)
    }
    if not seen:
        raise SkeletonError(
            f"the joint set {motion.skeleton.name!r} has no leg with {', '.join(joints)} on one side; "
            "use a joint set with the whole leg and the shoulder"
        )
    best = max(seen.values())
    return tuple(side for side, confidence in seen.items() if confidence >= best - margin)


def compute_canonical_angles_deg(motion: Motion, rule: CanonicalRule) -> FloatArray:
    """(T, n) the rule's angles on the better-seen side; the mean of both where they are seen alike.

    Raises:
        SkeletonError: when the joint set lacks the rule's joints.
    """
    joints = tuple(dict.fromkeys(joint for triple in rule.angles for joint in triple))
    sides, joints_of = choose_better_seen_sides(motion, joints), Joints.of(motion)
    angles_deg = np.stack(
        [[compute_joint_angle_deg(*joints_of.side(side, *triple)) for triple in rule.angles] for side in sides]
    )
    seen = ~np.isnan(angles_deg)
    total = np.where(seen, angles_deg, 0.0).sum(axis=0)
    count = seen.sum(axis=0)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0).T
