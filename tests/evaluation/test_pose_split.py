"""`benchmarks/pose_networks.py --split`: each mistake is forgiven by the row that is about it, and by no other."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from formnet.pose.grouping.base import FoundPeople
from formnet.pose.metrics.oks import TruePeople, oks_sigmas
from formnet.readers.pictures.base import VISIBLE
from formnet.skeleton import COCO_17

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SIGMAS = oks_sigmas(COCO_17)
LEGS = COCO_17.indices(["left_knee", "right_knee", "left_ankle", "right_ankle"])
FORGIVEN = {
    "swapped": "true grouping",
    "beside": "true places",
    "missing": "nothing missing",
    "stranger": "nobody extra",
}


@pytest.fixture
def split_loss(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("pose_split").split_loss


def two_people():
    joints = np.random.default_rng(0).uniform(0, 100, (1, 17, 2)) + np.array([[[0.0, 0.0]], [[150.0, 0.0]]])
    boxes = np.concatenate([joints.min(axis=1), joints.max(axis=1)], axis=1)
    return TruePeople(joints, np.full((2, 17), VISIBLE), np.full(2, 5000.0), boxes)


def spoil(joints, mistake):
    if mistake == "swapped":
        joints[:, LEGS] = joints[::-1][:, LEGS]
    elif mistake == "beside":
        # By COCO's deviation of each joint: OKS 0.61.
        joints[..., 0] += 2 * SIGMAS * np.sqrt(5000.0)
    elif mistake == "missing":
        joints[:, LEGS] = np.nan
    return np.concatenate([joints + 400, joints]) if mistake == "stranger" else joints


@pytest.mark.parametrize("mistake", FORGIVEN)
def test_only_the_row_of_a_mistake_forgives_it(split_loss, mistake):
    truth = two_people()
    joints = spoil(truth.joints.copy(), mistake)
    found = FoundPeople(joints, np.isfinite(joints[..., 0]).astype(float), np.linspace(1, 0.5, len(joints)))
    rows = {title: figures["ap"] for title, figures in split_loss([found], [truth], SIGMAS).items()}
    assert rows["as found"] < 0.9
    right = [title for title, ap in rows.items() if ap > 0.99]
    # Strangers have no joint that suits anybody, so true grouping leaves them out, too.
    assert right == (["true grouping", "nobody extra"] if mistake == "stranger" else [FORGIVEN[mistake]])
