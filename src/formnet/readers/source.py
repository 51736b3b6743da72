"""Anything on disk that holds poses becomes a PoseTrack: the one place that tells the formats apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from formnet.errors import InputError, OtherContentError, PoseError
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.readers.detections import Detections, detections_to_motion
from formnet.readers.keypoints.files import OTHER_FILES, TEXT_SUFFIXES, World, read_keypoints
from formnet.readers.keypoints.tables import is_joint_table
from formnet.readers.npz import holds_keypoints, read_npz
from formnet.readers.tracks import select_person
from formnet.storage.kinds import is_picture_or_film, is_text_of_poses, read_head

POSE_SUFFIXES = (*TEXT_SUFFIXES, ".c3d", ".npz", ".npy")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".avif", ".heic", ".heif")
ASSUMED_FPS = 30.0
_SNIFFED_BYTES = 2**14
_MIN_TOLD_SHARE = 0.02


def is_pose_source(path: Path) -> bool:
    """True for keypoint files and for folders of them, False for pictures and films, whatever they are called."""
    if path.is_dir():
        return True
    if path.suffix.lower() in (*POSE_SUFFIXES, *OTHER_FILES):
        return not is_picture_or_film(path)
    return path.is_file() and (is_text_of_poses(path) or _is_table(path))


def _is_table(path: Path) -> bool:
    """Whether a file begins as a table of joints does, whatever it is called."""
    try:
        text = read_head(path, _SNIFFED_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return "\x00" not in text and is_joint_table(text)


def read_detections(path: Path) -> Detections:
    """Every row of a keypoint file or folder.

    Raises:
        InputError: not readable, or of no known format.
        PoseError: it holds no pose.
    """
    _refuse_others(path)
    found = read_keypoints(path)
    if isinstance(found, World):
        raise InputError(f"{path} holds one person's joints in 3D and no rows of detections; leave --compat out")
    return found


def read_pose_source(
    path: Path | str,
    *,
    person: int | None = None,
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    clip: str | None = None,
) -> PoseTrack:
    """Reads a keypoint file of any known tool, a folder of one file a frame, or formnet's npz.

    Args:
        person: which of several people, 1 for the most prominent; None when there is one.
        fps: frames per second where the file does not tell; None assumes 30 and says so.
        size: (width, height) of the picture, for coordinates that are shares of it.
        clip: which of several clips in one file: what the names of its pictures begin with or have in common.

    Raises:
        InputError: missing, unreadable or of no known format.
        PoseError: nobody there, two people and none chosen, or several clips and none chosen.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path} does not exist; check the path")
    _refuse_others(path)
    if path.suffix.lower() == ".npz" and not path.is_dir() and not holds_keypoints(path):
        stored = read_npz(path)
        track = _make_track(stored.motion, path, "npz", image=stored.image, size=size)
        return _as_only_one(replace(track, eyes=stored.eyes), person, clip)
    if not is_pose_source(path):
        raise OtherContentError(f"{path} is no keypoint file; expected a folder or one of {', '.join(POSE_SUFFIXES)}")
    found = read_keypoints(path, size)
    if isinstance(found, World):
        track = _make_track(found.motion, path, found.kind, warnings=found.notes, size=size)
        return _as_only_one(track, person, clip)
    return _choose_and_time(choose_clip(found, clip, path), path, person, fps)


def _make_track(
    motion: Motion,
    path: Path,
    kind: str,
    *,
    image: Motion | None = None,
    size: tuple[int, int] | None = None,
    warnings: tuple[str, ...] = (),
) -> PoseTrack:
    """Poses of a file as a track; without joints in the picture those of 3D are seen from the front."""
    is_flat = motion.n_dimensions == 2
    if image is None:
        image = motion if is_flat else motion.replace(positions=motion.positions[..., :2])
    if size is None:
        width, height = np.ceil(np.nanmax(image.positions, axis=(0, 1), initial=1.0)).astype(int).tolist()
    else:
        width, height = size
    world = None if is_flat else motion
    return PoseTrack(image, world, width, height, warnings, path=path, kind=kind, has_size=size is not None)


