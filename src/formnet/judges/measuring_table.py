"""Measures of labelled repetitions, one row each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from formnet.lifting.following import FollowedLifter
from formnet.lifting.lifter import create_lifter
from formnet.measures.calibration import calibration_for, measure_repetition
from formnet.measures.performance import make_performance
from formnet.measures.registry import MEASURES
from formnet.motion import Motion
from formnet.preprocess.spec import PreprocessSpec, clean_motion, span_of_whole
from formnet.readers.table import RepetitionTable


def measure_table(
    table: RepetitionTable, progress: Callable[[int, int], None] | None = None
) -> dict[str, NDArray[np.float64]]:
    """Measure → (N,) values; NaN where a recording does not show it.

    Joints in the picture are lifted first; joints in 3D are measured as they are.
    """
    lifter = create_lifter("supervised+picture") if table.motions[0].n_dimensions == 2 else None
    assert lifter is None or isinstance(lifter, FollowedLifter)
    values = {name: np.full(len(table.motions), np.nan) for name in MEASURES}
    for row, motion in enumerate(table.motions):
        solid = motion if lifter is None else lifter.lift_motion(motion)
        for name, value in _measure(solid, "solid" if lifter is None else "supervised+picture keypoints").items():
            values[name][row] = value
        if progress is not None:
            progress(row + 1, len(table.motions))
    return values


def _measure(motion: Motion, source: str) -> dict[str, float]:
    clean = clean_motion(motion, PreprocessSpec())
    span = span_of_whole(clean)
    performance = make_performance(clean, span.start, span.bottom, span.end, span.bottom_s)
    found = measure_repetition(performance, calibration_for(source))
    return {name: measurement.value for name, measurement in found.items() if measurement.is_shown}
