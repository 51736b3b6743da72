"""Second looks are learnt from people as they were found, each beside whom it is."""

from pathlib import Path

import numpy as np

from formnet.pose.grouping.base import FoundPeople
from formnet.pose.networks.description import STRIDE, PoseNetworkSpec
from formnet.readers.pictures.base import VISIBLE, LabelledPerson, LabelledPicture
from formnet.skeleton import Skeleton
from formnet.training.pose.looks import match_found
from formnet.training.pose.views import move_into_crop

JOINTS = Skeleton("legs", ("pelvis", "left_knee", "right_knee"))
SPEC = PoseNetworkSpec(JOINTS, size=(64, 96), widths=(8, 16), blocks=(1, 1), width=8, conditioned=True)
PEOPLE = np.array([[[60.0, 40.0], [70, 90], [45, 85]], [[160.0, 40.0], [175, 90], [145, 85]]])


def labelled():
    flags = np.full(3, VISIBLE)
    return LabelledPicture(
        Path("0.png"),
        tuple(LabelledPerson(own, flags, np.array([*own.min(axis=0), *own.max(axis=0)]), 900.0) for own in PEOPLE),
    )


def test_the_found_are_matched_with_the_true_and_strangers_left_out():
    places = np.concatenate([PEOPLE[::-1] + 2, [[[400.0, 300], [410, 350], [390, 350]]]])
    found = FoundPeople(places, np.ones((3, 3)), np.array([0.9, 0.8, 0.7]))
    looks = list(match_found(labelled(), found, SPEC))
    assert [look.person for look in looks] == [1, 0]
    for look, number in zip(looks, (0, 1), strict=True):
        np.testing.assert_array_equal(look.found[0], places[number])
        assert len(look.found) == 3
        inside = look.crop.from_picture(places[number])
        assert ((inside > 0) & (inside < SPEC.size)).all()


def test_nobody_found_teaches_nothing():
    assert not list(match_found(labelled(), FoundPeople.nobody(3), SPEC))


def test_found_joints_follow_the_mirrored_crop():
    (look, _) = match_found(labelled(), FoundPeople(PEOPLE, np.ones((2, 3)), np.ones(2)), SPEC)
    straight, mirrored = (move_into_crop(look.found, look.crop, JOINTS, turned) / STRIDE for turned in (False, True))
    np.testing.assert_allclose(mirrored[:, JOINTS.mirror, 0], SPEC.map_size[0] - straight[..., 0])
