"""Arguments that may be any source of poses: keypoint files, OpenPose folders, npz, videos and pictures."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formnet.cli.inputs import DEFAULT_ESTIMATOR
from formnet.errors import InputError

if TYPE_CHECKING:
    from formnet.motion import Motion
    from formnet.pose.estimator import PoseEstimator
    from formnet.pose.track import PoseTrack
    from formnet.readers.source import PoseSource
    from formnet.scoring.compat import CompatPoses


def is_pose_file(path: Path) -> bool:
    """True for keypoint files and folders of them, which need no pose estimation."""
    from formnet.readers.source import is_pose_source

    return is_pose_source(path)


def read_pose_file(path: Path, *, person: int | None = None, fps: float = 30.0) -> PoseTrack:
    """Poses from a file as an estimator would give them, with or without depth.

    Raises:
        InputError, PoseError: as the readers do.
    """
    from formnet.readers.source import read_pose_source

    return _as_track(read_pose_source(path, person=person, fps=fps))


@cache
def load_estimator(name: str) -> PoseEstimator:
    """The estimator of that name or file, made once; see `formnet.pose.estimator.create_estimator`."""
    from formnet.pose.estimator import create_estimator

    return create_estimator(name)


def load_source(
    path: Path, *, person: int | None = None, fps: float = 30.0, lifter: str | None = None,
    estimator: str = DEFAULT_ESTIMATOR, quiet: bool = True,
) -> PoseSource:  # fmt: skip
    """Reads poses, or estimates them from a video or picture.

    Args:
        person: which of several people, 1 for the largest or most prominent.
        fps: of keypoint files.
        lifter: what makes the motion 3D, see `formnet.lifting`; None: keypoint files stay 2D, videos get the
            estimator's depth where it knows one.
        estimator: what finds joints in videos and pictures.
        quiet: no progress on standard error.

    Raises:
        InputError, PoseError: as the readers and the estimator do.
    """
    import numpy as np

    from formnet.readers.source import PoseSource, is_pose_source, read_pose_source

    if not path.exists():
        raise InputError(f"{path} does not exist; check the path")
    if is_pose_source(path):
        source = read_pose_source(path, person=person, fps=fps)
        return source if lifter is None else replace(source, motion=_lift(_as_track(source), lifter))
    from formnet.cli.inputs import progress_bar
    from formnet.pose.estimator import estimate_pose
    from formnet.readers.source import IMAGE_SUFFIXES

    with progress_bar(f"poses of {path.name}", enabled=not quiet) as on_frame:
        track = estimate_pose(path, person, on_frame=on_frame, estimator=load_estimator(estimator))
    kind = "image" if path.suffix.lower() in IMAGE_SUFFIXES or len(track.image) == 1 else "video"
    motion = _lift(track, lifter) if lifter else track.image if track.world is None else track.solid
    return PoseSource(path, kind, motion, track.image, None, np.arange(len(track.image)), None, path, track.warnings)


def _as_track(source: PoseSource) -> PoseTrack:
    import numpy as np

    from formnet.pose.track import PoseTrack

    width, height = np.ceil(np.nanmax(source.flat.positions, axis=(0, 1), initial=1.0)).astype(int)
    world = source.motion if source.motion.n_dimensions == 3 else None
    return PoseTrack(source.flat, world, int(width), int(height), source.warnings)


def _lift(track: PoseTrack, lifter: str) -> Motion:
    from formnet.lifting.lifter import create_lifter

    return create_lifter(lifter).lift(track)


def load_compat(path: Path) -> CompatPoses:
    """A keypoint file as Scoring-Your-Video reads it.

    Raises:
        InputError: a source that is no keypoint file of 17 joints with boxes.
        PoseError: two people.
    """
    from formnet.readers.detections import require_one_person
    from formnet.readers.source import is_pose_source, read_detections
    from formnet.scoring.compat import normalise_compat

    if not path.exists():
        raise InputError(f"{path} does not exist; check the path")
    if not is_pose_source(path) or path.suffix.lower() == ".npz":
        raise InputError(f"--compat takes AlphaPose JSON, got {path}; write one with `formnet pose` or leave it out")
    detections = read_detections(path)
    require_one_person(detections, str(path))
    return normalise_compat(detections.keypoints, detections.boxes, detections.frames, detections.skeleton)


def choose_motions(first: PoseSource, second: PoseSource, *, flat: bool) -> tuple[Any, Any, bool]:
    """The motions to compare: 3D when both sources have it and `flat` is not asked for; and whether they are flat."""
    is_flat = flat or first.motion.n_dimensions == 2 or second.motion.n_dimensions == 2
    return (first.flat, second.flat, True) if is_flat else (first.motion, second.motion, False)


def print_json(content: dict[str, Any]) -> None:
    """One object on standard output; numbers that are not known are null."""
    print(json.dumps(_plain(content), ensure_ascii=False))


def print_warnings(warnings: Sequence[str]) -> None:
    """One line each on standard error."""
    for warning in dict.fromkeys(warnings):
        print(f"formnet: note: {warning}", file=sys.stderr)


def check_share(value: float, option: str) -> None:
    """Raises `InputError` when a score given by the user is not in 0–100."""
    if not 0 <= value <= 100:
        raise InputError(f"{option} must be a score of 0–100, got {value}")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
