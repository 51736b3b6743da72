"""Needleman–Wunsch: global alignment in which a frame may stay without a partner."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numba
import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.scoring.alignment import AlignmentScorer
from formnet.scoring.score import Pairs, Score


@dataclass(frozen=True, eq=False)
class NeedlemanWunschScorer(AlignmentScorer):
    """Greatest sum of (similarity − floor) over pairs in order; skipped frames cost `gap` each.

    The total is 2·Σ similarity of pairs / (n + m).

    Bring both motions to about one number of frames first: a frame has one partner or none.

    Attributes:
        floor: similarity above which pairing two frames gains.
        gap: cost of a frame without a partner, in points.
    """

    floor: float = 50.0
    gap: float = 5.0

    def pair_frames(self, matrix: FloatArray) -> Pairs:
        """Pairs of the best global alignment; frames may be missing from it."""
        return _align(np.ascontiguousarray(matrix) - self.floor, self.gap)

    def score_pairs(self, clip: Motion, reference: Motion, pairs: Pairs) -> Score:
        """As the base, but frames without a partner count as 0 in the total and the parts."""
        score = super().score_pairs(clip, reference, pairs)
        paired = 2.0 * len(pairs) / (len(clip) + len(reference))
        return replace(
            score,
            total=score.total * paired,
            parts={part: value * paired for part, value in score.parts.items()},
            joints={joint: value * paired for joint, value in score.joints.items()},
        )


@numba.njit(cache=True, nogil=True)
def _align(gain, gap):  # type: ignore[no-untyped-def]  # pragma: no cover
    n, m = gain.shape
    best = np.empty((n + 1, m + 1))
    best[0, :] = -gap * np.arange(m + 1)
    best[:, 0] = -gap * np.arange(n + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            skip = max(best[i - 1, j], best[i, j - 1]) - gap
            best[i, j] = max(best[i - 1, j - 1] + gain[i - 1, j - 1], skip)
    pairs = np.empty((min(n, m), 2), dtype=np.intp)
    i, j, count = n, m, 0
    while i > 0 and j > 0:
        if best[i, j] == best[i - 1, j - 1] + gain[i - 1, j - 1]:
            i -= 1
            j -= 1
            pairs[count, 0], pairs[count, 1] = i, j
            count += 1
        elif best[i, j] == best[i - 1, j] - gap:
            i -= 1
        else:
            j -= 1
    return pairs[:count][::-1].copy()
