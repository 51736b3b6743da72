"""Whether the picture shows what a verdict rests on: hips, knees and ankles, of a person who is large enough."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.geometry.paths import find_runs
from formnet.motion import Motion

Mask = NDArray[np.bool_]

LEGS: tuple[str, ...] = ("hip", "knee", "ankle")
FLOOR = 0.2
"""Below this confidence an estimator guesses. In 57 of 59 real clips at least one of two hips, knees and ankles stays
above it in 85 % of the frames; in clips whose picture cuts the knees or ankles off, both are below it in 75–99 %."""
MIN_HEIGHT_PX = 90.0
"""Real clips scaled down: from 99 pixels on the bottoms of 33 squats stay within 0.1 s and no finding turns; at 60–82
pixels those of a side view lie 0.2–0.3 s off (docs/inputs.md)."""
SMALL_PX = 200.0
MAX_LOST = 0.03
"""Smaller people who are lost more often than this, though they are in the picture, are filmed too small or compressed
too much: of 7 such clips of 12 that were scaled and compressed, 6 had other repetitions than the original."""
MIN_LOST_S = 0.3
_MAX_LOSS_S = 2.0
_EDGE = 0.02
_STANDING_QUANTILE = 0.9


def find_outside(image: Motion, size: tuple[int, int] | None) -> Mask:
    """(T, J) True where a joint is said to be at a place that lies outside the picture.

    Args:
        image: (T, J, 2) pixels.
        size: (width, height) of the picture; None where it is not known, so that only negative places lie outside.
    """
    places = image.positions
    limits = np.inf if size is None else np.array(size)
    return np.asarray(((places < 0) | (places > limits)).any(axis=-1))


def find_unseen_legs(image: Motion, size: tuple[int, int] | None) -> dict[str, Mask]:
    """Joint (hip, knee, ankle) → (T,) True where neither side's is seen in a frame that shows the person.

    A joint is seen when it is there, its confidence reaches `FLOOR` and it lies in the picture. One side is enough:
    from the side the far leg is hidden.

    Args:
        image: (T, J, 2) pixels.
        size: (width, height) of the picture; None where it is not known, so that only negative places lie outside.
    """
    shown = ~image.missing.all(axis=1)
    outside = find_outside(image, size)
    unseen: dict[str, Mask] = {}
    for joint in LEGS:
        sides = [name for name in (f"left_{joint}", f"right_{joint}") if name in image.skeleton]
        columns = image.skeleton.indices(sides)
        seen = ~outside[:, columns] & ~image.missing[:, columns] & (image.confidence[:, columns] >= FLOOR)
        unseen[joint] = np.logical_and(shown, ~seen.any(axis=1))
    return unseen


def share_of_shown(mask: Mask, image: Motion) -> float:
    """Share of the frames that show the person in which `mask` holds; 0 where none does."""
    shown = ~image.missing.all(axis=1)
    return float(mask.sum() / max(int(shown.sum()), 1))


def find_lost(image: Motion, width: int) -> Mask:
    """(T,) True where nobody is seen although the person did not leave: before and after they are in the picture.

    Times of more than 2 s are something else, such as another scene.

    Args:
        width: of the picture in pixels; people leave it to the left and right.
    """
    gone = np.asarray(image.missing.all(axis=1))
    lost = np.zeros_like(gone)
    for start, stop in find_runs(gone):
        if start == 0 or stop == len(gone) or image.timestamps[stop] - image.timestamps[start - 1] > _MAX_LOSS_S:
            continue
        x = image.positions[[start - 1, stop], :, 0]
        lost[start:stop] = bool(np.nanmin(x) > _EDGE * width and np.nanmax(x) < (1 - _EDGE) * width)
    return lost


def keep_long(mask: Mask, times_s: NDArray[np.float64], least_s: float) -> Mask:
    """The stretches of a mask that last at least `least_s`; shorter ones are bridged as gaps are."""
    kept = np.zeros_like(mask)
    for start, stop in find_runs(mask):
        if times_s[min(stop, len(mask) - 1)] - times_s[start] >= least_s:
            kept[start:stop] = True
    return kept


def compute_height_px(image: Motion) -> float:
    """Height of the person standing, in pixels: that of all joints together in the tallest tenth of the frames; NaN
    where nobody is seen."""
    y = image.positions[..., 1]
    y = y[~np.isnan(y).all(axis=1)]
    if not len(y):
        return float("nan")
    return float(np.quantile(np.nanmax(y, axis=1) - np.nanmin(y, axis=1), _STANDING_QUANTILE))
