"""Scoring-Your-Video's own figures, from its files and by its formulae written out once more."""

from __future__ import annotations

import json
import math
from itertools import chain

import numpy as np
import pytest
from dtaidistance import dtw

from formnet.errors import FormnetError
from formnet.readers.source import read_detections
from formnet.scoring.compat import normalise_compat, score_dtw_compat, score_match_compat

PUBLISHED = [
    ("TKD_1", "TKD_slow", "cosine", 455, 97.779),
    ("TKD_2", "TKD_slow", "cosine", 723, 96.211),
    ("TKD_3", "TKD_slow", "cosine", 585, 96.517),
    ("TKD_6", "TKD_test", "weighted-l1", 86, 98.6467),
    ("TKD_6", "TKD_test", "weighted-l2", 86, 98.3258),
]


def load(path):
    found = read_detections(path)
    return normalise_compat(found.keypoints, found.boxes, found.frames, found.skeleton)


@pytest.fixture(scope="module")
def taekwondo(shared_dir):
    return lambda name, form: load(shared_dir / "datasets" / "taekwondo" / f"alphapose-{name}{form}.json")


@pytest.mark.parametrize("form", ["", "_l2norm"], ids=["raw", "l2norm"])
@pytest.mark.parametrize(("image", "video", "metric", "frame", "total"), PUBLISHED)
def test_published_matches(taekwondo, form, image, video, metric, frame, total):
    found = score_match_compat(taekwondo(image, form), taekwondo(video, form), metric)
    assert found.frame == frame
    assert found.total == pytest.approx(total, abs=0.0006)


@pytest.mark.parametrize("form", ["", "_l2norm"], ids=["raw", "l2norm"])
def test_published_dtw(taekwondo, form):
    score = score_dtw_compat(taekwondo("TKD_test", form), taekwondo("TKD_slow", form))
    assert score.total == pytest.approx(77.3755, abs=0.0001)


@pytest.mark.parametrize("image", ["TKD_1", "TKD_2", "TKD_3", "TKD_6"])
@pytest.mark.parametrize("video", ["TKD_slow", "TKD_test"])
def test_all_pairs_equal_the_formulae_written_out(taekwondo, shared_dir, image, video):
    folder = shared_dir / "datasets" / "taekwondo"
    a = json.loads((folder / f"alphapose-{image}_l2norm.json").read_text())[0]["keypoints"]
    rows = json.loads((folder / f"alphapose-{video}_l2norm.json").read_text())
    for metric, formula in FORMULAE.items():
        totals, parts = zip(*[formula(a, row["keypoints"]) for row in rows], strict=True)
        best = max(range(len(rows)), key=lambda k: (totals[k], k))
        found = score_match_compat(taekwondo(image, ""), taekwondo(video, ""), metric)
        assert found.frame == int(rows[best]["image_id"].split(".")[0])
        assert found.total == pytest.approx(totals[best], abs=1e-9)
        assert found.parts["head"] == pytest.approx(sum(parts[best][:5]) / 5, abs=1e-9)
        assert list(found.parts.values())[1:] == pytest.approx(parts[best][5:], abs=1e-9)
        assert list(found.parts)[1:3] == ["left_shoulder", "right_shoulder"]
        assert list(found.parts)[-1] == "right_ankle"


def formula_cosine(a, b):
    def score(u, v):
        cosine = sum(x * y for x, y in zip(u, v, strict=True)) / (math.hypot(*u) * math.hypot(*v))
        return 100 * (2 - math.sqrt(2 * max(0.0, 1 - cosine))) / 2

    points_a, points_b = [a[3 * k : 3 * k + 2] for k in range(17)], [b[3 * k : 3 * k + 2] for k in range(17)]
    return score([*chain(*points_a)], [*chain(*points_b)]), [
        score(u, v) for u, v in zip(points_a, points_b, strict=True)
    ]


