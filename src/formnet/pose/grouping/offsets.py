"""Dense pose regression: every cell that shows somebody says where all of that person's joints are, hidden ones too.

The offsets are PersonLab's long-range offsets (Papandreou et al., ECCV 2018), read as whole poses as DEKR (Geng et al.,
CVPR 2021) reads those of a person's centre. A visible cell belongs to one person alone, so people who cross stay apart
where centres or tags fall together, and nobody loses a joint that is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from formnet.pose.grouping.base import FoundPeople, Maps, find_peaks, read_map
from formnet.pose.grouping.heatmaps import Array, make_heatmaps
from formnet.pose.grouping.single import mirror_heatmaps
from formnet.skeleton import Skeleton

REACH = 8.0
"""Cells that an offset of 1 stands for: networks learn numbers about 1 more easily than about 20."""


@dataclass(frozen=True)
class PersonOffsets:
    """Heatmaps, `seen` (probability that a cell shows somebody near a visible joint) and offsets (x, y of each joint).

    Attributes:
        sigma: of the Gaussians, cells.
        radius: of the discs about visible joints whose cells vote, cells.
        threshold: cells below this probability do not vote.
        near: two poses whose joints are on average nearer than this share of their size are of one person; the size
            is the root of the area of their box.
        least_votes: people of a smaller sum of probabilities are dropped.
        falloff: a vote for a joint weighs exp(−distance / falloff): cells on a joint know best where it is; cells.
        snap: a joint moves to a peak of its heatmap within this share of the person's size, each peak to one person.
        guess: confidence of a joint without such a peak is at least this.
    """

    skeleton: Skeleton
    sigma: float = 2.0
    radius: float = 1.5
    threshold: float = 0.3
    near: float = 0.18
    least_votes: float = 4.0
    falloff: float = 2.0
    snap: float = 0.3
    guess: float = 0.05

    @property
    def channels(self) -> dict[str, int]:
        joints = len(self.skeleton)
        return {"heatmaps": joints, "seen": 1, "offsets": 2 * joints}

    def make_maps(
        self, joints: NDArray[np.floating], size: tuple[int, int], seen: NDArray[np.bool_] | None = None
    ) -> dict[str, Array]:
        """Also `votes` (J, H, W): how much the offset to a joint counts in each cell, so that everybody counts alike
        however little of them shows. Of several people whose discs cover a cell the nearest has it."""
        width, height = size
        maps = {"heatmaps": make_heatmaps(joints, size, self.sigma)}
        shown, votes = (
            np.zeros((1, height, width), np.float32),
            np.zeros((len(self.skeleton), height, width), np.float32),
        )
        offsets = np.zeros((len(self.skeleton), 2, height, width), np.float32)
        if len(joints):
            places = joints if seen is None else np.where(seen[..., None], joints, np.nan)
            away = _distance_to_nearest(places, size)
            owner, is_on = away.argmin(axis=0), away.min(axis=0) <= self.radius
            rows, columns = np.nonzero(is_on)
            own = owner[rows, columns]
            way = joints[own] - np.stack([columns, rows], axis=-1)[:, None] - 0.5
            known = np.isfinite(way).all(axis=-1)
            share = 1 / np.bincount(own, minlength=len(joints))[own]
            shown[0, rows, columns] = 1
            votes[:, rows, columns] = (known * share[:, None]).T
            offsets[:, :, rows, columns] = np.where(known[..., None], way / REACH, 0).transpose(1, 2, 0)
        return {**maps, "seen": shown, "offsets": offsets.reshape(-1, height, width), "votes": votes}

    def group(self, maps: Maps) -> FoundPeople:
        rows, columns = np.nonzero(maps["seen"][0] >= self.threshold)
        votes = maps["seen"][0, rows, columns].astype(np.float64)
        ways = maps["offsets"][:, rows, columns].T.reshape(len(rows), len(self.skeleton), 2).astype(np.float64) * REACH
        poses = ways + np.stack([columns, rows], axis=-1)[:, None] + 0.5
        people = group_poses(poses, votes, self.near, self.least_votes)
        if not people:
            return FoundPeople.nobody(len(self.skeleton))
        joints = np.stack([self._place(poses[own], ways[own], votes[own]) for own in people])
        joints = snap_to_peaks(joints, maps["heatmaps"], self.snap, self.guess, self.sigma)
        confidence = np.stack([np.diagonal(read_map(maps["heatmaps"], person)) for person in joints])
        return FoundPeople.ranked(joints, np.maximum(confidence, self.guess))

    def _place(
        self, poses: NDArray[np.float64], ways: NDArray[np.float64], votes: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Joints (J, 2) of the person of whom cells say `poses` (N, J, 2)."""
        weight = votes[:, None] * np.exp(-np.hypot(ways[..., 0], ways[..., 1]) / self.falloff)
        return np.asarray((weight[..., None] * poses).sum(axis=0) / weight.sum(axis=0)[:, None])

    def mirror(self, maps: Maps) -> dict[str, Array]:
        offsets = maps["offsets"].reshape(len(self.skeleton), 2, *maps["offsets"].shape[-2:])
        turned = offsets[self.skeleton.mirror][..., ::-1] * np.array([-1, 1], np.float32)[:, None, None]
        return {
            "heatmaps": mirror_heatmaps(maps["heatmaps"], self.skeleton),
            "seen": np.ascontiguousarray(maps["seen"][..., ::-1]),
            "offsets": np.ascontiguousarray(turned.reshape(maps["offsets"].shape)),
        }