def _as_only_one(track: PoseTrack, person: int | None, clip: str | None) -> PoseTrack:
    """The track of a format that holds one person of one clip, held against what was asked for."""
    if person is not None and person > 1:
        raise PoseError(f"{track.path} has no person {person}: it holds one; leave --person out")
    notes = () if clip is None else ("--clip was not used: the file holds one clip",)
    return track.with_warnings(notes)


def _choose_and_time(found: Detections, path: Path, person: int | None, fps: float | None) -> PoseTrack:
    chosen, notes = select_person(found, person, str(path))
    motion, boxes = detections_to_motion(chosen, ASSUMED_FPS if fps is None else fps, str(path))
    numbers = np.linspace(chosen.frames.min(), chosen.frames.max(), len(motion)).round().astype(np.int64)
    warnings = (*found.notes, *notes, *_say_what_lacks(chosen, motion, fps))
    track = _make_track(motion, path, found.kind, size=found.size, warnings=warnings)
    has_times = found.times_s is not None
    return replace(track, boxes=boxes, numbers=numbers, is_film=found.is_film, has_own_times=has_times)


def _refuse_others(path: Path) -> None:
    if path.is_file() and path.suffix.lower() in OTHER_FILES:
        raise OtherContentError(f"{path} {OTHER_FILES[path.suffix.lower()]}")


def choose_clip(found: Detections, wanted: str | None, path: Path) -> Detections:
    """The rows of one clip of a file.

    Args:
        wanted: what the names of its pictures begin with or hold, in capitals or not; None where there is one clip.
        path: for messages.

    Raises:
        PoseError: several clips and none chosen, or none or several of that name; all are named.
    """
    clips = np.zeros(len(found), np.int64) if found.clips is None else found.clips
    counts = np.bincount(clips, minlength=len(found.clip_names))
    there = {number: name for number, name in enumerate(found.clip_names) if counts[number]}
    told = ", ".join(f"{name or 'without a name'} ({counts[number]} poses)" for number, name in there.items())
    n_clips = f"{len(there)} clip{'s' if len(there) > 1 else ''}"
    if wanted is None:
        if len(there) > 1:
            raise PoseError(f"{path} holds {n_clips}: {told}; choose one with --clip, by the beginning of its name")
        return found
    chosen = _named(there, wanted)
    if len(chosen) != 1:
        which = "none of them" if not chosen else "several of them"
        raise PoseError(f"{path} holds {n_clips}: {told}; --clip {wanted} names {which}")
    return replace(found.rows(np.flatnonzero(clips == chosen[0])), clips=None, clip_names=(there[chosen[0]],))


def _named(names: dict[int, str], wanted: str) -> list[int]:
    """Numbers of the names that are the wanted one; else of those that begin with it; else of those that hold it."""
    wanted = wanted.casefold()
    fits: tuple[Callable[[str], bool], ...] = (
        lambda name: wanted in (name, name.removesuffix("/*")),
        lambda name: name.startswith(wanted),
        lambda name: wanted in name,
    )
    for fit in fits:
        if found := [number for number, name in names.items() if fit(name.casefold())]:
            return found
    return []


def _say_what_lacks(chosen: Detections, motion: Motion, fps: float | None) -> list[str]:
    said = []
    if not chosen.is_film:
        return [
            f"the file holds {len(chosen)} pictures whose names do not belong together: they are taken in its order, "
            "and their times mean nothing"
        ]
    if chosen.times_s is None and fps is None and len(motion) > 1:
        said.append(f"the file does not say its rate: {ASSUMED_FPS:.0f} frames per second were assumed; give --fps")
    lost = int(motion.missing.all(axis=1).sum())
    if lost > _MIN_TOLD_SHARE * len(motion):
        said.append(f"{lost} of {len(motion)} frames do not show the person")
    return said


def as_film(track: PoseTrack) -> PoseTrack:
    """The track, if its frames follow each other in time.

    Raises:
        PoseError: pictures that are no film, or a single one.
    """
    if not track.is_film:
        raise PoseError(
            f"{track.name} holds {len(track.image)} pictures whose names do not belong together, not a film; give "
            "poses of one clip, its pictures numbered"
        )
    if len(track.image) < 2:
        raise PoseError(f"{track.name} is one picture; give a video, or poses of one, that shows a whole repetition")
    return track
