"""Boxes (x0, y0, x1, y1)."""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray


def compute_overlap(box: FloatArray, other: FloatArray) -> float:
    """Intersection over union of two boxes (x0, y0, x1, y1); 0 for boxes without area."""
    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    if (sides <= 0).any():
        return 0.0
    shared = float(sides.prod())
    return shared / float((box[2:] - box[:2]).prod() + (other[2:] - other[:2]).prod() - shared)
