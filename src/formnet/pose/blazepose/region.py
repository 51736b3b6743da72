"""The turned square of a picture that a network looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from formnet.motion import FloatArray
from formnet.pose.video import Image

_MARGIN = 1.25
_SUBPIXELS = 32
_FAR = 32 * 32000  # 16 bits hold the whole pixels


@dataclass(frozen=True)
class Region:
    """A square, turned about its middle.

    Attributes:
        centre_x, centre_y: in pixels of the picture.
        side_px: length of a side.
        angle_rad: clockwise turn.
    """

    centre_x: float
    centre_y: float
    side_px: float
    angle_rad: float = 0.0

    @property
    def matrix(self) -> FloatArray:
        """(2, 3): takes shares of the region, from its corner at 0, 0 to the one at 1, 1, to pixels of the picture."""
        cosine, sine = math.cos(self.angle_rad) * self.side_px, math.sin(self.angle_rad) * self.side_px
        return np.array(
            [
                [cosine, -sine, self.centre_x - 0.5 * (cosine - sine)],
                [sine, cosine, self.centre_y - 0.5 * (sine + cosine)],
            ]
        )

    @property
    def box(self) -> FloatArray:
        """(x0, y0, x1, y1) in pixels, of the square without its turn."""
        half = 0.5 * self.side_px
        return np.array([self.centre_x - half, self.centre_y - half, self.centre_x + half, self.centre_y + half])

    def to_picture(self, shares: FloatArray) -> FloatArray:
        """(…, 2) in shares of the region → pixels of the picture."""
        matrix = self.matrix
        return shares @ matrix[:, :2].T + matrix[:, 2]

    def from_picture(self, places: FloatArray) -> FloatArray:
        """(…, 2) pixels of the picture → shares of the region."""
        matrix = self.matrix
        return np.asarray((places - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T)

    def turn(self, positions: FloatArray) -> FloatArray:
        """(…, 3) positions with x and y turned as the region is turned in the picture; z stays."""
        cosine, sine = math.cos(self.angle_rad), math.sin(self.angle_rad)
        x, y, z = np.moveaxis(positions, -1, 0)
        return np.stack([cosine * x - sine * y, sine * x + cosine * y, z], axis=-1)

    def crop(self, image: Image, side_px: int, *, repeats_border: bool) -> Image:
        """The region's picture (side_px, side_px, 3), with bilinear interpolation.

        Args:
            repeats_border: outside of the picture its edge goes on; otherwise it is black.
        """
        import cv2

        # Places in 32nds of a pixel, as OpenCV 4 had them, which the networks know: whole pixels and the rest.
        matrix = self.matrix * [_SUBPIXELS / side_px, _SUBPIXELS / side_px, _SUBPIXELS]
        steps = np.arange(side_px)
        x, y = (
            np.rint((row[1] * steps + row[2])[:, None] + row[0] * steps).clip(-_FAR, _FAR).astype(np.int32)
            for row in matrix
        )
        whole = np.stack([x >> 5, y >> 5], axis=-1).astype(np.int16)
        rest = ((y & 31) * _SUBPIXELS + (x & 31)).astype(np.uint16)
        border = cv2.BORDER_REPLICATE if repeats_border else cv2.BORDER_CONSTANT
        cropped = cv2.remap(image, whole, rest, cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(cropped, dtype=np.uint8)


def whole_picture(width: int, height: int) -> Region:
    """The smallest upright square around a picture."""
    return Region(width / 2, height / 2, float(max(width, height)))


def region_around(centre: FloatArray, rim: FloatArray) -> Region:
    """The region of a person, upright in it: a square around the circle about the hips that holds the whole body.

    Args:
        centre: (2,) the middle of the hips, pixels.
        rim: (2,) the point of the circle above the head, in the direction of the trunk.
    """
    x, y = (float(v) for v in rim - centre)
    angle_rad = 0.5 * math.pi - math.atan2(-y, x)
    return Region(
        float(centre[0]), float(centre[1]), 2 * _MARGIN * math.hypot(x, y), math.remainder(angle_rad, 2 * math.pi)
    )
