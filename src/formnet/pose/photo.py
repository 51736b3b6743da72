"""Pictures that hold more than one: films inside phone photos, and animated GIF, WebP and PNG."""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing_extensions import Buffer

_JPEG, _PNG, _WEBP, _GIF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"WEBP", b"GIF8"
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc", b"hevx"})
_SLOWEST_BROWSER_DELAY_MS = 10
_BROWSER_DELAY_MS = 100
"""Browsers show a picture whose delay is at most 10 ms for 100 ms."""


def find_film(path: Path) -> int | None:
    """Where an MP4 begins inside a phone's motion photo (JPEG or HEIC with a film behind it); None where none does."""
    with path.open("rb") as file:
        head = file.read(12)
        if not (head.startswith(_JPEG) or is_heic(head)):
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            at = content.find(b"ftyp", 12)
            while at > 0:
                start = at - 4
                length = int.from_bytes(content[start:at], "big")
                if 16 <= length <= 256 and content.find(b"moov", at) > 0 and content[at + 4 : at + 8].isascii():
                    return start
                at = content.find(b"ftyp", at + 4)
    return None


def is_heic(head: bytes) -> bool:
    """Whether the first 12 bytes of a file are those of a HEIC picture."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def is_animated(path: Path) -> bool:
    """Whether a file is a GIF, or a WebP or PNG that holds several pictures which follow each other."""
    with path.open("rb") as file:
        head = file.read(65536)
    if head.startswith(_GIF):
        return True
    if head[:4] == b"RIFF" and head[8:12] == _WEBP:
        return head[12:16] == b"VP8X" and bool(head[20] & 0x02)
    return head.startswith(_PNG) and 0 < head.find(b"acTL") < (head.find(b"IDAT") % (len(head) + 1))


def is_moving_avif(path: Path) -> bool:
    """Whether a file is a sequence of AVIF pictures, which is read as films are."""
    with path.open("rb") as file:
        head = file.read(64)
    return head[4:8] == b"ftyp" and b"avis" in head[8:]


def read_animation(path: Path, max_pixels: int) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Time in seconds and RGB pixels (H, W, 3) of each picture; delays as browsers show them.

    Raises:
        OSError, ValueError, EOFError, SyntaxError: as Pillow does for a damaged file, and for pictures of more than
            `max_pixels`.
    """
    from PIL import Image

    try:
        picture = Image.open(path)
    except Image.DecompressionBombError as error:
        raise ValueError(str(error).partition(",")[0]) from None
    with picture:
        if picture.width * picture.height > max_pixels:
            raise ValueError(f"pictures of {picture.width}×{picture.height} pixels")
        time_ms = 0.0
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            picture.load()
            yield time_ms / 1000, np.asarray(picture.convert("RGB"), dtype=np.uint8)
            delay_ms = float(picture.info.get("duration", 0) or 0)
            time_ms += delay_ms if delay_ms > _SLOWEST_BROWSER_DELAY_MS else _BROWSER_DELAY_MS


class Tail(io.RawIOBase):
    """A file from a given byte on, as if it began there."""

    def __init__(self, path: Path, start: int) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._start = start
        self._file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        return self._file.readinto(buffer)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = self._start if whence == io.SEEK_SET else 0
        return self._file.seek(base + offset, whence) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start

    def close(self) -> None:
        self._file.close()
        super().close()
