"""Probabilities of cells are read where OKS is to be expected greatest, and say how great."""

import numpy as np
import pytest

from formnet.pose.grouping.cells import LikelyCells
from formnet.skeleton import Skeleton

JOINTS = Skeleton("legs", ("pelvis", "left_knee", "right_knee"))
SIZE = (24, 32)
GROUPING = LikelyCells(JOINTS, sigma=1.0)


def test_joints_come_back_to_a_fraction_of_a_cell():
    people = np.random.default_rng(4).uniform((5, 5), (19, 27), (20, 1, 3, 2))
    for person in people:
        maps = GROUPING.make_maps(person, SIZE)
        np.testing.assert_allclose(maps["likely"].sum(axis=(1, 2)), 1, atol=1e-5)
        found = GROUPING.group(maps)
        assert np.abs(found.joints - person).max() < 0.1
        assert (found.confidence > 0.7).all()
        assert found.score[0] == pytest.approx(found.confidence.mean())


def test_unknown_joints_and_those_outside_have_no_probability():
    person = np.array([[[np.nan, np.nan], [60.0, 5.0], [10.0, 10.0]]])
    assert GROUPING.make_maps(person, SIZE)["likely"].sum(axis=(1, 2)).tolist() == pytest.approx([0, 0, 1])


def test_of_one_likely_cell_and_many_close_ones_the_many_are_taken():
    maps = np.zeros((3, *SIZE[::-1]))
    maps[:, 25, 20] = 0.3
    maps[:, 8:11, 5:8] = 0.7 / 9
    found = GROUPING.group({"likely": maps})
    np.testing.assert_allclose(found.joints[0], [[6.5, 9.5]] * 3, atol=0.2)
    assert (found.confidence < 0.7).all()


def test_maps_of_the_mirrored_crop_change_sides():
    person = np.array([[[10.0, 8.0], [5.0, 20.0], [15.0, 22.0]]])
    mirrored = (SIZE[0], 0) + person[:, JOINTS.mirror] * (-1, 1)
    back = GROUPING.mirror(GROUPING.make_maps(mirrored, SIZE))
    np.testing.assert_allclose(back["likely"], GROUPING.make_maps(person, SIZE)["likely"], atol=1e-6)
