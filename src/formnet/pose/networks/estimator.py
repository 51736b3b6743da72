"""A trained pose network as an estimator: people in the frames of a clip."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from formnet.pose.blazepose.detector import PersonDetector
from formnet.pose.blazepose.network import Network
from formnet.pose.estimator import EstimatorOptions, FollowsOne
from formnet.pose.grouping.base import FoundPeople
from formnet.pose.model_file import obtain_pose_model, read_pose_model
from formnet.pose.networks.crop import Crop, box_joints, crop_around
from formnet.pose.networks.description import PoseNetwork, load_pose_network, path_of_first
from formnet.pose.networks.predict import find_in_clip, find_in_crops
from formnet.pose.networks.refine import find_everybody
from formnet.pose.people import Detection, SeenPeople
from formnet.pose.video import Frame, Image
from formnet.skeleton import Skeleton
from formnet.storage.files import compute_sha256

FindBox = Callable[[Image], np.ndarray | None]
"""Picture (H, W, 3) → box (x0, y0, x1, y1) of the person to look at, or None."""
_LEAST_CONFIDENCE = 0.15
"""Mean over the joints below which nobody is there; the networks are trained on people alone."""
_DETECTOR_MARGIN = 1.25
"""Of the detector's square around the body's circle."""


class NetworkEstimator(FollowsOne):
    """One network; whole pictures for several people, crops that follow one person for the others.

    Args:
        network: see `load_pose_network`.
        name, version: as in a verdict's provenance.
        find_box: finds the person where none is followed; None: BlazePose's detector.
        flip: mean with the mirrored picture's answer, twice the time.
    """

    def __init__(
        self, network: PoseNetwork, name: str, version: str, find_box: FindBox | None = None, *, flip: bool = False
    ) -> None:
        self._network, self.name, self.version, self._flip = network, name, version, flip
        self._given_find_box = find_box

    eyes = None

    @property
    def skeleton(self) -> Skeleton:
        return self._network.spec.skeleton

    def follow(self, frames: Iterable[Frame]) -> Iterator[SeenPeople]:
        """The people in successive frames, not smoothed."""
        if self._network.opening.spec.finds_several:
            for frame in frames:
                yield as_seen(frame, find_everybody(self._network, frame.image, flip=self._flip))
        else:
            yield from self._follow_one(frames)

    def _follow_one(self, frames: Iterable[Frame]) -> Iterator[SeenPeople]:
        """In pieces of as many frames as the network sees at once; the joints of one place the crop of the next."""
        spec = self._network.spec
        length, box = spec.frames if spec.kind == "rpstn" else 1, None
        for piece in _pieces(frames, length):
            box = box if box is not None else self._find_first(piece[0].image)
            if box is None:
                yield from (as_seen(frame, FoundPeople.nobody(len(spec.skeleton))) for frame in piece)
                continue
            found = self._look([frame.image for frame in piece], crop_around(box, spec.size))
            yield from (as_seen(frame, people) for frame, people in zip(piece, found, strict=True))
            box = box_joints(found[-1].joints[0]) if found[-1].score[0] >= _LEAST_CONFIDENCE else None

    def _find_first(self, image: Image) -> np.ndarray | None:
        """The box of a person who was not followed, made tighter by a first look."""
        box = self._find_box(image)
        if box is None:
            return None
        (people, *_) = self._look([image], crop_around(box, self._network.spec.size))
        return box_joints(people.joints[0]) if people.score[0] >= _LEAST_CONFIDENCE else box

    def _look(self, images: list[Image], crop: Crop) -> list[FoundPeople]:
        spec = self._network.spec
        if spec.kind != "rpstn":
            return find_in_crops(self._network, images, [crop] * len(images), flip=self._flip)
        # A clip's last piece may be too short: its last frame stands still.
        filled = [*images, *[images[-1]] * (spec.frames - len(images))]
        return find_in_clip(self._network, filled, [crop] * len(filled), flip=self._flip)[: len(images)]

    @functools.cached_property
    def _find_box(self) -> FindBox:
        return self._given_find_box or _detector()


def _pieces(frames: Iterable[Frame], length: int) -> Iterator[list[Frame]]:
    rest = iter(frames)
    while piece := list(itertools.islice(rest, length)):
        yield piece


def create_estimator(options: EstimatorOptions) -> NetworkEstimator:
    """The estimator of a file that `train.py task=pose` wrote; raises `CheckpointError` for any other file."""
    assert options.model is not None
    network = load_pose_network(options.model)
    weights = options.model.with_suffix(".safetensors")
    parts = [weights] if network.first is None else [weights, path_of_first(weights)]
    return NetworkEstimator(network, weights.stem, f"pose network, sha256 {' '.join(map(compute_sha256, parts))}")


def _detector() -> FindBox:
    """BlazePose's detector; raises `InputError` when its model cannot be obtained."""
    model = read_pose_model(obtain_pose_model())
    detector = PersonDetector(Network(model.detector, f"{model.source} (detector)"))

    def find(image: Image) -> np.ndarray | None:
        sightings = detector.find(image)
        if not sightings:
            return None
        largest = max((sighting.region for sighting in sightings), key=lambda region: region.side_px)
        middle = np.array([largest.centre_x, largest.centre_y])
        half = largest.side_px / _DETECTOR_MARGIN / 2
        return np.concatenate([middle - half, middle + half])

    return find


def as_seen(frame: Frame, people: FoundPeople) -> SeenPeople:
    """People of one frame as every estimator gives them; those who are hardly there are left out."""
    height, width = frame.image.shape[:2]
    detections = []
    for number in range(len(people)):
        if people.score[number] < _LEAST_CONFIDENCE:
            continue
        joints, sure = people.joints[number], people.confidence[number]
        solid = None if people.solid is None else people.solid[number]
        size_px = float(np.nanmax(np.nanmax(joints, axis=0) - np.nanmin(joints, axis=0)))
        detections.append(Detection(joints, solid, sure, (sure > 0).astype(float), max(size_px, 1.0)))
    return SeenPeople(frame.timestamp_s, width, height, tuple(detections))
