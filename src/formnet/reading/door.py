"""Anything that shows a person, read: the one door of every command, and of programs, to videos, pictures and poses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from formnet.errors import PoseError
from formnet.playback import Playback
from formnet.pose.track import PoseTrack
from formnet.pose.upright import MAX_LEAN_DEG, compute_picture_lean_deg, find_turn_deg, turn_track
from formnet.readers.source import IMAGE_SUFFIXES, as_film, is_pose_source, read_pose_source
from formnet.reading.checks import check_track, hide_outside
from formnet.reading.find import find_one

if TYPE_CHECKING:
    from formnet.pose.estimator import PoseEstimator, Progress
    from formnet.pose.video import Frame

Turn = int | Literal["auto"]
_MIN_SLOW_MOTION = 1.5
_LOOKED_AT_FRAMES = 12
_LOOKED_AT_FPS = 3.0


@dataclass(frozen=True)
class Reading:
    """What a user knows about a source and it does not say itself.

    Attributes:
        person: which of several people, 1 for the most prominent.
        fps: of keypoint files.
        size: (width, height) in pixels of the picture, for coordinates that are shares of it.
        turn: clockwise turn in degrees that makes the person upright, or "auto" to find it from the joints.
        clip: which of several clips in one keypoint file.
        slow_motion: how many times slower than life a clip plays; None takes what a phone wrote into the file.
        is_still: of a photo with a film inside only the photo is wanted.
    """

    person: int | None = None
    fps: float | None = None
    size: tuple[int, int] | None = None
    turn: Turn = 0
    clip: str | None = None
    slow_motion: float | None = None
    is_still: bool = False


AS_IT_SAYS = Reading()


def is_pose_file(path: Path) -> bool:
    """True for keypoint files and folders of them, which need no pose estimation."""
    return is_pose_source(path)


def read_source(
    path: Path,
    how: Reading = AS_IT_SAYS,
    *,
    lifter: str | None = None,
    estimator: PoseEstimator | None = None,
    on_frame: Progress | None = None,
) -> PoseTrack:
    """Poses of a file, or estimated from a video or picture.

    Args:
        lifter: what makes the motion 3D, see `formnet.lifting`; None: keypoint files stay 2D, videos get the
            estimator's depth where it knows one.
        on_frame: progress of the estimation.

    Raises:
        InputError, PoseError: as the readers and the estimator do.
    """
    notes: list[str] = []
    path = find_one(path, notes.append)
    track = read_poses(path, how) if is_pose_source(path) else _estimate(path, how, estimator, on_frame)
    track = track.with_warnings(notes)
    if lifter is None:
        return track
    from formnet.lifting.lifter import create_lifter

    return replace(track, lifted=create_lifter(lifter).lift(track))


def read_track(
    path: Path,
    how: Reading = AS_IT_SAYS,
    *,
    estimator: PoseEstimator | None = None,
    on_frame: Progress | None = None,
    cache: Path | None = None,
) -> PoseTrack:
    """Poses to be judged: of a film that shows a person upright, large enough and with their legs.

    Args:
        cache: see `estimate_pose`.

    Raises:
        InputError, PoseError: as `read_source`, and where the poses cannot be judged; the reason is named.
    """
    path = find_one(path)
    if is_pose_source(path):
        track = as_film(read_poses(path, how))
    else:
        track = _estimate(path, how, estimator, on_frame, cache)
        if len(track.image) < 2:
            raise PoseError(f"{path} is one picture; give a video that shows a whole repetition")
    return check_track(track, str(path))


def read_poses(path: Path, how: Reading) -> PoseTrack:
    """Poses of a file, as `read_source` gives them."""
    track = read_pose_source(path, person=how.person, fps=how.fps, size=how.size, clip=how.clip)
    notes = ["--fps was not used: the file says its own times"] if how.fps is not None and track.has_own_times else []
    turn_deg = find_turn_deg(track.image) if how.turn == "auto" else how.turn
    turned = turn_track(hide_outside(track), turn_deg)
    return _slow_down(turned, Playback(turn_deg, how.slow_motion or 1.0).slow_motion).with_warnings(notes)


def _slow_down(track: PoseTrack, slow_motion: float) -> PoseTrack:
    if slow_motion == 1.0:
        return track
    image, world = (
        None if one is None else one.replace(timestamps=one.timestamps / slow_motion)
        for one in (track.image, track.world)
    )
    assert image is not None
    return replace(track, image=image, world=world)


def _estimate(
    path: Path,
    how: Reading,
    estimator: PoseEstimator | None,
    on_frame: Progress | None,
    cache: Path | None = None,
) -> PoseTrack:
    from formnet.pose.estimator import create_estimator, estimate_pose

    estimator = estimator or create_estimator()
    playback, notes = playback_of(path, how, estimator)
    track = estimate_pose(path, how.person, on_frame=on_frame, estimator=estimator, playback=playback, cache=cache)
    kind = "image" if path.suffix.lower() in IMAGE_SUFFIXES or len(track.image) == 1 else "video"
    return replace(hide_outside(track), path=path, kind=kind, picture=path).with_warnings(notes)


def playback_of(path: Path, how: Reading, estimator: PoseEstimator | None = None) -> tuple[Playback, tuple[str, ...]]:
    """How a video is to be shown by what the user and the file say, and what a user should know about it.

    Args:
        estimator: looks which turn is upright where the user wants that found; None makes the default one.

    Raises:
        InputError: a video that cannot be read.
    """
    from formnet.pose.estimator import create_estimator
    from formnet.pose.video import probe_video

    notes = [] if how.fps is None else ["--fps was not used: a video says its own times"]
    notes += [] if how.clip is None else ["--clip was not used: a video is one clip"]
    slow_motion = how.slow_motion
    if slow_motion is None:
        info = probe_video(path, Playback(is_still=how.is_still))
        slow_motion = 1.0
        if info.capture_fps > _MIN_SLOW_MOTION * info.fps:
            slow_motion = info.capture_fps / info.fps
            notes.append(
                f"the phone filmed {info.capture_fps:.0f} frames per second and the file plays {info.fps:.0f}: times "
                "are those of life; --slow-motion 1 takes them as they are"
            )
    playback = Playback(0 if how.turn == "auto" else how.turn, slow_motion, how.is_still)
    if how.turn == "auto":
        playback = replace(playback, turn_deg=_find_turn_of_video(path, playback, estimator or create_estimator()))
        if playback.turn_deg:
            notes.append(f"the pictures were turned clockwise by {playback.turn_deg}°")
    return playback, tuple(notes)


def _find_turn_of_video(path: Path, playback: Playback, estimator: PoseEstimator) -> int:
    """The turn in which a look at the beginning shows a person upright; 0 where none does."""
    for turn_deg in (0, 90, 270, 180):
        looked_at = list(_first_frames(path, replace(playback, turn_deg=turn_deg)))
        try:
            track = estimator.estimate(looked_at, source=str(path))
        except PoseError:
            continue
        lean_deg = compute_picture_lean_deg(track.image)
        if abs(lean_deg) <= MAX_LEAN_DEG:
            return turn_deg
        if not np.isnan(lean_deg):
            return (turn_deg + find_turn_deg(track.image)) % 360
    return 0


def _first_frames(path: Path, playback: Playback) -> Iterable[Frame]:
    from formnet.pose.video import read_frames

    frames = read_frames(path, max_fps=_LOOKED_AT_FPS, playback=playback)
    for _, frame in zip(range(_LOOKED_AT_FRAMES), frames, strict=False):
        yield frame
    frames.close()  # type: ignore[attr-defined]
