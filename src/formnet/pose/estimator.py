"""The door to every pose estimator: what it gives, and how one is chosen by name."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from formnet.errors import InputError, PoseError, add_noticed
from formnet.playback import AS_IT_IS, Playback
from formnet.pose.cache import read_cached_track, track_key, write_track
from formnet.pose.model_bundle import Eyes
from formnet.pose.people import SeenPeople
from formnet.pose.settle import settle
from formnet.pose.stretches import follow_clip
from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame, probe_video, read_frames
from formnet.skeleton import Skeleton

_LOOKED_AT = 8
_BRIGHT, _DARK = 0.95, 0.2
"""The brightest twentieth of real clips of exercises begins at 0.58 of white or above; in one that was darkened to 0.08
nobody is found."""

Progress = Callable[[int, int], None]
"""Told after each frame: frames done, frames expected (an estimate)."""

__all__ = [
    "ESTIMATORS",
    "EstimatorOptions",
    "PoseEstimator",
    "PoseTrack",
    "Progress",
    "create_estimator",
    "estimate_pose",
]


class PoseEstimator(Protocol):
    """Turns pictures into joints."""

    @property
    def name(self) -> str:
        """As in the registry and in a verdict's provenance."""

    @property
    def version(self) -> str:
        """Changes when the same pictures may give other joints (library version, model hash)."""

    @property
    def skeleton(self) -> Skeleton:
        """The joint set of its answers."""

    @property
    def eyes(self) -> Eyes | None:
        """Its size where it is BlazePose: each has errors of its own."""

    def follow(self, frames: Iterable[Frame]) -> Iterator[SeenPeople]:
        """The people in successive frames, not smoothed; several threads may call this at a time."""

    def estimate(self, frames: Iterable[Frame], *, person: int | None = None, source: str = "the video") -> PoseTrack:
        """Joints of one person in every frame; raises `PoseError` naming `source` where too few show one."""


class FollowsOne:
    """What estimators have in common once they see people."""

    def estimate(
        self: PoseEstimator, frames: Iterable[Frame], *, person: int | None = None, source: str = "the video"
    ) -> PoseTrack:
        """Follows one person; see `formnet.pose.settle.settle`."""
        return settle(self.follow(frames), self.skeleton, person=person, source=source, eyes=self.eyes)


@dataclass(frozen=True)
class EstimatorOptions:
    """What every estimator can be told: where its model is (None: obtain it), or which size to obtain."""

    model: Path | None = None
    eyes: Eyes | None = None


# Name → module with a function `create_estimator(options) -> PoseEstimator`; imported when asked for.
ESTIMATORS: dict[str, str] = {
    "blazepose": "formnet.pose.blazepose.estimator",
    "opencv-openpose": "formnet.pose.networks.openpose",
}
# Endings of files that are estimators themselves.
_FILES: dict[str, str] = {
    ".safetensors": "formnet.pose.networks.estimator",
    ".caffemodel": "formnet.pose.networks.openpose",
    ".onnx": "formnet.pose.networks.openpose",
}


def create_estimator(
    name: str = "blazepose", model: str | Path | None = None, eyes: Eyes | None = None
) -> PoseEstimator:
    """The estimator of that name, or of a file of weights.

    Args:
        name: one of `ESTIMATORS`, a .safetensors of `train.py task=pose`, or OpenPose's .caffemodel or .onnx.
        model: pose model file; None obtains it.
        eyes: size of the model to obtain; None: the user's environment decides, else the standard size.

    Raises:
        InputError: for an unknown name, listing the known ones, or when its model cannot be obtained.
        CheckpointError: for a file that is no such network.
    """
    if (module := _FILES.get(Path(name).suffix.lower())) is not None:
        from_file: PoseEstimator = importlib.import_module(module).create_estimator(EstimatorOptions(Path(name)))
        return from_file
    if name not in ESTIMATORS:
        raise InputError(
            f"there is no pose estimator {name!r}; use one of {', '.join(ESTIMATORS)}, or a file of weights "
            f"({', '.join(_FILES)})"
        )
    options = EstimatorOptions(Path(model) if model is not None else None, eyes)
    estimator: PoseEstimator = importlib.import_module(ESTIMATORS[name]).create_estimator(options)
    return estimator


def estimate_pose(
    path: str | Path,
    person: int | None = None,
    model: str | Path | None = None,
    on_frame: Progress | None = None,
    *,
    estimator: PoseEstimator | None = None,
    max_side: int | None = None,
    max_fps: float | None = None,
    cache: str | Path | None = None,
    playback: Playback = AS_IT_IS,
) -> PoseTrack:
    """The pose of one person in a clip.

    Args:
        path: video or picture.
        person: 1 for the most prominent person, 2 for the next, …; None follows the most prominent one.
        model: pose model file; None obtains it.
        on_frame: progress.
        estimator: an estimator to use again for several clips; None makes the default one.
        max_side, max_fps: see `read_frames`; joints are given in pixels of the full-size picture all the same.
        playback: what the video does not say itself (its turn, slow motion).
        cache: folder to keep results in, by content of clip and model and by options; None keeps nothing.

    Raises:
        InputError: for a file that cannot be read or a `person` below 1.
        PoseError: when too few frames show a person, or fewer people than `person`.
    """
    path = Path(path)
    if person is not None and person < 1:
        raise InputError(f"person {person} does not exist; people are numbered from 1, the most prominent first")
    info = probe_video(path, playback)
    estimator = estimator or create_estimator(model=model)
    kept: Path | None = None
    if cache is not None:
        kept = Path(cache) / track_key(
            path, estimator.name, estimator.version, person, max_side, max_fps, *_extra(playback)
        )
        if (track := read_cached_track(kept)) is not None:
            return replace(track, playback=playback)
    warnings: list[str] = []
    total = info.n_frames_estimate
    if max_fps is not None and info.fps > max_fps:
        total = max(1, round(total * max_fps / info.fps))
    tell = on_frame or (lambda done, expected: None)
    seen = follow_clip(
        path,
        info,
        estimator,
        max_side=max_side,
        max_fps=max_fps,
        playback=playback,
        on_warning=warnings.append,
        on_frame=lambda done: tell(done, max(done, total)),
    )
    try:
        track = settle(seen, estimator.skeleton, person=person, source=str(path), eyes=estimator.eyes)
    except PoseError as error:
        raise PoseError(add_noticed(str(error), (*warnings, *_describe_darkness(path, playback)))) from error
    track = track.rescaled(info.width, info.height).with_warnings(warnings)
    if kept is not None:
        write_track(track, kept)
    return replace(track, playback=playback)


def _describe_darkness(path: Path, playback: Playback) -> list[str]:
    """What is to be said of the light in which nobody was seen: a look at the film, a picture every two seconds."""
    with closing(read_frames(path, max_side=160, max_fps=0.5, playback=playback)) as frames:  # type: ignore[type-var]
        looked_at = itertools.islice(frames, _LOOKED_AT)
        bright = max((float(np.quantile(frame.image, _BRIGHT)) / 255 for frame in looked_at), default=1.0)
    return [] if bright >= _DARK else [f"the pictures are dark, mostly below {bright:.0%} of white: film in more light"]


def _extra(playback: Playback) -> tuple[object, ...]:
    """What a playback adds to the name of a kept result; nothing for the usual one."""
    return () if playback == AS_IT_IS else astuple(playback)
