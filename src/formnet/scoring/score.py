"""What every scorer answers, and the protocol that scorers keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray, Motion

Pairs = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Score:
    """A comparison of two motions, 0–100.

    Attributes:
        total: all joints over all paired frames.
        parts: body part → score.
        joints: joint → score.
        pairs: (L, 2) frames of the clip and of the reference that were compared.
        over_time: (L,) total of each pair; NaN where neither side shows anything.
        parts_over_time: body part → (L,).
    """

    total: float
    parts: Mapping[str, float]
    joints: Mapping[str, float]
    pairs: Pairs
    over_time: FloatArray
    parts_over_time: Mapping[str, FloatArray] = field(default_factory=dict)


class FrameSimilarity(Protocol):
    """Compares single frames of two motions that have one joint set."""

    def prepare(self, motion: Motion, boxes: FloatArray | None = None) -> Motion:
        """The motion normalised as this similarity needs it; what comes out is what the other methods take."""
        ...

    def compute_matrix(self, clip: Motion, reference: Motion) -> FloatArray:
        """(n, m) similarity 0–100 of every frame with every frame."""
        ...

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
        """(L, J) scores 0–100 of the joints of paired frames, and their weights (L, J)."""
        ...


def group_joints(motion: Motion) -> dict[str, tuple[str, ...]]:
    """Body part → joints, every joint in one part: shoulders go with the arms and hips with the legs."""
    parts = motion.skeleton.parts
    limbs = {joint for part, joints in parts.items() if part not in ("trunk", "head") for joint in joints}
    groups = {
        part: tuple(joint for joint in joints if part != "trunk" or joint not in limbs)
        for part, joints in parts.items()
    }
    return {part: joints for part, joints in groups.items() if joints}


def summarise_pairs(
    joints: tuple[str, ...],
    groups: Mapping[str, tuple[str, ...]],
    scores: FloatArray,
    weights: FloatArray,
    pairs: Pairs,
) -> Score:
    """Gathers scores (L, J) with weights (L, J) into a total, parts, joints and their course.

    Each pair counts alike in the total, whatever its confidence. A joint or part that is never seen is NaN.
    """
    number = {joint: column for column, joint in enumerate(joints)}
    columns = {part: [number[joint] for joint in members if joint in number] for part, members in groups.items()}
    columns = {part: chosen for part, chosen in columns.items() if chosen}
    over_time = weighted_mean(scores, weights, axis=1)
    parts_over_time = {
        part: weighted_mean(scores[:, chosen], weights[:, chosen], axis=1) for part, chosen in columns.items()
    }
    return Score(
        _mean_seen(over_time),
        {part: _mean_seen(course) for part, course in parts_over_time.items()},
        {joint: float(weighted_mean(scores[:, k], weights[:, k], axis=0)) for joint, k in number.items()},
        pairs,
        over_time,
        parts_over_time,
    )


def weighted_mean(values: FloatArray, weights: NDArray[np.floating | np.bool_], axis: int) -> FloatArray:
    """Σ w v / Σ w along an axis; NaN where all weights are 0."""
    total = weights.sum(axis=axis)
    summed = (weights * np.where(weights > 0, values, 0.0)).sum(axis=axis)
    return np.divide(summed, total, out=np.full(np.shape(total), np.nan), where=total > 0)


def smooth_course(course: FloatArray, reach: int = 2) -> FloatArray:
    """Mean over neighbouring pairs, so that a colour does not flicker; NaN stays out of the mean."""
    padded = np.pad(course, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return weighted_mean(windows, ~np.isnan(windows), axis=1)


def _mean_seen(values: FloatArray) -> float:
    seen = values[~np.isnan(values)]
    return float(seen.mean()) if len(seen) else float("nan")
