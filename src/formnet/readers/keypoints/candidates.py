"""Poses as OpenPose's ports to Python and DWPose keep them: the places of all people, and which of them are whose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from formnet.errors import InputError
from formnet.readers.keypoints.names import plain
from formnet.readers.keypoints.points import Points

PLACES = ("candidate", "candidates", "bodies")
NUMBERS = ("subset", "subsets", "bodyscores")
"""Of the place of each point; DWPose's ports call them scores."""
_SCORES = ("score", "scores")
_WITH_TOTALS = {20: 18, 27: 25}
"""Numbers in a row with the score of the person and the count of points at its end → points."""


def find_candidates(known: Mapping[str, Any]) -> tuple[list[Any], list[Any]] | None:
    """The places and the numbers of them that a `plain` object holds; None for other objects."""
    places, numbers = (
        next((known[key] for key in keys if isinstance(known.get(key), list)), None) for keys in (PLACES, NUMBERS)
    )
    return None if places is None or numbers is None else (places, numbers)


def holds_candidates(value: Any) -> bool:
    """Whether a value is an object of places and numbers of them, or has one in it (DWPose's `bodies`)."""
    if not isinstance(value, dict):
        return False
    known = plain(value)
    return find_candidates(known) is not None or holds_candidates(known.get("bodies"))


def parse_candidates(known: Mapping[str, Any], where: str) -> list[Points] | None:
    """Everybody that a `plain` object of places (N, 2…4) and their numbers (people, points) holds; None for others.

    Raises:
        InputError: lists of other shapes, or numbers of places that are not there.
    """
    found = find_candidates(known)
    if found is None or not found[1]:
        return None if found is None else []
    try:
        places = np.array(found[0], dtype=np.float64).reshape(-1, np.shape(found[0])[-1] if found[0] else 2)
        rows = np.array(found[1], dtype=np.float64).reshape(len(found[1]), -1)
        scores = next((np.array(known[key], dtype=np.float64) for key in _SCORES if key in known), None)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{where}: expected lists of candidates and of subsets; write the file again") from None
    n_points = _WITH_TOTALS.get(rows.shape[1], rows.shape[1])
    rows = np.nan_to_num(rows[:, :n_points], nan=-1.0)
    if (rows != rows.round()).any() and rows.size == len(places):
        # Scores and no numbers: everybody's points follow each other.
        scores, rows = rows, np.arange(rows.size, dtype=np.float64).reshape(rows.shape)
    if not 2 <= places.shape[1] <= 4 or rows.max(initial=-1.0) >= len(places):
        raise InputError(f"{where}: subset names candidates that are not there; write the file again")
    numbers = np.maximum(rows, -1.0).astype(np.int64)
    has_scores = scores is not None and scores.size >= numbers.size and scores.shape[-1] == n_points
    values = np.full((*numbers.shape, 3), np.nan)
    values[..., :2] = _take(places[:, :2], numbers)
    if scores is not None and has_scores:
        values[..., 2] = scores.reshape(-1, n_points)[: len(numbers)]
    else:
        values[..., 2] = _take(places[:, 2], numbers) if places.shape[1] > 2 else 1.0
    values[numbers < 0] = (np.nan, np.nan, 0.0)
    has_confidence = has_scores or places.shape[1] > 2
    return [Points(person, None, has_confidence) for person in values]


def _take(values: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Those of the numbers; the last for numbers below 0, none where there are no values."""
    return values[numbers] if len(values) else np.full((*numbers.shape, *values.shape[1:]), np.nan)
