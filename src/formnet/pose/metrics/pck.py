"""Share of correct keypoints: joints that lie nearer to the truth than a share of the person's size."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from formnet.errors import SkeletonError
from formnet.skeleton import Skeleton

Size = Literal["torso", "person", "head"]


def compute_pck(
    found: NDArray[np.floating],
    truth: NDArray[np.floating],
    size_px: NDArray[np.floating],
    threshold: float = 0.2,
    evaluated: NDArray[np.bool_] | None = None,
) -> float:
    """PCK (Yang & Ramanan 2013); with the head's length as size and threshold 0.5 it is PCKh (Andriluka et al. 2014).

    Args:
        found: (N, J, 2); a joint that was not found (NaN) is wrong.
        truth: (N, J, 2); NaN where unknown, which does not count.
        size_px: (N,) what the threshold is a share of; people whose size is unknown do not count.
        evaluated: (N, J) joints that count, for example only hidden ones; None: all.

    Returns:
        0–1; NaN where nothing counts.
    """
    counts = np.isfinite(truth).all(axis=-1) & (np.isfinite(size_px) & (size_px > 0))[:, None]
    if evaluated is not None:
        counts &= evaluated
    return float(find_near(found, truth, size_px, threshold)[counts].mean()) if counts.any() else float("nan")


def find_near(
    found: NDArray[np.floating], truth: NDArray[np.floating], size_px: NDArray[np.floating], threshold: float = 0.2
) -> NDArray[np.bool_]:
    """Which joints (N, J) lie nearer to the truth than a share of the person's size; see `compute_pck`."""
    away = np.linalg.norm(found - truth, axis=-1) / np.where(size_px > 0, size_px, np.nan)[:, None]
    return np.asarray(away <= threshold)


def measure_people(
    joints: NDArray[np.floating], boxes: NDArray[np.floating], head_px: NDArray[np.floating], skeleton: Skeleton,
    size: Size,
) -> NDArray[np.float64]:  # fmt: skip
    """The size (N,) of people that PCK is measured by.

    Args:
        joints: (N, J, 2) true joints.
        boxes: (N, 4) corners.
        head_px: (N,).
        size: "torso", the longer diagonal from shoulder to opposite hip (Penn Action's is that from the left
            shoulder, which vanishes in some side views); "person", the box's longer side; "head", `head_px`.

    Raises:
        SkeletonError: a torso of a joint set without shoulders or hips.
    """
    if size == "person":
        return np.asarray((boxes[:, 2:] - boxes[:, :2]).max(axis=1), dtype=np.float64)
    if size == "head":
        return np.asarray(head_px, dtype=np.float64)
    needed = ("left_shoulder", "right_hip", "right_shoulder", "left_hip")
    if lacking := [joint for joint in needed if joint not in skeleton]:
        raise SkeletonError(f"the joint set {skeleton.name!r} has no torso, since it lacks {', '.join(lacking)}")
    a, b, c, d = (joints[:, skeleton.index(joint)] for joint in needed)
    return np.asarray(np.fmax(np.linalg.norm(a - b, axis=-1), np.linalg.norm(c - d, axis=-1)), dtype=np.float64)
