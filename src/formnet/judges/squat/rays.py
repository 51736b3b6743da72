"""Triangulated joints as a camera sees them: sharp across the line of sight, noisy along it.

Joints in the coordinates of a camera (z away from it) are smoothed in the picture lightly and in depth strongly. Where
coordinates do not start at a camera (world landmarks around the hips) the picture is orthographic.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from formnet.motion import FloatArray

LEAST_DEPTH = 0.02
"""Depths count at least this share of the clip's median depth, so that one wild joint divides by no zero."""


def is_seen_from_camera(positions: FloatArray) -> bool:
    """True when all bodies lie well in front of the origin, so that x/z and y/z are a picture."""
    depths = positions[..., 2]
    size = np.nanmedian(np.nanmax(positions[..., 1], axis=1) - np.nanmin(positions[..., 1], axis=1))
    return bool(np.nanpercentile(depths, 1) > 0.5 * size)


def project(positions: FloatArray, perspective: bool) -> FloatArray:
    """(T, J, 3) → (T, J, 2) picture coordinates, x to the right and y down."""
    return np.asarray(positions[..., :2] / clip_depths(positions)[..., None]) if perspective else positions[..., :2]


def clip_depths(positions: FloatArray) -> FloatArray:
    """(T, J) depths, at least `LEAST_DEPTH` of their median."""
    depths = positions[..., 2]
    return np.asarray(np.maximum(depths, LEAST_DEPTH * max(float(np.nanmedian(depths)), 1e-9)))


def smooth_along_rays(
    positions: FloatArray, perspective: bool, *, sigma: float = 0.8, sigma_depth: float = 5.0, median: int = 3,
    median_depth: int = 9,
) -> FloatArray:  # fmt: skip
    """(T, J, 3) with a median filter and a Gaussian over frames, in the picture and in depth by themselves.

    Args:
        sigma, sigma_depth: of the Gaussians, in frames.
        median, median_depth: windows of the median filters, in frames.
    """
    picture = median_filter(project(positions, perspective), size=(median, 1, 1), mode="nearest")
    picture = gaussian_filter1d(picture, sigma, axis=0, mode="nearest")
    depths = clip_depths(positions) if perspective else positions[..., 2]
    depths = median_filter(depths, size=(median_depth, 1), mode="nearest")
    depths = gaussian_filter1d(depths, sigma_depth, axis=0, mode="nearest")
    across = picture * depths[..., None] if perspective else picture
    return np.concatenate([across, depths[..., None]], axis=-1)


def turn_to_second_view(positions: FloatArray, slope: float) -> FloatArray:
    """The same joints in axes that look along (1, 0, -slope), middled from left to right.

    With two cameras, triangulation noise lies along the rays of both; this is the picture of a second camera whose rays
    run that way.
    """
    length = np.hypot(slope, 1.0)
    turned = positions.copy()
    turned[..., 0] = (slope * positions[..., 0] + positions[..., 2]) / length
    turned[..., 2] = (slope * positions[..., 2] - positions[..., 0]) / length
    turned[..., 0] -= np.nanmedian(turned[..., 0])
    return turned
