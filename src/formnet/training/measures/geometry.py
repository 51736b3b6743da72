"""The geometry's own best answer: what its readings say of the truth, by the direction it is seen from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.judges.measuring.sight import Sight, mirror_sight, mirror_values
from formnet.judges.measuring.spec import MeasuringSpec
from formnet.motion import FloatArray

_SECTORS = 8
"""Directions that have lines of their own: a left knee is read better from the left."""
_LEAST_ROWS = 20


@dataclass(frozen=True, eq=False)
class GeometryFit:
    """value = offset + gain · reading, for every sector of directions and measure.

    Attributes:
        offset, gain, sd: (8, M); sd is one standard deviation of what is left.
    """

    offset: FloatArray
    gain: FloatArray
    sd: FloatArray

    def estimate(self, sight: Sight) -> tuple[FloatArray, FloatArray]:
        """Values and standard deviations (N, M); where nothing was read, the mean with the spread of all."""
        sector = find_sector(sight.view_deg)
        known = np.isfinite(sight.readings)
        values = self.offset[sector] + self.gain[sector] * np.where(known, sight.readings, 0.0)
        return np.where(known, values, np.nan), self.sd[sector]


def find_sector(view_deg: FloatArray) -> NDArray[np.intp]:
    """(N,) which eighth of the circle, the first about the front; an unknown direction counts as the front."""
    step = 360.0 / _SECTORS
    return np.asarray(np.round(np.nan_to_num(view_deg) / step) % _SECTORS, dtype=np.intp)


def fit_geometry(sight: Sight, truths: FloatArray, spec: MeasuringSpec) -> GeometryFit:
    """Least squares of truths (N, M) on readings, and of both in a mirror; what lies beyond four standard deviations
    is left out of a second round."""
    mirrored = mirror_sight(sight, spec)
    readings = np.concatenate([sight.readings, mirrored.readings])
    truths = np.concatenate([truths, mirror_values(truths, spec.measures)])
    sectors = find_sector(np.concatenate([sight.view_deg, mirrored.view_deg]))
    lines = np.array(
        [
            [_fit_line(readings[sectors == sector, m], truths[sectors == sector, m]) for m in range(len(spec.measures))]
            for sector in range(_SECTORS)
        ]
    )
    return GeometryFit(lines[..., 0], lines[..., 1], lines[..., 2])


def _fit_line(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    near = np.isfinite(x) & np.isfinite(y)
    offset, gain, sd = float("nan"), 0.0, float("nan")
    for _ in range(2):
        if near.sum() < _LEAST_ROWS or np.ptp(x[near]) <= 0:
            break
        gain, offset = np.polyfit(x[near], y[near], 1)
        left = y - offset - gain * x
        sd = float(left[near].std())
        near &= np.abs(left) <= 4 * sd
    return float(offset), float(gain), sd
