"""Which part of a picture a network looks at, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_JOINTS_TO_BODY = 0.12
"""How much farther a body reaches than its joints, as a share of their extent on each side."""
_SHARPER = 2.0
"""Pictures this many times larger than what is cut from them are averaged first: bilinear reading would skip pixels."""


@dataclass(frozen=True)
class Crop:
    """A turned rectangle of the picture that becomes the network's whole view.

    Attributes:
        centre: (x, y) pixels.
        span: width in pixels; the height follows from the network's size.
        size: width and height of the network's picture.
        turn_deg: by which the picture turns clockwise.
    """

    centre: tuple[float, float]
    span: float
    size: tuple[int, int]
    turn_deg: float = 0.0

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(2, 3) from the network's pixels to the picture's."""
        scale = self.span / self.size[0]
        cos, sin = np.cos(np.radians(self.turn_deg)) * scale, np.sin(np.radians(self.turn_deg)) * scale
        turn = np.array([[cos, sin], [-sin, cos]])
        shift = np.array(self.centre) - turn @ (np.array(self.size) / 2)
        return np.column_stack([turn, shift])

    def to_picture(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """Places (..., 2) in the crop → in the picture."""
        return np.asarray(places @ self.matrix[:, :2].T + self.matrix[:, 2])

    def from_picture(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """Places (..., 2) in the picture → in the crop."""
        return np.asarray((places - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T)

    def cut(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(H, W, 3) of the network's size; what lies outside of the picture is black."""
        import cv2

        matrix, scale = self.matrix, self.span / self.size[0]
        if scale >= _SHARPER:
            factor = int(scale / _SHARPER) + 1
            height, width = (side // factor for side in picture.shape[:2])
            whole = np.ascontiguousarray(picture[: height * factor, : width * factor])
            picture = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
            matrix = matrix / factor
        # OpenCV counts places from the first pixel's centre.
        matrix = np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2].sum(axis=1) / 2 - 0.5])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(picture, matrix, self.size, flags=flags))


def crop_around(box: NDArray[np.floating], size: tuple[int, int], margin: float = 1.25) -> Crop:
    """The crop of the network's proportions around a box (x0, y0, x1, y1), `margin` times as large."""
    width, height = box[2] - box[0], box[3] - box[1]
    span = max(float(width), float(height) * size[0] / size[1], 1.0) * margin
    return Crop((float(box[0] + width / 2), float(box[1] + height / 2)), span, size)


def box_joints(joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """The box (x0, y0, x1, y1) of a body with these joints (J, 2), of which some may be NaN."""
    low, high = np.nanmin(joints, axis=0), np.nanmax(joints, axis=0)
    margin = _JOINTS_TO_BODY * max(float((high - low).max()), 8.0)
    return np.concatenate([low - margin, high + margin])


def crop_whole(width: int, height: int, size: tuple[int, int]) -> Crop:
    """The crop that shows a whole picture."""
    return crop_around(np.array([0, 0, width, height]), size, margin=1.0)
