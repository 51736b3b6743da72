"""The landmark network: joints of one person in a region, in the picture and in metres, and the person's outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.motion import FloatArray
from formnet.pose.blazepose.network import FloatImage, Network, sigmoid
from formnet.pose.blazepose.region import Region, region_around
from formnet.pose.video import Image
from formnet.skeleton import BLAZEPOSE_33

N_JOINTS = 33
_N_POINTS = 39  # the joints, the two points that place the next region, and four that serve training
_HIPS, _RIM = 33, 34
_HIP_JOINTS, _SHOULDER_JOINTS = ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")
_CIRCLE_PER_REACH = 1.0  # median of what the network says of people who squat; 0.9–1.1
_HEATMAP_SIDE = 64
_HEATMAP_RADIUS = 3
_LEAST_HEAT = 0.5
_LEAST_PRESENCE = 0.5
MASK_SIZE = 256**2
_N_FLAT, _N_FLAG, _N_HEAT, _N_WORLD = 5 * _N_POINTS, 1, _HEATMAP_SIDE**2 * _N_POINTS, 3 * _N_POINTS


@dataclass(frozen=True, eq=False)
class Landmarks:
    """One person in one picture, before smoothing.

    Attributes:
        image: (33, 2) pixels of the picture.
        world: (33, 3) metres about the middle of the hips; x to the right, y down, z away from the camera.
        visibility: (33,) 0–1, that a joint is in the picture and not hidden.
        presence: (33,) 0–1, that a joint is in the picture.
        region: where this person is in the next picture.
    """

    image: FloatArray
    world: FloatArray
    visibility: FloatArray
    presence: FloatArray
    region: Region


@dataclass(frozen=True, eq=False)
class Silhouette:
    """What of a region belongs to the person.

    Attributes:
        mask: (256, 256) 0–1, that a point belongs to the person.
        region: the mask's place in the picture.
    """

    mask: FloatImage
    region: Region

    def in_picture(self, width: int, height: int) -> FloatImage:
        """The mask laid over the picture: (height, width), 0 outside of the region."""
        import cv2

        matrix = self.region.matrix
        matrix[:, :2] /= len(self.mask)
        return np.asarray(cv2.warpAffine(self.mask, matrix, (width, height), flags=cv2.INTER_LINEAR), dtype=np.float32)

    def sample(self, places: FloatArray) -> FloatArray:
        """The mask at pixels (H, W, 2) of the picture, between its points; 0 outside of the region."""
        import cv2

        points = (len(self.mask) * self.region.from_picture(places)).astype(np.float32)
        return cv2.remap(self.mask, points[..., 0], points[..., 1], cv2.INTER_LINEAR).astype(np.float64)


class LandmarkNetwork:
    """Not for two threads at once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        network.require_outputs(_N_FLAT, _N_FLAG, _N_HEAT, _N_WORLD)

    def find(self, image: Image, region: Region) -> Landmarks | None:
        """The person in that region of a picture (H, W, 3); None when there is none."""
        crop = region.crop(image, self._network.side_px, repeats_border=True)
        self._network.run(crop, 1 / 255, 0.0)
        if self._network.read(_N_FLAG)[0] < _LEAST_PRESENCE:
            return None
        flat = self._network.read(_N_FLAT).reshape(_N_POINTS, 5).astype(np.float64)
        heat = self._network.read(_N_HEAT).reshape(_HEATMAP_SIDE, _HEATMAP_SIDE, _N_POINTS)
        world = self._network.read(_N_WORLD).reshape(_N_POINTS, 3)[:N_JOINTS].astype(np.float64)
        places = region.to_picture(refine_by_heatmap(flat[:, :2] / self._network.side_px, heat))
        likely = sigmoid(flat[:N_JOINTS, 3:])
        if not (np.isfinite(places).all() and np.isfinite(world).all()):
            return None
        return Landmarks(
            places[:N_JOINTS],
            region.turn(world),
            likely[:, 0],
            likely[:, 1],
            region_around(places[_HIPS], places[_RIM]),
        )

    def find_with_silhouette(self, image: Image, region: Region) -> tuple[Landmarks, Silhouette] | None:
        """The person in that region of a picture (H, W, 3) with what of it is theirs; None when there is none."""
        side = self._network.side_px
        self._network.require_outputs(side**2)
        if (found := self.find(image, region)) is None:
            return None
        return found, Silhouette(sigmoid(self._network.read(side**2).reshape(side, side)), region)


def region_of_joints(joints: FloatArray) -> Region:
    """About the region of a person whose joints (33, 2) are known: pixels, from an earlier estimate."""
    hips, shoulders = (joints[BLAZEPOSE_33.indices(names)].mean(axis=0) for names in (_HIP_JOINTS, _SHOULDER_JOINTS))
    up = shoulders - hips
    radius_px = _CIRCLE_PER_REACH * np.linalg.norm(joints - hips, axis=1).max()
    return region_around(hips, hips + radius_px * up / max(float(np.linalg.norm(up)), 1e-6))


def refine_by_heatmap(points: FloatArray, heat: FloatImage) -> FloatArray:
    """Moves each point to the middle of its heat in a window of 7 × 7 around it, where that is hot.

    Args:
        points: (P, 2) x, y in shares of the region.
        heat: (S, S, P) logits by row and column; every point has a map of its own.

    Returns:
        (P, 2); points outside, and those whose window is nowhere above 0.5, stay as they are.
    """
    side = len(heat)
    middle = np.trunc(points * side).astype(int)
    inside = ((middle >= 0) & (middle < side)).all(axis=1)
    steps = np.arange(-_HEATMAP_RADIUS, _HEATMAP_RADIUS + 1)
    columns, rows = middle[:, :1] + steps, middle[:, 1:] + steps  # (P, 7)
    exists = ((rows >= 0) & (rows < side))[:, :, None] & ((columns >= 0) & (columns < side))[:, None, :]
    numbers = np.arange(len(points))[:, None, None]
    window = heat[np.clip(rows, 0, side - 1)[:, :, None], np.clip(columns, 0, side - 1)[:, None, :], numbers]
    warmth = np.where(exists, sigmoid(window.astype(np.float64)), 0.0)
    total = warmth.sum(axis=(1, 2))
    is_hot = inside & (warmth.max(axis=(1, 2)) >= _LEAST_HEAT)
    total = np.where(is_hot, total, 1.0)
    refined = np.stack(
        [(warmth.sum(axis=1) * columns).sum(axis=1) / total, (warmth.sum(axis=2) * rows).sum(axis=1) / total], axis=-1
    )
    return np.where(is_hot[:, None], refined / side, points)
