"""Varied squats reach what real ones show, with several faults in one repetition."""

import numpy as np
import pytest

from formnet.body.load import load_body
from formnet.errors import InputError
from formnet.synth.nature import sample_nature
from formnet.synth.varied import sample_targets, sample_varied_repetitions, widen_nature
from formnet.training.measures.simulated import simulate_views


def test_repetitions_are_whole_and_the_same_for_the_same_seed():
    body = load_body()
    first, second = (sample_varied_repetitions(body, np.random.default_rng(3), 6, frames=24) for _ in range(2))
    assert np.isfinite(first.joints).all()
    np.testing.assert_array_equal(first.joints, second.joints)
    assert (first.start_s < first.bottom_s).all()
    assert (first.bottom_s < first.end_s).all()


def test_several_faults_come_together_and_none_always():
    rng = np.random.default_rng(0)
    targets = sample_targets(rng, widen_nature(rng, sample_nature(rng, 2000)))
    shallow = targets.end_thigh_deg > targets.thigh_deg
    caving, rounded = targets.caving[:, 0] > 0, targets.rounding_deg > 0
    for fault in (shallow, caving, rounded):
        assert 0.1 < fault.mean() < 0.4
    assert (shallow & caving & rounded).any()
    assert not (rounded & (targets.arching_deg > 0)).any()


def test_nothing_to_draw_is_refused():
    with pytest.raises(InputError, match="at least one repetition"):
        sample_varied_repetitions(load_body(), np.random.default_rng(0), 0)


def test_views_show_the_truth_of_their_person():
    views = simulate_views(2, seed=5, views=2, frames=32)
    # Two people, each seen by two cameras, one after the other.
    assert len(views) == 4
    assert views[0].truth == views[1].truth != views[2].truth == views[3].truth
    assert np.isfinite(views[0].truth["thigh"])
    assert views[0].performance.motion.positions.shape == (32, 32, 3)


def test_without_a_network_lifter_there_are_no_views():
    with pytest.raises(InputError, match="lifted by a network"):
        simulate_views(1, lifter="picture")
