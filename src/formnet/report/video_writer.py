"""H.264 video that plays in a browser, with the true time of every frame."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.pose.video import Frame, Image
from formnet.storage.files import atomic_path

_TICKS_PER_S = 90_000
_BT709 = 1
_CRF = 22
"""Quality of x264, lower is better: 18 is nearly lossless, 28 coarse."""


def write_video(frames: Iterable[Frame], path: str | Path, *, fps: float = 30.0, remark: str = "") -> int:
    """Writes frames one by one; the file appears under its name only when it is complete.

    Args:
        frames: pictures of one size, times strictly increasing; variable rates are kept.
        path: file ending in .mp4, .mov or .mkv.
        fps: nominal rate, for the length of the last frame and for players that ask.
        remark: kept in the file as its comment.

    Returns:
        Number of frames written.

    Raises:
        InputError: when the target cannot be written, or there are no frames.
    """
    import av

    path = Path(path)
    if path.suffix.lower() not in (".mp4", ".mov", ".mkv"):
        raise InputError(f"{path} has no ending of a video file; use .mp4")
    rate = Fraction(fps if math.isfinite(fps) and fps > 0 else 30.0).limit_denominator(1001)
    with atomic_path(path) as temporary:
        try:
            return _encode(frames, temporary, rate, remark)
        except av.FFmpegError as error:
            raise InputError(
                f"{path} cannot be written ({error.strerror or error}); free space or choose another folder"
            ) from error
        except _NoFramesError:
            raise InputError(f"{path} cannot be written: there are no frames to put in it") from None


class _NoFramesError(Exception):
    pass


def _encode(frames: Iterable[Frame], path: Path, rate: Fraction, remark: str) -> int:
    import av
    from av.video.reformatter import Colorspace, VideoReformatter

    # One for all frames: each of its own would work out its tables anew, which takes as long as the conversion.
    reformatter, n_frames, last_tick = VideoReformatter(), 0, -1
    nominal_ticks = round(_TICKS_PER_S / rate)
    # faststart: the index goes to the front, so that a browser can begin before it has the whole file.
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        if remark:
            container.metadata["comment"] = remark
        stream = None
        for frame in frames:
            image = _pad_to_even(frame.image)
            if stream is None:
                stream = container.add_stream("libx264", rate=rate, options={"crf": str(_CRF), "preset": "veryfast"})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = Fraction(1, _TICKS_PER_S)
                stream.codec_context.gop_size = 60
                context = stream.codec_context
                context.colorspace = context.color_primaries = context.color_trc = _BT709
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture = reformatter.reformat(picture, format="yuv420p", dst_colorspace=Colorspace.ITU709)
            last_tick = max(round(frame.timestamp_s * _TICKS_PER_S), last_tick + 1)
            picture.pts, picture.time_base = last_tick, Fraction(1, _TICKS_PER_S)
            picture.duration = nominal_ticks
            container.mux(stream.encode(picture))
            n_frames += 1
        if stream is None:
            raise _NoFramesError
        container.mux(stream.encode(None))
    return n_frames


def _pad_to_even(image: Image) -> Image:
    """Repeats the last row or column where a side is odd: 4:2:0 colour needs even sides."""
    odd_height, odd_width = image.shape[0] % 2, image.shape[1] % 2
    if odd_height or odd_width:
        image = np.pad(image, ((0, odd_height), (0, odd_width), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)
