"""Follows people from picture to picture: the landmarks of one place the region of the next.

The detector looks only when nobody is followed, and once a second for people who have come.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from formnet.geometry.boxes import compute_overlap
from formnet.motion import FloatArray
from formnet.pose.blazepose.detector import PersonDetector
from formnet.pose.blazepose.landmarks import LandmarkNetwork, Landmarks
from formnet.pose.blazepose.region import Region
from formnet.pose.blazepose.watch import Watch
from formnet.pose.outline import trace_back
from formnet.pose.people import Detection, SeenPeople, drop_same_people
from formnet.pose.video import Frame, Image
from formnet.skeleton import BLAZEPOSE_33

MAX_PEOPLE = 4
_SEARCH_EVERY_S = 1.0
_SAME_REGION_OVERLAP = 0.5
# Someone far in the background costs as much as the person meant, and is too small to be judged.
_LEAST_SIZE_SHARE = 0.15
_PATCH_SHARE = 0.02
_SHOULDERS, _HIPS, _KNEES = (
    BLAZEPOSE_33.indices([f"{side}_{joint}" for side in ("left", "right")]) for joint in ("shoulder", "hip", "knee")
)


class Follower:
    """Follows people through one row of pictures; not for two threads at once."""

    def __init__(
        self,
        detector: PersonDetector,
        landmarks: LandmarkNetwork,
        outlining: Callable[[], LandmarkNetwork] | None = None,
    ) -> None:
        """
        Args:
            outlining: gives the network that also knows outlines, when one is wanted; None traces no backs.
        """
        self._detector = detector
        self._landmarks = landmarks
        self._outlining = outlining
        self._followed: list[tuple[Region, Watch]] = []
        self._next_search_s = -math.inf

    def follow(self, frames: Iterable[Frame]) -> Iterator[SeenPeople]:
        """The people in successive pictures."""
        for frame in frames:
            height, width = frame.image.shape[:2]
            yield SeenPeople(frame.timestamp_s, width, height, tuple(self._look(frame)))

    def _look(self, frame: Frame) -> list[Detection]:
        if not self._followed or frame.timestamp_s >= self._next_search_s:
            self._next_search_s = frame.timestamp_s + _SEARCH_EVERY_S
            self._search(frame.image)
        people = {}
        for region, watch in self._followed:
            person, back = self._find(frame, region, watch)
            if person is not None:
                people[_as_detection(person, frame.image, back)] = person.region, watch
        kept = drop_same_people(list(people))
        self._followed = [people[detection] for detection in kept]
        return kept

    def _find(self, frame: Frame, region: Region, watch: Watch) -> tuple[Landmarks | None, FloatArray | None]:
        """The person in a region, and the traced back where it is wanted."""
        if self._outlining is None or not watch.wants(frame.timestamp_s):
            person, back = self._landmarks.find(frame.image, region), None
        elif (found := self._outlining().find_with_silhouette(frame.image, region)) is None:
            person, back = None, None
        else:
            height, width = frame.image.shape[:2]
            person, back = found[0], trace_back(found[1].sample, found[0].image, width, height)
        if person is not None:
            watch.tell(person.image, frame.timestamp_s, was_outlined=back is not None)
        return person, back

    def _search(self, image: Image) -> None:
        """Adds the regions of people who are not followed yet."""
        for sighting in self._detector.find(image):
            regions = [region for region, _ in self._followed]
            largest = max([region.side_px for region in regions], default=0.0)
            is_new = all(compute_overlap(region.box, sighting.region.box) < _SAME_REGION_OVERLAP for region in regions)
            if is_new and len(regions) < MAX_PEOPLE and sighting.region.side_px >= _LEAST_SIZE_SHARE * largest:
                self._followed.append((sighting.region, Watch()))


def _as_detection(person: Landmarks, image: Image, back: FloatArray | None) -> Detection:
    return Detection(
        person.image,
        person.world,
        np.clip(person.visibility, 0, 1),
        np.clip(person.presence, 0, 1),
        person.region.side_px,
        sample_clothes(image, person.image, person.region.side_px),
        back,
    )


def sample_clothes(image: Image, joints: FloatArray, size_px: float) -> FloatArray:
    """(4, 3) mean RGB of small squares on chest, belly and both thighs; NaN where they are outside of the picture."""
    shoulders, hips = (joints[numbers].mean(axis=0) for numbers in (_SHOULDERS, _HIPS))
    thighs = 0.5 * (joints[_HIPS] + joints[_KNEES])
    places = np.array([0.7 * shoulders + 0.3 * hips, 0.3 * shoulders + 0.7 * hips, *thighs])
    half = max(1, round(_PATCH_SHARE * size_px))
    height, width = image.shape[:2]
    colours = np.full((len(places), 3), np.nan)
    for number, (x, y) in enumerate(np.round(places).astype(int)):
        patch = image[max(0, y - half) : max(0, y + half), max(0, x - half) : max(0, x + half)]
        if 0 <= x < width and 0 <= y < height and patch.size:
            colours[number] = patch[:: max(1, half // 4), :: max(1, half // 4)].mean(axis=(0, 1))
    return colours
