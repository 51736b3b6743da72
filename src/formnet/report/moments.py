"""Still pictures of single moments of a clip, with the skeleton drawn: for reports."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from formnet.geometry.paths import nearest_frame
from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame, Image, read_frames
from formnet.report.angles import draw_measured
from formnet.report.overlay import OverlaySegment
from formnet.report.picture import render_overlay

_DRAWN_PX = 960
_HEIGHT_PX = 360
_JPEG_QUALITY = 80


class BottomStills:
    """The deepest moment of each repetition, drawn as the frames of a clip go by.

    Args:
        track: the person's joints; frames are matched by time.
        segments: the repetitions.
    """

    def __init__(self, track: PoseTrack, segments: Sequence[OverlaySegment]) -> None:
        self._track, self._segments = track, segments
        times_s = track.image.timestamps
        self._wanted = {nearest_frame(times_s, segment.bottom_s): segment for segment in segments}
        self._found: dict[int, str] = {}
        self.is_complete = not self._wanted

    def look(self, frame: Frame) -> None:
        """Keeps a still of the frame where it shows a deepest moment; frames come in the order of showing."""
        if self.is_complete:
            return
        number = nearest_frame(self._track.image.timestamps, frame.timestamp_s)
        if number in self._wanted and number not in self._found:
            segment = self._wanted[number]
            self._found[number] = _encode(_draw(_shrink(frame), self._track, number, segment))
        self.is_complete = number > max(self._wanted)

    def images(self) -> list[str | None]:
        """A base64 JPEG for each repetition; None where no frame showed its deepest moment."""
        by_segment = {segment.number: self._found.get(number) for number, segment in self._wanted.items()}
        return [by_segment.get(segment.number) for segment in self._segments]


def render_bottoms(clip_path: str | Path, track: PoseTrack, segments: Sequence[OverlaySegment]) -> list[str | None]:
    """The deepest moment of each repetition as a base64 JPEG; None where the clip has no frame there.

    Raises:
        InputError: when the clip cannot be read.
    """
    stills = BottomStills(track, segments)
    for frame in read_frames(clip_path, max_side=_DRAWN_PX, playback=track.playback):
        stills.look(frame)
        if stills.is_complete:
            break
    return stills.images()


def _shrink(frame: Frame) -> Frame:
    """A frame of at most `_DRAWN_PX` pixels a side, so that lines are as wide in every still."""
    import cv2

    scale = _DRAWN_PX / max(frame.image.shape[:2])
    if scale >= 1.0:
        return frame
    small = cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Frame(frame.timestamp_s, small.astype(np.uint8, copy=False))


def _draw(frame: Frame, track: PoseTrack, number: int, segment: OverlaySegment) -> Image:
    height, width = frame.image.shape[:2]
    joints = track.image.positions[number] * [width / track.width, height / track.height]
    skeleton = track.image.skeleton
    picture = render_overlay(
        frame.image, joints, track.image.confidence[number], skeleton,
        highlighted=segment.joints or skeleton.joints, colour=segment.colour,
    )  # fmt: skip
    if segment.finding is not None:
        seen = {name: joints[n] for n, name in enumerate(skeleton.joints) if np.isfinite(joints[n]).all()}
        draw_measured(picture, seen, segment.finding, segment.colour)
    return picture


def _encode(picture: Image) -> str:
    import cv2

    scale = min(1.0, _HEIGHT_PX / picture.shape[0])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return base64.b64encode(data.tobytes()).decode()
