"""MiniRocket (`formnet.judges.parts.rocket`) with a ridge classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import RidgeClassifierCV
from sklearn.preprocessing import StandardScaler

from formnet.judges.parts.calibrate import fit_slope
from formnet.judges.parts.rocket import fit_plan, transform_rocket
from formnet.judges.parts.series import N_FRAMES, compute_series, require_rows, spread_probabilities
from formnet.judges.parts.threads import one_thread
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable


class MiniRocket:
    """MiniRocket on joints relative to the hips, ridge classifier, probabilities tempered on left-out rows.

    Args:
        n_features: about how many features.
    """

    def __init__(self, n_features: int = 10_000, n_frames: int = N_FRAMES) -> None:
        self.n_features, self.n_frames = n_features, n_frames

    @one_thread()
    def fit(self, table: RepetitionTable, seed: int = 0) -> MiniRocket:
        """Learns; the seed decides the random channels and biases."""
        require_rows(table)
        self.n_classes = len(table.classes)
        series = self._series(table.motions)
        self._plan = fit_plan(series, self.n_features, np.random.default_rng(seed))
        self._scaler = StandardScaler()
        features = self._scaler.fit_transform(transform_rocket(series, self._plan))
        self._ridge = RidgeClassifierCV(alphas=np.logspace(-1, 5, 13), store_cv_results=True)
        self._ridge.fit(features, table.labels)
        self._temperature = self._fit_temperature(np.asarray(table.labels))
        return self

    def probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        features = self._scaler.transform(transform_rocket(self._series(motions), self._plan))
        scores = _as_columns(self._ridge.decision_function(features))
        learnt = softmax(scores / self._temperature, axis=1)
        return spread_probabilities(learnt, self._ridge.classes_, self.n_classes)

    def describe(self) -> dict[str, Any]:
        return {"learner": "minirocket", "n_features": self.n_features, "n_frames": self.n_frames}

    def _series(self, motions: Sequence[Motion]) -> FloatArray:
        return np.ascontiguousarray(compute_series(motions, self.n_frames).transpose(0, 2, 1))

    def _fit_temperature(self, labels: np.ndarray) -> float:
        """The softmax temperature that fits the squared errors ridge keeps of each row left out of training."""
        numbers = np.searchsorted(self._ridge.classes_, labels)
        best = int(np.argmin(np.abs(np.asarray(self._ridge.alphas) - self._ridge.alpha_)))
        errors = np.sqrt(np.maximum(_errors_of(self._ridge.cv_results_, best), 0.0))
        targets = np.where(np.arange(len(self._ridge.classes_)) == numbers[:, None], 1.0, -1.0)
        # Ridge keeps the size of the error, not its sign: margins shrink towards the wrong side as it grows.
        scores = targets * (1.0 - _as_columns_of_errors(errors, targets.shape[1]))

        return 1.0 / fit_slope(scores, numbers, lowest=np.exp(-3.0), highest=np.exp(4.0))


def _as_columns(scores: FloatArray) -> FloatArray:
    """One column of two-class margins → a column for each class."""
    return np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores


def _errors_of(results: FloatArray, alpha: int) -> FloatArray:
    chosen = results[..., alpha]
    return np.asarray(chosen.reshape(len(chosen), -1))


def _as_columns_of_errors(errors: FloatArray, n_classes: int) -> FloatArray:
    return np.repeat(errors, n_classes, axis=1) if errors.shape[1] == 1 else errors
