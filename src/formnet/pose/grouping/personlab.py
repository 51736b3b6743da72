"""PersonLab (Papandreou et al., ECCV 2018): discs, offsets to the joint, offsets along limbs, Hough scores."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from formnet.pose.grouping.base import FoundPeople, Limbs, Maps, connected_limbs, find_peaks, read_map
from formnet.pose.grouping.heatmaps import Array
from formnet.pose.grouping.single import mirror_heatmaps
from formnet.skeleton import Skeleton


@dataclass(frozen=True)
class PersonLab:
    """Discs (probabilities), short-range offsets (x, y of each joint) and mid-range offsets (x, y of each limb, first
    all from parent to child, then all from child to parent); offsets in cells.

    Attributes:
        radius: of the discs, cells; the paper's 32 pixels in pictures of about 800.
        threshold: least Hough score that begins a person.
        guess: joints of a lower Hough score count as not found.
        near: two people whose same joint is nearer than this many cells are one.
        refinements: how often mid-range offsets are corrected by the short-range offsets where they point.
        least_score: people of a lower mean score are dropped.
    """

    skeleton: Skeleton
    radius: float = 3.0
    threshold: float = 0.1
    guess: float = 0.05
    near: float = 2.5
    refinements: int = 2
    least_score: float = 0.08
    limbs: Limbs = field(default=())

    def __post_init__(self) -> None:
        if not self.limbs:
            object.__setattr__(self, "limbs", connected_limbs(self.skeleton))

    @property
    def channels(self) -> dict[str, int]:
        joints = len(self.skeleton)
        return {"discs": joints, "short": 2 * joints, "mid": 4 * len(self.limbs)}

    @property
    def edges(self) -> Limbs:
        """(from, to) of each pair of channels of the mid-range offsets."""
        return (*self.limbs, *((b, a) for a, b in self.limbs))

    def make_maps(
        self, joints: NDArray[np.floating], size: tuple[int, int], seen: NDArray[np.bool_] | None = None
    ) -> dict[str, Array]:
        """Also `in_disc` (J, H, W) and `on_edge` (2·L, H, W), where the offsets are known.

        Where discs of one joint overlap, the nearest person counts.
        """
        width, height = size
        n_joints, edges = len(self.skeleton), np.array(self.edges, dtype=int).reshape(-1, 2)
        discs = np.zeros((n_joints, height, width), np.float32)
        short = np.zeros((n_joints, 2, height, width), np.float32)
        mid, on_edge = (np.zeros((len(edges), *c, height, width), np.float32) for c in ((2,), ()))
        person, joint, cells, to_joint = self._cells_in_discs(joints, size)
        x, y = cells.T
        discs[joint, y, x], short[joint, :, y, x] = 1, to_joint
        for edge, (start, end) in enumerate(edges):
            own = np.flatnonzero(joint == start)
            target = joints[person[own], end] - (cells[own] + 0.5)
            own, target = own[np.isfinite(target[:, 0])], target[np.isfinite(target[:, 0])]
            mid[edge, :, y[own], x[own]], on_edge[edge, y[own], x[own]] = target, 1
        flat = (-1, height, width)
        return {"discs": discs, "short": short.reshape(flat), "mid": mid.reshape(flat), "on_edge": on_edge}

    def _cells_in_discs(
        self, joints: NDArray[np.floating], size: tuple[int, int]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Person, joint, cell (x, y) and the way from its centre to the joint, once for every cell of a joint's discs:
        of several people the nearest."""
        reach = np.arange(-int(np.ceil(self.radius)), int(np.ceil(self.radius)) + 1)
        around = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
        person, joint = np.nonzero(np.isfinite(joints).all(axis=-1))
        places = joints[person, joint]
        cells = np.floor(places).astype(int)[:, None] + around
        way = places[:, None] - (cells + 0.5)
        away = np.hypot(way[..., 0], way[..., 1])
        row, column = np.nonzero((away <= self.radius) & ((cells >= 0) & (cells < size)).all(axis=-1))
        cell, order = cells[row, column], np.argsort(away[row, column], kind="stable")
        number = (joint[row] * size[1] + cell[:, 1]) * size[0] + cell[:, 0]
        chosen = order[np.unique(number[order], return_index=True)[1]]
        return person[row[chosen]], joint[row[chosen]], cell[chosen], way[row[chosen], column[chosen]]

    def group(self, maps: Maps) -> FoundPeople:
        scores = compute_hough(maps["discs"], maps["short"], self.radius)
        peaks = find_peaks(scores, self.threshold, refine="quarter")
        queue = [
            (-float(height), int(joint), (float(place[0]), float(place[1])))
            for height, joint, place in zip(peaks.height, peaks.joint, peaks.place, strict=True)
        ]
        heapq.heapify(queue)
        people: list[NDArray[np.float64]] = []
        while queue:
            _, joint, at = heapq.heappop(queue)
            place = np.array(at)
            if any(np.linalg.norm(person[joint] - place) <= self.near for person in people):
                continue
            people.append(self._follow(joint, place, maps))
        return self._rank(people, scores)

    def _follow(self, joint: int, place: NDArray[np.float64], maps: Maps) -> NDArray[np.float64]:
        """All joints (J, 2) of a person of whom one is known, along the limbs' offsets."""
        person = np.full((len(self.skeleton), 2), np.nan)
        person[joint] = place
        to_visit = [joint]
        while to_visit:
            start = to_visit.pop(0)
            for edge, end in self._edges_from[start]:
                if np.isnan(person[end, 0]):
                    offset = read_map(maps["mid"][2 * edge : 2 * edge + 2], person[start][None])[0]
                    person[end] = self._refine(person[start] + offset, end, maps)
                    to_visit.append(end)
        return person

    def _refine(self, place: NDArray[np.float64], joint: int, maps: Maps) -> NDArray[np.float64]:
        for _ in range(self.refinements):
            place = place + read_map(maps["short"][2 * joint : 2 * joint + 2], place[None])[0]
        return place

    def _rank(self, people: list[NDArray[np.float64]], scores: NDArray[np.float64]) -> FoundPeople:
        """Scores by Hough scores at the joints; what a surer person already claims counts nothing (soft NMS)."""
        if not people:
            return FoundPeople.nobody(len(self.skeleton))
        joints = np.stack(people)
        numbers = np.arange(len(self.skeleton))
        confidence = np.stack([read_map(scores, person)[numbers, numbers] for person in people])
        order = np.argsort(-confidence.mean(axis=1), kind="stable")
        joints, confidence = joints[order], confidence[order]
        own = confidence.copy()
        for row in range(1, len(joints)):
            taken = (np.linalg.norm(joints[:row] - joints[row], axis=-1) <= self.near).any(axis=0)
            own[row, taken] = 0
        kept = own.mean(axis=1) >= self.least_score
        joints, confidence, own = joints[kept], np.clip(confidence[kept], 0, 1), own[kept]
        joints[confidence < self.guess] = np.nan
        confidence[confidence < self.guess] = 0
        ranked = np.argsort(-own.mean(axis=1), kind="stable")
        return FoundPeople(joints[ranked], confidence[ranked], own.mean(axis=1)[ranked])

    @cached_property
    def _edges_from(self) -> dict[int, list[tuple[int, int]]]:
        found: dict[int, list[tuple[int, int]]] = {joint: [] for joint in range(len(self.skeleton))}
        for edge, (start, end) in enumerate(self.edges):
            found[start].append((edge, end))
        return found

    def mirror(self, maps: Maps) -> dict[str, Array]:
        number = {edge: i for i, edge in enumerate(self.edges)}
        mirror = self.skeleton.mirror
        twin = np.array([number[(int(mirror[a]), int(mirror[b]))] for a, b in self.edges])
        return {
            "discs": mirror_heatmaps(maps["discs"], self.skeleton),
            "short": _mirror_offsets(maps["short"], mirror),
            "mid": _mirror_offsets(maps["mid"], twin),
        }


