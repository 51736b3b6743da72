"""What a lifter sees: the joints of any 2D source on one list of joints, centred and in sizes of the person.

Only joints that a source really measures are taken, none is derived from others (apart from the hand, which is the
middle of BlazePose's two knuckles): a made-up joint would be trusted like a seen one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.errors import PoseError, SkeletonError
from formnet.geometry.paths import interpolate_gaps
from formnet.motion import Motion
from formnet.skeleton import Skeleton

OBSERVED_24 = Skeleton(
    "observed24",
    (
        "head_top",
        "nose",
        *(
            f"{side}_{joint}"
            for joint in (
                "eye", "ear", "shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "heel", "foot_index",
            )
            for side in ("left", "right")
        ),
    ),
)  # fmt: skip
_MEASURED = OBSERVED_24.indices(
    f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "hip", "knee", "ankle")
)
_HIPS = OBSERVED_24.indices(("left_hip", "right_hip"))
_LEAST_JOINTS = 6
Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Observation:
    """Joints in the picture, ready for a network.

    Attributes:
        points: (T, 24, 2) in sizes of the person (see `normalise_points`), x right, y down, the middle of the hips
            at the origin; 0 where missing.
        confidence: (T, 24); 0 where missing.
    """

    points: Array
    confidence: Array


def observe(motion: Motion) -> Observation:
    """A 2D motion of any known joint set (the first two coordinates of a 3D one) as a lifter sees it.

    Raises:
        SkeletonError: when the source lacks hips, or nearly all joints.
        PoseError: when hips and legs are never seen together.
    """
    positions, confidence = gather_joints(motion)
    points = normalise_points(positions[None])[0]
    return Observation(np.nan_to_num(points).astype(np.float32), confidence)


def gather_joints(motion: Motion) -> tuple[Array, Array]:
    """Points (T, 24, 2), NaN where missing, and confidence (T, 24) of the joints that the source measures.

    Raises:
        SkeletonError: when the joint set lacks hips, or has fewer than six of the joints.
    """
    positions = np.full((len(motion), len(OBSERVED_24), 2), np.nan, dtype=np.float32)
    confidence = np.zeros((len(motion), len(OBSERVED_24)), dtype=np.float32)
    source = motion.skeleton
    n_found = 0
    for number, joint in enumerate(OBSERVED_24.joints):
        knuckles = [joint.replace("hand", finger) for finger in ("index", "pinky")]
        names = [joint] if joint in source else knuckles if "hand" in joint and knuckles[0] in source else []
        if all(name in source for name in names) and names:
            rows = source.indices(names)
            positions[:, number] = motion.positions[:, rows, :2].mean(axis=1)
            confidence[:, number] = motion.confidence[:, rows].min(axis=1)
            n_found += 1
    if n_found < _LEAST_JOINTS or "left_hip" not in source or "right_hip" not in source:
        raise SkeletonError(
            f"the joint set {source.name!r} has too few joints to be lifted; use one with both hips and legs"
        )
    confidence[np.isnan(positions[..., 0])] = 0.0
    return positions, confidence


def normalise_points(points: NDArray[np.floating]) -> NDArray[np.floating]:
    """Points (N, T, 24, 2) about the middle of the hips, in sizes of the person.

    One size serves a whole clip, so that changes within it stay: the median over the frames of the root mean square
    distance of shoulders, hips, knees and ankles from their middle. What is hidden for a while is taken to lie
    between where it was seen before and after; what is never seen does not count.

    Raises:
        PoseError: when fewer than half of these joints are ever seen, or no hip.
    """
    measured = np.stack([interpolate_gaps(clip) for clip in points[:, :, _MEASURED]])
    known = np.isfinite(measured[:, 0, :, 0])
    hips = np.stack([interpolate_gaps(clip) for clip in points[:, :, _HIPS].mean(axis=2)])
    if (known.sum(axis=1) < len(_MEASURED) / 2).any() or np.isnan(hips).any():
        raise PoseError("too few of shoulders, hips, knees and ankles are ever seen; film the whole body")
    flat = np.where(known[:, None, :, None], measured, 0.0)
    count = known.sum(axis=1)[:, None]
    middle = flat.sum(axis=2) / count[..., None]
    spread = np.where(known[:, None, :, None], measured - middle[:, :, None], 0.0)
    scale = np.median(np.sqrt((spread**2).sum(axis=(2, 3)) / count), axis=1)
    return np.asarray((points - hips[:, :, None]) / np.maximum(scale, 1e-9)[:, None, None, None])
