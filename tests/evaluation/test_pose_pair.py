"""`benchmarks/pose_pair.py`: the difference of two networks, and how sure it is, people being the unit."""

import importlib
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
CLIPS = np.repeat(np.arange(50), 4)
ALL = np.ones((len(CLIPS), 3), dtype=bool)


@pytest.fixture
def compare(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("pose_pair").compare


def test_networks_that_find_the_same_do_not_differ_at_all(compare):
    found = np.random.default_rng(0).random(ALL.shape) < 0.7
    row = compare(found, found, ALL, CLIPS)
    assert row["first"] == row["second"] == found.mean()
    assert row["difference"] == row["standard_error"] == 0


def test_only_joints_that_count_are_compared(compare):
    first, second = ALL.copy(), ALL.copy()
    second[:, 0] = False
    counts = ALL.copy()
    counts[:, 0] = False
    assert compare(first, second, counts, CLIPS)["difference"] == 0
    assert compare(first, second, ~counts, CLIPS)["difference"] == 1


def test_the_standard_error_is_that_of_clips_drawn_anew(compare):
    rng = np.random.default_rng(1)
    # Whole clips differ, as people do: frames of one clip are no independent proof.
    better = np.repeat(rng.random(50) < 0.3, 4)[:, None]
    second = rng.random(ALL.shape) < 0.5
    first = second | better
    row = compare(first, second, ALL, CLIPS)
    drawn = []
    for _ in range(400):
        rows = np.concatenate([np.flatnonzero(clip == CLIPS) for clip in rng.integers(50, size=50)])
        drawn.append(first[rows].mean() - second[rows].mean())
    assert row["standard_error"] == pytest.approx(np.std(drawn), rel=0.2)
