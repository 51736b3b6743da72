"""What a conditioned network is shown beside a crop: where another network put the joints of whom it is about.

A crop of people who cross does not say who is meant. Zhou et al. (BUCTD, ICCV 2023) let a network of crops see the
pose that a network of whole pictures found, as maps beside the colours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.pose.grouping.heatmaps import Array, make_heatmaps
from formnet.skeleton import Skeleton

_SIGMA = 1.5


def draw_condition(own: NDArray[np.floating], others: NDArray[np.floating], size: tuple[int, int]) -> Array:
    """(J + 1, H, W): a Gaussian for each joint (J, 2) of whom is meant, and one map of all joints (P, J, 2) of others.

    Args:
        own, others: in cells of the maps; NaN where not found.
        size: width and height of the maps.
    """
    mine = make_heatmaps(own[None], size, _SIGMA)
    rest = make_heatmaps(others, size, _SIGMA).max(axis=0, keepdims=True)
    return np.concatenate([mine, rest])


def mirror_conditions(conditions: Array, skeleton: Skeleton) -> Array:
    """Those (N, J + 1, H, W) of the mirrored crops."""
    return np.ascontiguousarray(conditions[:, [*skeleton.mirror, len(skeleton)]][..., ::-1])
