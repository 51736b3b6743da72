"""Points that people set by hand, as the tools in which they do it write them."""

from __future__ import annotations

import json
import uuid

import numpy as np
import pytest

from formnet.errors import InputError, OtherContentError
from formnet.readers.source import read_pose_source
from formnet.reading import find_sources
from formnet.skeleton import COCO_17
from tests.readers.keypoint_files import COCO, N_FRAMES, SIZE

NAMES = COCO_17.joints
PLACES = COCO[..., :2]
SHARES = PLACES / SIZE


def task(number, people=(PLACES,), names=NAMES):
    """One picture of Label Studio, a box among its points."""
    results = [
        {"type": "keypointlabels", "original_width": SIZE[0], "original_height": SIZE[1], "parentID": f"p{person}",
         "value": {"x": x / SIZE[0] * 100, "y": y / SIZE[1] * 100, "width": 0.3, "keypointlabels": [name]}}
        for person, places in enumerate(people)
        for name, (x, y) in zip(names, places[number].tolist(), strict=False)
    ]  # fmt: skip
    results.append({"type": "rectanglelabels", "value": {"x": 1, "y": 2, "width": 3, "height": 4}})
    return {
        "id": number,
        "created_at": "2024-05-01T10:00:00Z",
        "annotations": [{"result": results, "created_at": "2024-05-01T10:00:00Z", "lead_time": 3.5}],
        "data": {"image": f"/data/upload/1/{uuid.UUID(int=number * 2**90).hex[:8]}-frame_{number:04d}.jpg"},
    }


def short_task(number):
    points = [{"x": x * 100, "y": y * 100, "width": 0.3, "keypointlabels": [name],
               "original_width": SIZE[0], "original_height": SIZE[1]}
              for name, (x, y) in zip(NAMES, SHARES[number].tolist(), strict=True)]  # fmt: skip
    return {"id": number, "image": f"/data/upload/1/ab12cd34-frame_{number:04d}.jpg", "kp": points, "annotator": 1}


def film_task(every=1):
    """A film of Label Studio, in which a box follows each joint, set in every so many frames."""
    shown = [number for number in range(N_FRAMES) if number % every == 0 or number == N_FRAMES - 1]
    results = [
        {"type": "videorectangle",
         "value": {"framesCount": 250, "duration": 10.0, "labels": [name], "sequence": [
             {"frame": n + 1, "enabled": True, "x": 100 * x - 0.1, "y": 100 * y - 0.1, "width": 0.2, "height": 0.2}
             for n, (x, y) in zip(shown, SHARES[shown, joint].tolist(), strict=True)]}}
        for joint, name in enumerate(NAMES)
    ]  # fmt: skip
    return [{"id": 1, "data": {"video": "/data/squat.mp4"}, "annotations": [{"result": results}]}]


def labelme(number, group=1):
    shapes = [{"label": name, "points": [place], "group_id": group, "shape_type": "point"}
              for name, place in zip(NAMES, PLACES[number].tolist(), strict=True)]  # fmt: skip
    shapes.insert(0, {"label": "person", "points": [[1, 2], [3, 4]], "group_id": group, "shape_type": "rectangle"})
    return {"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": f"frame_{number:04d}.jpg",
            "imageData": None, "imageWidth": SIZE[0], "imageHeight": SIZE[1]}  # fmt: skip


def supervisely_nodes(number, names=NAMES):
    return {name: {"loc": place, "disabled": False}
            for name, place in zip(names, PLACES[number].tolist(), strict=True)}  # fmt: skip


def supervisely(number, names=NAMES):
    person = {"classTitle": "person", "geometryType": "graph", "createdAt": "2024-05-01T10:00:00Z", "tags": [],
              "nodes": supervisely_nodes(number, names)}  # fmt: skip
    return {"description": "", "tags": [], "size": {"width": SIZE[0], "height": SIZE[1]}, "objects": [person]}


def supervisely_film():
    figures = [{"objectKey": "a", "geometryType": "graph", "geometry": {"nodes": supervisely_nodes(n)}}
               for n in range(N_FRAMES)]  # fmt: skip
    frames = [{"index": n, "figures": [figure]} for n, figure in enumerate(figures)]
    return {"size": {"width": SIZE[0], "height": SIZE[1]}, "objects": [{"key": "a"}], "frames": frames}


