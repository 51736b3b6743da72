"""The figures of a pose network on labelled pictures that it has not seen."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from formnet.lifting.metrics import compute_mpjpe_mm, root_joints
from formnet.pose.grouping.base import FoundPeople
from formnet.pose.metrics.oks import TruePeople, evaluate_oks, oks_sigmas
from formnet.pose.metrics.pck import compute_pck, measure_people
from formnet.pose.networks.description import PoseNetwork
from formnet.pose.networks.predict import find_in_clip, find_in_crops
from formnet.pose.networks.refine import refine_people
from formnet.readers.pictures.base import HIDDEN, VISIBLE, LabelledPerson, LabelledPicture, PictureSet
from formnet.skeleton import Skeleton
from formnet.training.pose.views import View, list_views

Figures = dict[str, float]
THRESHOLD = 0.2
PCKH_THRESHOLD = 0.5
_BATCH = 16


def measure_network(
    network: PoseNetwork, pictures: PictureSet, *, flip: bool = True, most: int | None = None
) -> Figures:
    """PCK for networks of crops, AP and AR for those of whole pictures, MPJPE where they know depth; seconds a frame.

    Args:
        flip: with the flip test.
        most: look at no more samples than that, spread evenly.
    """
    views = list_views(pictures, network.opening.spec)
    if most is not None and len(views) > most:
        views = [views[i] for i in np.linspace(0, len(views) - 1, most).astype(int)]
    start = time.process_time()
    found = answer_views(network, views, flip=flip)
    n_frames = sum(len(view.frames) for view in views)
    if network.opening.spec.finds_several:
        figures = measure_pictures(found, [view.frames[0] for view in views], pictures.skeleton)
    else:
        people = [[view.people(frame)[0] for frame in range(len(view.frames))] for view in views]
        was_seen = np.concatenate([find_seen_before(np.stack([p.flags for p in piece])) for piece in people])
        figures = measure_crops(found, list(itertools.chain(*people)), pictures.skeleton, was_seen)
    return {**figures, "seconds_a_frame": (time.process_time() - start) / max(n_frames, 1)}


def answer_views(network: PoseNetwork, views: Sequence[View], *, flip: bool) -> list[FoundPeople]:
    """What a network finds, one answer a frame; a conditioned one in what its first network found in these views."""
    if network.first is not None:
        found = answer_views(network.first, views, flip=flip)
        pictures = (view.frames[0].read() for view in views)
        return [
            refine_people(network, picture, people, flip=flip) for picture, people in zip(pictures, found, strict=True)
        ]
    if network.spec.kind == "rpstn":
        return [
            people
            for view in views
            for people in find_in_clip(
                network, [frame.read() for frame in view.frames], [view.crop] * len(view.frames), flip=flip
            )
        ]
    answers: list[FoundPeople] = []
    for start in range(0, len(views), _BATCH):
        part = views[start : start + _BATCH]
        answers += find_in_crops(
            network, [view.frames[0].read() for view in part], [view.crop for view in part], flip=flip
        )
    return answers


def find_seen_before(flags: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which joints (T, J) of a piece of a clip were visible in an earlier frame of it."""
    is_visible = np.maximum.accumulate(flags == VISIBLE, axis=0)
    return np.concatenate([np.zeros_like(is_visible[:1]), is_visible[:-1]])


def measure_crops(
    found: Sequence[FoundPeople],
    truth: Sequence[LabelledPerson],
    skeleton: Skeleton,
    was_seen: NDArray[np.bool_] | None = None,
) -> Figures:
    """PCK@0.2 of the torso over all, visible and hidden joints; of the person's box; PCKh where heads are known.

    Args:
        was_seen: (N, J) as `find_seen_before` gives; of hidden joints that were, the figures `_lost` are.
    """
    places = np.stack([people.joints[0] for people in found])
    joints, flags = (np.stack([getattr(person, name) for person in truth]) for name in ("joints", "flags"))
    boxes, heads = np.stack([person.box for person in truth]), np.array([person.head_px for person in truth])
    known: dict[str, NDArray[np.bool_]] = {"": flags > 0, "_visible": flags == VISIBLE, "_hidden": flags == HIDDEN}
    if was_seen is not None and was_seen.any():
        known["_lost"] = known["_hidden"] & was_seen
    figures: Figures = {}
    if "left_hip" in skeleton and "left_shoulder" in skeleton:
        torso = measure_people(joints, boxes, heads, skeleton, "torso")
        figures |= {f"pck{n}": compute_pck(places, joints, torso, THRESHOLD, rows) for n, rows in known.items()}
    person = measure_people(joints, boxes, heads, skeleton, "person")
    figures |= {f"pck_person{n}": compute_pck(places, joints, person, THRESHOLD, rows) for n, rows in known.items()}
    if np.isfinite(heads).any():
        figures["pckh"] = compute_pck(places, joints, heads, PCKH_THRESHOLD, known[""])
    solid = [people.solid for people in found]
    if solid[0] is not None and truth[0].solid is not None:
        lifted = np.stack([part[0] for part in solid if part is not None])
        true = np.stack([part.solid for part in truth if part.solid is not None])
        root = root_joints(skeleton)
        figures |= {
            f"mpjpe_mm{n}": compute_mpjpe_mm(lifted, true, root=root, evaluated=rows).mean for n, rows in known.items()
        }
    return figures


def measure_pictures(found: Sequence[FoundPeople], pictures: Sequence[LabelledPicture], skeleton: Skeleton) -> Figures:
    """AP and AR by OKS, and AP of only the visible and only the hidden joints."""
    truth, sigmas = [true_people(picture, skeleton) for picture in pictures], oks_sigmas(skeleton)
    figures = evaluate_oks(found, truth, sigmas)
    for name, flag in (("visible", VISIBLE), ("hidden", HIDDEN)):
        figures[f"ap_{name}"] = evaluate_oks(found, [people.only(flag) for people in truth], sigmas)["ap"]
    return figures


def true_people(picture: LabelledPicture, skeleton: Skeleton) -> TruePeople:
    """The people of a picture for `evaluate_oks`; those without labels are ignored."""
    n_joints, n_unknown, people = len(skeleton), len(picture.unknown), picture.people
    joints = np.full((len(people) + n_unknown, n_joints, 2), np.nan)
    flags = np.zeros(joints.shape[:2], dtype=np.intp)
    for row, person in enumerate(people):
        joints[row], flags[row] = person.joints, person.flags
    boxes = np.array([*(person.box for person in people), *picture.unknown]).reshape(-1, 4)
    sizes = (picture.unknown[:, 2:] - picture.unknown[:, :2]).prod(axis=1)
    return TruePeople(joints, flags, np.array([*(person.area for person in people), *sizes]), boxes)
