"""All pairs on several threads: the same as one by one."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.scoring.dtw import DtwScorer
from formnet.scoring.pairs import score_all_pairs
from formnet.skeleton import KINECT_22
from tests.scoring.motions import still, swing, waving


@pytest.mark.parametrize("workers", [1, 2, None])
def test_equals_one_by_one(workers):
    motions = [still(KINECT_22, 20), waving(KINECT_22, 30), swing(waving(KINECT_22, 25), "neck", 0, 30.0)]
    totals = score_all_pairs(motions, workers=workers)
    np.testing.assert_array_equal(np.diag(totals), 100.0)
    np.testing.assert_array_equal(totals, totals.T)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert totals[i, j] == DtwScorer().score(motions[i], motions[j]).total
        assert totals[i, j] == pytest.approx(DtwScorer().score(motions[j], motions[i]).total, abs=0.3)


def test_refuses_nothing_and_no_workers():
    with pytest.raises(InputError, match="one motion or more"):
        score_all_pairs([])
    with pytest.raises(InputError, match="1 or more, got 0"):
        score_all_pairs([still()], workers=0)
