"""AP and AR are pycocotools'; PCK counts what it should."""

import contextlib
import io

import numpy as np
import pytest

from formnet.errors import SkeletonError
from formnet.pose.grouping.base import FoundPeople
from formnet.pose.metrics.oks import TruePeople, compute_oks, evaluate_oks, oks_sigmas
from formnet.pose.metrics.pck import compute_pck, measure_people
from formnet.skeleton import COCO_17, PENN_ACTION_13, Skeleton

SIGMAS = oks_sigmas(COCO_17)


def scenes(seed: int, pictures: int = 12):
    """Pictures of one to four people, some with joints or all labels missing, and answers of all qualities."""
    rng = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(pictures):
        people = int(rng.integers(1, 5))
        joints = rng.uniform(20, 60, (people, 1, 2)) * 4 + rng.normal(0, 20, (people, 17, 2))
        flags = rng.choice([0, 1, 2], p=[0.2, 0.2, 0.6], size=(people, 17))
        flags[rng.random(people) < 0.2] = 0
        boxes = np.concatenate([joints.min(axis=1), joints.max(axis=1)], axis=1)
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) * 0.6
        truth.append(TruePeople(joints, flags, areas, boxes))
        rows = rng.integers(0, people, int(rng.integers(0, 7)))
        noisy = joints[rows] + rng.normal(0, 1, (len(rows), 17, 2)) * rng.choice([1, 4, 12], size=(len(rows), 1, 1))
        noisy[rng.random(noisy.shape[:2]) < 0.05] = np.nan
        order = np.sort(rng.random(len(rows)))[::-1]
        found.append(FoundPeople(noisy, np.ones(noisy.shape[:2]), order))
    return truth, found


def by_pycocotools(truth, found):
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    from pycocotools.cocoeval import COCOeval

    annotations, results = [], []
    for image, (people, answers) in enumerate(zip(truth, found, strict=True), start=1):
        for joints, flags, area, box in zip(people.joints, people.flags, people.areas, people.boxes, strict=True):
            annotations.append({
                "id": len(annotations) + 1, "image_id": image, "category_id": 1, "iscrowd": 0, "area": float(area),
                "bbox": [*box[:2], *(box[2:] - box[:2])], "num_keypoints": int((flags > 0).sum()),
                "keypoints": np.column_stack([joints, flags]).ravel().tolist(),
            })  # fmt: skip
        results += [
            {"image_id": image, "category_id": 1, "score": float(score),
             "keypoints": np.column_stack([np.nan_to_num(joints), np.ones(17)]).ravel().tolist()}
            for joints, score in zip(answers.joints, answers.score, strict=True)
        ]  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        truths = coco.COCO()
        truths.dataset = {"images": [{"id": i + 1} for i in range(len(truth))], "annotations": annotations,
                          "categories": [{"id": 1, "name": "person"}]}  # fmt: skip
        truths.createIndex()
        evaluation = COCOeval(truths, truths.loadRes(results), "keypoints")
        evaluation.params.kpt_oks_sigmas = SIGMAS
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return {"ap": evaluation.stats[0], "ap50": evaluation.stats[1], "ap75": evaluation.stats[2],
            "ar": evaluation.stats[5]}  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_ap_and_ar_are_those_of_pycocotools(seed):
    truth, found = scenes(seed)
    own = evaluate_oks(found, truth, SIGMAS)
    assert own == pytest.approx(by_pycocotools(truth, found), abs=1e-9)
    assert 0.05 < own["ap"] < 0.95


def test_oks_of_known_distances():
    joints = np.zeros((1, 17, 2)) + 50
    truth = TruePeople(joints, np.full((1, 17), 2), np.array([100.0]), np.array([[40.0, 40, 60, 60]]))
    assert compute_oks(joints, truth, SIGMAS)[0, 0] == pytest.approx(1.0)
    one_sigma = joints + np.stack([10 * 2 * SIGMAS, 0 * SIGMAS], axis=-1)
    assert compute_oks(one_sigma, truth, SIGMAS)[0, 0] == pytest.approx(np.exp(-0.5))


def test_nothing_found_scores_nothing_and_nobody_there_scores_nan():
    truth, _ = scenes(0, 3)
    nobody = [FoundPeople.nobody(17)] * 3
    assert evaluate_oks(nobody, truth, SIGMAS) == {"ap": 0.0, "ap50": 0.0, "ap75": 0.0, "ar": 0.0}
    empty = [TruePeople(p.joints, np.zeros_like(p.flags), p.areas, p.boxes) for p in truth]
    assert np.isnan(evaluate_oks(nobody, empty, SIGMAS)["ap"])


def test_pck_counts_joints_within_a_share_of_the_size():
    truth = np.zeros((2, 3, 2))
    truth[1, 2] = np.nan
    found = truth + np.array([[[0.0, 0], [19, 0], [21, 0]], [[0, 39], [0, 41], [0, 0]]])
    size = np.array([100.0, 200.0])
    assert compute_pck(found, truth, size) == pytest.approx(3 / 5)
    hidden = np.array([[False, False, True], [False, True, False]])
    assert compute_pck(found, truth, size, evaluated=hidden) == 0.0
    assert compute_pck(found, truth, np.array([100.0, np.nan])) == pytest.approx(2 / 3)
    found[0, 0] = np.nan
    assert compute_pck(found, truth, size) == pytest.approx(2 / 5)
    assert np.isnan(compute_pck(found, truth, size, evaluated=np.zeros((2, 3), bool)))


def test_sizes_of_people():
    joints = np.zeros((1, 13, 2))
    joints[0, PENN_ACTION_13.index("left_shoulder")] = 3, 4
    joints[0, PENN_ACTION_13.index("right_shoulder")] = 6, 8
    boxes, heads = np.array([[10.0, 10, 30, 70]]), np.array([12.0])
    sizes = {s: measure_people(joints, boxes, heads, PENN_ACTION_13, s)[0] for s in ("torso", "person", "head")}
    assert sizes == {"torso": 10.0, "person": 60.0, "head": 12.0}
    with pytest.raises(SkeletonError, match="has no torso, since it lacks left_shoulder"):
        measure_people(joints[:, :1], boxes, heads, Skeleton("nose only", ("nose",)), "torso")