def _mirror_offsets(offsets: Array, twin: NDArray[np.intp]) -> Array:
    pairs = offsets.reshape(-1, 2, *offsets.shape[-2:])[twin][..., ::-1]
    return np.ascontiguousarray((pairs * np.array([-1, 1], np.float32)[:, None, None]).reshape(offsets.shape))


def compute_hough(discs: Array, short: Array, radius: float) -> NDArray[np.float64]:
    """Hough scores (J, H, W): every cell votes, by its probability over the disc's area, where its offset points.

    Votes are shared linearly among the four cells around that place (the paper's bilinear kernel).
    """
    joints, height, width = discs.shape
    offsets = short.reshape(joints, 2, height, width)
    x = np.arange(width) + offsets[:, 0]
    y = np.arange(height)[:, None] + offsets[:, 1]
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - left, y - top
    scores = np.zeros((joints, height * width))
    vote = discs / (np.pi * radius**2)
    which = np.broadcast_to(np.arange(joints)[:, None, None], discs.shape)
    for row, column, share in (
        (top, left, (1 - u) * (1 - v)), (top, left + 1, u * (1 - v)),
        (top + 1, left, (1 - u) * v), (top + 1, left + 1, u * v),
    ):  # fmt: skip
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        np.add.at(scores, (which[inside], (row * width + column)[inside]), (vote * share)[inside])
    return scores.reshape(joints, height, width)
