"""Fits what `formnet.measures.calibration` reads: how each pose source and view bends and blurs each measure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from formnet.measures.base import Measure
from formnet.measures.calibration import VIEWS, Line, view_name
from formnet.measures.registry import MEASURES, read_values
from formnet.motion import FloatArray
from formnet.synth.detector_noise import DetectorNoise
from formnet.training.measures.simulated import MeasuredView, simulate_views

SOURCES: dict[str, dict[str, Any]] = {
    "supervised+picture": {"lifter": "supervised+picture", "whole_source": True},
    "supervised+picture keypoints": {
        "lifter": "supervised+picture",
        "whole_source": False,
        "detector": DetectorNoise(),
    },
    "supervised": {"lifter": "supervised", "whole_source": True},
    "unsupervised": {"lifter": "unsupervised", "whole_source": True},
}
"""Pose source → how it is simulated."""
SOLID_ERROR = {"°": 4.0, "ratio": 0.06, "shin lengths": 0.06, "foot lengths": 0.1, "hip widths": 0.06, "s": 0.1}
"""What joints that were 3D already are taken to be good for (Kinect, triangulated cameras), by unit."""
SOLID_HIDDEN = ("heel_rise", "toe_rise")
"""Triangulated feet that stand flat are drawn sloped, another way each day: the change from standing tells little
(squat7, lifting heels: AUC 0.70, and 0.91 for their height)."""
_LEAST_ROWS = 30


def fit_line(readings: FloatArray, truths: FloatArray) -> Line | None:
    """Least squares of truths (N,) on readings (N,); None where fewer than 30 rows have both.

    Rows that lie beyond four standard deviations are left out of a second round: a lost repetition is no error of
    measurement.
    """
    known = np.isfinite(readings) & np.isfinite(truths)
    x, y = readings[known], truths[known]
    for _ in range(2):
        if len(x) < _LEAST_ROWS:
            return None
        if x.std() < 1e-3 * y.std():
            return Line(float(y.mean()), 0.0, float(y.std()), 0.0)
        gain, offset = np.polyfit(x, y, 1)
        left = y - (offset + gain * x)
        error = float(left.std())
        near = np.abs(left) <= 4 * error
        reliability = 1.0 - float(left.var() / y.var())
        x, y = x[near], y[near]
    return Line(float(offset), float(gain), error, max(0.0, reliability))


def fit_source(views: Sequence[MeasuredView]) -> dict[str, dict[str, Line]]:
    """Measure → view → line of one pose source."""
    readings = [read_values(view.performance) for view in views]
    seen_from = np.array([view_name(view.performance.view_deg) for view in views])
    lines: dict[str, dict[str, Line]] = {}
    for name in MEASURES:
        x = np.array([reading[name] for reading in readings])
        y = np.array([view.truth[name] for view in views])
        fitted = {view: fit_line(x[seen_from == view], y[seen_from == view]) for view in VIEWS}
        if all(fitted.values()):
            lines[name] = {
                view: _widen(line, MEASURES[name], view) for view, line in fitted.items() if line is not None
            }
    return lines


def _widen(line: Line, measure: Measure, view: str) -> Line:
    """With the error and the reliability that pictures have, where simulated joints do better."""
    reliability = 0.0 if view in measure.hidden_from else line.reliability
    return replace(line, error=max(line.error, measure.least_errors.get(view, 0.0)), reliability=reliability)


def solid_lines() -> dict[str, dict[str, Line]]:
    """Lines of joints that are 3D already: as they are, but for what they were found not to show."""
    return {
        name: dict.fromkeys(VIEWS, Line(0.0, 1.0, SOLID_ERROR[measure.unit], 0.0 if name in SOLID_HIDDEN else 1.0))
        for name, measure in MEASURES.items()
    }


def fit_errors(count: int, seed: int, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """The content of the file of errors, from `count` simulated people before two cameras each, for each source."""
    sources = {
        source: fit_source(simulate_views(count, seed=seed, views=2, progress=progress, **how))
        for source, how in SOURCES.items()
    }
    return {
        "format": "formnet-measure-errors",
        "people": count,
        "seed": seed,
        "columns": ["offset", "gain", "error", "reliability"],
        "sources": {source: _plain(lines) for source, lines in {**sources, "solid": solid_lines()}.items()},
    }


def _plain(lines: Mapping[str, Mapping[str, Line]]) -> dict[str, dict[str, list[float]]]:
    def numbers(line: Line) -> list[float]:
        return [_short(value) for value in (line.offset, line.gain, line.error, line.reliability)]

    return {name: {view: numbers(line) for view, line in of.items()} for name, of in lines.items()}


def _short(value: float) -> float:
    """Four significant digits."""
    return 0.0 if value == 0 else round(value, 3 - math.floor(math.log10(abs(value))))
