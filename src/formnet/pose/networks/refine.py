"""Everybody in a picture: found by one network, and looked at again by another where it is conditioned."""

from __future__ import annotations

import numpy as np

from formnet.pose.grouping.base import FoundPeople
from formnet.pose.networks.condition import draw_condition
from formnet.pose.networks.crop import crop_whole
from formnet.pose.networks.description import STRIDE, PoseNetwork
from formnet.pose.networks.predict import Picture, find_in_crops


def find_everybody(network: PoseNetwork, picture: Picture, *, flip: bool) -> FoundPeople:
    """The people of a whole picture (H, W, 3).

    Args:
        network: of several people, or a conditioned one.
        flip: see `find_in_crops`.
    """
    opening = network.opening
    crop = crop_whole(picture.shape[1], picture.shape[0], opening.spec.size)
    (people,) = find_in_crops(opening, [picture], [crop], flip=flip)
    return people if network.first is None else refine_people(network, picture, people, flip=flip)


def refine_people(network: PoseNetwork, picture: Picture, people: FoundPeople, *, flip: bool) -> FoundPeople:
    """Each of the people looked at again, in the same order, by a conditioned network."""
    if not len(people):
        return people
    crops, conditions = [], []
    for number, joints in enumerate(people.joints):
        crop = network.spec.crop_joints(joints)
        cells = crop.from_picture(people.joints) / STRIDE
        crops.append(crop)
        conditions.append(draw_condition(cells[number], np.delete(cells, number, axis=0), network.spec.map_size))
    seen = find_in_crops(network, [picture] * len(crops), crops, np.stack(conditions), flip=flip)
    joints, confidence, score = (
        np.concatenate([getattr(one, name) for one in seen]) for name in ("joints", "confidence", "score")
    )
    return FoundPeople(joints, confidence, score if network.spec.method == "cells" else people.score)
