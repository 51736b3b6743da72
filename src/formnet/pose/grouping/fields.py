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
_SKIPPING = (("shoulder", "hip"), ("hip", "ankle"), ("shoulder", "wrist"))
_REDUNDANT = (
    *((f"{side}_{a}", f"{side}_{b}") for a, b in _SKIPPING for side in ("left", "right")),
    ("neck", "pelvis"),
    ("nose", "neck"),
)
_LEAST_ALONG = 0.8
"""Share of the samples between two joints that must agree with the limb."""


Person = dict[int, int]
"""Number of each joint that was found → its candidate."""


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
        guess: a joint that nobody's limbs reach is looked for among peaks down to this height.
        sharing: two people whose joints make one peak share it where the field along the limb is at least this.
        least_joints: people of fewer joints are dropped.
    """

    skeleton: Skeleton
    sigma: float = 2.0
    breadth: float = 1.0
    threshold: float = 0.1
    agreement: float = 0.05
    guess: float = 0.03
    sharing: float = 0.4
    least_joints: int = 3
    limbs: Limbs = field(default=())

    def __post_init__(self) -> None:
        if not self.limbs:
            object.__setattr__(self, "limbs", redundant_limbs(self.skeleton))

    @property
    def channels(self) -> dict[str, int]:
        return {"heatmaps": len(self.skeleton), "fields": 2 * len(self.limbs)}

    def make_maps(
        self, joints: NDArray[np.floating], size: tuple[int, int], seen: NDArray[np.bool_] | None = None
    ) -> dict[str, Array]:
        fields, on_limb = make_fields(joints, self.limbs, size, self.breadth)
        return {"heatmaps": make_heatmaps(joints, size, self.sigma), "fields": fields, "on_limb": on_limb}

    def group(self, maps: Maps) -> FoundPeople:
        peaks = find_peaks(maps["heatmaps"], self.guess, sigma=self.sigma)
        connections = match_limbs(peaks.above(self.threshold), maps["fields"], self.limbs, self.agreement)
        kept: list[Person] = []
        people = assemble_people(connections, self.limbs)
        for number, person in enumerate(people):
            if is_part(person, kept):
                continue
            taken = {candidate for other in (*kept, *people[number + 1 :]) for candidate in other.values()}
            self._complete(person, taken, peaks, maps["fields"])
            if len(person) >= self.least_joints and not is_part(person, kept):
                kept.append(person)
        return FoundPeople.ranked(*peaks.write_rows([list(person.values()) for person in kept], len(self.skeleton)))

    def _complete(self, person: Person, taken: set[int], peaks: Peaks, fields: NDArray[np.floating]) -> None:
        """Follows limbs from joints that are known to those that are not: to peaks of nobody, low ones too, then to a
        peak that is somebody else's."""
        is_changed = True
        while is_changed:
            is_changed = False
            for limb, (a, b) in enumerate(self.limbs):
                if (a in person) == (b in person):
                    continue
                known, missing = (a, b) if a in person else (b, a)
                candidates, here = peaks.of(missing), peaks.place[person[known]][None]
                starts, ends = (here, peaks.place[candidates]) if known == a else (peaks.place[candidates], here)
                score = score_lines(starts, ends, fields[2 * limb : 2 * limb + 2], self.agreement).ravel()
                is_free = np.array([candidate not in taken for candidate in candidates], dtype=bool)
                fits = np.where(is_free, score > 0, score >= self.sharing)
                if fits.any():
                    best = int(np.lexsort([score, is_free, fits])[-1])
                    person[missing], is_changed = int(candidates[best]), True

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


def redundant_limbs(skeleton: Skeleton) -> Limbs:
    """The limbs that join all joints, and some that skip one, so that somebody with a hidden joint stays whole (Cao et
    al., TPAMI 2019)."""
    limbs = connected_limbs(skeleton)
    there = [(a, b) for a, b in _REDUNDANT if a in skeleton and b in skeleton]
    pairs = [(skeleton.index(a), skeleton.index(b)) for a, b in there]
    return (*limbs, *(pair for pair in pairs if pair not in limbs and pair[::-1] not in limbs))


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


def assemble_people(connections: list[Connection], limbs: Limbs) -> list[Person]:
    """Joins limbs to people, the surest limbs first; nobody gets a joint twice. The largest people come first."""
    owner: dict[int, Person] = {}
    for connection in sorted(connections, key=lambda c: -c.score):
        ends = dict(zip(limbs[connection.limb], (connection.start, connection.end), strict=True))
        parts = [owner.get(candidate, {joint: candidate}) for joint, candidate in ends.items()]
        if parts[0] is not parts[1] and parts[0].keys() & parts[1].keys():
            continue
        person = parts[0] | parts[1]
        for candidate in person.values():
            owner[candidate] = person
    return sorted({id(person): person for person in owner.values()}.values(), key=len, reverse=True)


def is_part(person: Person, people: list[Person]) -> bool:
    """True when most of somebody's candidates are another's."""
    return any(2 * len(person.items() & other.items()) > len(person) for other in people)
