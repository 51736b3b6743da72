"""Which person is meant: detections of single frames joined to people, people ranked by prominence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from formnet.geometry.boxes import compute_overlap

FloatArray = NDArray[np.float64]

# A detection belongs to a person when their boxes overlap this much, or when their centres are nearer than this
# share of the box's height: people far enough apart to be told from each other are farther apart than that.
_MIN_OVERLAP = 0.15
_MAX_STEP = 0.5
_DUPLICATE_OVERLAP = 0.6
MIN_SHARE = 0.1
"""A person is counted when seen in at least this share of the frames."""


@dataclass(frozen=True, eq=False)
class Detection:
    """One person in one frame.

    Attributes:
        image: (J, 2) pixels.
        world: (J, 3) metres about the hips.
        visibility: (J,) 0–1, that a joint is in the picture and not hidden.
        presence: (J,) 0–1, that a joint is in the picture.
        size_px: side of the square around the whole body.
    """

    image: FloatArray
    world: FloatArray
    visibility: FloatArray
    presence: FloatArray
    size_px: float

    @property
    def confidence(self) -> FloatArray:
        """(J,) 0–1."""
        return self.visibility * self.presence

    @property
    def box(self) -> FloatArray:
        """(x0, y0, x1, y1) of the joints in pixels."""
        return np.concatenate([self.image.min(axis=0), self.image.max(axis=0)])


@dataclass(frozen=True, eq=False)
class SeenPeople:
    """All people in one frame.

    Attributes:
        width, height: of the picture in pixels.
    """

    timestamp_s: float
    width: int
    height: int
    people: tuple[Detection, ...]


@dataclass(eq=False)
class Person:
    """Detections of one person, by frame number."""

    detections: dict[int, Detection] = field(default_factory=dict)

    @property
    def last_box(self) -> FloatArray:
        return next(reversed(self.detections.values())).box


def drop_duplicates(detections: list[Detection]) -> list[Detection]:
    """Detections without those that show a body a second time; the surer one stays."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda d: -float(d.confidence.mean())):
        if all(compute_overlap(detection.box, other.box) < _DUPLICATE_OVERLAP for other in kept):
            kept.append(detection)
    return kept


class People:
    """Joins the detections of successive frames to people by box overlap, best pairs first."""

    def __init__(self) -> None:
        self.people: list[Person] = []

    def add(self, frame: int, detections: Sequence[Detection]) -> None:
        """Gives every detection of a frame to the person it continues, or to a new one."""
        pairs = sorted(
            (
                (affinity, person_number, number)
                for person_number, person in enumerate(self.people)
                for number, detection in enumerate(detections)
                if (affinity := _affinity(person.last_box, detection.box)) > 0
            ),
            reverse=True,
        )
        taken: set[int] = set()
        continued: set[int] = set()
        for _, person_number, number in pairs:
            if person_number not in continued and number not in taken:
                self.people[person_number].detections[frame] = detections[number]
                continued.add(person_number)
                taken.add(number)
        for number, detection in enumerate(detections):
            if number not in taken:
                self.people.append(Person({frame: detection}))

    def ranked(self, n_frames: int, width: int, height: int) -> list[Person]:
        """People by prominence, the most prominent first; passing shadows (< 10 % of the frames) are left out.

        If nobody reaches that share, the one most seen is all there is.
        """
        if not self.people:
            return []
        lasting = [p for p in self.people if len(p.detections) >= MIN_SHARE * n_frames]
        lasting = lasting or [max(self.people, key=lambda p: len(p.detections))]
        return sorted(lasting, key=lambda p: -compute_prominence(p, width, height))


def compute_prominence(person: Person, width: int, height: int) -> float:
    """Summed over the frames: area of the box in the picture (share) × nearness to the middle (0.5–1)."""
    boxes = np.array([detection.box for detection in person.detections.values()])
    limits = np.array([width, height, width, height], dtype=float)
    inside = np.clip(boxes, 0, limits) / limits
    area = (inside[:, 2] - inside[:, 0]) * (inside[:, 3] - inside[:, 1])
    off_centre = np.abs((inside[:, 0] + inside[:, 2]) / 2 - 0.5) * 2
    return float((area * (1 - 0.5 * off_centre)).sum())


def _affinity(box: FloatArray, other: FloatArray) -> float:
    overlap = compute_overlap(box, other)
    height = max(float(box[3] - box[1]), float(other[3] - other[1]), 1.0)
    step = float(np.linalg.norm((box[:2] + box[2:] - other[:2] - other[2:]) / 2)) / height
    if overlap < _MIN_OVERLAP and step > _MAX_STEP:
        return 0.0
    return overlap + 1e-3 * max(0.0, 1 - step) + 1e-6
