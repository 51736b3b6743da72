"""Scoring-Your-Video's figures, reproduced to the last digit: its formulae, its box, its one-sided confidence.

Differences that are left out on purpose are said in docs/compare.md: its part scores of pictures always came from
the first frame of the video; here they belong to the best frame.

Every row of a file counts as a frame, as with its authors, also where two people were found in one picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError, PoseError, SkeletonError
from formnet.geometry.warping import compute_dtw_distance
from formnet.motion import FloatArray
from formnet.scoring.cosine import cosine_to_score, score_joint_cosines
from formnet.scoring.crop import compute_square_corner
from formnet.scoring.weighted import l1_to_score, l2_to_score
from formnet.skeleton import COCO_17, Skeleton

HEAD = COCO_17.joints[:5]
PARTS: dict[str, tuple[str, ...]] = {"head": HEAD, **{joint: (joint,) for joint in COCO_17.joints[5:]}}
"""Scoring-Your-Video's parts: the head is the first five joints, then the twelve limb joints one by one."""


@dataclass(frozen=True, eq=False)
class CompatPoses:
    """L2-normalised rows: positions (N, 17, 2), confidence (N, 17) and frame numbers (N,)."""

    positions: FloatArray
    confidence: FloatArray
    frames: NDArray[np.int64]


@dataclass(frozen=True)
class CompatScore:
    """A total and its parts, 0–100; `frame` is the best frame's number, None for DTW."""

    total: float
    parts: dict[str, float]
    joints: dict[str, float]
    frame: int | None = None


def normalise_compat(
    keypoints: FloatArray, boxes: FloatArray, frames: NDArray[np.int64], skeleton: Skeleton
) -> CompatPoses:
    """Keypoints (N, J, 3) in their square crops with the box read as corners, then L2-normalised.

    Rows that were normalised before (length 1) stay as they are, so raw and normalised files give the same.

    Raises:
        SkeletonError: the rows lack joints of COCO-17.
        PoseError: a joint is missing somewhere, which the original formulae cannot say.
        InputError: raw pixels without boxes.
    """
    absent = [joint for joint in COCO_17.joints if joint not in skeleton]
    if absent:
        raise SkeletonError(f"--compat needs the 17 COCO joints, but {skeleton.name!r} has no {', '.join(absent)}")
    points = keypoints[:, skeleton.indices(COCO_17.joints)]
    positions, confidence = points[..., :2], points[..., 2]
    if np.isnan(positions).any():
        row, joint = np.argwhere(np.isnan(positions[..., 0]))[0]
        raise PoseError(
            f"--compat needs every joint in every frame, but {COCO_17.joints[joint].replace('_', ' ')} is missing in "
            f"pose {row}; leave --compat out"
        )
    if np.abs((positions**2).sum(axis=(1, 2)) - 1).max() > 1e-4:
        if np.isnan(boxes).any():
            raise InputError("--compat needs the 'box' of every pose, as AlphaPose writes it; leave --compat out")
        positions = positions - compute_square_corner(boxes, box_as_corners=True)[:, None]
        length = np.sqrt((positions**2).sum(axis=(1, 2)))
        positions = positions / length[:, None, None]
    return CompatPoses(positions, confidence, frames)


def _match_cosine(image: CompatPoses, video: CompatPoses) -> tuple[FloatArray, FloatArray]:
    a, b = image.positions[:1], video.positions
    dot = (a * b).sum(axis=(1, 2))
    norm = np.sqrt((a**2).sum() * (b**2).sum(axis=(1, 2)))
    return cosine_to_score(dot / norm), score_joint_cosines(np.broadcast_to(a, b.shape), b)


def _match_weighted(image: CompatPoses, video: CompatPoses, joints: FloatArray) -> tuple[FloatArray, FloatArray]:
    total = video.confidence.sum(axis=1)
    summed = (video.confidence * joints).sum(axis=1)
    return np.divide(summed, total, out=np.zeros_like(total), where=total > 0), joints


def _match_l1(image: CompatPoses, video: CompatPoses) -> tuple[FloatArray, FloatArray]:
    apart = np.abs(video.positions - image.positions[:1]).sum(axis=-1)
    return _match_weighted(image, video, l1_to_score(apart))


def _match_l2(image: CompatPoses, video: CompatPoses) -> tuple[FloatArray, FloatArray]:
    apart = np.linalg.norm(video.positions - image.positions[:1], axis=-1)
    return _match_weighted(image, video, l2_to_score(apart))


_FORMULAE: dict[str, Callable[[CompatPoses, CompatPoses], tuple[FloatArray, FloatArray]]] = {
    "cosine": _match_cosine,
    "weighted-l1": _match_l1,
    "weighted-l2": _match_l2,
}


def score_match_compat(image: CompatPoses, video: CompatPoses, metric: str) -> CompatScore:
    """The video's frame with the highest score (of equal ones the last), with its parts.

    Raises:
        InputError: a metric that Scoring-Your-Video does not have.
    """
    if metric not in _FORMULAE:
        raise InputError(f"--compat knows the metrics {', '.join(_FORMULAE)}, got {metric!r}; leave --compat out")
    totals, joints = _FORMULAE[metric](image, video)
    best = len(totals) - 1 - int(np.argmax(totals[::-1]))
    named = dict(zip(COCO_17.joints, map(float, joints[best]), strict=True))
    return CompatScore(float(totals[best]), _gather_parts(named), named, int(video.frames[best]))


def score_dtw_compat(clip: CompatPoses, reference: CompatPoses) -> CompatScore:
    """100 − 100·d of the DTW distance of each coordinate's curve, averaged over x and y, then over joints."""
    joints = {}
    for number, joint in enumerate(COCO_17.joints):
        a, b = clip.positions[:, number], reference.positions[:, number]
        joints[joint] = float(np.mean([100 - 100 * compute_dtw_distance(a[:, d], b[:, d]) for d in range(2)]))
    return CompatScore(float(np.mean(list(joints.values()))), _gather_parts(joints), joints)


def _gather_parts(joints: dict[str, float]) -> dict[str, float]:
    return {part: float(np.mean([joints[joint] for joint in members])) for part, members in PARTS.items()}
