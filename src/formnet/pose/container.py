"""Opens what a user calls a video and decodes it, distrusting it."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from formnet.errors import InputError
from formnet.pose.photo import Tail, find_film, is_heic
from formnet.pose.timing import sort_times
from formnet.storage.kinds import describe_other_kind

if TYPE_CHECKING:
    import av

# Demuxers that would read text as pictures, follow addresses inside the file, or open devices.
_REFUSED_FORMATS = frozenset(
    {"tty", "concat", "hls", "dash", "sdp", "rtsp", "lavfi", "image2", "ffmetadata", "imf"}
    | {"webvtt", "srt", "ass", "microdvd", "bin", "idf", "xbin", "adf"}
)
# First bytes → FFmpeg's name for a single picture of that kind.
_PICTURES = {
    b"\x89PNG": "png_pipe",
    b"\xff\xd8\xff": "jpeg_pipe",
    b"BM": "bmp_pipe",
    b"RIFF....WEBP": "webp_pipe",
    b"II*\x00": "tiff_pipe",
    b"MM\x00*": "tiff_pipe",
}
# JPEGs one behind the other are a film by this name only: phones put a map of brightness or depth behind a photo.
_RAW_JPEG_SUFFIXES = (".mjpeg", ".mjpg")
_OPTIONS = {"protocol_whitelist": "file,crypto,data"}
_MAX_BROKEN_PACKETS = 200
# FFmpeg's AVFMT_NOTIMESTAMPS: raw streams, whose rate is made up by the reader where the coding does not say it.
_WITHOUT_TIMES = 0x0080
_LOOK_AHEAD = 48
_SORT_DEPTH = 16


class DamagedVideoError(Exception):
    """Decoding cannot go on; the text says why, in a few words."""


@contextlib.contextmanager
def open_container(path: Path, *, is_still: bool = False) -> Iterator[av.container.InputContainer]:
    """Opens a local file for reading; of a phone's motion photo the film inside, unless `is_still`.

    Raises:
        InputError: missing, a folder, empty, not allowed, no video file, or cut off.
    """
    check_readable(path)
    import av

    # Never av.logging.set_level here: its callback needs the GIL, and closing a decoder with threads then hangs.
    start = None if is_still else find_film(path)
    tail = None if start is None else Tail(path, start)
    try:
        # The whole path behind "file:" keeps FFmpeg from taking odd names for addresses; a picture is opened as what
        # its content says, else %03d in its name would be a numbered series.
        container: av.container.InputContainer = av.open(  # type: ignore[assignment]
            tail or f"file:{path.resolve()}",
            format=None if tail else _picture_format(path),
            options=_OPTIONS,
            metadata_errors="replace",
        )
    except (av.FFmpegError, ValueError, OSError) as error:
        raise _refusal(path) from error
    with tail or contextlib.nullcontext(), container:
        if set(container.format.name.split(",")) & _REFUSED_FORMATS:
            raise _refusal(path)
        yield container


def check_readable(path: Path) -> None:
    """Refuses what is no ordinary, non-empty, readable file with one sentence (`InputError`)."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder, not a video; name a video file in it")
        if not path.exists():
            raise InputError(f"there is no file {path}; check the path")
        if not path.is_file():
            raise InputError(f"{path} is no ordinary file; save the video to a file first")
        if path.stat().st_size == 0:
            raise InputError(f"{path} is empty (0 bytes); copy or record the video again")
        with path.open("rb"):
            pass
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path and its permissions") from error
    except ValueError as error:
        raise InputError(f"{str(path)!r} is no file name ({error}); check the path") from error


def choose_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """The largest of the films in a file (see `list_films`), set up for threaded decoding.

    Raises:
        InputError: when the file has no pictures or they are of an unknown coding.
    """
    streams = list_films(container)
    if not streams:
        kind = "sound but no picture" if container.streams.audio else "no picture"
        raise InputError(f"{path} holds {kind}; give a file with video")
    # A stream of an unknown coding has not even a size.
    if not (known := [s for s in streams if s.codec_context is not None]):
        raise InputError(f"{path} is coded or locked in a way that cannot be decoded here; export it as H.264 MP4")
    stream = max(known, key=lambda s: (s.width or 0) * (s.height or 0))
    stream.thread_type = "AUTO"
    return stream


def list_films(container: av.container.InputContainer) -> list[av.VideoStream]:
    """The video streams that are no cover picture; of those the ones that hold more than one picture, if any does."""
    import av

    streams = [s for s in container.streams.video if not (s.disposition & av.stream.Disposition.attached_pic)]
    # Some say nothing of a cover; an AVIF sequence holds its first picture a second time as a stream of one frame.
    return [s for s in streams if s.frames != 1] or streams


