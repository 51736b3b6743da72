"""COCO's keypoint evaluation: object keypoint similarity, average precision and recall.

The figures are those of pycocotools for people of all sizes (the tests compare them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.pose.grouping.base import FoundPeople
from formnet.skeleton import Skeleton

THRESHOLDS = np.linspace(0.5, 0.95, 10)
_RECALLS = np.linspace(0, 1, 101)
_MOST_FOUND = 20
_SIGMA_OF = {
    "nose": 0.026, "eye": 0.025, "ear": 0.035, "shoulder": 0.079, "elbow": 0.072, "wrist": 0.062, "hip": 0.107,
    "knee": 0.087, "ankle": 0.089,
    # Feet as in COCO-WholeBody; COCO has no spine, whose joints are as hard to point at as hips.
    "heel": 0.066, "foot_index": 0.068, "small_toe": 0.066, "pelvis": 0.107, "spine1": 0.107, "spine2": 0.107,
    "spine3": 0.107, "neck": 0.079, "head": 0.079, "head_top": 0.079,
}  # fmt: skip
_OTHER_SIGMA = 0.079


@dataclass(frozen=True, eq=False)
class TruePeople:
    """The labelled people of one picture.

    Attributes:
        joints: (P, J, 2) pixels, NaN where not labelled.
        flags: (P, J) 0 not labelled, 1 hidden, 2 visible; somebody without a labelled joint is ignored, not missed.
        areas: (P,) square pixels.
        boxes: (P, 4) corners.
    """

    joints: NDArray[np.floating]
    flags: NDArray[np.intp]
    areas: NDArray[np.floating]
    boxes: NDArray[np.floating]

    def only(self, flag: int) -> TruePeople:
        """The same people with only the joints of one flag labelled."""
        return TruePeople(self.joints, np.where(self.flags == flag, self.flags, 0), self.areas, self.boxes)


def oks_sigmas(skeleton: Skeleton) -> NDArray[np.float64]:
    """COCO's per-joint standard deviations (J,), extended to joints that it does not have."""
    sided = [joint.removeprefix("left_").removeprefix("right_") for joint in skeleton.joints]
    return np.array([_SIGMA_OF.get(joint, _OTHER_SIGMA) for joint in sided])


def compute_oks(found: NDArray[np.floating], truth: TruePeople, sigmas: NDArray[np.floating]) -> NDArray[np.float64]:
    """OKS (F, P) of found joints (F, J, 2) with true people.

    Mean over labelled joints of exp(−d² / (2 · area · (2σ)²)). A joint that was not found stands at the picture's
    corner, where COCO's results have it. Without labelled joints d is the distance to the box doubled in size.
    """
    places = np.nan_to_num(found)
    result = np.zeros((len(places), len(truth.joints)))
    variance = (2 * sigmas) ** 2
    for p, (joints, flags, area, box) in enumerate(
        zip(truth.joints, truth.flags, truth.areas, truth.boxes, strict=True)
    ):
        labelled = flags > 0
        if labelled.any():
            squared = ((places - np.nan_to_num(joints)) ** 2).sum(axis=-1)[:, labelled]
            variances = variance[labelled]
        else:
            size = box[2:] - box[:2]
            outside = np.maximum(0, box[:2] - size - places) + np.maximum(0, places - box[2:] - size)
            squared, variances = (outside**2).sum(axis=-1), variance
        result[:, p] = np.exp(-squared / variances / (area + np.spacing(1)) / 2).mean(axis=1)
    return result


def evaluate_oks(
    found: Sequence[FoundPeople], truth: Sequence[TruePeople], sigmas: NDArray[np.floating]
) -> dict[str, float]:
    """`ap` over OKS 0.50–0.95, `ap50`, `ap75` and `ar`, over pictures; NaN when nobody is labelled."""
    scores, hits, ignored, n_people = [], [], [], 0
    for people, true in zip(found, truth, strict=True):
        order = np.argsort(-people.score, kind="stable")[:_MOST_FOUND]
        is_labelled = np.asarray((true.flags > 0).any(axis=1))
        hit, skipped = _match(compute_oks(people.joints[order], true, sigmas), ~is_labelled)
        scores.append(people.score[order])
        hits.append(hit)
        ignored.append(skipped)
        n_people += int(is_labelled.sum())
    if not n_people:
        return dict.fromkeys(("ap", "ap50", "ap75", "ar"), float("nan"))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    hit, skipped = np.concatenate(hits, axis=1)[:, order], np.concatenate(ignored, axis=1)[:, order]
    rows = [_precision_recall(h[~s], n_people) for h, s in zip(hit, skipped, strict=True)]
    precision, recall = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    return {"ap": float(precision.mean()), "ap50": float(precision[0]), "ap75": float(precision[5]),
            "ar": float(recall.mean())}  # fmt: skip


def _match(oks: NDArray[np.float64], is_ignored: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For each threshold which of the found, best first, are right, and which do not count; (10, F) each.

    Everybody is matched at most once; people who are ignored only when nobody else fits.
    """
    hit, skipped = np.zeros((len(THRESHOLDS), len(oks)), bool), np.zeros((len(THRESHOLDS), len(oks)), bool)
    for t, threshold in enumerate(THRESHOLDS):
        free = np.ones(oks.shape[1], bool)
        for f, row in enumerate(oks):
            for group in (~is_ignored, is_ignored):
                fits = np.flatnonzero(free & group & (row >= min(threshold, 1 - 1e-10)))
                if len(fits):
                    # Of equals COCO takes the last.
                    best = fits[len(fits) - 1 - int(np.argmax(row[fits][::-1]))]
                    free[best] = False
                    (skipped if is_ignored[best] else hit)[t, f] = True
                    break
    return hit, skipped


def _precision_recall(hit: NDArray[np.bool_], n_people: int) -> tuple[float, float]:
    """Average precision at 101 recalls, and the recall reached, from what was found, surest first."""
    if not len(hit):
        return 0.0, 0.0
    right = np.cumsum(hit)
    recall = right / n_people
    precision = right / np.arange(1, len(hit) + 1)
    # Precision never falls when less is asked for.
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, _RECALLS, side="left")
    return float(np.where(at < len(envelope), envelope[np.minimum(at, len(envelope) - 1)], 0).mean()), float(recall[-1])
