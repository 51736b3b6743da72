"""Scores of all pairs of a set of motions, on all cores."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion
from formnet.scoring.dtw import DtwScorer


def score_all_pairs(motions: Sequence[Motion], *, workers: int | None = None) -> FloatArray:
    """Totals (N, N) of every motion against every other, 100 on the diagonal.

    Similarities, alignments and BLAS run outside of Python's lock, so threads share the motions and use all cores.
    Only pairs above the diagonal are computed: similarity is symmetric, and so is the best path's mean, but for
    ties.

    Args:
        motions: prepared, of one joint set.
        workers: threads; None for one per core.

    Raises:
        InputError: no motion, or workers below 1.
    """
    if not motions:
        raise InputError("expected one motion or more to compare; got none")
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    if count < 1:
        raise InputError(f"the number of workers must be 1 or more, got {workers}")
    scorer = DtwScorer()
    ready = [scorer.similarity.prepare(motion) for motion in motions]
    totals = np.full((len(ready), len(ready)), 100.0)
    pairs = list(itertools.combinations(range(len(ready)), 2))

    def score(pair: tuple[int, int]) -> float:
        return scorer.score(ready[pair[0]], ready[pair[1]]).total

    with ThreadPoolExecutor(count) as pool:
        for (i, j), total in zip(pairs, pool.map(score, pairs), strict=True):
            totals[i, j] = totals[j, i] = total
    return totals
