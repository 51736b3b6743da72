"""Readers of pose files: every format gives the same person, every way to be broken is one sentence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from formnet.errors import FormnetError, InputError, PoseError
from formnet.exports.keypoints import write_alphapose, write_coco, write_openpose
from formnet.pose.model_bundle import Eyes
from formnet.readers.npz import read_npz, write_npz
from formnet.readers.source import read_pose_source
from formnet.skeleton import BODY_25, COCO_17, COCO_18, HALPE_26, KINECT_22, MPI_15, Skeleton
from tests.scoring.motions import waving, waving_in_picture


def row(name="0.jpg", n_joints=17, shift=0.0, **changes):
    points = [value for joint in range(n_joints) for value in (10.0 + joint + shift, 20.0 + 2 * joint, 0.9)]
    return {"image_id": name, "category_id": 1, "keypoints": points, "score": 3.1,
            "box": [5.0 + shift, 10.0, 30.0, 60.0], "idx": [0.0], **changes}  # fmt: skip


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def lost(motion, frame, joint=None):
    positions = motion.positions.copy()
    positions[frame, slice(None) if joint is None else motion.skeleton.index(joint)] = np.nan
    return motion.replace(positions=positions)


@pytest.fixture
def motion():
    rng = np.random.default_rng(1)
    motion = waving_in_picture(12)
    motion = motion.replace(confidence=rng.choice([0.5, 1.0], (12, 17)))
    return lost(lost(motion, 5), 3, "left_wrist")


def assert_same(found, expected, atol=1e-9):
    np.testing.assert_allclose(found.positions, expected.positions, atol=atol)
    np.testing.assert_allclose(found.confidence, expected.confidence)
    np.testing.assert_allclose(found.timestamps, expected.timestamps)
    assert found.skeleton == expected.skeleton


def test_alphapose_round_trip(motion, tmp_path):
    write_alphapose(tmp_path / "a.json", motion)
    source = read_pose_source(tmp_path / "a.json")
    assert source.kind == "alphapose"
    assert_same(source.motion, motion)
    assert source.image is source.motion
    low, high = np.nanmin(motion.positions[2], axis=0), np.nanmax(motion.positions[2], axis=0)
    np.testing.assert_allclose(source.boxes[2], [*low, *(high - low)])
    assert np.isnan(source.boxes[5]).all()


def test_coco_round_trip(motion, tmp_path):
    write_coco(tmp_path / "a.json", motion, 640, 480)
    source = read_pose_source(tmp_path / "a.json")
    assert source.kind == "coco"
    assert_same(source.motion, motion)


@pytest.mark.parametrize("skeleton", [BODY_25, COCO_18, MPI_15], ids=lambda s: s.name)
def test_openpose_round_trip(skeleton, tmp_path):
    rng = np.random.default_rng(2)
    shape = (6, len(skeleton))
    motion = waving_in_picture(6).replace(
        positions=rng.uniform(1, 500, (*shape, 2)), confidence=rng.uniform(0.1, 1, shape), skeleton=skeleton
    )
    motion = lost(motion, 2)
    write_openpose(tmp_path / "poses", motion, skeleton)
    assert len(list((tmp_path / "poses").iterdir())) == 6
    source = read_pose_source(tmp_path / "poses")
    assert source.kind == "openpose"
    assert_same(source.motion, motion)
    single = read_pose_source(tmp_path / "poses" / "clip_000000000004_keypoints.json")
    np.testing.assert_allclose(single.motion.positions[0], motion.positions[4])


def test_npz_round_trip_is_exact(motion, tmp_path):
    world = waving(KINECT_22, 12)
    write_npz(tmp_path / "a.npz", world, motion, Eyes.FAST)
    source = read_pose_source(tmp_path / "a.npz")
    assert source.eyes is Eyes.FAST
    for found, expected in ((source.motion, world), (source.image, motion)):
        np.testing.assert_array_equal(found.positions, expected.positions)
        np.testing.assert_array_equal(found.confidence, expected.confidence)
        assert found.skeleton == expected.skeleton
        assert found.unit == expected.unit
    custom = Skeleton("mine", ("left_hip", "right_hip"))
    write_npz(tmp_path / "b.npz", motion.select(custom))
    stored = read_npz(tmp_path / "b.npz")
    assert (stored.motion.skeleton, stored.image, stored.eyes) == (custom, None, None)


def test_a_flat_view_of_a_3d_file(tmp_path):
    world = waving(KINECT_22, 12)
    write_npz(tmp_path / "a.npz", world)
    source = read_pose_source(tmp_path / "a.npz")
    assert not source.is_in_picture
    np.testing.assert_array_equal(source.image.positions, world.positions[..., :2])


@pytest.mark.parametrize(("n_joints", "skeleton"), [(17, COCO_17), (26, HALPE_26), (136, HALPE_26)])
def test_alphapose_of_17_26_and_136_points(tmp_path, n_joints, skeleton):
    source = read_pose_source(write(tmp_path / "a.json", [row(f"{k}.jpg", n_joints) for k in range(3)]))
    assert source.motion.skeleton == skeleton
    np.testing.assert_allclose(source.motion.positions[1, 4], [14, 28])


def test_frames_without_anybody_keep_their_time(tmp_path):
    source = read_pose_source(write(tmp_path / "a.json", [row("10.jpg"), row("13.jpg")]), fps=10.0)
    assert source.frame_numbers.tolist() == [10, 11, 12, 13]
    np.testing.assert_allclose(source.motion.timestamps, [1.0, 1.1, 1.2, 1.3])
    assert source.motion.missing[1:3].all()
    assert not source.motion.missing[[0, 3]].any()


@pytest.mark.parametrize(
    ("names", "frames"),
    [
        (["me_6.png"], [0]),
        (["6.jpg"], [6]),
        (["frame_0007.png", "frame_0008.png"], [7, 8]),
        (["left.png", "right.png"], [0, 1]),
        (["a_1.png", "b_1.png"], [0, 1]),
        (["9.jpg", "10.jpg"], [9, 10]),
        (["cam01.0031.jpg", "cam01.0032.jpg"], [31, 32]),
        (["frame00125_cam2.png", "frame00126_cam2.png"], [125, 126]),
        (["2023.05.01 squat_000000000000.jpg", "2023.05.01 squat_000000000001.jpg"], [0, 1]),
        (["12_30_05_033.jpg", "12_30_05_066.jpg", "12_30_06_000.jpg"], [0, 1, 2]),
    ],
)
def test_frame_numbers_from_names(tmp_path, names, frames):
    source = read_pose_source(write(tmp_path / "a.json", [row(name) for name in names]))
    assert source.frame_numbers.tolist() == frames


def test_l2_normalised_files_are_told_from_pixels(tmp_path):
    raw = row()
    points = np.array(raw["keypoints"]).reshape(17, 3)
    points[:, :2] /= np.linalg.norm(points[:, :2])
    normalised = {**raw, "keypoints": points.ravel().tolist()}
    assert read_pose_source(write(tmp_path / "a.json", [normalised])).motion.unit == "body"
    assert read_pose_source(write(tmp_path / "b.json", [raw])).motion.unit == "pixel"


def test_confidence_beyond_1_and_undetected_joints(tmp_path):
    points = row()["keypoints"]
    points[2], points[3:6] = 1.02, [0, 0, 0]
    motion = read_pose_source(write(tmp_path / "a.json", [row(keypoints=points)])).motion
    assert motion.confidence[0, 0] == 1.0
    assert motion.confidence[0, 1] == 0.0
    assert np.isnan(motion.positions[0, 1]).all()


def two_people(n_frames=20, share=1.0, swap=False):
    rows = []
    for frame in range(n_frames):
        small = [value * 0.5 if k % 3 < 2 else value for k, value in enumerate(row()["keypoints"])]
        people = [row(f"{frame}.jpg", shift=frame * 1.0)]
        if frame < share * n_frames:
            people.append(row(f"{frame}.jpg", keypoints=[v + 300 if k % 3 == 0 else v for k, v in enumerate(small)]))
        rows += people[::-1] if swap and frame % 2 else people
    return rows


def test_two_people_are_refused_until_one_is_chosen(tmp_path):
    path = write(tmp_path / "a.json", two_people(swap=True))
    with pytest.raises(PoseError, match=r"shows 2 people in 20 of 20 frames; choose one with --person 1"):
        read_pose_source(path)
    first, second = (read_pose_source(path, person=person).motion for person in (1, 2))
    np.testing.assert_allclose(first.positions[:, 0, 0], 10.0 + np.arange(20))
    np.testing.assert_allclose(second.positions[:, 0, 0], 305.0)
    with pytest.raises(PoseError, match="has no person 3; people are numbered from 1 to 2"):
        read_pose_source(path, person=3)


def test_a_passer_by_is_left_out_with_a_word(tmp_path):
    source = read_pose_source(write(tmp_path / "a.json", two_people(share=0.05)))
    np.testing.assert_allclose(source.motion.positions[:, 0, 0], 10.0 + np.arange(20))
    assert "1 of 20 frames" in source.warnings[0]


def test_openpose_people_who_swap_places_in_the_list(tmp_path):
    for frame in range(6):
        one = [float(v) for j in range(25) for v in (10 + j, 20 + 3 * j, 0.9)]
        other = [float(v) for j in range(25) for v in (300 + j, 20 + j, 0.9)]
        people = [{"pose_keypoints_2d": points} for points in ((one, other) if frame % 2 else (other, one))]
        write(tmp_path / f"x_{frame:012d}_keypoints.json", {"version": 1.3, "people": people})
    motion = read_pose_source(tmp_path, person=1).motion
    np.testing.assert_allclose(motion.positions[:, 0, 0], 10.0)


GOOD = json.dumps([row("0.jpg"), row("1.jpg")])
BROKEN = {
    "truncated": (GOOD[: len(GOOD) // 2], "is (truncated|malformed) JSON"),
    "cut at the end": (GOOD[:-1], "is truncated JSON"),
    "malformed": ("[{'image_id': 1}]", "is malformed JSON"),
    "empty file": ("", "is empty"),
    "empty list": ("[]", "holds no pose"),
    "a number": ("3", "holds no poses that formnet knows: looked for people with 'keypoints'"),
    "a dictionary": ('{"a": 1}', "holds no poses that formnet knows: looked for people with 'keypoints'"),
    "a list of numbers": ("[1, 2]", "holds no poses that formnet knows"),
    "no keypoints": ('[{"image_id": "0.jpg"}]', "found a list of 1, first an object with 'image_id'"),
    "too short": (
        json.dumps([row(keypoints=[1.0] * 47)]),
        "expected 14, 15, .* points of two or three numbers, got 47",
    ),
    "text": (json.dumps([row(keypoints=["a"] * 51)]), "expected numbers, got 'a'"),
    "null": (json.dumps([row(keypoints=[None] * 51)]), "every joint of every row is missing"),
    "keypoints as text": (json.dumps([row(keypoints="1,2,3")]), "holds no poses that formnet knows"),
    "all zero": (json.dumps([row(keypoints=[0.0] * 51)]), "every joint of every row is missing"),
    "mixed": (json.dumps([row(), row(n_joints=26)]), r"mixes joint sets of \[17, 26\]"),
    "no name": (json.dumps([row(image_id=None), row()]), "pose 0: it has no image_id as the others have"),
    "short box": (json.dumps([row(box=[1.0, 2.0])]), "box: expected 4 numbers, got 2"),
    "far frames": (json.dumps([row("0.jpg"), row("9000000.jpg")]), "frames run from 0 to 9000000"),
    "too deep": ("[" * 200_000, "nested too deeply"),
    "openpose without list": ('{"people": [3]}', "holds no poses that formnet knows"),
    "openpose of 3 numbers": ('{"people": [{"pose_keypoints_2d": [1,2,3]}]}', "expected 14, .* got 3 numbers"),
    "openpose of nobody": ('{"people": []}', "holds no pose"),
    "coco without keypoints": ('{"images": [], "annotations": [{"id": 1}]}', "holds annotations without keypoints"),
    "coco of nobody": ('{"images": [], "annotations": []}', "holds no pose"),
    "coco with odd images": ('{"images": 3, "annotations": [{"keypoints": [], "image_id": 1}]}', "a list of images"),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_broken_files_are_one_sentence(tmp_path, content):
    text, words = content
    path = write(tmp_path / "a.json", text)
    with pytest.raises(FormnetError, match=words) as error:
        read_pose_source(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400"])
def test_numbers_that_are_none_are_missing_joints(tmp_path, value):
    text = json.dumps([row()]).replace("10.0", value, 1)
    motion = read_pose_source(write(tmp_path / "a.json", text)).motion
    assert np.isnan(motion.positions[0, 0]).all()
    assert not np.isnan(motion.positions[0, 1:]).any()


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_pose_source(tmp_path / "nothing.json")
    (tmp_path / "a.json").write_bytes(b"\x00\xff\x00\x81binary")
    with pytest.raises(InputError, match="no text but binary data"):
        read_pose_source(tmp_path / "a.json")
    with pytest.raises(InputError, match="is no keypoint file"):
        read_pose_source(write(tmp_path / "a.doc", "1,2"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"holds no frames of poses: looked for .*, found nothing"):
        read_pose_source(tmp_path / "folder")
    with pytest.raises(InputError, match="frame rate must be above 0, got 0"):
        read_pose_source(write(tmp_path / "b.json", [row()]), fps=0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"positions": None}, "has no positions"),
        ({"positions": np.ones((3, 4, 2))}, "no valid motion"),
        ({"joints": np.array(["tail", "left_hip"])}, "unknown joints"),
        ({"timestamps": np.zeros(12)}, "strictly increasing"),
    ],
)
def test_damaged_npz(motion, tmp_path, changes, words):
    path = tmp_path / "a.npz"
    write_npz(path, motion)
    with np.load(path) as archive:
        content = {**archive, **changes}
    np.savez(path, **{name: value for name, value in content.items() if value is not None})
    with pytest.raises(FormnetError, match=words):
        read_npz(path)


def test_npz_never_unpickles(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, positions=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="no readable motion file"):
        read_npz(path)


def test_one_array_under_the_name_of_an_archive_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(InputError, match="no readable motion file"):
        read_npz(path)


def test_taekwondo(shared_dir):
    source = read_pose_source(shared_dir / "datasets" / "taekwondo" / "alphapose-TKD_slow.json")
    assert len(source.motion) == 810
    assert source.motion.skeleton == COCO_17
    # One frame shows the same body a second time, without its head; that is no second person.
    assert not any("another person" in warning for warning in source.warnings)
    assert not source.motion.missing.any()
