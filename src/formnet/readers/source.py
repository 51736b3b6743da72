"""Anything on disk that holds poses becomes a PoseSource: the one place that tells the formats apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError, PoseError
from formnet.motion import FloatArray, Motion
from formnet.playback import AS_IT_IS, Playback
from formnet.readers.detections import Detections, detections_to_motion
from formnet.readers.keypoints.files import OTHER_FILES, TEXT_SUFFIXES, World, list_frame_files, read_keypoints
from formnet.readers.npz import holds_keypoints, read_npz
from formnet.readers.tracks import select_person
from formnet.storage.kinds import is_picture_or_film, is_text_of_poses

POSE_SUFFIXES = (*TEXT_SUFFIXES, ".npz", ".npy")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
ASSUMED_FPS = 30.0
_MIN_TOLD_SHARE = 0.02


@dataclass(frozen=True, eq=False)
class PoseSource:
    """One person's poses and what a scorer or a picture may want to know about them.

    Attributes:
        path: where they came from.
        kind: the format ("alphapose", "openpose", "trc", …), or "video" or "image".
        motion: the best motion there is (3D where the source has it).
        image: the same frames in the picture (pixels), for drawing and for comparing 2D with 2D.
        boxes: (T, 4) x, y, width, height of the person in the picture; NaN where not known.
        frame_numbers: (T,) the source's own numbers.
        detections: every row of a keypoint file, as `--compat` reads it.
        picture: a video or image file that shows the frames, for drawing.
        warnings: one sentence each.
        is_film: False for pictures that do not follow each other.
        size: (width, height) of the picture, where known.
        has_own_times: the file says its times; no rate was needed.
        playback: how a video was shown, for drawing on its pictures.
    """

    path: Path
    kind: str
    motion: Motion
    image: Motion | None
    boxes: FloatArray | None
    frame_numbers: NDArray[np.int64]
    detections: Detections | None = None
    picture: Path | None = None
    warnings: tuple[str, ...] = ()
    is_film: bool = True
    size: tuple[int, int] | None = None
    has_own_times: bool = False
    playback: Playback = AS_IT_IS

    def __repr__(self) -> str:
        return f"PoseSource({self.path}, {self.kind}: {self.motion!r})"

    @property
    def flat(self) -> Motion:
        """The 2D motion; the 3D one seen from the front where there is no picture."""
        if self.image is not None:
            return self.image
        return self.motion.replace(positions=self.motion.positions[..., :2])


def is_pose_source(path: Path) -> bool:
    """True for keypoint files and for folders of them, False for pictures and films, whatever they are called."""
    if path.is_dir():
        return True
    if path.suffix.lower() in (*POSE_SUFFIXES, *OTHER_FILES):
        return not is_picture_or_film(path)
    return path.is_file() and is_text_of_poses(path)


def read_detections(path: Path, size: tuple[int, int] | None = None) -> Detections:
    """Every row of a keypoint file or folder.

    Raises:
        InputError: not readable, or of no known format.
        PoseError: it holds no pose.
    """
    _refuse_others(path)
    found = read_keypoints(path, size)
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
) -> PoseSource:
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
        motion, image = read_npz(path)
        source = PoseSource(path, "npz", motion, image, None, np.arange(len(motion)), size=size, has_own_times=True)
        return _as_only_one(source, person, clip)
    if not is_pose_source(path):
        raise InputError(f"{path} is no keypoint file; expected a folder or one of {', '.join(POSE_SUFFIXES)}")
    found = read_keypoints(path, size)
    if isinstance(found, World):
        numbers = np.arange(len(found.motion))
        source = PoseSource(
            path, found.kind, found.motion, None, None, numbers, warnings=found.notes, size=size, has_own_times=True
        )
        return _as_only_one(source, person, clip)
    return _choose_and_time(choose_clip(found, clip, path), path, person, fps)


def _as_only_one(source: PoseSource, person: int | None, clip: str | None) -> PoseSource:
    """The source of a format that holds one person of one clip, held against what was asked for."""
    if person is not None and person > 1:
        raise PoseError(f"{source.path} has no person {person}: it holds one; leave --person out")
    notes = () if clip is None else ("--clip was not used: the file holds one clip",)
    is_image = source.image is None and source.motion.n_dimensions == 2 and source.motion.unit == "pixel"
    return replace(
        source, image=source.motion if is_image else source.image, warnings=(*source.warnings, *notes)
    )  # fmt: skip


def _choose_and_time(found: Detections, path: Path, person: int | None, fps: float | None) -> PoseSource:
    chosen, notes = select_person(found, person, str(path))
    motion, boxes = detections_to_motion(chosen, ASSUMED_FPS if fps is None else fps, str(path))
    numbers = np.linspace(chosen.frames.min(), chosen.frames.max(), len(motion)).round().astype(np.int64)
    image = motion if motion.unit == "pixel" else None
    warnings = (*found.notes, *notes, *_say_what_lacks(chosen, motion, fps))
    return PoseSource(
        path, found.kind, motion, image, boxes, numbers, found, None, warnings, found.is_film, found.size,
        has_own_times=found.times_s is not None,
    )  # fmt: skip


def _refuse_others(path: Path) -> None:
    if path.is_file() and path.suffix.lower() in OTHER_FILES:
        raise InputError(f"{path} {OTHER_FILES[path.suffix.lower()]}")


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


def is_frame_folder(folder: Path) -> bool:
    """Whether a folder is one clip, with a file of poses for each frame."""
    return folder.is_dir() and bool(list_frame_files(folder))


def as_film(source: PoseSource) -> PoseSource:
    """The source, if its frames follow each other in time.

    Raises:
        PoseError: pictures that are no film, or a single one.
    """
    if not source.is_film:
        raise PoseError(
            f"{source.path} holds {len(source.motion)} pictures whose names do not belong together, not a film; give "
            "poses of one clip, its pictures numbered"
        )
    if len(source.motion) < 2:
        raise PoseError(f"{source.path} is one picture; give a video, or poses of one, that shows a whole repetition")
    return source