def _distance_to_nearest(places: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.floating]:
    """(P, H, W) cells from each cell's centre to the nearest of a person's places (P, J, 2); NaN is far away."""
    x, y = (np.arange(cells) + 0.5 for cells in size)
    far = np.nan_to_num(places, nan=1e6)
    squared = (far[..., 1, None, None] - y[:, None]) ** 2 + (far[..., 0, None, None] - x) ** 2
    return np.asarray(np.sqrt(squared.min(axis=1)))


def group_poses(
    poses: NDArray[np.float64], votes: NDArray[np.float64], near: float, least_votes: float
) -> list[NDArray[np.intp]]:
    """Numbers of the poses (N, J, 2) of each person, those with the most votes first.

    The pose that most votes lie near begins a person and takes these; then the next among what is left. A pose lies
    near another when their joints are on average nearer than `near` times its size, the root of its box's area.
    """
    if not len(poses):
        return []
    size = _measure_size(poses)
    apart = cdist(poses.reshape(len(poses), -1), poses.reshape(len(poses), -1), "cityblock") / poses.shape[1]
    is_near = apart <= near * size[:, None]
    people: list[NDArray[np.intp]] = []
    left = votes.copy()
    while True:
        support = is_near @ left
        best = int(support.argmax())
        if support[best] < least_votes:
            return people
        own = np.flatnonzero(is_near[best] & (left > 0))
        people.append(own)
        left[own] = 0


def snap_to_peaks(
    joints: NDArray[np.float64], heatmaps: NDArray[np.floating], reach: float, guess: float, sigma: float
) -> NDArray[np.float64]:
    """Joints (P, J, 2) moved to peaks of their heatmaps within `reach` of a person's sizes, no two to one peak;
    as a whole the sum of height · (1 − (distance / reach)²) is greatest."""
    peaks, placed = find_peaks(heatmaps, guess, sigma=sigma), joints.copy()
    reach_cells = np.maximum(reach * _measure_size(joints), 1e-6)[:, None]
    for joint in range(joints.shape[1]):
        own = peaks.of(joint)
        if not len(own):
            continue
        away = cdist(joints[:, joint], peaks.place[own])
        worth = np.maximum(1 - (away / reach_cells) ** 2, 0) * peaks.height[own]
        for person, peak in zip(*linear_sum_assignment(-worth), strict=True):
            if worth[person, peak] > 0:
                placed[person, joint] = peaks.place[own[peak]]
    return placed


def _measure_size(poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The root (N,) of the area of the box around the joints (N, J, 2) of each pose, cells."""
    return np.asarray(np.sqrt(np.ptp(poses, axis=1).prod(axis=-1)))
