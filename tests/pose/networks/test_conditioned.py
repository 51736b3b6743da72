"""A second look: who is meant is shown to the network, and what it answers comes back to the right person."""

import numpy as np
import pytest
import torch

from formnet.errors import InputError
from formnet.pose.grouping.base import FoundPeople
from formnet.pose.metrics.oks import oks_sigmas
from formnet.pose.networks.condition import draw_condition, mirror_conditions
from formnet.pose.networks.description import PoseNetwork, PoseNetworkSpec
from formnet.pose.networks.refine import drop_twins, find_everybody, refine_people
from formnet.skeleton import Skeleton
from formnet.training.pose.conditions import disturb_pose

JOINTS = Skeleton("arm and leg", ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"))
SPEC = PoseNetworkSpec(
    JOINTS, size=(96, 128), widths=(8, 16), blocks=(1, 1), width=16, sigma=1.5, conditioned=True
)  # fmt: skip
FIRST = PoseNetworkSpec(JOINTS, method="offsets", size=(64, 48), widths=(8, 16), blocks=(1, 1), width=16)


class Echo(torch.nn.Module):
    """Finds everybody exactly where it was shown them."""

    def forward(self, pictures, conditions):
        return [{"heatmaps": conditions[:, :-1]}]


def crossing_people():
    """Two people (2, 6, 2) in one place of a picture of 200 × 150, one the other's mirror image."""
    rng = np.random.default_rng(3)
    one = np.array([80, 20]) + rng.uniform(0, 1, (6, 2)) * (50, 100)
    return np.stack([one, (210, 0) + one * (-1, 1)])


def test_each_joint_has_its_map_and_others_share_one():
    own, others = np.full((6, 2), np.nan), np.full((1, 6, 2), np.nan)
    own[2], others[0, 4] = (3.5, 5.5), (10.5, 2.5)
    maps = draw_condition(own, others, (16, 12))
    assert maps.shape == (7, 12, 16)
    assert maps[2, 5, 3] == pytest.approx(1)
    assert maps[6, 2, 10] == pytest.approx(1)
    assert maps[[0, 1, 3, 4, 5]].max() == 0
    assert draw_condition(own, others[:0], (16, 12))[6].max() == 0


def test_conditions_of_the_mirrored_crop_are_those_of_mirrored_people():
    people = crossing_people() / 12
    mirrored = (16, 0) + people[:, JOINTS.mirror] * (-1, 1)
    expected = draw_condition(mirrored[0], mirrored[1:], (16, 12))
    straight = draw_condition(people[0], people[1:], (16, 12))
    np.testing.assert_allclose(mirror_conditions(straight[None], JOINTS)[0], expected, atol=1e-6)


@pytest.mark.parametrize("flip", [False, True])
def test_what_is_shown_and_what_is_answered_are_in_the_same_places(flip):
    people = crossing_people()
    found = FoundPeople(people, np.full((2, 6), 0.5), np.array([0.9, 0.4]))
    again = refine_people(PoseNetwork(SPEC, Echo()), np.zeros((150, 200, 3), np.uint8), found, flip=flip)
    # A quarter of crops that span 170 pixels in 128: the peak is read to a tenth of a cell.
    np.testing.assert_allclose(again.joints, people, atol=1.0)
    np.testing.assert_array_equal(again.score, found.score)
    assert (again.confidence > 0.8).all()


def test_who_was_found_twice_is_one():
    people = crossing_people()
    twice = np.concatenate([people, people[:1] + 3])
    found = FoundPeople(twice, np.full((3, 6), 0.5), np.array([0.5, 0.6, 0.9]))
    kept = drop_twins(found, oks_sigmas(JOINTS))
    np.testing.assert_array_equal(kept.joints, twice[[2, 1]])
    assert kept.score.tolist() == [0.9, 0.6]


def test_nobody_is_looked_at_again_where_nobody_was_found():
    torch.manual_seed(0)
    first = PoseNetwork(FIRST, FIRST.build().eval())
    assert (
        len(find_everybody(PoseNetwork(SPEC, Echo(), first=first), np.zeros((96, 128, 3), np.uint8), flip=False)) == 0
    )


def test_training_shows_poses_that_are_wrong_in_many_ways():
    people, rng = crossing_people(), np.random.default_rng(0)
    people[0, 3] = np.nan
    is_hidden = np.arange(6) == 2
    drawn = np.stack([disturb_pose(people[0], is_hidden, people[1:], JOINTS, rng) for _ in range(400)])
    away = np.linalg.norm(drawn - people[0], axis=-1)
    size = np.sqrt(np.prod(np.nanmax(people[0], axis=0) - np.nanmin(people[0], axis=0)))
    assert 0.03 * size < np.nanmedian(away[:, ~is_hidden]) < 0.1 * size
    assert np.nanmedian(away[:, 2]) > 2 * np.nanmedian(away[:, 5])
    assert 0.1 < (away > 0.15 * size).mean() < 0.4
    hip, knee = (drawn[:, joint, 0] - people[0, joint, 0] for joint in (0, 2))
    near = (np.abs(hip) < 0.3 * size) & (np.abs(knee) < 0.6 * size)
    assert np.corrcoef(hip[near], knee[near])[0, 1] > 0.15
    assert 0.0 < np.isnan(drawn[:, [0, 1, 4, 5]]).mean() < 0.1
    near_other = np.linalg.norm(drawn[:, 4] - people[1, 4], axis=-1) < 0.15 * size
    assert 0.01 < near_other.mean() < 0.3


def test_only_networks_of_single_pictures_can_look_again():
    with pytest.raises(InputError, match="a conditioned network finds heatmaps in single pictures"):
        PoseNetworkSpec(JOINTS, kind="rpstn", size=(32, 48), widths=(8, 16), blocks=(1, 1), conditioned=True)
