"""One person in the middle of a crop: each joint's probability in every cell, and the place that OKS is greatest at.

Squared errors of heatmaps are small where a network is sure of nothing; by the likelihood it learns from hidden joints
as much as from others. And where a joint may be here or there, the best answer is not the likeliest cell but the place
about which most of the probability lies, as near as OKS counts as near.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from formnet.pose.grouping.base import FoundPeople, Maps
from formnet.pose.grouping.heatmaps import Array, make_heatmaps, refine_peaks
from formnet.pose.grouping.single import mirror_heatmaps
from formnet.pose.metrics.oks import oks_sigmas
from formnet.skeleton import Skeleton


@dataclass(frozen=True)
class LikelyCells:
    """Probabilities over the cells of each joint's map.

    Attributes:
        sigma: of the Gaussians that the probabilities should be, cells.
        extent: root of a person's area in shares of the map's height, by which OKS's deviations are multiplied.
    """

    skeleton: Skeleton
    sigma: float = 1.0
    extent: float = 0.38

    @property
    def channels(self) -> dict[str, int]:
        return {"likely": len(self.skeleton)}

    def make_maps(
        self, joints: NDArray[np.floating], size: tuple[int, int], seen: NDArray[np.bool_] | None = None
    ) -> dict[str, Array]:
        """Maps that sum to 1, or to 0 where a joint is unknown or outside."""
        maps = make_heatmaps(joints, size, self.sigma)
        total = maps.sum(axis=(1, 2), keepdims=True)
        return {"likely": np.where(total >= self.sigma, maps / np.maximum(total, 1e-6), 0).astype(np.float32)}

    def group(self, maps: Maps) -> FoundPeople:
        """Confidence is the part of OKS that is to be expected of each joint, the score their mean."""
        cells = np.asarray(maps["likely"], np.float64)
        spreads = 2 * oks_sigmas(self.skeleton) * self.extent * cells.shape[1]
        expected = np.stack([_gather(own, float(spread)) for own, spread in zip(cells, spreads, strict=True)])
        at = expected.reshape(len(cells), -1).argmax(axis=1)
        rows, columns = np.unravel_index(at, cells.shape[1:])
        numbers = np.arange(len(cells))
        places = refine_peaks(expected, numbers, rows, columns, "taylor", 0.01)
        return FoundPeople.ranked(places[None], expected[numbers, rows, columns][None])

    def mirror(self, maps: Maps) -> dict[str, Array]:
        return {"likely": mirror_heatmaps(maps["likely"], self.skeleton)}


def _gather(cells: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Of each cell of (H, W) what exp(−d² / 2·spread²) is on average to where the joint may be."""
    smooth = gaussian_filter1d(gaussian_filter1d(cells, spread, 0, mode="constant"), spread, 1, mode="constant")
    return np.asarray(smooth * 2 * np.pi * spread**2)
