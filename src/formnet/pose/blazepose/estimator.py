"""BlazePose as a pose estimator: 33 joints in the picture and in metres."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version

from formnet.motion import FloatArray
from formnet.pose.blazepose.detector import PersonDetector
from formnet.pose.blazepose.follower import Follower
from formnet.pose.blazepose.landmarks import MASK_SIZE, LandmarkNetwork, Silhouette, region_of_joints
from formnet.pose.blazepose.network import Network
from formnet.pose.blazepose.pruning import remove_output
from formnet.pose.estimator import EstimatorOptions, FollowsOne
from formnet.pose.model_bundle import Eyes, PoseModel, size_of
from formnet.pose.model_file import obtain_pose_model, read_pose_model
from formnet.pose.people import SeenPeople
from formnet.pose.video import Frame, Image
from formnet.skeleton import BLAZEPOSE_33, Skeleton

_Networks = tuple[PersonDetector, LandmarkNetwork, Callable[[], LandmarkNetwork]]
"""Of one stream; the last knows outlines, too, and is made when it is first asked for."""


def create_estimator(options: EstimatorOptions) -> BlazePose:
    """See `formnet.pose.estimator.create_estimator`."""
    return BlazePose(read_pose_model(obtain_pose_model(options.model, options.eyes)))


class BlazePose(FollowsOne):
    """Estimates many clips, also several at a time in threads."""

    name = "blazepose"
    skeleton: Skeleton = BLAZEPOSE_33

    def __init__(self, model: PoseModel) -> None:
        self._model = model
        # The outline is wanted in few pictures and costs nearly as much as all the rest.
        self._tracking = remove_output(model.landmarks, MASK_SIZE, model.source)
        self._free: list[_Networks] = []
        self._lock = threading.Lock()
        # A file that is no such network is refused now, not in the middle of a clip.
        self._give_back(self._take())

    @functools.cached_property
    def version(self) -> str:
        sums = [hashlib.sha256(content).hexdigest() for content in (self._model.detector, self._model.landmarks)]
        return f"ai-edge-litert {version('ai-edge-litert')}, sha256 of the networks {', '.join(sums)}"

    @functools.cached_property
    def eyes(self) -> Eyes | None:
        """Which of the pinned sizes it is; None for a network of somebody's own."""
        return size_of(self._model.landmarks)

    def follow(self, frames: Iterable[Frame]) -> Iterator[SeenPeople]:
        """The people in successive frames, not smoothed; several threads may call this at a time."""
        networks = self._take()
        try:
            yield from Follower(*networks).follow(frames)
        finally:
            self._give_back(networks)

    def find_silhouette(self, image: Image, joints: FloatArray) -> Silhouette | None:
        """What of a picture (H, W, 3) belongs to the person with these joints (33, 2); None when nobody is there."""
        networks = self._take()
        try:
            # Twice: the joints tell roughly where to look, the network then tells it exactly.
            rough = networks[1].find(image, region_of_joints(joints))
            found = None if rough is None else networks[2]().find_with_silhouette(image, rough.region)
            return None if found is None else found[1]
        finally:
            self._give_back(networks)

    def _take(self) -> _Networks:
        with self._lock:
            if self._free:
                return self._free.pop()
        return (
            PersonDetector(Network(self._model.detector, f"{self._model.source} (detector)")),
            LandmarkNetwork(Network(self._tracking, f"{self._model.source} (landmarks)")),
            functools.cache(
                lambda: LandmarkNetwork(Network(self._model.landmarks, f"{self._model.source} (landmarks)"))
            ),
        )

    def _give_back(self, networks: _Networks) -> None:
        with self._lock:
            self._free.append(networks)
