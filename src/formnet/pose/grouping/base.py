"""The one protocol that all kinds of maps share, and what comes out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from formnet.pose.grouping.heatmaps import Array, Refine, refine_peaks
from formnet.skeleton import Skeleton

Maps = Mapping[str, Array]
"""Name of a kind of map → (C, H, W)."""
Limbs = tuple[tuple[int, int], ...]
_BEFORE = np.array([[[1, 1, 1], [1, 0, 0], [0, 0, 0]]], dtype=bool)


@dataclass(frozen=True, eq=False)
class FoundPeople:
    """People found in one picture.

    Attributes:
        joints: (P, J, 2), in cells of the map or pixels of the picture, whatever the maps were; NaN where not found.
        confidence: (P, J) 0–1; 0 where not found.
        score: (P,) of the whole person, the surest first.
        solid: (P, J, 3) metres about the pelvis, from networks that know depth.
    """

    joints: NDArray[np.float64]
    confidence: NDArray[np.float64]
    score: NDArray[np.float64]
    solid: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def nobody(cls, n_joints: int) -> FoundPeople:
        """An empty answer."""
        return cls(np.zeros((0, n_joints, 2)), np.zeros((0, n_joints)), np.zeros(0))

    @classmethod
    def ranked(cls, joints: NDArray[np.float64], confidence: NDArray[np.float64]) -> FoundPeople:
        """People by their score: the mean confidence over all joints, those not found counting nothing;
        heights of peaks beyond 1 are as sure as 1."""
        confidence = np.clip(confidence, 0, 1)
        score = confidence.mean(axis=1)
        order = np.argsort(-score, kind="stable")
        return cls(joints[order], confidence[order], score[order])


class Grouping(Protocol):
    """What a network's maps mean. All places are in cells, see `formnet.pose.grouping.heatmaps`."""

    @property
    def skeleton(self) -> Skeleton:
        """Its joints."""

    @property
    def channels(self) -> dict[str, int]:
        """Name → number of channels of each kind of map that a network has to give."""

    def make_maps(
        self, joints: NDArray[np.floating], size: tuple[int, int], seen: NDArray[np.bool_] | None = None
    ) -> dict[str, Array]:
        """What a network should give for people with these joints (P, J, 2), NaN where unknown; (C, H, W) each.

        `seen` (P, J) tells which of them are not hidden, where that makes a difference; left out: all of them.
        Beside the maps there may be what a loss needs to know, under names that are not in `channels`.
        """

    def group(self, maps: Maps) -> FoundPeople:
        """The people that maps show."""

    def mirror(self, maps: Maps) -> dict[str, Array]:
        """The maps of the mirrored picture from those of the picture; leaves out what is not comparable."""


@dataclass(frozen=True, eq=False)
class Peaks:
    """Candidates for joints in one picture, over all joints: which joint, where, how high; (N,), (N, 2), (N,)."""

    joint: NDArray[np.intp]
    place: NDArray[np.float64]
    height: NDArray[np.float64]

    def of(self, joint: int) -> NDArray[np.intp]:
        """Numbers of the candidates for one joint, the highest first."""
        rows = np.flatnonzero(self.joint == joint)
        return rows[np.argsort(-self.height[rows], kind="stable")]

    def above(self, height: float) -> Peaks:
        """The same candidates, with the same numbers, of which only those at least so high belong to a joint."""
        return Peaks(np.where(self.height >= height, self.joint, -1), self.place, self.height)

    def write_rows(
        self, people: Sequence[Sequence[int]], n_joints: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Joints (P, J, 2), NaN where there is none, and heights (P, J) of people, each a list of candidates."""
        joints, heights = np.full((len(people), n_joints, 2), np.nan), np.zeros((len(people), n_joints))
        for row, candidates in enumerate(people):
            numbers = self.joint[list(candidates)]
            joints[row, numbers], heights[row, numbers] = self.place[list(candidates)], self.height[list(candidates)]
        return joints, heights


def find_peaks(
    heatmaps: NDArray[np.floating], threshold: float, most: int = 30, refine: Refine = "taylor", sigma: float = 2.0
) -> Peaks:
    """Local maxima of heatmaps (J, H, W) over 3×3 cells, at most `most` for each joint."""
    maps = np.asarray(heatmaps, dtype=np.float64)
    is_peak = (maps >= threshold) & (maps == maximum_filter(maps, size=(1, 3, 3), mode="constant"))
    # Of neighbours that are equally high the first is the peak.
    is_peak &= maps > maximum_filter(maps, footprint=_BEFORE, mode="constant", cval=-np.inf)
    numbers, rows, columns = np.nonzero(is_peak)
    heights = maps[numbers, rows, columns]
    order = np.lexsort([-heights, numbers])
    rank = np.arange(len(order)) - np.searchsorted(numbers[order], numbers[order])
    kept = order[rank < most]
    numbers, rows, columns = numbers[kept], rows[kept], columns[kept]
    places = refine_peaks(maps, numbers, rows, columns, refine, sigma)
    return Peaks(numbers, places, heights[kept])


def read_map(maps: NDArray[np.floating], places: NDArray[np.floating]) -> NDArray[np.float64]:
    """Values (N, C) of maps (C, H, W) at places (N, 2), linear between the cells' centres, held at the edges."""
    height, width = maps.shape[-2:]
    x = np.clip(places[:, 0] - 0.5, 0, width - 1)
    y = np.clip(places[:, 1] - 0.5, 0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    u, v = x - left, y - top
    upper = maps[:, top, left] * (1 - u) + maps[:, top, right] * u
    lower = maps[:, bottom, left] * (1 - u) + maps[:, bottom, right] * u
    return np.asarray((upper * (1 - v) + lower * v).T, dtype=np.float64)


def connected_limbs(skeleton: Skeleton) -> Limbs:
    """Pairs of joint numbers that join all joints of a set: its limbs, and nose or head to both shoulders where nothing
    else joins the head to the body.

    Joints that nothing reaches stay alone, and are found only beside others.
    """
    pairs = list(skeleton.limbs)
    for face in ("head", "nose"):
        if face in skeleton and "left_shoulder" in skeleton and skeleton.parent(face) is None:
            pairs += [(face, "left_shoulder"), (face, "right_shoulder")]
    return tuple((skeleton.index(a), skeleton.index(b)) for a, b in pairs)


def mirrored_limbs(limbs: Limbs, skeleton: Skeleton) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each limb the number of its mirror image, and −1 where that runs the other way round (else 1).

    Limbs across the body are their own image, turned round.
    """
    number = {limb: i for i, limb in enumerate(limbs)}
    twin, sign = np.arange(len(limbs)), np.ones(len(limbs), np.float32)
    for i, (a, b) in enumerate(limbs):
        image = (int(skeleton.mirror[a]), int(skeleton.mirror[b]))
        if image in number:
            twin[i] = number[image]
        elif image[::-1] in number:
            twin[i], sign[i] = number[image[::-1]], -1.0
    return twin, sign
