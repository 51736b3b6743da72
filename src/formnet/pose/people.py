"""Which person is meant: detections of single frames joined to people, people ranked by prominence and movement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from formnet.geometry.boxes import compute_overlap
from formnet.motion import FloatArray

# A detection belongs to a person when their boxes overlap this much, or when their centres are nearer than this
# share of the box's height: people far enough apart to be told from each other are farther apart than that.
_MIN_OVERLAP = 0.15
_MAX_STEP = 0.5
_DUPLICATE_OVERLAP = 0.6
# Colours of clothes (0–255) that differ by this much are not alike at all; light and shade make some difference.
_OTHER_CLOTHES = 60.0
_SAME_CLOTHES = 0.6
_CLOTHES_MEMORY = 0.1
_HEIGHT_MEMORY = 0.02
MIN_SHARE = 0.1
"""A person is counted when seen in at least this share of the frames."""
STILL_BELOW = 0.07
MOVING_FROM = 0.2
"""Movement (see `compute_movement`) below which a person stands, and from which they exercise.

A man who stands for 8 s sways by 0.056; in real clips of squats, lunges and deadlifts the least is 0.21.
"""


@dataclass(frozen=True, eq=False)
class Detection:
    """One person in one frame.

    Attributes:
        image: (J, 2) pixels; NaN where a joint was not found.
        world: (J, 3) metres about the hips; None from estimators that know joints in the picture only.
        visibility: (J,) 0–1, that a joint is in the picture and not hidden.
        presence: (J,) 0–1, that a joint is in the picture.
        size_px: side of the square around the whole body.
        clothes: (P, 3) RGB of places on trunk and thighs, NaN where they are not in the picture; None: not known.
        back: (R,) the back's outline (see `formnet.pose.outline`) where it was looked at; None elsewhere.
    """

    image: FloatArray
    world: FloatArray | None
    visibility: FloatArray
    presence: FloatArray
    size_px: float
    clothes: FloatArray | None = None
    back: FloatArray | None = None

    @property
    def confidence(self) -> FloatArray:
        """(J,) 0–1."""
        return self.visibility * self.presence

    @property
    def box(self) -> FloatArray:
        """(x0, y0, x1, y1) of the joints in pixels."""
        return np.concatenate([np.nanmin(self.image, axis=0), np.nanmax(self.image, axis=0)])

    @property
    def height_px(self) -> float:
        """Of the box."""
        return float(np.ptp(self.box[1::2]))


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
    """Detections of one person, by frame number, what they wear, and how tall (pixels) they have been of late."""

    detections: dict[int, Detection] = field(default_factory=dict)
    clothes: FloatArray | None = None
    height_px: float = 0.0

    @property
    def last_box(self) -> FloatArray:
        return next(reversed(self.detections.values())).box

    def add(self, frame: int, detection: Detection) -> None:
        """Continues with a detection in a later frame."""
        self.detections[frame] = detection
        self.height_px += _HEIGHT_MEMORY * (detection.height_px - self.height_px)
        if detection.clothes is None or self.clothes is None:
            self.clothes = detection.clothes if self.clothes is None else self.clothes
            return
        mixed = (1 - _CLOTHES_MEMORY) * self.clothes + _CLOTHES_MEMORY * detection.clothes
        known = np.where(np.isnan(self.clothes), detection.clothes, self.clothes)
        self.clothes = np.where(np.isnan(mixed), known, mixed)


def drop_same_people(detections: list[Detection]) -> list[Detection]:
    """Detections without those that show a body a second time; the surer one stays."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda d: -float(d.confidence.mean())):
        if all(compute_overlap(detection.box, other.box) < _DUPLICATE_OVERLAP for other in kept):
            kept.append(detection)
    return kept


class People:
    """Joins the detections of successive frames to people by box overlap and clothes, best pairs first."""

    def __init__(self) -> None:
        self.people: list[Person] = []

    def add(self, frame: int, detections: Sequence[Detection]) -> None:
        """Gives every detection of a frame to the person it continues, or to a new one."""
        pairs = sorted(
            (
                (affinity, person_number, number)
                for person_number, person in enumerate(self.people)
                for number, detection in enumerate(detections)
                if (affinity := _affinity(person, detection)) > 0
            ),
            reverse=True,
        )
        taken: set[int] = set()
        continued: set[int] = set()
        for _, person_number, number in pairs:
            if person_number not in continued and number not in taken:
                self.people[person_number].add(frame, detections[number])
                continued.add(person_number)
                taken.add(number)
        for number, detection in enumerate(detections):
            if number not in taken:
                self.people.append(Person({frame: detection}, detection.clothes, detection.height_px))

    def ranked(self, n_frames: int, width: int, height: int) -> list[Person]:
        """People in the order in which they are meant; passing shadows (< 10 % of the frames) are left out.

        Whoever moves comes before whoever stands still, however large; among them the more prominent first. If nobody
        reaches the share of frames, the one most seen is all there is.
        """
        if not self.people:
            return []
        people = join_by_clothes(self.people)
        lasting = [p for p in people if len(p.detections) >= MIN_SHARE * n_frames]
        lasting = lasting or [max(people, key=lambda p: len(p.detections))]
        if len(lasting) == 1:
            return lasting
        return sorted(lasting, key=lambda p: _rank(p, width, height), reverse=True)


