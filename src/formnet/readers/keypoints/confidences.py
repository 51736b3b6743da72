"""Confidences of points as tools write them: flags, percents, and depths that only stand in their place."""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray

_FLAGS = (0.0, 1.0, 2.0)
CONFIDENCE_OF_FLAG = (0.0, 0.5, 1.0)
"""Visibility flags of annotations: 0 not labelled, 1 labelled but hidden, 2 visible."""
_MAX_NEGATIVE = 0.05
_NEARLY_NONE = 0.02
_LOWEST_PERCENT = 20.0
"""Logits of Keypoint R-CNN lie below it."""


def settle_confidences(points: FloatArray, *, has_flags: bool) -> tuple[FloatArray, list[str]]:
    """(N, J) confidences of 0–1 of rows (N, J, 3), those of missing points as they are, and notes.

    Args:
        has_flags: they are visibility flags even where none is 2.
    """
    given = points[..., 2]
    stated = given[np.isfinite(given)]
    # Predicted confidences are hardly ever all whole numbers, and never 2.
    if np.isin(stated, _FLAGS).all() and (has_flags or (stated == 2).any()):
        return np.asarray(CONFIDENCE_OF_FLAG)[np.nan_to_num(given).astype(np.intp)], []
    if len(stated) and stated.min() >= 0 and stated.max() <= 100 and np.median(stated) > _LOWEST_PERCENT:
        return given / 100.0, []
    if _are_none(given):
        note = "the third number of the points is no confidence, since many are negative: every point counts as sure"
        return np.ones_like(given), [note]
    return given, []


def _are_none(given: FloatArray) -> bool:
    """Whether numbers are depths or logits: many are negative, and not the −1 of nobody."""
    stated = given[np.isfinite(given)]
    return bool(len(stated)) and float(((stated < -_NEARLY_NONE) & (stated != -1.0)).mean()) > _MAX_NEGATIVE
