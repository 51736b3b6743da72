"""Repetitions of one person on one day judged together.

Within a session good and faulty repetitions lie well apart, but all of them may be shifted, since everybody moves in a
way of their own. How far people lie apart is learnt from people left out of training; the shift of a new session is
then inferred from its own repetitions, without labels. A single repetition tells nothing of it and is judged as alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from formnet.errors import DataError
from formnet.motion import FloatArray

REACH, POINTS = 4.0, 401
"""Shifts are tried on a grid of so many points up to so many deviations."""
LEAST = 1e-3


@dataclass(frozen=True)
class SessionSpread:
    """A margin is ±`half_gap`, the shift of its session, of deviation `between`, and noise of deviation `within`."""

    half_gap: float
    between: float
    within: float


def fit_spread(margins: FloatArray, labels: np.ndarray, groups: np.ndarray) -> SessionSpread:
    """The spread of margins (N,), above 0 for class 1, of rows that were not learnt from.

    Raises:
        DataError: when no group shows both classes.
    """
    gaps, shifts, squares, freedom = [], [], 0.0, 0
    for group in np.unique(groups):
        low, high = (margins[(groups == group) & (labels == label)] for label in (0, 1))
        if len(low) and len(high):
            gaps.append(0.5 * (high.mean() - low.mean()))
            shifts.append(0.5 * (high.mean() + low.mean()))
            squares += sum(float(((side - side.mean()) ** 2).sum()) for side in (low, high))
            freedom += len(low) + len(high) - 2
    if not gaps:
        raise DataError("no group shows both classes, so nothing tells how people differ; judge repetitions one by one")
    parts = (np.mean(gaps), np.sqrt(np.mean(np.square(shifts))), np.sqrt(squares / max(freedom, 1)))
    return SessionSpread(*(max(float(part), LEAST) for part in parts))


def judge_together(margins: FloatArray, spread: SessionSpread) -> FloatArray:
    """(N,) probabilities of class 1 of the repetitions of one session, either class as likely beforehand.

    The posterior of the shift, on a grid, times the probabilities given the shift.
    """
    shifts = spread.between * np.linspace(-REACH, REACH, POINTS)
    away = (margins[:, None] - shifts) / spread.within
    gap = spread.half_gap / spread.within
    likelihood = np.logaddexp(-0.5 * (away - gap) ** 2, -0.5 * (away + gap) ** 2).sum(axis=0)
    posterior = softmax(likelihood - 0.5 * (shifts / spread.between) ** 2)
    return np.asarray(expit(2.0 * gap * away) @ posterior)