def describe_streams(path: Path) -> list[tuple[str, str]]:
    """(name, text) of what is in a file: its container, and each stream.

    Raises:
        InputError: as `open_container` does.
    """
    check_readable(path)
    start = find_film(path)
    lines = [] if start is None else [("photo", f"a phone's motion photo; a film begins at byte {start}")]
    with open_container(path) as container:
        size_kb = max(1, round(path.stat().st_size / 1000))
        lines.append(("file", f"{container.format.long_name or container.format.name}, {size_kb:,} kB"))
        # FFmpeg knows no size of an animated WebP before its first picture.
        sizes = {
            s.index: f", {s.width}×{s.height}"
            for s in container.streams.video
            if s.codec_context is not None and s.width and s.height
        }
        for stream in container.streams:
            codec = stream.codec_context.name if stream.codec_context is not None else "unknown coding"
            lines.append((f"stream {stream.index}", f"{stream.type}, {codec}{sizes.get(stream.index, '')}"))
    return lines


def read_last_time_s(path: Path) -> float:
    """Where the last stored piece of any stream ends, in seconds; sound may go on after the last picture."""
    import av

    last_s = 0.0
    with open_container(path) as container:
        try:
            for packet in container.demux():
                if packet.pts is not None and packet.time_base is not None:
                    last_s = max(last_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        except (av.FFmpegError, OSError):
            # What is stored after damage counts for nothing.
            return last_s
    return last_s


def has_own_times(container: av.container.InputContainer) -> bool:
    """False for raw streams, which do not say when their pictures were taken."""
    return not container.format.flags & _WITHOUT_TIMES


def iterate_timed(
    container: av.container.InputContainer, stream: av.VideoStream, step_s: float
) -> Generator[tuple[float | None, av.VideoFrame], None, None]:
    """Decoded pictures in the order of showing with the times the container says, sorted where it mixes them up.

    Raises:
        DamagedVideoError: at the end, when the file broke off or packets were damaged.
    """
    import av

    packets = container.demux(stream)
    first: list[av.Packet] = []
    ending: Exception | None = None
    try:
        first.extend(itertools.islice(packets, _LOOK_AHEAD))
    except (av.FFmpegError, OSError) as error:
        ending = error
    # Pictures that show others before them are stored after them. Times that only rise in the order of storing are
    # times of decoding, put at the wrong pictures.
    times = [packet.pts for packet in first if packet.pts is not None]
    is_mixed = bool(stream.codec_context.has_b_frames) and all(a <= b for a, b in itertools.pairwise(times))
    decoded = _decode(_replay(first, ending, packets))
    yield from sort_times(((picture.time, picture) for picture in decoded), _SORT_DEPTH if is_mixed else 0, step_s)


def _replay(first: list[av.Packet], ending: Exception | None, packets: Iterator[av.Packet]) -> Iterator[av.Packet]:
    yield from first
    if ending is not None:
        raise ending
    # Where fewer came than were asked for, PyAV's own generator is at its end and must not be asked again.
    if len(first) == _LOOK_AHEAD:
        yield from packets


def _decode(packets: Iterator[av.Packet]) -> Iterator[av.VideoFrame]:
    """Pictures in the order of showing; single damaged packets are passed over."""
    import av

    n_broken, problem = 0, ""
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, OSError) as error:
            problem = f"reading stops: {_reason(error)}"
            break
        if packet is None:
            break
        try:
            yield from packet.decode()
        except (av.FFmpegError, ValueError) as error:
            n_broken += 1
            problem = f"{n_broken} damaged piece{'s' if n_broken > 1 else ''}: {_reason(error)}"
            if n_broken >= _MAX_BROKEN_PACKETS:
                break
    if problem:
        raise DamagedVideoError(problem)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text.split(";")[0].strip().rstrip(".").lower()[:80]


def _refusal(path: Path) -> InputError:
    # MP4 keeps its index in a box named moov, often at the end: a copy that was cut off has none.
    with path.open("rb") as file:
        head = file.read(12)
    if (kind := describe_other_kind(path)) is not None:
        return InputError(f"{path} {kind}")
    if is_heic(head):
        return InputError(f"{path} is a HEIC picture, which cannot be read here; save it as JPEG")
    if head[4:8] == b"ftyp" and not _has_box(path, b"moov"):
        return InputError(f"{path} is cut off (its index is missing); copy or record the video again")
    return InputError(f"{path} is no video that can be read; give an MP4, MOV, AVI, MKV or WebM file")


def _picture_format(path: Path) -> str | None:
    if path.suffix.lower() in _RAW_JPEG_SUFFIXES:
        return None
    with path.open("rb") as file:
        head = file.read(16)
    for signature, name in _PICTURES.items():
        if re.match(signature if b"RIFF" in signature else re.escape(signature), head, re.DOTALL):
            return name
    return None


def _has_box(path: Path, wanted: bytes) -> bool:
    """Whether an MP4 file has a whole box of this type at its top level."""
    size = path.stat().st_size
    offset = 0
    with path.open("rb") as file:
        while offset + 8 <= size:
            file.seek(offset)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length == 0:
                length = size - offset
            if head[4:8] == wanted:
                return offset + length <= size
            if length < 8:
                return False
            offset += length
    return False
