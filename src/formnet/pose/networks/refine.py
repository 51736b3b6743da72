"""Everybody in a picture: found by one network, and looked at again by another where it is conditioned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.pose.grouping.base import FoundPeople
from formnet.pose.metrics.oks import TruePeople, compute_oks, oks_sigmas
from formnet.pose.networks.condition import draw_condition
from formnet.pose.networks.crop import box_joints, crop_whole
from formnet.pose.networks.description import STRIDE, PoseNetwork
from formnet.pose.networks.predict import Picture, find_in_crops

TWINS = 0.7
"""OKS from which two of the people are one: whom a first look finds twice, a second one puts in one place."""
_UNKNOWN, _SEEN = 0, 2


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
    """Each of the people looked at again by a conditioned network; who turns out to be the same comes once."""
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
    # Heights of heatmaps say less than what was found first; probabilities are of this very answer.
    seen_score = score if network.spec.method == "cells" else people.score
    return drop_twins(FoundPeople(joints, confidence, seen_score), oks_sigmas(network.spec.skeleton))


def drop_twins(people: FoundPeople, sigmas: NDArray[np.floating], alike: float = TWINS) -> FoundPeople:
    """The people, the surest first, without those whose OKS with a surer one is at least `alike`.

    Args:
        sigmas: (J,), see `oks_sigmas`.
    """
    boxes = np.stack([box_joints(joints) for joints in people.joints])
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) / 2
    flags = np.where(np.isfinite(people.joints[..., 0]), _SEEN, _UNKNOWN)
    oks = compute_oks(people.joints, TruePeople(people.joints, flags, areas, boxes), sigmas)
    kept: list[int] = []
    for number in np.argsort(-people.score, kind="stable"):
        if (oks[number, kept] < alike).all():
            kept.append(int(number))
    return FoundPeople(people.joints[kept], people.confidence[kept], people.score[kept])
