"""Frames of a video with their true times, upright, in RGB.

Phone video has a variable frame rate, so frame number / frame rate is wrong; and it is stored lying on its side
with a note how to turn it, which PyAV reports but does not apply. Both are settled here, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.playback import AS_IT_IS, Playback
from formnet.pose.claims import is_still, read_capture_rate, read_duration_s, read_frame_rate, read_pixel_aspect
from formnet.pose.container import (
    DamagedVideoError,
    check_readable,
    choose_stream,
    has_own_times,
    iterate_timed,
    list_films,
    open_container,
    read_last_time_s,
)
from formnet.pose.orientation import UPRIGHT, Orientation, fit_image, orient_image, read_orientation, turn_image
from formnet.pose.photo import is_animated, read_animation
from formnet.pose.timing import MonotonicClock, Thinner

if TYPE_CHECKING:
    import av

Image = NDArray[np.uint8]

MIN_KEPT_S = 1.0
"""A damaged video whose readable beginning is at least this long is used, with a warning."""
_MAX_PIXELS = 64 * 10**6
_MAX_LISTED = 6
_NEARLY_ALL = 0.95


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
        capture_fps: rate at which a phone filmed, where the file says it; above `fps` in slow motion.
    """

    width: int
    height: int
    fps: float
    duration_s: float
    rotation_deg: int
    n_frames_estimate: int
    capture_fps: float = math.nan


def probe_video(path: str | Path, playback: Playback = AS_IT_IS) -> VideoInfo:
    """Reads the head of a video and its first picture.

    Raises:
        InputError: one sentence that names the file and the remedy.
    """
    path = Path(path)
    check_readable(path)
    if is_animated(path):
        return _probe_animation(path, playback)
    with open_container(path, is_still=playback.is_still) as container:
        stream = choose_stream(container, path)
        _check_size(stream.width, stream.height, path)
        rate = read_frame_rate(container, stream)
        with closing(iterate_timed(container, stream, 1 / rate)) as decoded:
            try:
                first = next(decoded, None)
            except DamagedVideoError:
                first = None
        if first is None:
            raise _no_frames(path)
        orientation = read_orientation(first[1])
        width, height = _upright_size(first[1], read_pixel_aspect(stream), None, orientation, playback)
        turned_deg = (orientation.rotation_deg + playback.turn_deg) % 360
        if is_still(container, stream):
            return VideoInfo(width, height, math.nan, 0.0, turned_deg, 1)
        duration_s = read_duration_s(container, stream)
        n_frames = stream.frames or round(duration_s * rate)
        if duration_s == 0.0:
            duration_s = n_frames / rate
        return VideoInfo(
            width,
            height,
            rate * playback.slow_motion,
            duration_s / playback.slow_motion,
            turned_deg,
            max(1, n_frames),
            read_capture_rate(container),
        )


def read_frames(
    path: str | Path,
    *,
    max_side: int | None = None,
    max_fps: float | None = None,
    playback: Playback = AS_IT_IS,
    from_s: float = 0.0,
    on_warning: Callable[[str], None] | None = None,
) -> Iterator[Frame]:
    """Frames of a video or still picture, one at a time, in the order of showing.

    Times are those of the container, counted from the first picture; where the container repeats a time, lacks
    one or jumps back, the frame takes a time after its predecessor, so times strictly increase.

    Args:
        path: a video or picture file; of a phone's motion photo the film inside is read.
        max_side: pictures with a longer side are scaled down to it.
        max_fps: frames that come faster are left out.
        playback: what the file does not say itself.
        from_s: earlier frames are left out; they are still decoded, so that all times are the same.
        on_warning: is told in one sentence each when the file is damaged but its beginning could be used, when
            recordings were joined, and when the file holds no times.

    Raises:
        InputError: one sentence that names the file and the remedy: missing, a folder, empty, no video, audio
            only, cut off, without frames, or broken before the first second was read.
    """
    path = Path(path)
    check_readable(path)
    tell = on_warning or (lambda sentence: None)
    thinner = Thinner(max_fps)
    if is_animated(path):
        frames = _read_animation(path, thinner, max_side, playback)
        yield from (frame for frame in frames if frame.timestamp_s >= from_s)
        return
    with open_container(path, is_still=playback.is_still) as container:
        stream = choose_stream(container, path)
        is_one = is_still(container, stream)
        others = _describe_others(list_films(container), stream)
        _check_size(stream.width, stream.height, path)
        rate = read_frame_rate(container, stream)
        clock = MonotonicClock(1.0 / rate)
        aspect = read_pixel_aspect(stream)
        orientation, size, stored = UPRIGHT, (0, 0), (0, 0)
        resized_s: list[float] = []
        time_s, last_s, n_frames, problem = 0.0, 0.0, 0, ""
        with closing(iterate_timed(container, stream, 1.0 / rate)) as decoded:
            while True:
                try:
                    timed = next(decoded, None)
                except DamagedVideoError as error:
                    problem = str(error)
                    break
                if timed is None:
                    break
                own_s, picture = timed
                if n_frames == 0:
                    orientation = read_orientation(picture)
                    size = _upright_size(picture, aspect, max_side, orientation, playback)
                time_s = clock.advance(own_s if has_own_times(container) else None)
                last_s = own_s or 0.0
                if n_frames and (picture.width, picture.height) != stored:
                    resized_s.append(time_s)
                stored = picture.width, picture.height
                n_frames += 1
                if thinner.keeps(time_s / playback.slow_motion) and time_s / playback.slow_motion >= from_s:
                    _check_size(picture.width, picture.height, path)
                    image = turn_image(_to_upright_rgb(picture, aspect, max_side, orientation), playback.turn_deg)
                    yield Frame(time_s / playback.slow_motion, fit_image(image, size))
                if is_one:
                    # Behind a photo stands what is no film: its brightness, its depth, a smaller one.
                    break
        if n_frames == 0:
            raise _no_frames(path)
        claimed_s = 0.0 if is_one else read_duration_s(container, stream)
    # A file that was cut off often ends without any error: it is shorter than it says, by either way of counting.
    if not problem and _ends_early(max(time_s, last_s), claimed_s) and _ends_early(read_last_time_s(path), claimed_s):
        problem = "it ends early"
    if problem:
        _report_damage(path, problem, time_s, claimed_s, on_warning)
    if clock.n_guessed > n_frames / 2 and not is_one:
        tell(f"the video does not say when its pictures were taken: {rate:.4g} frames per second were assumed")
    for sentence in (*others, *_describe_joints(clock.joints_s, resized_s, playback.slow_motion)):
        tell(sentence)