def datumaro():
    labels = [{"name": "person", "parent": ""}, *({"name": name, "parent": "person"} for name in NAMES)]
    items = [
        {"id": f"frame_{n:06d}", "attr": {"frame": n}, "image": {"size": [SIZE[1], SIZE[0]]}, "annotations": [
            {"type": "skeleton", "label_id": 0, "elements": [
                {"type": "points", "points": place, "label_id": j + 1, "visibility": [2]}
                for j, place in enumerate(pose)]}]}
        for n, pose in enumerate(PLACES.tolist())
    ]  # fmt: skip
    return {"info": {}, "categories": {"label": {"labels": labels}}, "items": items}


def roboflow(number):
    points = [{"x": x, "y": y, "confidence": 1.0, "class_id": j, "class": NAMES[j]}
              for j, (x, y) in enumerate(PLACES[number].tolist())]  # fmt: skip
    person = {"x": 640, "y": 360, "width": 9, "height": 9, "confidence": 0.9, "class": "person", "keypoints": points}
    took_s = np.random.default_rng(number).uniform(0.02, 0.3)
    return {"predictions": [person], "image": {"width": SIZE[0], "height": SIZE[1]}, "time": took_s}


def whole(content):
    def write(folder):
        (folder / "a.json").write_text(json.dumps(content))
        return folder / "a.json"

    return write


def one_each(make, name="frame_{:04d}.json"):
    def write(folder):
        for number in range(N_FRAMES):
            (folder / name.format(number)).write_text(json.dumps(make(number)))
        return folder

    return write


