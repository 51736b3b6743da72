"""Labelled pictures of each format come with the right joints, flags, boxes and files; damage is one sentence."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from formnet.errors import DataError, InputError
from formnet.readers.pictures.base import HIDDEN, UNLABELLED, VISIBLE, LabelledPerson, LabelledPicture, box_around
from formnet.readers.pictures.coco_people import read_coco_people, write_coco_people
from formnet.readers.pictures.mpii import read_mpii
from formnet.readers.pictures.penn_action import read_penn_action
from formnet.skeleton import COCO_17, MPII_16, PENN_ACTION_13


def coco_file(tmp_path, **changes):
    keypoints = np.zeros((17, 3))
    keypoints[0], keypoints[5] = (30, 20, 2), (40, 50, 1)
    person = {"image_id": 7, "keypoints": keypoints.ravel().tolist(), "bbox": [10, 5, 60, 90], "area": 2500.0}
    crowd = {"image_id": 7, "keypoints": [0] * 51, "iscrowd": 1, "bbox": [100, 100, 20, 30], "area": 600.0}
    content = {
        "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg"}],
        "annotations": [person, crowd],
        "categories": [{"id": 1, "keypoints": list(COCO_17.joints)}],
    }
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({**content, **changes}))
    return path


def test_coco_people_and_crowds(tmp_path):
    found = read_coco_people(coco_file(tmp_path))
    assert found.skeleton == COCO_17
    assert len(found) == 1, "pictures without labelled people serve nothing"
    (picture,) = found.pictures
    assert picture.path == tmp_path / "a.jpg"
    np.testing.assert_allclose(picture.unknown, [[100, 100, 120, 130]])
    (person,) = picture.people
    np.testing.assert_allclose(person.joints[[0, 5]], [[30, 20], [40, 50]])
    assert person.flags[[0, 5, 6]].tolist() == [VISIBLE, HIDDEN, UNLABELLED]
    assert np.isnan(person.joints[6]).all()
    np.testing.assert_allclose(person.box, [10, 5, 70, 95])
    assert person.area == 2500.0


def test_coco_written_is_read_again(tmp_path):
    rng = np.random.default_rng(0)
    joints = rng.uniform(0, 50, (17, 2)).round(2)
    flags = rng.integers(0, 3, 17)
    joints[flags == 0] = np.nan
    solid = rng.normal(size=(17, 3)).round(4)
    person = LabelledPerson(joints, flags, np.array([1.0, 2, 30, 40]), 500.0, solid=solid)
    written = LabelledPicture(tmp_path / "pictures" / "0.jpg", (person, replace(person, solid=None)), clip="c", frame=3)
    write_coco_people(tmp_path / "labels.json", [written], COCO_17)
    (read,) = read_coco_people(tmp_path).pictures
    assert (read.path, read.clip, read.frame) == (written.path, "c", 3)
    np.testing.assert_array_equal(read.people[0].joints, joints)
    np.testing.assert_array_equal(read.people[0].flags, flags)
    np.testing.assert_array_equal(read.people[0].solid, solid)
    assert read.people[1].solid is None


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"annotations": 3}, InputError, "expected lists 'images' and 'annotations'"),
        ({"annotations": []}, DataError, "labels nobody"),
        ({"annotations": [{"image_id": 7, "keypoints": [1, 2, 2]}]}, InputError, "expected 51 numbers of 'coco17'"),
        ({"annotations": [{"image_id": 7, "keypoints": [1, 2, 9] * 17}]}, InputError, "must be 0, 1 or 2"),
        ({"annotations": [{"image_id": 7, "keypoints": [1, 2, 2] * 17, "bbox": [1, 1, 0, 5]}]}, DataError, "no size"),
        ({"categories": [{"keypoints": ["tail"]}]}, InputError, "joints that formnet does not know: tail"),
        ({"images": [{"id": 7}]}, InputError, "expected every image to have 'id' and 'file_name'"),
    ],
)
def test_what_is_wrong_with_coco_is_said(tmp_path, changes, error, sentence):
    with pytest.raises(error, match=sentence):
        read_coco_people(coco_file(tmp_path, **changes))


def test_own_joints_are_read_by_their_names(tmp_path):
    category = [{"keypoints": ["spine1", "spine2", "pelvis"]}]
    row = [{"image_id": 7, "keypoints": [1, 2, 2, 3, 4, 1, 0, 0, 0]}]
    found = read_coco_people(coco_file(tmp_path, categories=category, annotations=row))
    assert found.skeleton.joints == ("spine1", "spine2", "pelvis")
    np.testing.assert_allclose(found.pictures[0].people[0].box, box_around(np.array([[1.0, 2], [3, 4]])))


def test_mpii(tmp_path):
    points = np.zeros(3, dtype=[("x", object), ("y", object), ("id", object), ("is_visible", object)])
    points[0], points[1] = (101.0, 201.0, 0, 1), (111.0, 181.0, 1, 0)
    points[2] = (150.0, 60.0, 9, np.zeros(0))
    head = {"x1": 140.0, "y1": 50.0, "x2": 170.0, "y2": 90.0}
    labelled = {**head, "annopoints": {"point": points}, "scale": 1.5, "objpos": {"x": 130.0, "y": 140.0}}
    without = {**head, "annopoints": np.zeros(0), "scale": 1.0, "objpos": {"x": 300.5, "y": 100.5}}
    fields = list(labelled)
    people = np.zeros(2, dtype=[(name, object) for name in fields])
    people[0], people[1] = (tuple(row[name] for name in fields) for row in (labelled, without))
    entries = np.zeros(2, dtype=[("image", object), ("annorect", object)])
    entries[0] = ({"name": "x.jpg"}, people)
    entries[1] = ({"name": "test.jpg"}, people)
    path = tmp_path / "mpii.mat"
    savemat(path, {"RELEASE": {"annolist": entries, "img_train": np.array([1, 0])}})
    found = read_mpii(path)
    assert found.skeleton == MPII_16
    (picture,) = found.pictures
    assert picture.path == tmp_path / "images" / "x.jpg"
    (person,) = picture.people
    ankle, knee, top = MPII_16.index("right_ankle"), MPII_16.index("right_knee"), MPII_16.index("head_top")
    np.testing.assert_allclose(person.joints[[ankle, knee, top]], [[100.5, 200.5], [110.5, 180.5], [149.5, 59.5]])
    assert person.flags[[ankle, knee, top]].tolist() == [VISIBLE, HIDDEN, VISIBLE]
    assert (person.flags > 0).sum() == 3
    np.testing.assert_allclose(person.box, [129.5 - 150, 139.5 - 150, 129.5 + 150, 139.5 + 150])
    assert person.head_px == pytest.approx(0.6 * 50)
    np.testing.assert_allclose(picture.unknown, [[200, 0, 400, 200]])


def penn_clip(root, name="0001"):
    (root / "labels").mkdir(parents=True, exist_ok=True)
    x, y = np.full((2, 13), 50.0), np.full((2, 13), 60.0)
    x[:, 0], y[:, 0] = 1, 1
    x[1, 3] = 71.5
    seen = np.ones((2, 13))
    seen[1, 3] = 0
    bbox = np.array([[20.0, 30, 90, 120]])
    savemat(root / "labels" / f"{name}.mat", {"x": x, "y": y, "visibility": seen, "bbox": bbox})


def test_penn_action(tmp_path):
    penn_clip(tmp_path)
    penn_clip(tmp_path, "0002")
    found = read_penn_action(tmp_path)
    assert found.skeleton == PENN_ACTION_13
    assert [len(clip) for clip in found.clips()] == [2, 2]
    first, second = found.clips()[0]
    assert second.path == tmp_path / "frames" / "0001" / "000002.jpg"
    assert (second.clip, second.frame) == ("0001", 1)
    person = second.people[0]
    assert person.flags[[0, 1, 3]].tolist() == [UNLABELLED, VISIBLE, HIDDEN]
    np.testing.assert_allclose(person.joints[3], [71.0, 59.5])
    np.testing.assert_allclose(first.people[0].box, [20, 30, 90, 120])
    np.testing.assert_allclose(person.box, box_around(person.joints), err_msg="clips may lack boxes")


def test_damaged_matlab_files(tmp_path):
    with pytest.raises(InputError, match="holds no labels"):
        read_penn_action(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        read_mpii(tmp_path / "none.mat")
    (tmp_path / "text.mat").write_text("no MATLAB at all, but long enough to be looked at " * 8)
    with pytest.raises(InputError, match="is no readable MATLAB file"):
        read_mpii(tmp_path / "text.mat")
    (tmp_path / "hdf.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(400))
    with pytest.raises(InputError, match=r"is a MATLAB 7\.3 file; save it in MATLAB with the option '-v7'"):
        read_mpii(tmp_path / "hdf.mat")
    savemat(tmp_path / "other.mat", {"x": 1})
    with pytest.raises(InputError, match="is not MPII's file"):
        read_mpii(tmp_path / "other.mat")


def test_pictures_are_read_or_named(tmp_path):
    Image.fromarray(np.full((6, 8), 77, np.uint8)).save(tmp_path / "grey.png")
    picture = LabelledPicture(tmp_path / "grey.png", ())
    assert picture.size() == (8, 6)
    assert picture.read().shape == (6, 8, 3)
    with pytest.raises(InputError, match="does not exist"):
        LabelledPicture(tmp_path / "none.png", ()).read()
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(InputError, match="is no readable picture"):
        LabelledPicture(tmp_path / "text.png", ()).read()
