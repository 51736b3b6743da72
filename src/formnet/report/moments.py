"""Still pictures of single moments of a clip, with the skeleton drawn: for reports."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame, Image, read_frames
from formnet.report.angles import draw_measured
from formnet.report.overlay import OverlaySegment
from formnet.report.picture import render_overlay

_HEIGHT_PX = 360
_JPEG_QUALITY = 80


def render_bottoms(clip_path: str | Path, track: PoseTrack, segments: Sequence[OverlaySegment]) -> list[str | None]:
    """The deepest moment of each repetition as a base64 JPEG; None where the clip has no frame there.

    Raises:
        InputError: when the clip cannot be read.
    """
    times_s = track.image.timestamps
    wanted = {int(np.argmin(np.abs(times_s - segment.bottom_s))): segment for segment in segments}
    found: dict[int, str] = {}
    last_number = max(wanted, default=-1)
    for frame in read_frames(clip_path, max_side=960, playback=track.playback):
        number = int(np.argmin(np.abs(times_s - frame.timestamp_s)))
        if number in wanted and number not in found:
            found[number] = _encode(_draw(frame, track, number, wanted[number]))
        if number > last_number:
            break
    by_segment = {segment.number: found.get(number) for number, segment in wanted.items()}
    return [by_segment.get(segment.number) for segment in segments]


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
