"""Pose search: exact beside a plain scan, and an index that survives the disk."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError, PoseError
from formnet.scoring.nearest import NearestScan, NearestTree, build_nearest
from formnet.scoring.search import build_index, compute_pose_vectors, read_index, search_index, write_index
from formnet.skeleton import COCO_17
from tests.scoring.motions import waving_in_picture


def unit(rng, *shape):
    vectors = rng.normal(size=shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


KINDS = pytest.mark.parametrize("kind", [NearestScan, NearestTree])


@KINDS
@pytest.mark.parametrize("n", [1, 7, 300, 5000])
@pytest.mark.parametrize("k", [1, 3, 40])
def test_equals_a_plain_scan(kind, n, k):
    rng = np.random.default_rng(n + k)
    vectors = unit(rng, n, 34)
    scan = kind(vectors)
    for query in unit(rng, 5, 34):
        rows, distances = scan.query(query, k)
        plain = np.linalg.norm(vectors - query, axis=1)
        expected = np.argsort(plain, kind="stable")[:k]
        np.testing.assert_array_equal(rows, expected)
        np.testing.assert_allclose(distances, plain[expected], rtol=1e-12)


@KINDS
def test_is_exact_where_single_precision_cannot_tell(kind):
    rng = np.random.default_rng(1)
    centre = unit(rng, 34)
    vectors = centre + rng.normal(scale=1e-9, size=(4000, 34))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows, _ = kind(vectors).query(centre, 10)
    np.testing.assert_array_equal(rows, np.argsort(np.linalg.norm(vectors - centre, axis=1), kind="stable")[:10])


@KINDS
def test_gives_equal_vectors_in_order(kind):
    vectors = np.repeat(unit(np.random.default_rng(2), 3, 34), 30, axis=0)
    rows, distances = kind(vectors).query(vectors[30], 5)
    assert rows.tolist() == [30, 31, 32, 33, 34]
    np.testing.assert_allclose(distances, 0)


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (np.ones((0, 34)), "at least one of each"),
        (np.ones((3, 34)), "length 1"),
        (np.full((3, 34), np.nan), "length 1"),
    ],
)
def test_refuses_what_is_no_unit_vector(vectors, words):
    for make in (NearestScan, NearestTree, build_nearest):
        with pytest.raises(InputError, match=words):
            make(vectors)


@KINDS
def test_refuses_other_queries(kind):
    scan = kind(unit(np.random.default_rng(3), 5, 34))
    for vector, k, words in (
        (np.ones(34), 1, "length 1"),
        (np.ones(3), 1, "34 values"),
        (scan.vectors[0], 0, "1 or more"),
    ):
        with pytest.raises(InputError, match=words):
            scan.query(vector, k)


def test_a_tree_for_clustered_poses_a_scan_for_scattered_ones():
    rng = np.random.default_rng(4)
    assert isinstance(build_nearest(unit(rng, 2000, 34)), NearestScan)
    flat = np.concatenate([rng.normal(size=(2000, 5)), 0.05 * rng.normal(size=(2000, 29))], axis=1)
    assert isinstance(build_nearest(flat / np.linalg.norm(flat, axis=1, keepdims=True)), NearestTree)
    assert len(build_nearest(unit(rng, 1, 34)).query(unit(rng, 34), 3)[0]) == 1


@pytest.fixture
def index():
    first, second = waving_in_picture(60), waving_in_picture(90)
    second = second.replace(positions=second.positions * [1.0, 0.7])
    return build_index([("a.json", first, np.arange(60)), ("b/c.mp4", second, np.arange(100, 190))])


def test_finds_the_frame_it_came_from_wherever_it_stands(index):
    video = waving_in_picture(60)
    moved = video.frames(20, 21).replace(positions=video.frames(20, 21).positions * 3 + 77)
    hit = search_index(index, compute_pose_vectors(moved)[0][0], 1)[0]
    assert (hit.source, hit.frame) == ("a.json", 20)
    assert hit.time_s == pytest.approx(20 / 30)
    assert hit.distance == pytest.approx(0, abs=1e-7)
    assert hit.score == pytest.approx(100, abs=1e-5)


def test_hits_of_one_source_lie_apart(index):
    hits = search_index(index, index.vectors[30], 4, apart_s=0.5)
    for source in {hit.source for hit in hits}:
        times = sorted(hit.time_s for hit in hits if hit.source == source)
        assert (np.diff(times) >= 0.5).all()
    assert [hit.distance for hit in hits] == sorted(hit.distance for hit in hits)
    everything = search_index(index, index.vectors[30], 1000, apart_s=0.0)
    assert len(everything) == len(index)


def test_index_survives_the_disk(index, tmp_path):
    path = tmp_path / "poses.npz"
    write_index(path, index)
    again = read_index(path)
    np.testing.assert_array_equal(again.vectors, index.vectors)
    assert again.sources == ("a.json", "b/c.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["poses.npz"]


def test_damaged_indices_are_refused(index, tmp_path):
    path = tmp_path / "poses.npz"
    with pytest.raises(InputError, match="does not exist"):
        read_index(path)
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match="no readable index"):
        read_index(path)
    np.savez(path, something=np.ones(3))
    with pytest.raises(InputError, match="no index of poses"):
        read_index(path)
    write_index(path, index)
    with np.load(path) as archive:
        content = dict(archive)
    np.savez(path, **{**content, "source_numbers": content["source_numbers"] + 7})
    with pytest.raises(InputError, match="damaged"):
        read_index(path)


def test_a_distance_that_is_no_metric_is_refused(index):
    with pytest.raises(InputError, match="'weighted-l1' is none"):
        search_index(index, index.vectors[0], metric="weighted-l1")


def test_hidden_faces_are_found_hidden_limbs_are_left_out():
    motion = waving_in_picture(10)
    positions = motion.positions.copy()
    positions[2, COCO_17.indices(("left_ear", "left_eye"))] = np.nan
    positions[5, COCO_17.index("left_knee")] = np.nan
    vectors, frames = compute_pose_vectors(motion.replace(positions=positions))
    assert frames.tolist() == [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert np.linalg.norm(vectors[2] - compute_pose_vectors(motion)[0][2]) < 0.08
    with pytest.raises(PoseError, match="arms and legs"):
        build_index([("a", motion.replace(positions=np.full_like(positions, np.nan)), np.arange(10))])
