"""Moments of a squat by the height of the hips: standing, on the way, deepest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formnet.geometry.paths import sample_frames
from formnet.judges.squat.selfcalibration import find_highest_hips
from formnet.motion import FloatArray

N_HALF = 32


@dataclass(frozen=True, eq=False)
class Phases:
    """Where a squat is when.

    Attributes:
        height: (T,) of the hips over the ankles.
        bottom: frame of the deepest hips.
        standing: (T,) mask.
    """

    height: FloatArray
    bottom: int
    standing: np.ndarray

    def at_depths(self, shares: Sequence[float]) -> tuple[list[int], list[int]]:
        """Last frame on the way down, and first on the way up, at which a share of the depth is not yet exceeded."""
        highest, lowest = np.percentile(self.height, 95), self.height[self.bottom]
        depth = (highest - self.height) / (highest - lowest + 1e-9)
        down, up = [], []
        for share in shares:
            before = np.flatnonzero(depth[: self.bottom + 1] <= share)
            after = np.flatnonzero(depth[self.bottom :] <= share)
            down.append(int(before[-1]) if len(before) else 0)
            up.append(self.bottom + int(after[0]) if len(after) else len(depth) - 1)
        return down, up


def find_phases(height: FloatArray) -> Phases:
    """Phases by the height of the hips (T,)."""
    return Phases(height, int(np.argmin(height)), find_highest_hips(height))


def warp_to_phases(curves: FloatArray, phases: Phases) -> FloatArray:
    """(T, C) → (2·N_HALF, C): half the frames for the way down, half for the way up, without the standing."""
    (start,), (end,) = phases.at_depths((0.05,))
    down = np.linspace(start, phases.bottom, N_HALF, endpoint=False)
    at = np.concatenate([down, np.linspace(phases.bottom, end, N_HALF)])
    return sample_frames(curves, at)


def mean_around(curves: FloatArray, frame: int, reach: int = 2) -> FloatArray:
    """Mean of (T, C) over the frames within `reach` of one."""
    return np.asarray(curves[max(0, frame - reach) : frame + reach + 1].mean(axis=0))
