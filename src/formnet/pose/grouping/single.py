"""One person in the middle of a crop: a peak for each joint, and VNect's location maps for depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.pose.grouping.base import FoundPeople, Maps
from formnet.pose.grouping.heatmaps import Array, Refine, decode_heatmaps, make_heatmaps
from formnet.skeleton import Skeleton


@dataclass(frozen=True)
class SinglePerson:
    """Heatmaps of one person (Xiao et al., ECCV 2018; Newell et al., ECCV 2016).

    Attributes:
        sigma: of the Gaussians, cells.
        refine: see `decode_heatmaps`.
    """

    skeleton: Skeleton
    sigma: float = 2.0
    refine: Refine = "taylor"

    @property
    def channels(self) -> dict[str, int]:
        return {"heatmaps": len(self.skeleton)}

    def make_maps(
        self, joints: NDArray[np.floating], size: tuple[int, int], seen: NDArray[np.bool_] | None = None
    ) -> dict[str, Array]:
        return {"heatmaps": make_heatmaps(joints, size, self.sigma)}

    def group(self, maps: Maps) -> FoundPeople:
        places, heights = decode_heatmaps(maps["heatmaps"], self.refine, self.sigma)
        return FoundPeople.ranked(places[None], heights[None])

    def mirror(self, maps: Maps) -> dict[str, Array]:
        return {"heatmaps": mirror_heatmaps(maps["heatmaps"], self.skeleton)}


@dataclass(frozen=True)
class LocationMaps(SinglePerson):
    """Heatmaps, and for each joint three maps whose values at its peak are its place about the pelvis in metres.

    VNect (Mehta et al., SIGGRAPH 2017): channels x, y, z of joint 0, then of joint 1, …; axes of the camera.
    """

    @property
    def channels(self) -> dict[str, int]:
        return {"heatmaps": len(self.skeleton), "location": 3 * len(self.skeleton)}

    def group(self, maps: Maps) -> FoundPeople:
        places, heights = decode_heatmaps(maps["heatmaps"], self.refine, self.sigma)
        solid = read_location(maps["location"], maps["heatmaps"])
        return FoundPeople(places[None], np.clip(heights, 0, 1)[None], np.array([heights.mean()]), solid[None])

    def mirror(self, maps: Maps) -> dict[str, Array]:
        location = maps["location"].reshape(len(self.skeleton), 3, *maps["location"].shape[-2:])
        turned = location[self.skeleton.mirror][..., ::-1] * np.array([-1, 1, 1], np.float32)[:, None, None]
        return {**super().mirror(maps), "location": np.ascontiguousarray(turned.reshape(maps["location"].shape))}


def read_location(location: Array, heatmaps: Array) -> NDArray[np.float64]:
    """(J, 3) values of location maps (3J, H, W) in the highest cell of each heatmap (J, H, W)."""
    joints, height, width = heatmaps.shape
    at = heatmaps.reshape(joints, -1).argmax(axis=1)
    cells = location.reshape(joints, 3, height * width)
    return np.asarray(cells[np.arange(joints), :, at], dtype=np.float64)


def mirror_heatmaps(heatmaps: Array, skeleton: Skeleton) -> Array:
    """Maps (J, H, W) of the mirrored picture: turned round, left joints swapped with right ones."""
    return np.ascontiguousarray(heatmaps[skeleton.mirror][..., ::-1])