def formula_l1(a, b):
    parts = [50 * (2 - abs(a[3 * k] - b[3 * k]) - abs(a[3 * k + 1] - b[3 * k + 1])) for k in range(17)]
    return sum(c * p for c, p in zip(b[2::3], parts, strict=True)) / sum(b[2::3]), parts


def formula_l2(a, b):
    parts = [
        100 / math.sqrt(2) * (math.sqrt(2) - math.hypot(a[3 * k] - b[3 * k], a[3 * k + 1] - b[3 * k + 1]))
        for k in range(17)
    ]
    return sum(c * p for c, p in zip(b[2::3], parts, strict=True)) / sum(b[2::3]), parts


FORMULAE = {"cosine": formula_cosine, "weighted-l1": formula_l1, "weighted-l2": formula_l2}


def test_dtw_parts_equal_dtaidistance(taekwondo):
    a, b = taekwondo("TKD_test", "_l2norm"), taekwondo("TKD_slow", "_l2norm")
    ankle = [100 - 100 * dtw.distance_fast(a.positions[:, 16, d].copy(), b.positions[:, 16, d].copy()) for d in (0, 1)]
    assert score_dtw_compat(a, b).parts["right_ankle"] == pytest.approx(np.mean(ankle), abs=1e-9)


def pose_row(rng, name, **changes):
    keypoints = np.column_stack([rng.uniform(100, 400, (17, 2)), rng.uniform(0.3, 1, 17)])
    row = {"image_id": name, "category_id": 1, "keypoints": keypoints.ravel().tolist(), "score": 2.5,
           "box": [90.0, 80.0, 320.0, 330.0], "idx": 0}  # fmt: skip
    return {**row, **changes}


def write(path, rows):
    path.write_text(json.dumps(rows))
    return path


def test_parts_belong_to_the_best_frame(tmp_path):
    rng = np.random.default_rng(8)
    rows = [pose_row(rng, f"{k}.jpg") for k in range(6)]
    video = load(write(tmp_path / "video.json", rows))
    image = load(write(tmp_path / "image.json", [{**rows[4], "image_id": "me.png"}]))
    found = score_match_compat(image, video, "weighted-l1")
    assert found.frame == 4
    assert found.total == pytest.approx(100)
    assert list(found.parts.values()) == pytest.approx([100] * 13)


def test_only_the_videos_confidence_counts(tmp_path):
    rng = np.random.default_rng(9)
    one, other = pose_row(rng, "0.jpg"), pose_row(rng, "0.jpg")
    video = load(write(tmp_path / "video.json", [one]))
    faint = [value if k % 3 < 2 else 0.1 for k, value in enumerate(other["keypoints"])]
    image, faint_image = (
        load(write(tmp_path / f"{k}.json", [{**other, "keypoints": points}]))
        for k, points in enumerate((other["keypoints"], faint))
    )
    totals = [score_match_compat(picture, video, "weighted-l2").total for picture in (image, faint_image)]
    assert totals[0] == pytest.approx(totals[1], abs=1e-12)
    swapped = score_match_compat(video, image, "weighted-l2").total
    assert swapped != pytest.approx(totals[0], abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"keypoints": [0.0, 0.0, 0.0] + [5.0] * 48}, "nose is missing in pose 0"),
        ({"box": None}, "'box' of every pose"),
    ],
)
def test_says_what_the_formulae_cannot(tmp_path, changes, words):
    row = pose_row(np.random.default_rng(1), "0.jpg", **changes)
    with pytest.raises(FormnetError, match=words):
        load(write(tmp_path / "video.json", [row]))


def test_refuses_a_metric_of_its_own(tmp_path):
    poses = load(write(tmp_path / "video.json", [pose_row(np.random.default_rng(1), "0.jpg")]))
    with pytest.raises(FormnetError, match="cosine, weighted-l1, weighted-l2, got 'euclidean'"):
        score_match_compat(poses, poses, "euclidean")
