"""Every frame similarity of the registry: same laws for all, and a slow twin for each."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.geometry.align import estimate_similarity
from formnet.motion import Motion
from formnet.scoring.crop import compute_square_corner, normalise_crop
from formnet.scoring.euclidean import EuclideanSimilarity
from formnet.scoring.limbs import HALF_SCORE_DEG, LimbSimilarity
from formnet.scoring.registry import SIMILARITIES, alignment_named, similarity_named
from formnet.skeleton import COCO_17, KINECT_22
from tests.scoring.motions import still, swing, waving, waving_in_picture

NAMES = list(SIMILARITIES)


def blurred(motion: Motion, seed: int, share_missing: float = 0.1) -> Motion:
    rng = np.random.default_rng(seed)
    positions = motion.positions + rng.normal(scale=0.03 * np.nanstd(motion.positions), size=motion.positions.shape)
    positions[rng.uniform(size=positions.shape[:2]) < share_missing] = np.nan
    return motion.replace(positions=positions, confidence=rng.uniform(0.2, 1, positions.shape[:2]))


@pytest.fixture(params=["picture", "room"])
def pair(request):
    motion = waving_in_picture(20) if request.param == "picture" else waving(KINECT_22, 20)
    return blurred(motion, 1), blurred(motion, 2)


@pytest.mark.parametrize("name", ["limbs", "weighted-l1", "weighted-l2"])
def test_the_matrix_is_the_mean_of_the_joints(name, pair):
    similarity = similarity_named(name)
    a, b = (similarity.prepare(motion) for motion in pair)
    matrix = similarity.compute_matrix(a, b)
    for i, j in ((0, 0), (3, 17), (19, 5)):
        scores, weights = similarity.score_pairs(a, b, np.array([[i, j]]))
        known = weights[0] > 0
        assert matrix[i, j] == pytest.approx(np.average(scores[0, known], weights=weights[0, known]), rel=1e-9)


def test_cosine_equals_its_slow_twin(pair):
    similarity = similarity_named("cosine")
    a, b = (similarity.prepare(motion) for motion in pair)
    matrix = similarity.compute_matrix(a, b)
    for i, j in ((0, 0), (3, 17), (19, 5)):
        weights = a.confidence[i] * b.confidence[j]
        known = weights > 0
        x, y, w = a.positions[i, known], b.positions[j, known], weights[known, None]
        cosine = (w * x * y).sum() / np.sqrt((w * x * x).sum() * (w * y * y).sum())
        assert matrix[i, j] == pytest.approx(50 * (2 - np.sqrt(2 * (1 - cosine))), rel=1e-7)


@pytest.mark.parametrize("rotate", [False, True])
def test_euclidean_equals_its_slow_twin(pair, rotate):
    similarity = EuclideanSimilarity(rotate=rotate)
    a, b = (similarity.prepare(motion) for motion in pair)
    matrix = similarity.compute_matrix(a, b)
    for i, j in ((0, 0), (3, 17), (19, 5)):
        weights = a.confidence[i] * b.confidence[j]
        x, y = np.nan_to_num(a.positions[i]), np.nan_to_num(b.positions[j])
        if rotate:
            covariance = (weights[:, None] * y).T @ x
            u, _, vt = np.linalg.svd(covariance)
            flip = np.diag([1.0] * (len(u) - 1) + [np.sign(np.linalg.det(u @ vt))])
            x = x @ (u @ flip @ vt).T
        mean = (weights * ((x - y) ** 2).sum(axis=1)).sum() / weights.sum()
        assert matrix[i, j] == pytest.approx(100 * max(0.0, 1 - np.sqrt(mean) / np.sqrt(2)), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_pose_scores_100_and_no_score_leaves_0_to_100(name, pair):
    similarity = similarity_named(name)
    a, b = (similarity.prepare(motion) for motion in pair)
    assert np.diag(similarity.compute_matrix(a, a)) == pytest.approx(np.full(20, 100.0), abs=1e-5)
    matrix = similarity.compute_matrix(a, b)
    assert ((matrix >= 0) & (matrix <= 100)).all()
    scores, weights = similarity.score_pairs(a, b, np.array([[0, 0], [5, 9]]))
    seen = scores[weights > 0]
    assert ((seen >= 0) & (seen <= 100 + 1e-9)).all()


@pytest.mark.parametrize("name", NAMES)
def test_place_and_size_do_not_count(name, pair):
    similarity = similarity_named(name)
    a, b = pair
    moved = a.replace(positions=a.positions * 1.7 + 40.0)
    first = similarity.compute_matrix(similarity.prepare(a), similarity.prepare(b))
    second = similarity.compute_matrix(similarity.prepare(moved), similarity.prepare(b))
    np.testing.assert_allclose(second, first, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_confidence_of_both_sides_counts(name):
    clean = waving_in_picture(2)
    other = clean.replace(positions=clean.positions + np.random.default_rng(3).normal(scale=15, size=(2, 17, 2)))
    faint = np.ones((2, 17))
    faint[:, :9] = 0.1
    similarity = similarity_named(name)

    def total(a, b):
        return similarity.compute_matrix(similarity.prepare(a), similarity.prepare(b))[0, 0]

    plain = total(clean, other)
    assert total(clean.replace(confidence=faint), other) != pytest.approx(plain, abs=1e-9)
    assert total(clean, other.replace(confidence=faint)) != pytest.approx(plain, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_frames_without_a_common_joint_are_unknown(name):
    motion = waving_in_picture(3)
    upper, lower = motion.positions.copy(), motion.positions.copy()
    upper[:, 11:], lower[:, :11] = np.nan, np.nan
    similarity = similarity_named(name)
    a, b = (similarity.prepare(motion.replace(positions=p)) for p in (upper, lower))
    assert np.isnan(similarity.compute_matrix(a, b)).all()


def test_a_limb_20_degrees_off_gets_half_the_points():
    motion = still(KINECT_22, 3)
    positions = motion.positions.copy()
    elbow, wrist = motion.skeleton.indices(("left_elbow", "left_wrist"))
    positions[:, wrist] = positions[:, elbow] + [0.0, 0.25, 0.0]
    motion = motion.replace(positions=positions)
    raised = swing(motion, "left_elbow", 2, HALF_SCORE_DEG)
    joints, _ = LimbSimilarity.name_joints(motion)
    scores, _ = LimbSimilarity().score_pairs(raised, motion, np.array([[1, 1]]))
    assert scores[0, joints.index("left_wrist")] == pytest.approx(50.0, abs=1e-9)
    assert np.delete(scores[0], joints.index("left_wrist")) == pytest.approx(np.full(len(joints) - 1, 100.0))


def test_arms_that_go_along_with_a_leaning_trunk_are_not_blamed():
    motion = still(KINECT_22, 3)
    leaning = motion
    pelvis = motion.skeleton.index("pelvis")
    legs = motion.skeleton.indices(j for s in ("left", "right") for j in motion.skeleton.parts[f"{s}_leg"])
    upper = np.setdiff1d(np.arange(len(motion.skeleton)), legs)
    positions = motion.positions.copy()
    angle = np.radians(25)
    tilt = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    positions[:, upper] = (positions[:, upper] - positions[:, [pelvis]]) @ tilt.T + positions[:, [pelvis]]
    leaning = motion.replace(positions=positions)
    joints, groups = LimbSimilarity.name_joints(motion)
    scores, _ = LimbSimilarity().score_pairs(leaning, motion, np.array([[1, 1]]))
    named = dict(zip(joints, scores[0], strict=True))
    assert named["neck"] < 50
    assert all(
        named[joint] == pytest.approx(100) for part in ("left_arm", "right_arm", "head") for joint in groups[part]
    )


def test_swapped_sides_are_not_forgiven_by_a_reflection():
    person = swing(still(KINECT_22, 2), "left_shoulder", 2, -70.0)
    swapped = person.replace(positions=person.positions * [-1, 1, 1])
    similarity = EuclideanSimilarity(rotate=True)
    score = similarity.compute_matrix(similarity.prepare(swapped), similarity.prepare(person))
    assert score.max() < 95


def test_crop_reads_the_box_as_x_y_width_height():
    boxes = np.array([[100.0, 50.0, 80.0, 200.0], [10.0, 20.0, 300.0, 100.0]])
    # The square is as wide as the longer side and has the box in its middle.
    np.testing.assert_allclose(compute_square_corner(boxes), [[40.0, 50.0], [10.0, -80.0]])
    np.testing.assert_allclose(compute_square_corner(boxes, box_as_corners=True), [[15.0, 50.0], [10.0, -85.0]])


def test_crop_gives_length_1_and_twice_is_once():
    motion = waving_in_picture(4)
    once = normalise_crop(motion)
    np.testing.assert_allclose((once.positions**2).sum(axis=(1, 2)), 1.0)
    np.testing.assert_array_equal(normalise_crop(once).positions, once.positions)
    boxes = np.tile([100.0, 50.0, 400.0, 600.0], (4, 1))
    boxed = normalise_crop(motion, boxes)
    expected = motion.positions[2] - [0.0, 50.0]
    np.testing.assert_allclose(boxed.positions[2], expected / np.linalg.norm(expected))
    with pytest.raises(InputError, match="expected boxes of shape"):
        normalise_crop(motion, boxes[:2])


def test_an_unknown_name_is_told_those_there_are():
    with pytest.raises(InputError, match="unknown metric 'x'; use one of limbs, cosine"):
        similarity_named("x")
    with pytest.raises(InputError, match="unknown method 'x'; use one of dtw"):
        alignment_named("x")


def test_joints_that_no_one_shows_are_nan_not_perfect():
    motion = waving_in_picture(3)
    positions = motion.positions.copy()
    positions[:, COCO_17.index("left_wrist")] = np.nan
    hidden = motion.replace(positions=positions)
    score = alignment_named("dtw", similarity_named("weighted-l2")).score(
        normalise_crop(hidden), normalise_crop(hidden)
    )
    assert np.isnan(score.joints["left_wrist"])
    assert score.joints["right_wrist"] == pytest.approx(100)


def test_procrustes_map_is_used_consistently():
    rng = np.random.default_rng(4)
    a = rng.normal(size=(17, 3))
    turned = estimate_similarity(a, a * 2 + 5).apply(a)
    np.testing.assert_allclose(turned, a * 2 + 5, atol=1e-9)