def _probe_animation(path: Path, playback: Playback) -> VideoInfo:
    times_s, size = [], (0, 0)
    for time_s, pixels in _open_animation(path, playback):
        times_s.append(time_s)
        size = (pixels.shape[1], pixels.shape[0])
    width, height = size if playback.turn_deg in (0, 180) else size[::-1]
    duration_s = times_s[-1] / playback.slow_motion
    rate = (len(times_s) - 1) / duration_s if duration_s > 0 else math.nan
    return VideoInfo(width, height, rate, duration_s, playback.turn_deg, len(times_s))


def _read_animation(path: Path, thinner: Thinner, max_side: int | None, playback: Playback) -> Iterator[Frame]:
    import av

    for time_s, pixels in _open_animation(path, playback):
        if thinner.keeps(time_s / playback.slow_motion):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            image = _to_upright_rgb(picture, 1.0, max_side, UPRIGHT)
            yield Frame(time_s / playback.slow_motion, turn_image(image, playback.turn_deg))


def _open_animation(path: Path, playback: Playback) -> Iterator[tuple[float, Image]]:
    n_pictures = 0
    try:
        for timed in read_animation(path, _MAX_PIXELS):
            n_pictures += 1
            yield timed
            if playback.is_still:
                return
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        raise InputError(
            f"{path} is an animation that cannot be read ({error}; after {n_pictures} pictures); save it as a video"
        ) from error


def _describe_others(films: Sequence[av.VideoStream], stream: av.VideoStream) -> list[str]:
    if len(films) < 2:
        return []
    sizes = ", ".join(
        f"stream {one.index} of {'unknown coding' if one.codec_context is None else f'{one.width}×{one.height}'}"
        for one in films
    )
    return [f"the file holds {len(films)} videos ({sizes}): stream {stream.index} is read; export another by itself"]


def _describe_joints(joints_s: Sequence[float], resized_s: Sequence[float], slow_motion: float) -> list[str]:
    said = []
    if joints_s:
        at = _list_times(joints_s, slow_motion)
        said.append(
            f"the video joins recordings: its time jumps at {at} s; each part goes on where the one before ends"
        )
    if resized_s:
        at = _list_times(resized_s, slow_motion)
        said.append(f"the pictures change their size at {at} s: all are shown in that of the first")
    return said


def _list_times(times_s: Sequence[float], slow_motion: float) -> str:
    more = ", …" if len(times_s) > _MAX_LISTED else ""
    return ", ".join(f"{time_s / slow_motion:.1f}" for time_s in times_s[:_MAX_LISTED]) + more


def _ends_early(last_s: float, claimed_s: float) -> bool:
    return claimed_s > 0 and last_s < 0.9 * claimed_s - 0.5


def _report_damage(
    path: Path, problem: str, read_s: float, claimed_s: float, on_warning: Callable[[str], None] | None
) -> None:
    if read_s < MIN_KEPT_S:
        raise InputError(
            f"{path} is damaged ({problem}; only {read_s:.1f} s could be read); copy or record the video again"
        )
    if on_warning is not None and claimed_s > 0 and read_s > _NEARLY_ALL * claimed_s - 0.1:
        on_warning(f"the video is damaged ({problem}): what could not be read was passed over")
    elif on_warning is not None:
        of_all = f" of {claimed_s:.1f} s" if claimed_s > read_s else ""
        on_warning(f"the video is damaged ({problem}): only the first {read_s:.1f} s{of_all} could be read")


def _no_frames(path: Path) -> InputError:
    return InputError(f"{path} has no picture that can be decoded; record or export the video again")


def _check_size(width: int, height: int, path: Path) -> None:
    if width * height > _MAX_PIXELS:
        raise InputError(f"{path} has pictures of {width}×{height} pixels; scale the video down to 3840×2160 or less")


def _shown_size(width: int, height: int, aspect: float, max_side: int | None) -> tuple[int, int]:
    wide, high = width * aspect, float(height)
    if max_side is not None and max(wide, high) > max_side:
        scale = max_side / max(wide, high)
        wide, high = wide * scale, high * scale
    return max(1, round(wide)), max(1, round(high))


def _upright_size(
    picture: av.VideoFrame, aspect: float, max_side: int | None, orientation: Orientation, playback: Playback
) -> tuple[int, int]:
    """(width, height) of a picture as it is shown."""
    width, height = _shown_size(picture.width, picture.height, aspect, max_side)
    return (height, width) if orientation.is_transposed != (playback.turn_deg in (90, 270)) else (width, height)


def _to_upright_rgb(picture: av.VideoFrame, aspect: float, max_side: int | None, orientation: Orientation) -> Image:
    width, height = _shown_size(picture.width, picture.height, aspect, max_side)
    return orient_image(cast(Image, picture.to_ndarray(format="rgb24", width=width, height=height)), orientation)
