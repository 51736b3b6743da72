"""Parts of the body that count more, less or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.pipeline.differences import name_other_movement
from formnet.preprocess.repetitions import RepetitionSpan, Segmentation
from formnet.scoring.parts import WeightedParts, name_columns, parse_part_weights
from formnet.scoring.registry import SIMILARITIES, similarity_named
from formnet.scoring.score import weighted_mean
from tests.simulated_film import film_squats


@pytest.fixture(scope="module")
def motion():
    return film_squats()[0].frames(60, 84)


@pytest.mark.parametrize("metric", SIMILARITIES)
def test_equal_weights_change_no_score(metric, motion):
    plain = similarity_named(metric)
    same = WeightedParts(plain, dict.fromkeys(name_columns(plain, motion)[1], 2.0))
    a, b = plain.prepare(motion.frames(0, 12)), plain.prepare(motion.frames(12, 24))
    pairs = np.array([[0, 0], [5, 7], [11, 3]])
    scores, weights = plain.score_pairs(a, b, pairs)
    ours, factors = same.score_pairs(a, b, pairs)
    np.testing.assert_allclose(weighted_mean(ours, factors, 1), weighted_mean(scores, weights, 1))
    matrix = same.compute_matrix(a, b)
    for i, j in pairs:
        assert matrix[i, j] == pytest.approx(weighted_mean(scores, weights, 1)[list(map(tuple, pairs)).index((i, j))])


def test_a_part_that_is_left_out_has_no_say(motion):
    plain = similarity_named("limbs")
    without = WeightedParts(plain, {"left_arm": 0.0})
    arms = [j for j in motion.skeleton.joints if j.startswith("left_") and ("wrist" in j or "elbow" in j)]
    moved = motion.positions.copy()
    moved[:, motion.skeleton.indices(arms)] += (60.0, 10.0)
    other = motion.replace(positions=moved)
    assert np.nanmin(np.diag(without.compute_matrix(other, motion))) == pytest.approx(100.0)
    assert np.nanmax(np.diag(plain.compute_matrix(other, motion))) < 99.0
    assert "left_arm" not in without.name_joints(motion)[1]


def test_leaving_out_everything_is_refused(motion):
    plain = similarity_named("limbs")
    with pytest.raises(InputError, match="leave one in"):
        WeightedParts(plain, dict.fromkeys(name_columns(plain, motion)[1], 0.0)).name_joints(motion)


def test_weights_are_read_as_people_write_them():
    assert parse_part_weights(["trunk=3", "Left Leg = 0.5"], ["right-arm"]) == {
        "trunk": 3.0, "left_leg": 0.5, "right_arm": 0.0,
    }  # fmt: skip


def test_another_movement_is_called_one():
    sits = Segmentation((), other="sitting down and standing up")
    squats = Segmentation((RepetitionSpan(0, 1, 2, 0.0, 1.0, 2.0, 0.4),))
    assert name_other_movement(sits, squats) == (
        "these are different movements: the clip shows no squat but what looks like sitting down and standing up "
        "and the reference shows squats, so nothing was measured"
    )
    assert "different" not in name_other_movement(sits, sits)
