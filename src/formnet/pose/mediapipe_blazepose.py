"""BlazePose through MediaPipe Tasks (the current API).

A landmarker that follows one person costs about half of one that looks for two in every frame, and most clips
show one person. So one is followed, and every now and then a frame is searched for several; as soon as a second
person of some size is found, all are followed from there on, and who was meant is settled at the end.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from formnet.errors import InputError, PoseError
from formnet.motion import Motion
from formnet.pose.estimator import EstimatorOptions
from formnet.pose.model_file import obtain_pose_model
from formnet.pose.people import Detection, People, Person, drop_duplicates
from formnet.pose.quiet import silenced_stderr
from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame, Image
from formnet.skeleton import BLAZEPOSE_33, Skeleton
from formnet.storage.files import compute_sha256

if TYPE_CHECKING:
    from mediapipe.tasks.python.vision import PoseLandmarker

MAX_PEOPLE = 4
MIN_COVERAGE = 0.5
MIN_STRETCH_S = 3.0
"""A clip is used when half of its frames show the person, or when 3 s on end do: that is one slow repetition."""
_MAX_GAP_S = 0.5
_SEARCH_EVERY_S = 3.0
_SEARCH_EVERY_WITH_PERSON_S = 0.5
# Someone in the background is no reason to follow two people, unless one of them was asked for.
_MIN_HEIGHT_SHARE = 0.4


def create_estimator(options: EstimatorOptions) -> MediaPipeBlazePose:
    """See `formnet.pose.estimator.create_estimator`."""
    return MediaPipeBlazePose(options.model)


def create_landmarker(model: Path, *, n_people: int = 1, is_video: bool = True) -> PoseLandmarker:
    """A MediaPipe landmarker, made without noise on standard error.

    Raises:
        InputError: when MediaPipe cannot use the model.
    """
    with silenced_stderr():
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.PoseLandmarkerOptions(
            # The content, not the path: MediaPipe opens paths relative to its own package on some systems.
            base_options=BaseOptions(model_asset_buffer=Path(model).read_bytes()),
            running_mode=vision.RunningMode.VIDEO if is_video else vision.RunningMode.IMAGE,
            num_poses=n_people,
        )
        try:
            return vision.PoseLandmarker.create_from_options(options)
        except (RuntimeError, ValueError, OSError) as error:
            reason = str(error).splitlines()[0][:120]
            raise InputError(
                f"MediaPipe cannot use the pose model {model} ({reason}); remove it to fetch it again"
            ) from error


class MediaPipeBlazePose:
    """33 joints in the picture and in metres; one instance may estimate many clips, one after the other."""

    name = "mediapipe"
    skeleton: Skeleton = BLAZEPOSE_33

    def __init__(self, model: str | Path | None = None) -> None:
        self.model = obtain_pose_model(model)

    @functools.cached_property
    def version(self) -> str:
        from importlib.metadata import version

        return f"mediapipe {version('mediapipe')}, model sha256 {compute_sha256(self.model)}"

    def estimate(self, frames: Iterable[Frame], *, person: int | None = None, source: str = "the video") -> PoseTrack:
        """Follows one person.

        Args:
            frames: pictures of one size, times strictly increasing.
            person: 1 for the most prominent person, 2 for the next, …; None for the most prominent.
            source: how to call the clip in errors.

        Returns:
            image and world joints on the frames' times; confidence = visibility × presence; frames without the
            person are NaN.

        Raises:
            PoseError: when too few frames show a person, or there are fewer people than `person`.
            InputError: when there are no frames.
        """
        people = People()
        timestamps: list[float] = []
        width = height = 0
        with contextlib.closing(_Follower(self.model, is_person_given=person is not None)) as follower:
            for number, frame in enumerate(frames):
                height, width = frame.image.shape[:2]
                people.add(number, follower.detect(frame))
                timestamps.append(frame.timestamp_s)
        if not timestamps:
            raise InputError(f"{source} has no frames; give a clip with at least one")
        ranked = people.ranked(len(timestamps), width, height)
        wanted = person or 1
        if not ranked:
            raise PoseError(
                f"no person was found in {source}; film the whole body, upright and well lit, from 2–4 metres away"
            )
        if wanted > len(ranked):
            n_people = "1 person was" if len(ranked) == 1 else f"{len(ranked)} people were"
            raise PoseError(f"{n_people} found in {source}, not {wanted}; choose a person from 1 to {len(ranked)}")
        track = _make_track(ranked[wanted - 1], np.array(timestamps), width, height)
        return track.with_warnings(_check_coverage(track, source) + _others_warning(ranked, person))


class _Follower:
    """Landmarkers for one clip."""

    def __init__(self, model: Path, *, is_person_given: bool) -> None:
        self._model = model
        self._is_person_given = is_person_given
        self._n_people = 1
        self._landmarker = create_landmarker(model)
        self._searcher = create_landmarker(model, n_people=MAX_PEOPLE, is_video=False)
        self._next_search_s = -np.inf
        self._last_ms = -1
        self._is_new = True

    def detect(self, frame: Frame) -> list[Detection]:
        """People in the next frame; one unless a search found more."""
        import mediapipe

        picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame.image)
        if frame.timestamp_s >= self._next_search_s and self._n_people < MAX_PEOPLE:
            every_s = _SEARCH_EVERY_WITH_PERSON_S if self._is_person_given else _SEARCH_EVERY_S
            self._next_search_s = frame.timestamp_s + every_s
            self._search(picture, frame.image)
        # MediaPipe counts in whole milliseconds, which must increase.
        self._last_ms = max(round(frame.timestamp_s * 1000), self._last_ms + 1)
        # The library speaks up in the first pictures only; later the user's own standard error stays untouched.
        with silenced_stderr() if self._is_new else contextlib.nullcontext():
            result = self._landmarker.detect_for_video(picture, self._last_ms)
        found = _read_result(result, frame.image)
        self._is_new = self._is_new and not found
        return drop_duplicates(found) if self._n_people > 1 else found

    def _search(self, picture: Any, image: Image) -> None:
        with silenced_stderr():
            found = drop_duplicates(_read_result(self._searcher.detect(picture), image))
        heights = sorted((float(d.box[3] - d.box[1]) for d in found), reverse=True)
        share = 0.0 if self._is_person_given else _MIN_HEIGHT_SHARE
        n_people = sum(height >= share * heights[0] for height in heights)
        if n_people > self._n_people:
            self._landmarker.close()
            self._landmarker = create_landmarker(self._model, n_people=n_people)
            self._n_people, self._last_ms, self._is_new = n_people, -1, True

    def close(self) -> None:
        with silenced_stderr():
            self._landmarker.close()
            self._searcher.close()


def _read_result(result: Any, image: Image) -> list[Detection]:
    height, width = image.shape[:2]
    detections = []
    for landmarks, world_landmarks in zip(result.pose_landmarks, result.pose_world_landmarks, strict=True):
        flat = np.array([(m.x * width, m.y * height, m.visibility * m.presence) for m in landmarks])
        world = np.array([(m.x, m.y, m.z) for m in world_landmarks])
        if np.isfinite(flat).all() and np.isfinite(world).all():
            detections.append(Detection(flat[:, :2], world, np.clip(flat[:, 2], 0.0, 1.0)))
    return detections


def _make_track(person: Person, timestamps: np.ndarray, width: int, height: int) -> PoseTrack:
    shape = (len(timestamps), len(BLAZEPOSE_33))
    image, world, confidence = np.full((*shape, 2), np.nan), np.full((*shape, 3), np.nan), np.zeros(shape)
    for number, detection in person.detections.items():
        image[number], world[number], confidence[number] = detection.image, detection.world, detection.confidence
    return PoseTrack(
        Motion(image, confidence, timestamps, BLAZEPOSE_33, "pixel"),
        Motion(world, confidence, timestamps, BLAZEPOSE_33, "metre"),
        width,
        height,
    )


def _check_coverage(track: PoseTrack, source: str) -> list[str]:
    """Warnings about frames without the person; raises `PoseError` when too few show one."""
    coverage = track.coverage
    if coverage < MIN_COVERAGE and _longest_stretch_s(track) < MIN_STRETCH_S:
        raise PoseError(
            f"a person was found in only {coverage:.0%} of the frames of {source}; film the whole body, well lit, "
            "from 2–4 metres away"
        )
    return [f"no person was found in {1 - coverage:.0%} of the frames"] if coverage < 0.9 else []


def _longest_stretch_s(track: PoseTrack) -> float:
    """Longest time in which the person is never lost for more than half a second."""
    seen = track.image.timestamps[~track.image.missing.all(axis=1)]
    pieces = np.split(seen, np.flatnonzero(np.diff(seen) > _MAX_GAP_S) + 1)
    return max(float(piece[-1] - piece[0]) for piece in pieces)


def _others_warning(ranked: list[Person], person: int | None) -> list[str]:
    if len(ranked) < 2 or person is not None:
        return []
    n_people = "two" if len(ranked) == 2 else str(len(ranked))
    return [
        f"there are {n_people} people in the picture: the most prominent one is followed, --person 2 picks the next"
    ]
