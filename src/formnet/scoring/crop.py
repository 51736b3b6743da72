"""Square box crop and L2 normalisation, as Scoring-Your-Video prepares a pose for cosine and weighted matching."""

from __future__ import annotations

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion


def compute_square_corner(boxes: FloatArray, *, box_as_corners: bool = False) -> FloatArray:
    """Low corner (T, D) of the square (or cube) around the centre of boxes (T, 2·D).

    Args:
        boxes: the low corner, then the sizes.
        box_as_corners: read the four numbers as x1, y1, x2, y2 as the authors of Scoring-Your-Video did, which
            is wrong and only reproduces their figures.
    """
    first, second = np.split(boxes, 2, axis=1)
    low, size = (np.minimum(first, second), np.abs(second - first)) if box_as_corners else (first, second)
    return low - (size.max(axis=1, keepdims=True) - size) / 2


def compute_tight_boxes(positions: FloatArray) -> FloatArray:
    """Smallest boxes (T, 2·D) around seen joints (T, J, D): the low corner, then the sizes; NaN without any."""
    seen = ~np.isnan(positions[..., 0])
    filled_low = np.where(seen[..., None], positions, np.inf).min(axis=1)
    filled_high = np.where(seen[..., None], positions, -np.inf).max(axis=1)
    boxes = np.concatenate([filled_low, filled_high - filled_low], axis=1)
    boxes[~seen.any(axis=1)] = np.nan
    return boxes


def normalise_crop(motion: Motion, boxes: FloatArray | None = None) -> Motion:
    """Every frame in its square crop, then scaled so that all its coordinates together have length 1.

    A motion in the unit "body" was normalised before and stays as it is when its frames have length 1.

    Args:
        boxes: (T, 4) x, y, width, height; frames without one, and 3D motions, take the tight box of their joints.
    """
    squares = np.nansum(motion.positions**2, axis=(1, 2))
    seen = squares > 0
    if motion.unit == "body" and seen.any() and np.abs(squares[seen] - 1).max() < 1e-4:
        return motion
    tight = compute_tight_boxes(motion.positions)
    if boxes is not None and motion.n_dimensions == 2:
        if boxes.shape != (len(motion), 4):
            raise InputError(f"expected boxes of shape {(len(motion), 4)}, got {boxes.shape}")
        tight = np.where(np.isnan(boxes).any(axis=1, keepdims=True), tight, boxes)
    positions = motion.positions - compute_square_corner(tight)[:, None]
    length = np.sqrt(np.nansum(positions**2, axis=(1, 2)))
    positions = positions / np.where(length > 0, length, np.nan)[:, None, None]
    return motion.replace(positions=positions, unit="body")