def _rank(person: Person, width: int, height: int) -> tuple[bool, float]:
    prominence, movement = compute_prominence(person, width, height), compute_movement(person)
    if movement < STILL_BELOW:
        return False, prominence
    return True, prominence * min(1.0, movement / MOVING_FROM)


def join_by_clothes(people: Sequence[Person]) -> list[Person]:
    """People of whom one wears what the other wore who had gone: they came back, or the camera changed.

    Two who are ever seen in one frame are two. The longer seen are joined first.
    """
    joined: list[Person] = []
    for person in sorted(people, key=lambda p: -len(p.detections)):
        alike = [
            (likeness, number)
            for number, known in enumerate(joined)
            if not known.detections.keys() & person.detections.keys()
            and (likeness := compare_clothes(known.clothes, person.clothes, default=0.0)) >= _SAME_CLOTHES
        ]
        if alike:
            number = max(alike)[1]
            both = joined[number].detections | person.detections
            joined[number] = Person(dict(sorted(both.items())), joined[number].clothes)
        else:
            joined.append(person)
    return joined


def compare_clothes(one: FloatArray | None, other: FloatArray | None, *, default: float = 0.5) -> float:
    """1 for the same colours, 0 for quite different ones; `default` where no place is known of both."""
    if one is None or other is None:
        return default
    differences = np.abs(one - other)
    if np.isnan(differences).all():
        return default
    return max(0.0, 1.0 - float(np.nanmean(differences)) / _OTHER_CLOTHES)


def compute_movement(person: Person) -> float:
    """How much the person moves in themselves: range of the joints about their middle, in sizes of the body.

    The range lies between the 3rd and 97th percentile of the frames; the mean is over the half of the joints that
    moves most, of those that are seen in most frames. Walking past or being filmed by a moving hand counts little.
    """
    detections = list(person.detections.values())
    seen = np.mean([d.confidence for d in detections], axis=0) > 0.5
    if seen.sum() < 2 or len(detections) < 2:
        return 0.0
    joints = np.array([d.image for d in detections])
    size_px = float(np.median((np.nanmax(joints, axis=1) - np.nanmin(joints, axis=1)).max(axis=1)))
    about = joints[:, seen] - np.nanmean(joints[:, seen], axis=1, keepdims=True)
    low, high = np.nanpercentile(about, [3, 97], axis=0)
    ranges = np.sort(np.linalg.norm(high - low, axis=-1)) / max(size_px, 1.0)
    return float(ranges[len(ranges) // 2 :].mean())


def compute_prominence(person: Person, width: int, height: int) -> float:
    """Summed over the frames: area of the box in the picture (share) × nearness to the middle (0.5–1)."""
    boxes = np.array([detection.box for detection in person.detections.values()])
    limits = np.array([width, height, width, height], dtype=float)
    inside = np.clip(boxes, 0, limits) / limits
    area = (inside[:, 2] - inside[:, 0]) * (inside[:, 3] - inside[:, 1])
    off_centre = np.abs((inside[:, 0] + inside[:, 2]) / 2 - 0.5) * 2
    return float((area * (1 - 0.5 * off_centre)).sum())


def _affinity(person: Person, detection: Detection) -> float:
    box, other = person.last_box, detection.box
    overlap = compute_overlap(box, other)
    # Lost behind a bar, a body shrinks to a few joints: how far it may have gone follows from what it was before.
    height = max(person.height_px, float(box[3] - box[1]), detection.height_px, 1.0)
    step = float(np.linalg.norm((box[:2] + box[2:] - other[:2] - other[2:]) / 2)) / height
    if overlap < _MIN_OVERLAP and step > _MAX_STEP:
        return 0.0
    nearness = overlap + 1e-3 * max(0.0, 1 - step) + 1e-6
    return nearness * (0.25 + compare_clothes(person.clothes, detection.clothes))
