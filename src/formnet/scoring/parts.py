"""Parts of the body that count more, less or not at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion
from formnet.scoring.limbs import LimbSimilarity
from formnet.scoring.score import FrameSimilarity, Pairs, group_joints, weighted_mean

Columns = tuple[tuple[str, ...], dict[str, tuple[str, ...]]]


def name_columns(similarity: FrameSimilarity, motion: Motion) -> Columns:
    """Names of the columns that a similarity's `score_pairs` returns, and body part → these."""
    if isinstance(similarity, LimbSimilarity | WeightedParts):
        return similarity.name_joints(motion)
    return motion.skeleton.joints, group_joints(motion)


class WeightedParts:
    """Another similarity with the scores of its joints weighted by body part.

    Two frames are as alike as the weighted mean of their joints' scores, so that frames are paired by what counts, too.

    Args:
        inner: scores the joints.
        weights: body part → weight, 0 leaves it out; a part that is not named has 1.
    """

    def __init__(self, inner: FrameSimilarity, weights: Mapping[str, float]) -> None:
        self.inner, self.weights = inner, weights

    def prepare(self, motion: Motion, boxes: FloatArray | None = None) -> Motion:
        """As the inner similarity."""
        return self.inner.prepare(motion, boxes)

    def compute_matrix(self, clip: Motion, reference: Motion) -> FloatArray:
        """(n, m); NaN where no joint that counts is seen on both sides."""
        n, m = len(clip), len(reference)
        every = np.stack(np.divmod(np.arange(n * m), m), axis=-1)
        return weighted_mean(*self.score_pairs(clip, reference, every), axis=1).reshape(n, m)

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
        """(L, J) scores and weights of the joints of parts that count."""
        scores, weights = self.inner.score_pairs(clip, reference, pairs)
        factors = self._factors(clip)
        return scores[:, factors > 0], (weights * factors)[:, factors > 0]

    def name_joints(self, motion: Motion) -> Columns:
        """As `name_columns`, without the parts that are left out; raises `InputError` for an unknown part."""
        joints, parts = name_columns(self.inner, motion)
        factors = self._factors(motion)
        kept = {joint for joint, factor in zip(joints, factors, strict=True) if factor > 0}
        return (
            tuple(joint for joint in joints if joint in kept),
            {part: members for part, members in parts.items() if self.weights.get(part, 1.0) > 0},
        )

    def _factors(self, motion: Motion) -> FloatArray:
        """(J,) weight of every joint; joints of no part have 1."""
        joints, parts = name_columns(self.inner, motion)
        if unknown := [part for part in self.weights if part not in parts]:
            raise InputError(f"there is no body part {unknown[0]!r}; use some of {', '.join(parts)}")
        of_joint = {joint: self.weights.get(part, 1.0) for part, members in parts.items() for joint in members}
        factors = np.array([of_joint.get(joint, 1.0) for joint in joints])
        if not factors.any():
            raise InputError("every part of the body is left out; leave one in")
        return factors


def parse_part_weights(weighted: Sequence[str], left_out: Sequence[str]) -> dict[str, float]:
    """Body part → weight from `PART=WEIGHT` and names of parts that do not count.

    Raises:
        InputError: for anything else, a weight that is no number from 0 to 100, or a part named twice.
    """
    found: dict[str, float] = {}
    for text in (*weighted, *(f"{part}=0" for part in left_out)):
        part, sign, number = text.rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = math.nan
        name = part.strip().lower().replace(" ", "_").replace("-", "_")
        if not sign or not name or not 0 <= weight <= 100:
            raise InputError(f"expected PART=WEIGHT with a weight from 0 to 100, such as left_arm=0.5, got {text!r}")
        if name in found:
            raise InputError(f"the weight of {name} is given twice; say it once")
        found[name] = weight
    return found
