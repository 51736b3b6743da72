"""One way to judge: `Recipe.fit(table, seed)` gives a judge, `Judge.probabilities(motions)` its answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable


class Judge(Protocol):
    """What has learnt and judges."""

    @property
    def n_classes(self) -> int:
        """Columns of the probabilities."""

    def probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        """(N, C) of single repetitions, those of one person and day; each is judged alone unless the recipe says so."""

    def describe(self) -> dict[str, Any]:
        """Plain values: its kind, and what was chosen or learnt that is no array."""


class Recipe(Protocol):
    """How a judge comes to be, with its options set."""

    def fit(self, table: RepetitionTable, seed: int = 0) -> Judge:
        """Learns from all rows. Calibration and choices are made on groups left out inside the table.

        Raises:
            DataError: with fewer than two classes.
            SkeletonError: when the joint set lacks what the recipe needs.
        """


def judge_groups(judge: Judge, table: RepetitionTable) -> FloatArray:
    """(N, C) answers to the rows of a table, group by group, for judges that look at a session together."""
    probabilities = np.zeros((len(table), judge.n_classes))
    for group in np.unique(table.groups):
        rows = np.flatnonzero(table.groups == group)
        probabilities[rows] = judge.probabilities(table.select(rows).motions)
    return probabilities