TOOLS = {
    "Label Studio": whole([task(n) for n in range(N_FRAMES)]),
    "Label Studio, short": whole([short_task(n) for n in range(N_FRAMES)]),
    "Label Studio, film": whole(film_task()),
    "LabelMe": one_each(labelme),
    "LabelMe without groups": one_each(lambda number: labelme(number, None)),
    "LabelMe, list": whole([labelme(n) for n in range(N_FRAMES)]),
    "Supervisely": one_each(supervisely, "frame_{:04d}.jpg.json"),
    "Supervisely, film": whole(supervisely_film()),
    "Datumaro": whole(datumaro()),
    "Roboflow": whole([roboflow(n) for n in range(N_FRAMES)]),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_points_set_by_hand_are_the_same_squat(tool, tmp_path):
    path = TOOLS[tool](tmp_path)
    source = read_pose_source(path, fps=30, size=SIZE)
    assert source.motion.skeleton == COCO_17
    np.testing.assert_allclose(source.motion.positions, PLACES, atol=1e-6 * SIZE[0])
    np.testing.assert_allclose(np.diff(source.motion.timestamps), 1 / (25 if tool.endswith("Studio, film") else 30))
    assert [warning for warning in source.warnings if "confidences" not in warning] == []
    assert find_sources([tmp_path]).sources == (path,)


def test_points_that_were_not_set_are_missing(tmp_path):
    tasks = [task(n, names=NAMES if n % 3 else NAMES[:15]) for n in range(N_FRAMES)]
    motion = read_pose_source(whole(tasks)(tmp_path)).motion
    np.testing.assert_array_equal(motion.missing[:, 15], [n % 3 == 0 for n in range(N_FRAMES)])
    np.testing.assert_allclose(motion.positions[:, :15], PLACES[:, :15], atol=1e-3)


def test_between_boxes_joints_lie_between(tmp_path):
    motion = read_pose_source(whole(film_task(every=3))(tmp_path), size=SIZE).motion
    assert len(motion) == N_FRAMES
    np.testing.assert_allclose(motion.positions, PLACES, atol=8)


def test_two_people_are_told_by_their_groups_or_not_at_all(tmp_path):
    tasks = [task(n, (PLACES, PLACES * 0.5 + 500)) for n in range(N_FRAMES)]
    path = whole(tasks)(tmp_path)
    np.testing.assert_allclose(read_pose_source(path, person=1).motion.positions, PLACES, atol=1e-3)
    for one in tasks:
        for result in one["annotations"][0]["result"]:
            result.pop("parentID", None)
    with pytest.raises(OtherContentError, match="nothing says which point is whose"):
        read_pose_source(whole(tasks)(tmp_path))


def test_points_that_another_file_names_are_refused_with_the_remedy(tmp_path):
    ids = [str(uuid.UUID(int=7919 * n + 12345)) for n in range(len(NAMES))]
    path = one_each(lambda number: supervisely(number, ids))(tmp_path)
    with pytest.raises(InputError, match=r"meaning is in another file; export them as COCO keypoints"):
        find_sources([path])


@pytest.mark.parametrize("broken", [{"x": "left"}, {"x": None}, {"keypointlabels": 3}])
def test_labelled_points_without_places_are_no_crash(tmp_path, broken):
    tasks = [task(n) for n in range(N_FRAMES)]
    tasks[3]["annotations"][0]["result"][0]["value"] |= broken
    motion = read_pose_source(whole(tasks)(tmp_path)).motion
    assert motion.missing[3].tolist() == [True] + [False] * 16


def test_boxes_that_are_years_apart_take_no_memory(tmp_path):
    boxes = [{"frame": frame, "x": 1, "y": 2} for frame in (1, 10**9)]
    result = {"type": "videorectangle", "value": {"labels": ["nose"], "sequence": boxes}}
    with pytest.raises(InputError, match="export the file again"):
        read_pose_source(whole([{"annotations": [{"result": [result]}]}])(tmp_path))


def vision_name(joint):
    bones = {
        "hip": "upLeg",
        "knee": "leg",
        "ankle": "foot",
        "shoulder": "shoulder_1",
        "elbow": "forearm",
        "wrist": "hand",
    }
    side, _, part = joint.partition("_")
    return f"{side}_{bones.get(part, part)}_joint" if part else f"{joint}_joint"


@pytest.mark.parametrize("scale", [(1, 1), SIZE], ids=["shares", "pixels"])
def test_visions_y_counts_from_the_bottom(tmp_path, scale):
    up = (SHARES * [1, -1] + [0, 1]) * scale
    frames = [{"joints": {vision_name(name): {"x": x, "y": y, "confidence": 0.9}
                          for name, (x, y) in zip(NAMES, pose, strict=True)}} for pose in up.tolist()]  # fmt: skip
    source = read_pose_source(whole(frames)(tmp_path), fps=30, size=SIZE)
    np.testing.assert_allclose(source.motion.positions, PLACES, atol=1e-6 * SIZE[0])
    assert source.warnings == ("y counts upwards in the points, as Apple's Vision has it, and was turned round",)


@pytest.mark.parametrize("has_columns", [True, False])
def test_names_above_a_table_of_qualisys_name_its_columns(tmp_path, has_columns):
    metres = np.concatenate([PLACES[..., :1] - 640, 0 * PLACES[..., :1] + 40, 650 - PLACES[..., 1:]], axis=-1) * 3.4
    head = [f"NO_OF_FRAMES\t{N_FRAMES}", "NO_OF_MARKERS\t17", "FREQUENCY\t100", "DATA_INCLUDED\t3D",
            "\t".join(["MARKER_NAMES", *NAMES])]  # fmt: skip
    names = ["Frame", "Time", *(f"{name} {axis}" for name in NAMES for axis in "XYZ")]
    head += ["\t".join(names)] if has_columns else []
    rows = [[*([n + 1, n / 100] if has_columns else []), *pose.ravel()] for n, pose in enumerate(metres)]
    text = "\n".join([*head, *("\t".join(map(str, row)) for row in rows)])
    (tmp_path / "a.tsv").write_text(text)
    motion = read_pose_source(tmp_path / "a.tsv").motion
    assert motion.unit == "metre"
    np.testing.assert_allclose(np.diff(motion.timestamps), 0.01)
    np.testing.assert_allclose(motion.positions[..., 1], -metres[..., 2] / 1000, atol=1e-6)
    for number, name in enumerate(NAMES):
        text = text.replace(name, f"M{number}")
    (tmp_path / "b.tsv").write_text(text)
    with pytest.raises(OtherContentError, match="M0"):
        read_pose_source(tmp_path / "b.tsv")


def test_names_of_other_things_are_no_joints_by_their_number(tmp_path):
    skin = ["LASI", "RASI", "LPSI", "RPSI", "LTHI", "LKNE", "LTIB", "LANK", "LHEE", "LTOE", "RTHI", "RKNE", "RTIB",
            "RANK", "RHEE", "RTOE", "CLAV"]  # fmt: skip
    frames = [{"keypoints": [{"name": name, "x": x, "y": y} for name, (x, y) in zip(skin, pose, strict=True)]}
              for pose in PLACES.tolist()]  # fmt: skip
    with pytest.raises(OtherContentError, match=r"names its points \(LASI, RASI, LPSI, RPSI\), but not as joints"):
        read_pose_source(whole(frames)(tmp_path))


def test_names_of_pictures_with_the_hash_of_a_service_count_frames(tmp_path):
    rng = np.random.default_rng(0)
    rows = [{"image_id": f"frame_{n:04d}_jpg.rf.{rng.bytes(16).hex()}.jpg", "keypoints": pose.ravel().tolist()}
            for n, pose in enumerate(COCO)]  # fmt: skip
    source = read_pose_source(whole(rng.permutation(rows).tolist())(tmp_path), fps=30)
    np.testing.assert_allclose(source.motion.positions, PLACES)
