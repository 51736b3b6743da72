"""Part affinity fields (Cao et al., CVPR 2017): vectors along limbs say which joints belong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from formnet.pose.grouping.base import (
    FoundPeople,
    Limbs,
    Maps,
    Peaks,
    connected_limbs,
    find_peaks,
    mirrored_limbs,
    read_map,
)
from formnet.pose.grouping.heatmaps import Array, make_heatmaps
from formnet.pose.grouping.single import mirror_heatmaps
from formnet.skeleton import Skeleton

_SAMPLES = 10
_LEAST_ALONG = 0.8
"""Share of the samples between two joints that must agree with the limb."""


@dataclass(frozen=True)
class Connection:
    """A limb that was found: its number, the two candidates, and how well the field agrees, 0–1."""

    limb: int
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class AffinityFields:
    """Heatmaps and fields; channel 2·l is x of limb l, 2·l + 1 its y.

    Attributes:
        sigma: of the Gaussians, cells.
        breadth: half of a limb's, cells.
        threshold: least height of a peak.
        agreement: least cosine of the field with the line between two joints.
        least_joints: people of fewer joints are dropped.
    """

    skeleton: Skeleton
    sigma: float = 2.0
    breadth: float = 1.0
    threshold: float = 0.1
    agreement: float = 0.05
    least_joints: int = 3
    limbs: Limbs = field(default=())

    def __post_init__(self) -> None:
        if not self.limbs:
            object.__setattr__(self, "limbs", connected_limbs(self.skeleton))

    @property
    def channels(self) -> dict[str, int]:
        return {"heatmaps": len(self.skeleton), "fields": 2 * len(self.limbs)}

    def make_maps(self, joints: NDArray[np.floating], size: tuple[int, int]) -> dict[str, Array]:
        fields, on_limb = make_fields(joints, self.limbs, size, self.breadth)
        return {"heatmaps": make_heatmaps(joints, size, self.sigma), "fields": fields, "on_limb": on_limb}

    def group(self, maps: Maps) -> FoundPeople:
        peaks = find_peaks(maps["heatmaps"], self.threshold, sigma=self.sigma)
        connections = match_limbs(peaks, maps["fields"], self.limbs, self.agreement)
        return assemble_people(peaks, connections, self.limbs, len(self.skeleton), self.least_joints)

    @cached_property
    def _twins(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        return mirrored_limbs(self.limbs, self.skeleton)

    def mirror(self, maps: Maps) -> dict[str, Array]:
        twin, sign = self._twins
        fields = maps["fields"].reshape(len(self.limbs), 2, *maps["fields"].shape[-2:])
        turned = fields[twin][..., ::-1] * sign[:, None, None, None] * np.array([-1, 1], np.float32)[:, None, None]
        return {
            "heatmaps": mirror_heatmaps(maps["heatmaps"], self.skeleton),
            "fields": np.ascontiguousarray(turned.reshape(maps["fields"].shape)),
        }


def make_fields(
    joints: NDArray[np.floating], limbs: Limbs, size: tuple[int, int], breadth: float
) -> tuple[Array, Array]:
    """Unit vectors along limbs (2·L, H, W), the mean where people overlap, and where there are any (L, H, W)."""
    width, height = size
    fields = np.zeros((len(limbs), 2, height, width), np.float32)
    count = np.zeros((len(limbs), height, width), np.float32)
    y, x = np.mgrid[:height, :width] + 0.5
    for person in joints:
        for limb, (a, b) in enumerate(limbs):
            way = person[b] - person[a]
            length = float(np.hypot(*way))
            if not np.isfinite(length) or length < 1e-6:
                continue
            unit = way / length
            along = (x - person[a, 0]) * unit[0] + (y - person[a, 1]) * unit[1]
            aside = np.abs((x - person[a, 0]) * unit[1] - (y - person[a, 1]) * unit[0])
            on = (along >= -breadth / 2) & (along <= length + breadth / 2) & (aside <= breadth)
            fields[limb][:, on] += unit[:, None].astype(np.float32)
            count[limb][on] += 1
    fields /= np.maximum(count, 1)[:, None]
    return fields.reshape(-1, height, width), (count > 0).astype(np.float32)


def match_limbs(peaks: Peaks, fields: NDArray[np.floating], limbs: Limbs, agreement: float) -> list[Connection]:
    """Bipartite matching of each limb's ends, by the field's mean along the line between two candidates."""
    found = []
    for limb, (a, b) in enumerate(limbs):
        starts, ends = peaks.of(a), peaks.of(b)
        if not (len(starts) and len(ends)):
            continue
        scores = score_lines(peaks.place[starts], peaks.place[ends], fields[2 * limb : 2 * limb + 2], agreement)
        rows, columns = linear_sum_assignment(-scores)
        found += [
            Connection(limb, int(starts[i]), int(ends[j]), float(scores[i, j]))
            for i, j in zip(rows, columns, strict=True)
            if scores[i, j] > 0
        ]
    return found


def score_lines(
    starts: NDArray[np.float64], ends: NDArray[np.float64], field: NDArray[np.floating], agreement: float
) -> NDArray[np.float64]:
    """Mean (S, E) of the field (2, H, W) along the lines from S to E places, 0 where too little of a line agrees."""
    way = ends[None] - starts[:, None]
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    unit = way / np.maximum(length, 1e-6)
    share = np.linspace(0, 1, _SAMPLES)
    places = starts[:, None, None] + share[:, None] * way[:, :, None]
    values = read_map(field, places.reshape(-1, 2)).reshape(*places.shape)
    along = (values * unit[:, :, None]).sum(axis=-1)
    is_limb = (along > agreement).mean(axis=-1) >= _LEAST_ALONG
    return np.where(is_limb & (length[..., 0] > 0), along.mean(axis=-1), 0.0)


def assemble_people(
    peaks: Peaks, connections: list[Connection], limbs: Limbs, n_joints: int, least_joints: int
) -> FoundPeople:
    """Joins limbs to people, the surest limbs first; nobody gets a joint twice."""
    owner: dict[int, dict[int, int]] = {}
    for connection in sorted(connections, key=lambda c: -c.score):
        ends = dict(zip(limbs[connection.limb], (connection.start, connection.end), strict=True))
        parts = [owner.get(candidate, {joint: candidate}) for joint, candidate in ends.items()]
        if parts[0] is not parts[1] and parts[0].keys() & parts[1].keys():
            continue
        person = parts[0] | parts[1]
        for candidate in person.values():
            owner[candidate] = person
    people = [p for p in {id(p): p for p in owner.values()}.values() if len(p) >= least_joints]
    joints, confidence = np.full((len(people), n_joints, 2), np.nan), np.zeros((len(people), n_joints))
    for row, person in enumerate(people):
        numbers, candidates = list(person), list(person.values())
        joints[row, numbers], confidence[row, numbers] = peaks.place[candidates], peaks.height[candidates]
    return FoundPeople.ranked(joints, np.clip(confidence, 0, 1))
