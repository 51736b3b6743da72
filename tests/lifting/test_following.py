"""Joints that follow the picture: across it they are the picture's, in depth the lifter's."""

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.lifting.following import follow_picture
from formnet.lifting.lifter import create_lifter
from formnet.lifting.observation import OBSERVED_24
from formnet.skeleton import LIFTED_32


@pytest.fixture
def scene():
    """A clip of random bodies, what a picture shows of them at half the size, and a lifter that shrinks them."""
    rng = np.random.default_rng(0)
    true = rng.normal(0, 0.4, (1, 12, 32, 3))
    true -= true[:, :, LIFTED_32.indices(("left_hip", "right_hip"))].mean(axis=2, keepdims=True)
    points = np.zeros((1, 12, 24, 2))
    shared = [joint for joint in OBSERVED_24.joints if joint in LIFTED_32]
    points[:, :, OBSERVED_24.indices(shared)] = 0.5 * true[:, :, LIFTED_32.indices(shared), :2]
    sure = np.zeros((1, 12, 24))
    sure[:, :, OBSERVED_24.indices(shared)] = 1.0
    lifted = true + rng.normal(0, 0.05, true.shape)
    return true, points, sure, lifted, shared


def test_seen_joints_lie_where_the_picture_shows_them(scene):
    true, points, sure, lifted, shared = scene
    followed = follow_picture(lifted, points, sure)
    columns = LIFTED_32.indices(shared)
    hips = LIFTED_32.indices(("left_hip", "right_hip"))
    flat = followed[..., :2] - followed[:, :, hips, :2].mean(axis=2, keepdims=True)
    np.testing.assert_allclose(flat[:, :, columns], true[:, :, columns, :2], atol=0.05)
    assert np.abs(flat - true[..., :2])[:, :, columns].mean() < 0.5 * np.abs((lifted - true)[..., :2]).mean()


def test_depth_is_the_lifters(scene):
    _, points, sure, lifted, _ = scene
    np.testing.assert_array_equal(follow_picture(lifted, points, sure)[..., 2], lifted[..., 2])


def test_what_was_not_seen_stays_or_moves_with_its_neighbours(scene):
    _, points, sure, lifted, _ = scene
    sure = np.zeros_like(sure)
    np.testing.assert_array_equal(follow_picture(lifted, points, sure), lifted)
    _, points, sure, lifted, _ = scene
    followed = follow_picture(lifted, points, sure)
    neck = LIFTED_32.index("neck")
    shoulders = LIFTED_32.indices(("left_shoulder", "right_shoulder"))
    moved = (followed - lifted)[..., :2]
    np.testing.assert_allclose(moved[:, :, neck], moved[:, :, shoulders].mean(axis=2), atol=1e-9)


def test_the_name_chooses_it_and_only_networks_can_follow():
    lifter = create_lifter("supervised+picture")
    assert lifter.name == "supervised+picture"
    assert not lifter.needs_depth
    with pytest.raises(InputError, match="use supervised\\+picture"):
        create_lifter("world+picture")
