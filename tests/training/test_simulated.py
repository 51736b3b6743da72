"""`simulate_table`: simulated people as labelled motions."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.faults import WASEDA_CLASSES
from formnet.skeleton import BLAZEPOSE_33, LIFTED_32
from formnet.training.simulated import simulate_table


def test_a_repetition_is_seen_by_every_camera_and_stays_with_its_crowd() -> None:
    table = simulate_table(14, frames=12, views=2)
    assert len(table) == 28
    assert len(set(table.names)) == 28
    assert table.classes == tuple(WASEDA_CLASSES)
    assert set(np.bincount(table.labels)) == {4}
    for first in range(0, 28, 2):
        assert table.labels[first] == table.labels[first + 1]
        assert table.groups[first] == table.groups[first + 1]
        one, other = (table.motions[row].positions for row in (first, first + 1))
        assert np.abs(one - other).max() > 0.05, "another camera"
    motion = table.motions[0]
    assert (motion.skeleton, motion.unit, len(motion)) == (BLAZEPOSE_33, "metre", 12)


def test_the_same_seed_gives_the_same_people_and_noise_is_what_differs() -> None:
    first, again, other = (simulate_table(3, seed=seed, frames=8) for seed in (4, 4, 5))
    exact = simulate_table(3, seed=4, frames=8, noise=-1.0)
    for one, same, else_, true in zip(first.motions, again.motions, other.motions, exact.motions, strict=True):
        np.testing.assert_array_equal(one.positions, same.positions)
        assert not np.allclose(one.positions, else_.positions)
        error_m = np.abs(one.positions - true.positions).mean()
        assert 0.005 < error_m < 0.3
        assert (true.confidence == 1.0).all()


def test_chosen_classes_and_a_lifter() -> None:
    table = simulate_table(4, frames=16, classes=("shallow", "good"), lifter="supervised")
    assert table.classes == ("shallow", "good")
    assert sorted(table.labels) == [0, 0, 1, 1]
    assert table.motions[0].skeleton == LIFTED_32
    assert np.isfinite(table.motions[0].positions).all()


def test_what_cannot_be_simulated_is_refused() -> None:
    with pytest.raises(InputError, match="one view or more"):
        simulate_table(2, views=0)
    with pytest.raises(InputError, match="lifted by picture or a network, got 'world'"):
        simulate_table(2, lifter="world")
    with pytest.raises(InputError, match="slouching"):
        simulate_table(2, classes=("good", "slouching"))
