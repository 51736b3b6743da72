"""What a conditioned network learns from: people as its first network finds them, cut as they will be cut in use.

True poses made wrong tell where hidden joints are: the network would only take the middle of what it is shown. Found
ones say no more than the first network knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from scipy.optimize import linear_sum_assignment

from formnet.pose.grouping.base import FoundPeople
from formnet.pose.metrics.oks import compute_oks, oks_sigmas
from formnet.pose.networks.description import PoseNetwork, PoseNetworkSpec
from formnet.readers.pictures.base import LabelledPicture, PictureSet
from formnet.training.pose.measure import answer_views, true_people
from formnet.training.pose.views import View, list_views

_LEAST_OKS = 0.15
"""Whoever suits nobody better than that is no one, of whom nothing is to be learnt."""


def list_looks(first: PoseNetwork, pictures: PictureSet, spec: PoseNetworkSpec) -> list[View]:
    """A sample for every labelled person: as found by `first`, or where it found nobody without what was found."""
    whole = list_views(pictures, first.spec)
    found = answer_views(first, whole, flip=False)
    looks = [
        look for view, people in zip(whole, found, strict=True) for look in match_found(view.frames[0], people, spec)
    ]
    known = {(look.frames[0].path, look.person) for look in looks}
    return looks + [view for view in list_views(pictures, spec) if (view.frames[0].path, view.person) not in known]


def match_found(picture: LabelledPicture, people: FoundPeople, spec: PoseNetworkSpec) -> Iterator[View]:
    """The found people of one picture who are somebody, each with the true person whom it suits best."""
    if not (len(people) and picture.people):
        return
    truth = true_people(picture, spec.skeleton)
    oks = compute_oks(people.joints, truth, oks_sigmas(spec.skeleton))[:, : len(picture.people)]
    for number, person in zip(*linear_sum_assignment(-oks), strict=True):
        if oks[number, person] >= _LEAST_OKS:
            order = [number, *(other for other in range(len(people)) if other != number)]
            yield View((picture,), int(person), spec.crop_joints(people.joints[number]), people.joints[order])
