"""Nearest neighbour under dynamic time warping (Sakoe and Chiba 1978), all channels warped together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from formnet.geometry.warping import find_nearest_of_classes
from formnet.judges.parts.series import N_FRAMES, compute_series, require_rows
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable


class NearestNeighbourDTW:
    """1-NN on joints relative to the hips.

    The answer is the class of the nearest training row. Its probability falls with the distance to the nearest row of
    each class, in units of the typical distance between neighbours in training.

    Args:
        n_frames: frames of each series.
        band: half width of the warping band, as part of the frames; None for no limit.
    """

    def __init__(self, n_frames: int = N_FRAMES, band: float | None = 0.2) -> None:
        self.n_frames = n_frames
        self.band_frames = None if band is None else round(band * n_frames)

    def fit(self, table: RepetitionTable, seed: int = 0) -> NearestNeighbourDTW:
        require_rows(table, 1)
        self.n_classes = len(table.classes)
        self._series = compute_series(table.motions, self.n_frames)
        self._labels = np.asarray(table.labels)
        some = np.linspace(0, len(table) - 1, min(len(table), 24)).astype(np.intp)
        subset, alike = self._series[some], np.zeros(len(some), dtype=np.int64)
        nearest = find_nearest_of_classes(subset, subset, alike, 1, self.band_frames, exclude_same=True)[:, 0]
        self._typical = float(np.median(nearest[np.isfinite(nearest)])) if len(some) > 1 else 1.0
        return self

    def probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        series = compute_series(motions, self.n_frames)
        nearest = find_nearest_of_classes(series, self._series, self._labels, self.n_classes, self.band_frames)
        closeness = np.exp(-(nearest - nearest.min(axis=1, keepdims=True)) / max(self._typical, 1e-12))
        return np.asarray(closeness / closeness.sum(axis=1, keepdims=True))

    def describe(self) -> dict[str, Any]:
        return {"learner": "dtw", "n_frames": self.n_frames, "band_frames": self.band_frames}
