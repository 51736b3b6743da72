"""Frames of a video with their true times, upright, in RGB.

Phone video has a variable frame rate, so frame number / frame rate is wrong; and it is stored lying on its side
with a note how to turn it, which PyAV reports but does not apply. Both are settled here, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.pose.container import DamagedVideoError, choose_stream, iterate_decoded, open_container
from formnet.pose.orientation import UPRIGHT, Orientation, orient_image, read_orientation
from formnet.pose.timing import MonotonicClock, Thinner

if TYPE_CHECKING:
    import av

Image = NDArray[np.uint8]

MIN_KEPT_S = 1.0
"""A damaged video whose readable beginning is at least this long is used, with a warning."""
_MAX_PIXELS = 64 * 10**6


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture.

    Attributes:
        timestamp_s: seconds since the first picture of the clip.
        image: (H, W, 3) uint8 RGB, upright.
    """

    timestamp_s: float
    image: Image


@dataclass(frozen=True)
class VideoInfo:
    """What a video says about itself.

    Attributes:
        width, height: pixels as shown, after rotation and with square pixels.
        fps: mean frame rate; NaN for a still picture.
        duration_s: seconds; 0 for a still picture.
        rotation_deg: clockwise turn that was applied to the stored pictures: 0, 90, 180 or 270.
        n_frames_estimate: what the container claims, or duration × frame rate; at least 1.
    """

    width: int
    height: int
    fps: float
    duration_s: float
    rotation_deg: int
    n_frames_estimate: int


def probe_video(path: str | Path) -> VideoInfo:
    """Reads the head of a video and its first picture.

    Raises:
        InputError: one sentence that names the file and the remedy.
    """
    path = Path(path)
    with open_container(path) as container:
        stream = choose_stream(container, path)
        _check_size(stream.width, stream.height, path)
        with closing(iterate_decoded(container, stream)) as decoded:
            try:
                first = next(decoded, None)
            except DamagedVideoError:
                first = None
        if first is None:
            raise _no_frames(path)
        orientation = read_orientation(first)
        width, height = _shown_size(first.width, first.height, _pixel_aspect(stream), None)
        if orientation.is_transposed:
            width, height = height, width
        if _is_still(container):
            return VideoInfo(width, height, math.nan, 0.0, orientation.rotation_deg, 1)
        fps = float(stream.average_rate or stream.guessed_rate or 30)
        duration_s = _claimed_duration_s(container, stream)
        n_frames = stream.frames or round(duration_s * fps)
        if duration_s == 0.0:
            duration_s = n_frames / fps
        return VideoInfo(width, height, fps, duration_s, orientation.rotation_deg, max(1, n_frames))


def read_frames(
    path: str | Path,
    *,
    max_side: int | None = None,
    max_fps: float | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> Iterator[Frame]:
    """Frames of a video or still picture, one at a time.

    Times are those of the container, counted from the first picture; where the container repeats a time, lacks
    one or jumps back, the frame takes a time after its predecessor, so times strictly increase.

    Args:
        path: a video or picture file.
        max_side: pictures with a longer side are scaled down to it.
        max_fps: frames that come faster are left out.
        on_warning: is told in one sentence when the file is damaged but its beginning could be used.

    Raises:
        InputError: one sentence that names the file and the remedy: missing, a folder, empty, no video, audio
            only, cut off, without frames, or broken before the first second was read.
    """
    path = Path(path)
    with open_container(path) as container:
        stream = choose_stream(container, path)
        _check_size(stream.width, stream.height, path)
        clock = MonotonicClock(1.0 / float(stream.average_rate or stream.guessed_rate or 30))
        thinner = Thinner(max_fps)
        aspect = _pixel_aspect(stream)
        orientation: Orientation = UPRIGHT
        time_s, n_frames, problem = 0.0, 0, ""
        with closing(iterate_decoded(container, stream)) as decoded:
            while True:
                try:
                    picture = next(decoded, None)
                except DamagedVideoError as error:
                    problem = str(error)
                    break
                if picture is None:
                    break
                if n_frames == 0:
                    orientation = read_orientation(picture)
                time_s = clock.advance(picture.time)
                n_frames += 1
                if thinner.keeps(time_s):
                    _check_size(picture.width, picture.height, path)
                    yield Frame(time_s, _to_upright_rgb(picture, aspect, max_side, orientation))
        if n_frames == 0:
            raise _no_frames(path)
        claimed_s = 0.0 if _is_still(container) else _claimed_duration_s(container, stream)
    # A file that was cut off often ends without any error: it is shorter than it says.
    if not problem and claimed_s > 0 and time_s < 0.9 * claimed_s - 0.5:
        problem = "it ends early"
    if problem:
        _report_damage(path, problem, time_s, claimed_s, on_warning)


def _report_damage(
    path: Path, problem: str, read_s: float, claimed_s: float, on_warning: Callable[[str], None] | None
) -> None:
    if read_s < MIN_KEPT_S:
        raise InputError(
            f"{path} is damaged ({problem}; only {read_s:.1f} s could be read); copy or record the video again"
        )
    if on_warning is not None:
        of_all = f" of {claimed_s:.1f} s" if claimed_s > read_s else ""
        on_warning(f"the video is damaged ({problem}): only the first {read_s:.1f} s{of_all} could be read")


def _no_frames(path: Path) -> InputError:
    return InputError(f"{path} has no picture that can be decoded; record or export the video again")


def _check_size(width: int, height: int, path: Path) -> None:
    if width * height > _MAX_PIXELS:
        raise InputError(f"{path} has pictures of {width}×{height} pixels; scale the video down to 3840×2160 or less")


def _is_still(container: av.container.InputContainer) -> bool:
    return container.format.name.endswith("_pipe") or container.format.name == "image2"


def _claimed_duration_s(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration) / 1e6 if container.duration else 0.0


def _pixel_aspect(stream: av.VideoStream) -> float:
    """Width of a pixel in its height; 1 where the file says nothing sensible."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 0.1 < aspect < 10 else 1.0


def _shown_size(width: int, height: int, aspect: float, max_side: int | None) -> tuple[int, int]:
    wide, high = width * aspect, float(height)
    if max_side is not None and max(wide, high) > max_side:
        scale = max_side / max(wide, high)
        wide, high = wide * scale, high * scale
    return max(1, round(wide)), max(1, round(high))


def _to_upright_rgb(picture: av.VideoFrame, aspect: float, max_side: int | None, orientation: Orientation) -> Image:
    width, height = _shown_size(picture.width, picture.height, aspect, max_side)
    return orient_image(cast(Image, picture.to_ndarray(format="rgb24", width=width, height=height)), orientation)
