"""Associative embedding (Newell et al., NeurIPS 2017): joints of one person carry the same tag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from formnet.pose.grouping.base import FoundPeople, Maps, Peaks, find_peaks
from formnet.pose.grouping.heatmaps import Array, decode_heatmaps, make_heatmaps
from formnet.pose.grouping.single import mirror_heatmaps
from formnet.skeleton import Skeleton

MOST_PEOPLE = 8
"""People of one picture whose tags the loss looks at."""
_FAR = 1e6
_FIRST = ("nose", "head", "neck", "spine", "pelvis", "shoulder", "hip")
"""Joints are grouped from the trunk outwards: what stands here comes first, in this order."""


@dataclass(frozen=True)
class AssociativeEmbedding:
    """Heatmaps and tags.

    Attributes:
        sigma: of the Gaussians, cells.
        threshold: least height of a peak.
        apart: tags farther apart than this belong to different people.
        guess: a joint without a peak of its own is looked for where the tag is the person's, down to this height.
        least_joints: people of fewer joints are dropped.
    """

    skeleton: Skeleton
    sigma: float = 2.0
    threshold: float = 0.1
    apart: float = 1.0
    guess: float = 0.02
    least_joints: int = 3

    @property
    def channels(self) -> dict[str, int]:
        return {"heatmaps": len(self.skeleton), "tags": len(self.skeleton)}

    def make_maps(
        self, joints: NDArray[np.floating], size: tuple[int, int], seen: NDArray[np.bool_] | None = None
    ) -> dict[str, Array]:
        """`cells` (MOST_PEOPLE, J) are the numbers of the cells of each joint, −1 where there is none."""
        return {"heatmaps": make_heatmaps(joints, size, self.sigma), "cells": number_cells(joints, size)}

    def group(self, maps: Maps) -> FoundPeople:
        peaks = find_peaks(maps["heatmaps"], self.threshold, sigma=self.sigma)
        tags = read_tags(peaks, maps["tags"])
        people = match_tags(peaks, tags, grouping_order(self.skeleton), self.apart)
        kept = [person for person in people if len(person) >= self.least_joints]
        joints, confidence = peaks.write_rows(kept, len(self.skeleton))
        for row, person in enumerate(kept):
            self._guess(joints[row], confidence[row], float(tags[person].mean()), maps)
        return FoundPeople.ranked(joints, confidence)

    def _guess(self, joints: NDArray[np.float64], confidence: NDArray[np.float64], tag: float, maps: Maps) -> None:
        """Fills joints (J, 2) that have no peak of their own in (Newell et al. 2017, their code)."""
        missing = np.flatnonzero(np.isnan(joints[:, 0]))
        if not len(missing):
            return
        is_own = np.abs(maps["tags"][missing] - tag) < self.apart
        places, heights = decode_heatmaps(np.where(is_own, maps["heatmaps"][missing], 0), "none")
        found = heights >= self.guess
        joints[missing[found]], confidence[missing[found]] = places[found], heights[found]

    def mirror(self, maps: Maps) -> dict[str, Array]:
        # Another picture's tags are numbers of another kind.
        return {"heatmaps": mirror_heatmaps(maps["heatmaps"], self.skeleton)}


def number_cells(joints: NDArray[np.floating], size: tuple[int, int]) -> Array:
    """Numbers (MOST_PEOPLE, J) of the cells in which joints (P, J, 2) lie, −1 for none or outside the map."""
    width, height = size
    cells = np.full((MOST_PEOPLE, joints.shape[1]), -1, np.float32)
    there = joints[:MOST_PEOPLE]
    at = np.floor(np.nan_to_num(there, nan=-1.0)).astype(int)
    inside = ((at >= 0) & (at < (width, height))).all(axis=-1)
    cells[: len(there)][inside] = (at[..., 1] * width + at[..., 0])[inside]
    return cells


def read_tags(peaks: Peaks, tags: NDArray[np.floating]) -> NDArray[np.float64]:
    """Tag (N,) of each candidate, from its joint's own map (J, H, W) in the cell it lies in."""
    height, width = tags.shape[-2:]
    columns, rows = np.clip(np.floor(peaks.place).astype(int), 0, (width - 1, height - 1)).T
    return np.asarray(tags[peaks.joint, rows, columns], dtype=np.float64)


def grouping_order(skeleton: Skeleton) -> list[int]:
    """Numbers of the joints, the trunk's first."""

    def place(joint: str) -> int:
        return next((i for i, name in enumerate(_FIRST) if name in joint), len(_FIRST))

    return [skeleton.index(joint) for joint in sorted(skeleton.joints, key=place)]


def match_tags(peaks: Peaks, tags: NDArray[np.float64], order: list[int], apart: float) -> list[list[int]]:
    """Candidates of each person: joint by joint, every candidate goes to the person whose mean tag is nearest (as a
    whole: bipartite matching; higher peaks decide between equals) or begins a new one."""
    people: list[list[int]] = []
    for joint in order:
        candidates = peaks.of(joint)
        if not len(candidates):
            continue
        means = np.array([tags[person].mean() for person in people])
        distance = np.abs(tags[candidates][:, None] - means[None])
        cost = np.where(distance < apart, np.round(100 * distance) - peaks.height[candidates][:, None], _FAR)
        rows, columns = linear_sum_assignment(cost) if len(people) else (np.zeros(0, int), np.zeros(0, int))
        matched = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if cost[i, j] < _FAR}
        for i, candidate in enumerate(candidates):
            if i in matched:
                people[matched[i]].append(int(candidate))
            else:
                people.append([int(candidate)])
    return people
