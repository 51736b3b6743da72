"""Where a network of several people loses its AP: four answers that are right in one respect each.

python benchmarks/pose_networks.py --split --networks tags personlab …   # of networks that were trained before
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from formnet.pose.grouping.base import FoundPeople
from formnet.pose.grouping.heatmaps import make_heatmaps
from formnet.pose.grouping.shape import complete_people
from formnet.pose.metrics.oks import TruePeople, compute_oks, evaluate_oks
from formnet.pose.networks.crop import crop_whole
from formnet.pose.networks.description import STRIDE, PoseNetworkSpec
from formnet.readers.pictures.base import VISIBLE, PictureSet
from formnet.training.pose.measure import true_people

Change = Callable[[FoundPeople, TruePeople, np.ndarray], FoundPeople]
_REACH = 1e-3
"""A found joint belongs to a true one when its part of OKS is at least this: within 3.7 of COCO's deviations."""


def split_loss(
    found: Sequence[FoundPeople], truth: Sequence[TruePeople], sigmas: np.ndarray
) -> dict[str, dict[str, float]]:
    """Figures of `evaluate_oks` for the answer as it is and with one thing put right in it.

    Args:
        sigmas: (J,), see `oks_sigmas`.
    """
    rows = {"as found": found}
    for title, change in _CHANGES.items():
        rows[title] = [change(people, true, sigmas) for people, true in zip(found, truth, strict=True)]
    return {title: evaluate_oks(row, truth, sigmas) for title, row in rows.items()}


def answer_faultlessly(spec: PoseNetworkSpec, pictures: PictureSet, *, hidden: bool) -> list[FoundPeople]:
    """What is read from the maps that a network of this description should give.

    Args:
        hidden: False for maps in which hidden joints left no trace; offsets to them there still are.
    """
    answers = []
    for picture in pictures.pictures:
        crop, truth = crop_whole(*picture.size(), spec.size), true_people(picture, pictures.skeleton)
        seen = truth.flags == VISIBLE
        known = truth.flags > 0 if hidden or spec.method == "offsets" else seen
        joints = np.where(known[..., None], crop.from_picture(truth.joints) / STRIDE, np.nan)
        grouping = spec.make_grouping()
        maps = {**grouping.make_maps(joints, spec.map_size, seen)}
        if spec.method == "tags":
            maps["tags"] = _tag_by_the_nearest(joints, spec.map_size)
        if not hidden and spec.method == "offsets":
            maps["heatmaps"] = make_heatmaps(np.where(seen[..., None], joints, np.nan), spec.map_size, spec.sigma)
        people = complete_people(grouping.group(maps), spec.shape)
        answers.append(FoundPeople(crop.to_picture(people.joints * STRIDE), people.confidence, people.score))
    return answers


def _tag_by_the_nearest(joints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(J, H, W): in each cell the number of the person whose joint is nearest, three apart."""
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    away = np.hypot(x - joints[..., 0, None, None], y - joints[..., 1, None, None])
    return 3.0 * np.nan_to_num(away, nan=np.inf).argmin(axis=0).astype(np.float32)


def regroup(found: FoundPeople, truth: TruePeople, sigmas: np.ndarray) -> FoundPeople:
    """The joints that were found, each given to the true person it suits best; whom nothing suits is not found."""
    n_people, n_joints = truth.flags.shape
    joints, confidence = np.full((n_people, n_joints, 2), np.nan), np.zeros((n_people, n_joints))
    for joint in range(n_joints):
        suits = _kernel(found.joints[:, joint], truth, sigmas, joint)
        for f, p in zip(*linear_sum_assignment(-suits), strict=True):
            if suits[f, p] >= _REACH:
                joints[p, joint], confidence[p, joint] = found.joints[f, joint], found.confidence[f, joint]
    seen = np.isfinite(joints[..., 0]).any(axis=1)
    return FoundPeople.ranked(joints[seen], confidence[seen])


def place(found: FoundPeople, truth: TruePeople, sigmas: np.ndarray) -> FoundPeople:
    """Every found joint moved to the nearest true one of its kind, whosever it is, if there is one within reach."""
    joints = found.joints.copy()
    for joint in range(joints.shape[1] if len(truth.joints) else 0):
        suits = _kernel(found.joints[:, joint], truth, sigmas, joint)
        near = suits.max(axis=1) >= _REACH
        joints[near, joint] = truth.joints[suits.argmax(axis=1)[near], joint]
    return FoundPeople(joints, found.confidence, found.score)


def fill(found: FoundPeople, truth: TruePeople, sigmas: np.ndarray) -> FoundPeople:
    """Joints that were not found put where they are, of the person whom the rest suits best."""
    joints = found.joints.copy()
    if len(joints) and len(truth.joints):
        owner = compute_oks(joints, truth, sigmas).argmax(axis=1)
        missing = np.isnan(joints[..., 0])
        joints[missing] = truth.joints[owner][missing]
    return FoundPeople(joints, found.confidence, found.score)


def drop_strangers(found: FoundPeople, truth: TruePeople, sigmas: np.ndarray) -> FoundPeople:
    """Without those who are nobody: of each true person the one who suits best, if any does."""
    if not (len(found) and len(truth.joints)):
        return found
    oks = compute_oks(found.joints, truth, sigmas)
    rows, columns = linear_sum_assignment(-oks)
    kept = np.sort(rows[oks[rows, columns] > 0.1])
    return FoundPeople(found.joints[kept], found.confidence[kept], found.score[kept])


_CHANGES: dict[str, Change] = {
    "true grouping": regroup,
    "true places": place,
    "nothing missing": fill,
    "nobody extra": drop_strangers,
}


def _kernel(places: np.ndarray, truth: TruePeople, sigmas: np.ndarray, joint: int) -> np.ndarray:
    """(F, P) part of OKS that found places (F, 2) of a joint earn with each true person; 0 where either is unknown."""
    squared = ((places[:, None] - truth.joints[None, :, joint]) ** 2).sum(axis=-1)
    worth = np.exp(-squared / (2 * sigmas[joint]) ** 2 / truth.areas / 2)
    return np.nan_to_num(np.where(truth.flags[:, joint] > 0, worth, 0))
