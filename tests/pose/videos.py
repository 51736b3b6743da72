"""Small videos made on the spot, sound and broken."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from formnet.pose.video import Image

TICKS = 90_000


def make_video(
    path: Path,
    images: Sequence[Image],
    times_s: Sequence[float] | None = None,
    *,
    rotation_deg: int = 0,
    hflip: bool = False,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    faststart: bool = False,
    aspect: Fraction | None = None,
    with_sound: bool = False,
    sound_s: float | None = None,
) -> Path:
    """Writes RGB images at these times; `rotation_deg` counts counter-clockwise as FFmpeg does."""
    times_s = [n / 25 for n in range(len(images))] if times_s is None else times_s
    with av.open(str(path), "w", options={"movflags": "+faststart"} if faststart else {}) as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, TICKS)
        stream.codec_context.gop_size = 5
        if codec == "libvpx":
            # Left alone it takes half a second a picture.
            stream.options = {"deadline": "realtime", "cpu-used": "16", "lag-in-frames": "0"}
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation_deg or hflip:
            stream.set_display_rotation(rotation_deg, hflip=hflip)
        if with_sound:
            _add_sound(container, len(images) / 25 if sound_s is None else sound_s)
        for image, time_s in zip(images, times_s, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = round(time_s * TICKS), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_sound(path: Path, duration_s: float = 1.0) -> Path:
    """A file with sound only."""
    with av.open(str(path), "w") as container:
        _add_sound(container, duration_s)
    return path


def _add_sound(container: av.container.OutputContainer, duration_s: float) -> None:
    stream = container.add_stream("aac", rate=16_000, layout="mono")
    for start in range(0, int(16_000 * duration_s), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16_000, start, Fraction(1, 16_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def quarters(width: int = 64, height: int = 48) -> Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[: height // 2, : width // 2] = (230, 20, 20)
    image[: height // 2, width // 2 :] = (20, 200, 20)
    image[height // 2 :, : width // 2] = (20, 20, 230)
    image[height // 2 :, width // 2 :] = (235, 235, 235)
    return image


def noise(n_frames: int, width: int = 160, height: int = 120) -> list[Image]:
    """Pictures that do not compress to nothing."""
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (height, width, 3), dtype=np.uint8) for _ in range(n_frames)]


def corner_names(image: Image) -> tuple[str, str, str, str]:
    """Colours of `quarters` at top left, top right, bottom left, bottom right."""
    height, width = image.shape[:2]
    names = []
    for y, x in ((0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75)):
        red, green, blue = (int(v) for v in image[int(y * height), int(x * width)])
        if min(red, green, blue) > 150:
            names.append("white")
        else:
            names.append(("red", "green", "blue")[int(np.argmax([red, green, blue]))])
    return names[0], names[1], names[2], names[3]
