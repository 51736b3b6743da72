"""What a container claims of its pictures: rate, length, shape of the pixels; believed as far as it is likely."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from formnet.pose.container import has_own_times

if TYPE_CHECKING:
    import av

_MAX_FPS = 1000.0
"""Containers that repeat times or round them to microseconds claim more; no phone films faster."""


def is_still(container: av.container.InputContainer, stream: av.VideoStream) -> bool:
    """Whether a file is one picture, be it in a container of films (AVIF)."""
    return container.format.name.endswith("_pipe") or container.format.name == "image2" or stream.frames == 1


def read_frame_rate(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    """Mean rate; of a raw stream what its coding says, since the reader makes its mean up."""
    rates = [stream.average_rate, stream.guessed_rate]
    ordered = rates if has_own_times(container) else rates[::-1]
    return float(next((rate for rate in ordered if rate and rate <= _MAX_FPS), 30))


def read_capture_rate(container: av.container.InputContainer) -> float:
    """Frames per second that a phone filmed, where it wrote them down; else NaN."""
    try:
        return float(container.metadata.get("com.android.capture.fps", math.nan))
    except ValueError:
        return math.nan


def read_duration_s(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    """Seconds that the pictures last; 0 where nothing is said."""
    if container.format.name == "avi" and stream.frames and stream.average_rate:
        # The reader takes what is there for the length; the number of pictures in the head was written by the camera.
        return float(stream.frames / stream.average_rate)
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    ends_s = (float(container.duration) / 1e6 if container.duration else 0.0, _tagged_duration_s(stream))
    claimed_s = min((end_s for end_s in ends_s if end_s > 0), default=0.0)
    # Matroska says when the last picture ends, on a clock that need not begin at 0.
    start_s = float(container.start_time) / 1e6 if container.start_time else 0.0
    return claimed_s - start_s if 0 < start_s < claimed_s else claimed_s


def _tagged_duration_s(stream: av.VideoStream) -> float:
    """When the pictures of Matroska end by its tags, since sound may go on after them; 0 where it does not say."""
    match = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", "").strip("\x00 "))
    if match is None:
        return 0.0
    hours, minutes, seconds = (float(part) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def read_pixel_aspect(stream: av.VideoStream) -> float:
    """Width of a pixel in its height; 1 where the file says nothing sensible."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 0.1 < aspect < 10 else 1.0
