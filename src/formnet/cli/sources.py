"""Arguments that may be any source of poses: keypoint files, OpenPose folders, npz, videos and pictures."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formnet.cli.inputs import DEFAULT_ESTIMATOR
from formnet.errors import InputError
from formnet.terminal.streams import one_line

if TYPE_CHECKING:
    from formnet.pose.estimator import PoseEstimator
    from formnet.pose.model_bundle import Eyes
    from formnet.pose.track import PoseTrack
    from formnet.reading import Reading
    from formnet.scoring.compat import CompatPoses


@cache
def load_estimator(name: str, eyes: Eyes | None = None) -> PoseEstimator:
    """The estimator of that name or file, made once; see `formnet.pose.estimator.create_estimator`.

    Raises:
        InputError: for a size of another estimator than BlazePose, or as `create_estimator` does.
    """
    from formnet.pose.estimator import create_estimator

    if eyes is not None and name != DEFAULT_ESTIMATOR:
        raise InputError(f"--eyes chooses the size of {DEFAULT_ESTIMATOR}; leave it out with --estimator {name}")
    return create_estimator(name, eyes=eyes)


def say_unused(paths: Sequence[Path], estimator: str, eyes: Eyes | None) -> tuple[str, ...]:
    """A note where a pose network was chosen and nothing needs one, since all poses are there already."""
    from formnet.reading import is_pose_file

    chosen = [
        option for option, is_given in (("--estimator", estimator != DEFAULT_ESTIMATOR), ("--eyes", eyes)) if is_given
    ]
    if not chosen or not all(is_pose_file(path) for path in paths):
        return ()
    return (f"{' and '.join(chosen)} was not used: the poses are there already",)


def load_source(
    path: Path,
    how: Reading,
    *,
    lifter: str | None = None,
    estimator: str = DEFAULT_ESTIMATOR,
    eyes: Eyes | None = None,
    quiet: bool = True,
) -> PoseTrack:
    """`read_source` with a progress bar on standard error, unless `quiet`; `estimator` is needed for films only."""
    from formnet.cli.inputs import progress_bar
    from formnet.reading import find_one, is_pose_file, read_source
    from formnet.reading.checks import describe_lying

    notes: list[str] = []
    path = find_one(path, notes.append)
    is_film = not is_pose_file(path)
    with progress_bar(f"poses of {path.name}", enabled=not quiet and is_film) as on_frame:
        seeing = load_estimator(estimator, eyes) if is_film else None
        source = read_source(path, how, lifter=lifter, estimator=seeing, on_frame=on_frame)
    if (lying := describe_lying(source, str(path))) is not None:
        notes.append(lying)
    return replace(source, warnings=(*notes, *source.warnings, *say_unused([path], estimator, eyes)))


def load_compat(path: Path) -> CompatPoses:
    """A keypoint file as Scoring-Your-Video reads it.

    Raises:
        InputError: a source that is no keypoint file of 17 joints with boxes.
        PoseError: two people.
    """
    from formnet.readers.source import is_pose_source, read_detections
    from formnet.readers.tracks import require_one_person
    from formnet.scoring.compat import normalise_compat

    if not path.exists():
        raise InputError(f"{path} does not exist; check the path")
    if not is_pose_source(path) or path.suffix.lower() == ".npz":
        raise InputError(f"--compat takes AlphaPose JSON, got {path}; write one with `formnet pose` or leave it out")
    detections = read_detections(path)
    require_one_person(detections, str(path))
    return normalise_compat(detections.keypoints, detections.boxes, detections.frames, detections.skeleton)


def choose_motions(first: PoseTrack, second: PoseTrack, *, flat: bool) -> tuple[Any, Any, bool]:
    """The motions to compare: 3D when both sources have it and `flat` is not asked for; and whether they are flat."""
    is_flat = flat or first.motion.n_dimensions == 2 or second.motion.n_dimensions == 2
    return (first.image, second.image, True) if is_flat else (first.motion, second.motion, False)


def print_json(content: dict[str, Any]) -> None:
    """One object on standard output; numbers that are not known are null."""
    print(json.dumps(_plain(content), ensure_ascii=False))


def print_parts(parts: Mapping[str, float]) -> None:
    """One line for each part of the body, as Scoring-Your-Video's figures are compared: with four decimals."""
    for part, score in parts.items():
        print(f"  {part.replace('_', ' '):15} {score:8.4f}")


def print_warnings(warnings: Sequence[str]) -> None:
    """One line each on standard error."""
    for warning in dict.fromkeys(warnings):
        print(f"formnet: note: {one_line(warning)}", file=sys.stderr)


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
