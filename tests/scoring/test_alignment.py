"""Needleman–Wunsch and the diagonal method beside slow twins; per-joint DTW."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from formnet.errors import InputError, PoseError
from formnet.scoring.alignment import fill_unknown
from formnet.scoring.diagonal import DiagonalScorer
from formnet.scoring.dtw import DtwScorer, JointDtwScorer
from formnet.scoring.needleman_wunsch import NeedlemanWunschScorer
from formnet.skeleton import KINECT_22
from tests.scoring.motions import still, swing, waving


def every_alignment(n, m):
    """All ways to pair rising frames."""
    for size in range(min(n, m) + 1):
        for rows in itertools.combinations(range(n), size):
            for columns in itertools.combinations(range(m), size):
                yield list(zip(rows, columns, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_needleman_wunsch_finds_the_best_of_all_alignments(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.uniform(0, 100, (4, 5))
    scorer = NeedlemanWunschScorer(floor=40.0, gap=7.0)

    def value(pairs):
        return sum(matrix[i, j] - 40.0 for i, j in pairs) - 7.0 * (9 - 2 * len(pairs))

    best = max(value(pairs) for pairs in every_alignment(4, 5))
    assert value([tuple(pair) for pair in scorer.pair_frames(matrix)]) == pytest.approx(best)


def test_needleman_wunsch_counts_frames_without_a_partner_as_nothing():
    reference = waving(KINECT_22, 60)
    whole = NeedlemanWunschScorer().score(reference, reference)
    half = NeedlemanWunschScorer().score(reference.frames(0, 30), reference)
    assert whole.total == pytest.approx(100)
    assert half.total == pytest.approx(100 * 60 / 90, abs=0.5)


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4)])
@pytest.mark.parametrize("overlap", [0.3, 0.5, 1.0])
def test_diagonal_equals_its_slow_twin(shape, overlap):
    matrix = np.random.default_rng(1).uniform(0, 100, shape)
    means = {
        offset: np.diagonal(matrix, offset).mean()
        for offset in range(1 - shape[0], shape[1])
        if len(np.diagonal(matrix, offset)) >= np.ceil(overlap * min(shape))
    }
    best = max(means, key=lambda offset: means[offset])
    pairs = DiagonalScorer(overlap=overlap).pair_frames(matrix)
    assert set(pairs[:, 1] - pairs[:, 0]) == {best}
    assert matrix[pairs[:, 0], pairs[:, 1]].mean() == pytest.approx(means[best])
    assert len(pairs) == len(np.diagonal(matrix, best))


def test_diagonal_finds_a_late_start():
    reference = waving(KINECT_22, 80)
    score = DiagonalScorer().score(reference.frames(15, 80), reference)
    assert score.total == pytest.approx(100)
    assert set(score.pairs[:, 1] - score.pairs[:, 0]) == {15}


def test_each_joint_may_have_its_own_timing():
    # The arm comes first, the leg later, against a reference in which both come together.
    x = np.linspace(0, 1, 80)

    def bump(centre):
        return np.exp(-(((x - centre) / 0.08) ** 2))

    together = swing(swing(still(KINECT_22, 80), "left_shoulder", 2, -60 * bump(0.5)), "right_hip", 0, -50 * bump(0.5))
    apart = swing(swing(still(KINECT_22, 80), "left_shoulder", 2, -60 * bump(0.3)), "right_hip", 0, -50 * bump(0.7))
    whole, single = DtwScorer().score(apart, together), JointDtwScorer().score(apart, together)
    assert whole.parts["left_arm"] < 80
    assert single.parts["left_arm"] > 99.5
    assert single.parts["right_leg"] > 99.5


def test_dtw_band_must_be_a_share():
    motion = waving(KINECT_22, 10)
    with pytest.raises(InputError, match="share of 0–1, got 3"):
        DtwScorer(band=3).score(motion, motion)
    assert DtwScorer(band=0.1).score(motion, motion).total == pytest.approx(100)
    with pytest.raises(InputError, match="above 0 and up to 1"):
        DiagonalScorer(overlap=0).pair_frames(np.ones((3, 3)))


def test_unknown_pairs_get_the_mean_and_nothing_known_is_an_error():
    matrix = np.array([[80.0, np.nan], [40.0, 60.0]])
    assert fill_unknown(matrix)[0, 1] == pytest.approx(60)
    with pytest.raises(PoseError, match="never show the same joints"):
        fill_unknown(np.full((2, 2), np.nan))
