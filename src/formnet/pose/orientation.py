"""The display matrix: how a player turns and mirrors the stored pictures."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import av
    from typing_extensions import Buffer


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to lay a picture: first transpose, then flip columns, then flip rows."""

    is_transposed: bool = False
    is_flipped_x: bool = False
    is_flipped_y: bool = False

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn in degrees (of the unmirrored picture, for a mirrored one)."""
        if self.is_transposed:
            return 90 if self.is_flipped_x else 270
        return 180 if self.is_flipped_y else 0


UPRIGHT = Orientation()
# By quarter turns clockwise.
_TURNS = (UPRIGHT, Orientation(True, True, False), Orientation(False, True, True), Orientation(True, False, True))


def compute_orientation(matrix: tuple[int, ...]) -> Orientation:
    """The nearest of the eight orientations to a display matrix.

    Args:
        matrix: nine numbers (a b u c d v x y w) of FFmpeg's layout; a stored point (p, q) is shown at
            (a·p + c·q, b·p + d·q), with x to the right and y down.
    """
    a, b, _, c, d = matrix[:5]
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


def read_orientation(picture: av.VideoFrame) -> Orientation:
    """The orientation that a decoded picture carries."""
    try:
        data = picture.side_data.get("DISPLAYMATRIX")
    except ValueError:
        # PyAV knows no name for some side data (EXIF of phone pictures) and then gives none at all; the turn alone
        # is still to be had, counter-clockwise.
        return _TURNS[round(-picture.rotation / 90) % 4]
    raw = bytes(cast("Buffer", data)) if data is not None else b""
    return compute_orientation(struct.unpack("<9i", raw)) if len(raw) == 36 else UPRIGHT


def turn_image(image: NDArray[np.uint8], turn_deg: int) -> NDArray[np.uint8]:
    """(H, W, C) → (H', W', C), turned clockwise by a multiple of 90 degrees."""
    return orient_image(image, _TURNS[turn_deg // 90 % 4]) if turn_deg else image


def orient_image(image: NDArray[np.uint8], orientation: Orientation) -> NDArray[np.uint8]:
    """(H, W, C) → (H', W', C), contiguous."""
    if orientation.is_transposed:
        image = image.transpose(1, 0, 2)
    if orientation.is_flipped_x:
        image = image[:, ::-1]
    if orientation.is_flipped_y:
        image = image[::-1]
    return np.ascontiguousarray(image)


def fit_image(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """(H, W, C) → (height, width, C): scaled until it fits, in the middle, with black around it, as players do where
    recordings of several sizes were joined.

    Args:
        size: (width, height) in pixels.
    """
    width, height = size
    if image.shape[:2] == (height, width):
        return image
    import av

    scale = min(width / image.shape[1], height / image.shape[0])
    wide, high = max(1, round(scale * image.shape[1])), max(1, round(scale * image.shape[0]))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    fitted = np.zeros((height, width, image.shape[2]), np.uint8)
    left, top = (width - wide) // 2, (height - high) // 2
    fitted[top : top + high, left : left + wide] = frame.to_ndarray(format="rgb24", width=wide, height=high)
    return fitted
