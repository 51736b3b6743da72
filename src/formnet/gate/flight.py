"""Whether both feet leave the floor: told in the picture, since lifted joints are laid around the pelvis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formnet.geometry.paths import find_runs
from formnet.measures.performance import Performance
from formnet.motion import FloatArray, Motion

_FEET = ("ankle", "heel", "foot_index")
_BESIDE_S, _AT_BOTTOM_S = 0.6, 0.15
"""A jump follows the dip, or the dip the landing, at once."""
_STRAIGHT = 0.93
"""In the air legs have at least this share of their full length in the picture: who lifts the feet bends them."""
_OFF_THE_FLOOR = 0.05
"""Leg lengths; feet that stand tremble by less."""
_LONGEST_S = 0.9
"""What lasts longer is no flight (one would rise by a metre): a moved camera, steps towards it."""
_LEAST_CONFIDENCE = 0.3


def read_flight(performance: Performance, image: Motion) -> float:
    """How far both feet rise over where they stand at the bottom, legs straight, and come back, beside a repetition.

    Args:
        image: (T, J, 2) joints in the picture, y down, on the clip's own clock.

    Returns:
        Leg lengths (from the hips to the lowest foot, as straight legs show it); 0 without a flight, NaN where the
        picture shows no feet or no hips.
    """
    times_s, foot, hips = image.timestamps, _read_lowest_foot(image), _read_hips(image)
    leg = foot - hips
    beside = (times_s >= performance.start_s - _BESIDE_S) & (times_s <= performance.end_s + _BESIDE_S)
    stands = foot[np.abs(times_s - performance.bottom_s) <= _AT_BOTTOM_S]
    if not np.isfinite(leg[beside]).any() or not np.isfinite(stands).any():
        return float("nan")
    full = float(np.nanpercentile(leg[beside], 90))
    if full <= 0:
        # Hips below the feet: nobody stands here.
        return float("nan")
    rise = (np.nanmedian(stands) - foot) / full
    straight = beside & (leg >= _STRAIGHT * full)
    flights = [
        float(np.max(rise[start:stop], where=straight[start:stop], initial=0.0))
        for start, stop in find_runs(rise > _OFF_THE_FLOOR)
        if start > 0 and stop < len(rise) and times_s[stop] - times_s[start] <= _LONGEST_S
    ]
    return max(flights, default=0.0)


def _read_lowest_foot(image: Motion) -> FloatArray:
    """(T,) height of what is lowest of both feet; NaN where none of it is seen."""
    joints = [name for name in image.skeleton.joints if name.endswith(_FEET)]
    return np.fmax.reduce(_read_heights(image, joints), axis=1, initial=np.nan)


def _read_hips(image: Motion) -> FloatArray:
    """(T,) of the middle of both; NaN where one is not seen."""
    return np.asarray(
        _read_heights(image, [name for name in image.skeleton.joints if name.endswith("_hip")]).mean(axis=1)
    )


def _read_heights(image: Motion, joints: Sequence[str]) -> FloatArray:
    """(T, J) y of joints, NaN where they are not seen."""
    numbers = image.skeleton.indices(joints)
    return np.where(image.confidence[:, numbers] >= _LEAST_CONFIDENCE, image.positions[:, numbers, 1], np.nan)
