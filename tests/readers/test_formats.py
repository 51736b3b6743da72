"""Every tool's way to write the same squat is read as the same squat."""

from __future__ import annotations

import json

import numpy as np
import pytest

from formnet.errors import FormnetError, InputError, PoseError
from formnet.readers.keypoints.names import joint_named
from formnet.readers.source import as_film, is_pose_source, read_pose_source
from formnet.skeleton import COCO_17, SKELETONS, mirror_name
from tests.readers.keypoint_files import (
    BLAZE,
    COCO,
    FORMATS,
    N_FRAMES,
    OPEN,
    SIZE,
    alphapose,
    as_motion,
    flat,
    shares,
    squat_points,
)


def write(path, content, encoding="utf-8"):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding=encoding)
    return path


@pytest.mark.parametrize("tool", FORMATS)
def test_every_tool_gives_the_same_squat(tool, tmp_path):
    make, name = FORMATS[tool]
    source = read_pose_source(make(tmp_path), fps=30.0)
    expected = squat_points(SKELETONS[name])
    assert source.motion.skeleton == SKELETONS[name]
    assert len(source.motion) == N_FRAMES
    assert source.is_film
    np.testing.assert_allclose(source.motion.positions, expected[..., :2], atol=1e-6 * SIZE[0])
    flags = {0.5, 1.0} if tool.startswith(("COCO a", "COCO-W")) else None
    if flags is None:
        np.testing.assert_allclose(source.motion.confidence, expected[..., 2])
    np.testing.assert_allclose(np.diff(source.motion.timestamps), 1 / 30)
    assert source.is_in_picture
    told = [warning for warning in source.warnings if "size" not in warning]
    assert told == []


def test_flags_of_annotations_are_no_confidences(tmp_path):
    points = COCO.copy()
    points[..., 2] = 2
    points[:, 3, 2], points[:, 4] = 1, 0
    make, _ = FORMATS["COCO annotations"]
    content = json.loads(make(tmp_path).read_text())
    for row, pose in zip(content["annotations"], points, strict=True):
        row["keypoints"] = flat(pose)
    motion = read_pose_source(write(tmp_path / "a.json", content), fps=30).motion
    assert motion.confidence[0, :5].tolist() == [1.0, 1.0, 1.0, 0.5, 0.0]
    assert motion.missing[:, 4].all()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_editors_of_other_systems_change_nothing(tmp_path, encoding):
    path = write(tmp_path / "a.json", alphapose(), encoding)
    np.testing.assert_allclose(read_pose_source(path).motion.positions, COCO[..., :2])


@pytest.mark.parametrize("name", ["poses.json", "poses.dat", "poses", "poses.mp4.part"])
def test_a_table_is_a_table_whatever_it_is_called(tmp_path, name):
    make, _ = FORMATS["named table"]
    path = make(tmp_path).rename(tmp_path / name)
    assert is_pose_source(path)
    np.testing.assert_allclose(read_pose_source(path).motion.positions, COCO[..., :2])


def test_depth_or_logits_in_the_place_of_confidence_are_none_and_it_is_said(tmp_path):
    points = BLAZE.copy()
    points[..., 2] = np.random.default_rng(0).normal(0, 0.3, points.shape[:2])
    rows = [{"frame": number, "keypoints": flat(pose)} for number, pose in enumerate(points)]
    source = read_pose_source(write(tmp_path / "a.json", rows))
    assert not source.motion.missing.any()
    assert any("is no confidence" in warning for warning in source.warnings)


def test_numbers_of_pictures_in_a_data_set_count_from_the_first(tmp_path):
    rows = [{"image_id": 10001300001 + n, "keypoints": flat(pose), "score": 0.9} for n, pose in enumerate(COCO)]
    times_s = read_pose_source(write(tmp_path / "a.json", rows), fps=30).motion.timestamps
    np.testing.assert_allclose(times_s, np.arange(N_FRAMES) / 30)


@pytest.mark.parametrize("cell", ["\"{'x': [1, 2\"", "[1;2]"])
def test_a_broken_list_in_a_cell_is_named(tmp_path, cell):
    with pytest.raises(InputError, match="row 2: a list in a cell is broken or cut off"):
        read_pose_source(write(tmp_path / "a.csv", f"frame,keypoints\n0,{cell}\n"))


def _of_two(poses):
    """The candidates of everybody in one list, the second person's points counted from the last."""
    n = len(poses[0])
    subset = [list(range(n)), list(range(2 * n - 1, n - 1, -1))]
    places = np.concatenate([poses[0], poses[1][::-1]])
    return {
        "candidate": np.insert(places, 3, range(2 * n), axis=1).tolist(),
        "subset": [[*row, 9.5, n] for row in subset],
    }


def test_candidates_of_two_people_are_told_apart_and_points_not_found_are_missing(tmp_path):
    beside = OPEN * [0.5, 0.5, 1] + [600, 0, 0]
    frames = [_of_two(pair) for pair in zip(OPEN, beside, strict=True)]
    for frame in frames:
        frame["subset"][0][3] = -1
    path = write(tmp_path / "a.json", frames)
    with pytest.raises(PoseError, match="2 people in 24 of 24 frames"):
        read_pose_source(path)
    motion = read_pose_source(path, person=1).motion
    assert motion.missing[:, 3].all()
    others = np.arange(18) != 3
    np.testing.assert_allclose(motion.positions[:, others], OPEN[:, others, :2])
    np.testing.assert_allclose(read_pose_source(path, person=2).motion.positions, beside[..., :2])


def test_frames_without_candidates_show_nobody(tmp_path):
    frames = [{"candidate": np.insert(pose, 3, 0, axis=1).tolist(), "subset": [list(range(20))]} for pose in OPEN]
    frames[5] = {"candidate": [], "subset": []}
    source = read_pose_source(write(tmp_path / "a.json", frames), fps=30)
    np.testing.assert_array_equal(source.motion.missing.all(axis=1), [n == 5 for n in range(N_FRAMES)])


@pytest.mark.parametrize("number", [1, 1e30, float("inf")])
def test_numbers_of_candidates_that_are_not_there_are_refused(tmp_path, number):
    path = write(tmp_path / "a.json", [{"candidate": [[1, 2, 0.5, 0]], "subset": [[number] * 20]}])
    with pytest.raises(InputError, match="names candidates that are not there"):
        read_pose_source(path)


Y_FIRST = shares(COCO)[..., [1, 0, 2]]


@pytest.mark.parametrize(
    "save",
    [
        lambda folder: np.save(folder / "a.npy", Y_FIRST),
        lambda folder: np.save(folder / "a.npy", Y_FIRST[:, None]),
        lambda folder: np.savez(folder / "a.npz", keypoints=Y_FIRST),
        lambda folder: np.savetxt(folder / "a.csv", Y_FIRST.reshape(N_FRAMES, 51), delimiter=","),
        lambda folder: write(folder / "a.json", Y_FIRST.tolist()),
        lambda folder: write(folder / "a.json", [{"keypoints_with_scores": [[pose]]} for pose in Y_FIRST.tolist()]),
    ],
)
def test_y_before_x_is_told_by_who_stands_and_said(tmp_path, save):
    save(tmp_path)
    (path,) = tmp_path.iterdir()
    source = read_pose_source(path, fps=30, size=SIZE)
    np.testing.assert_allclose(source.motion.positions, COCO[..., :2], atol=1e-6)
    assert source.warnings == (
        "y stands before x in the points, as MoveNet writes them: that way the person stands upright",
    )


@pytest.mark.parametrize(
    "points", [Y_FIRST * [-1, 1, 1] + [1, 0, 0], COCO[..., [1, 0, 2]], Y_FIRST[..., :2]],
    ids=["head to the right", "pixels", "without scores"],
)  # fmt: skip
def test_who_lies_is_not_stood_up(tmp_path, points):
    np.save(tmp_path / "a.npy", points)
    source = read_pose_source(tmp_path / "a.npy", fps=30, size=SIZE)
    scale = np.array(SIZE) if points.max() < 2 else 1
    np.testing.assert_allclose(source.motion.positions, points[..., :2] * scale, atol=1e-6)


def test_points_before_frames_are_refused_with_the_remedy(tmp_path):
    np.save(tmp_path / "a.npy", COCO.swapaxes(0, 1))
    with pytest.raises(InputError, match="17 points × 24 frames: frames come first"):
        read_pose_source(tmp_path / "a.npy")


@pytest.mark.parametrize("mark", [(0, 0, 0.0), (0, 0, 0.9), (-1, -1, 0.0), (-1, -1, 0.7), (55, 66, 0.0), (55, 66, -1),
                                  (None, None, 0.9)])  # fmt: skip
@pytest.mark.parametrize("tool", ["alphapose", "openpose", "table"])
def test_whatever_stands_for_not_found_is_missing(tmp_path, mark, tool):
    points = COCO.astype(object)
    points[:, 3] = mark
    if tool == "alphapose":
        path = write(tmp_path / "a.json", [{**row, "keypoints": list(p.ravel())}
                                           for row, p in zip(alphapose(), points, strict=True)])  # fmt: skip
    elif tool == "openpose":
        path = tmp_path / "folder"
        path.mkdir()
        for n, p in enumerate(points):
            write(path / f"a_{n:012d}_keypoints.json", {"people": [{"pose_keypoints_2d": list(p.ravel())}]})
    else:
        header = [f"{name}_{field}" for name in COCO_17.joints for field in ("x", "y", "score")]
        lines = [",".join("" if cell is None else str(cell) for cell in p.ravel()) for p in points]
        path = write(tmp_path / "a.csv", "\n".join([",".join(header), *lines]))
    motion = read_pose_source(path).motion
    assert motion.missing[:, 3].all()
    assert (motion.confidence[:, 3] == 0).all()
    others = np.arange(17) != 3
    np.testing.assert_allclose(motion.positions[:, others], COCO[:, others, :2])


@pytest.mark.parametrize(("size", "expected"), [(SIZE, SIZE), (None, SIZE), ((640, 480), (640, 480))])
def test_shares_become_pixels_of_the_size_given_or_found(tmp_path, size, expected):
    path = write(tmp_path / "a.json", alphapose(shares(COCO)))
    source = read_pose_source(path, size=size, fps=30)
    np.testing.assert_allclose(source.motion.positions, (shares(COCO) * [*expected, 1])[..., :2], atol=1e-6)
    assert any("1280×720 was assumed; give the true one with --size" in w for w in source.warnings) == (size is None)


def test_an_upright_picture_is_told_by_its_shoulders(tmp_path):
    path = write(tmp_path / "a.json", alphapose(COCO / [720, 1280, 1]))
    source = read_pose_source(path)
    assert "720×1280 was assumed" in source.warnings[0]


def test_points_without_confidence_count_as_sure_and_it_is_said(tmp_path):
    rows = [{**row, "keypoints": flat(pose[:, :2])} for row, pose in zip(alphapose(), COCO, strict=True)]
    source = read_pose_source(write(tmp_path / "a.json", rows), fps=30)
    assert (source.motion.confidence == 1).all()
    assert source.warnings == ("the file holds no confidences: every point in it counts as sure",)


def test_an_assumed_rate_is_said(tmp_path):
    path = write(tmp_path / "a.json", alphapose())
    assert read_pose_source(path).warnings == (
        "the file does not say its rate: 30 frames per second were assumed; give --fps",
    )
    assert read_pose_source(path, fps=25).warnings == ()


def test_frames_without_the_person_are_said(tmp_path):
    rows = [row for n, row in enumerate(alphapose()) if n not in (5, 6, 7)]
    source = read_pose_source(write(tmp_path / "a.json", rows), fps=30)
    assert source.motion.missing[5:8].all()
    assert source.warnings == ("3 of 24 frames do not show the person",)


def two_clips(folder):
    """The squat on Monday, and 100 pixels to the right on Tuesday."""
    rows = [{**row, "image_id": f"{clip}/{n:05d}.jpg"}
            for clip, points in (("Monday", COCO), ("Tuesday", COCO + np.array([100, 0, 0])))
            for n, row in enumerate(alphapose(points))]  # fmt: skip
    return write(folder / "a.json", rows)


def test_two_clips_in_one_file_are_said(tmp_path):
    with pytest.raises(PoseError, match=r"holds 2 clips: Monday/\* \(24 poses\), Tuesday/\* \(24 poses\); choose one"):
        read_pose_source(two_clips(tmp_path))


@pytest.mark.parametrize(
    ("name", "shift"), [("Monday/*", 0), ("Monday", 0), ("tuesday", 100), ("Tue", 100), ("esday", 100)]
)
def test_one_of_several_clips_is_chosen_by_its_name(tmp_path, name, shift):
    source = read_pose_source(two_clips(tmp_path), fps=30, clip=name)
    np.testing.assert_allclose(source.motion.positions, COCO[..., :2] + [shift, 0])
    assert source.warnings == ()


@pytest.mark.parametrize(("name", "words"), [("day", "--clip day names several of them"), ("x", "names none of them")])
def test_a_name_of_no_clip_or_of_several_is_refused(tmp_path, name, words):
    with pytest.raises(PoseError, match=words):
        read_pose_source(two_clips(tmp_path), clip=name)


def test_one_picture_beside_a_film_is_left_out(tmp_path):
    rows = [*alphapose(), {**alphapose()[0], "image_id": "thumbnail.jpg"}]
    source = read_pose_source(write(tmp_path / "a.json", rows), fps=30)
    assert len(source.motion) == N_FRAMES
    assert "1 poses belong to pictures with other names" in source.warnings[0]


def test_pictures_that_are_no_film_are_no_film(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        {**row, "image_id": name, "keypoints": flat(pose * [*rng.uniform(0.3, 1, 2), 1] + [rng.uniform(0, 300), 0, 0])}
        for row, pose, name in zip(
            alphapose(), COCO, ["a.jpg", "b.jpg", *[f"IMG-2021-WA{35 + 3 * n}.jpg" for n in range(22)]], strict=True
        )
    ]
    source = read_pose_source(write(tmp_path / "a.json", rows))
    assert not source.is_film
    assert "24 pictures whose names do not belong together" in source.warnings[0]
    with pytest.raises(PoseError, match="not a film"):
        as_film(source)


def test_pictures_of_one_list_are_people_or_frames(tmp_path):
    film = [{"keypoints": flat(pose)} for pose in COCO]
    assert len(read_pose_source(write(tmp_path / "a.json", film)).motion) == N_FRAMES
    group = [{"keypoints": flat(COCO[0] + [400 * n, 0, 0])} for n in range(3)]
    path = write(tmp_path / "b.json", group)
    with pytest.raises(PoseError, match="shows 3 people in 1 of 1 frames"):
        read_pose_source(path)
    second = read_pose_source(path, person=2)
    assert len(second.motion) == 1


@pytest.mark.parametrize("stem", ["cam01", "2023.05.01 squat", "a=b [1] (2)", "12"])
def test_names_with_dots_blanks_and_numbers(tmp_path, stem):
    folder = tmp_path / stem
    folder.mkdir()
    for n, pose in enumerate(squat_points(SKELETONS["body25"])):
        write(folder / f"{stem}.{n:04d}_keypoints.json", {"people": [{"pose_keypoints_2d": flat(pose)}]})
    source = read_pose_source(folder)
    assert source.frame_numbers.tolist() == list(range(N_FRAMES))
    np.testing.assert_allclose(source.motion.positions, squat_points(SKELETONS["body25"])[..., :2])


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("RBigToe", "right_foot_index"), ("LEFT_FOOT_INDEX", "left_foot_index"), ("right small toe", "right_small_toe"),
        ("LShoulder", "left_shoulder"), ("knee_r", "right_knee"), ("leftHip", "left_hip"), ("Hip", "pelvis"),
        ("MidHip", "pelvis"), ("Head", "head_top"), ("head", "head"), ("Nose", "nose"), ("mouth_left", "left_mouth"),
        ("snout", None), ("score", None), ("left", None),
    ],
)  # fmt: skip
def test_joint_names_of_other_tools(name, joint):
    assert joint_named(name) == joint


def test_every_joint_of_ours_is_named_by_itself_and_its_mirror():
    for skeleton in SKELETONS.values():
        for joint in skeleton.joints:
            assert joint_named(joint) == joint
            camel = "".join(word.capitalize() for word in mirror_name(joint).split("_"))
            assert joint_named(camel) in (mirror_name(joint), "head_top")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "date,weight\n1,2\n", "is a table, but not of joints: expected columns such as left_knee_x"),
        ("a.csv", "a,b\n1,2,3\n", "2 columns in its first row but 3 in row 2"),
        ("a.txt", "hello world\n", "is a table, but not of joints"),
        ("a.jsonl", '{"a": 1}\n{"b": 2}\n{"c": \n', "one JSON value after another, but that of line 3 is broken"),
        ("a.trc", "PathFileType\n", "is no TRC file"),
        ("a.csv", "fnum,nose_x,nose_y,nose_z,nose_ncams\n0,1,2,3,2\n", "is a table, but not of joints"),
        ("a.mot", "x", "holds joint angles of OpenSim"),
        ("a.pkl", "x", "is a pickle, which can run programs"),
        ("a.h5", "x", "is an HDF5 file"),
    ],
)
def test_other_files_are_named_for_what_they_are(tmp_path, name, content, words):
    with pytest.raises(FormnetError, match=words) as error:
        read_pose_source(write(tmp_path / name, content))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("names", [("poses", "trans", "betas"), ("body_pose", "global_orient"), ("pose", "betas")])
def test_a_recording_of_a_body_model_is_named(tmp_path, names):
    path = tmp_path / "walk_poses.npz"
    np.savez(path, **{name: np.zeros((3, 63)) for name in names})
    with pytest.raises(InputError, match="is a recording of SMPL"):
        read_pose_source(path)


def test_arrays(tmp_path):
    np.save(tmp_path / "a.npy", COCO)
    source = read_pose_source(tmp_path / "a.npy")
    np.testing.assert_allclose(source.motion.positions, COCO[..., :2])
    for axis in (0, 1):
        np.save(tmp_path / "one.npy", np.expand_dims(COCO, axis))
        np.savez(tmp_path / "one.npz", keypoints=np.expand_dims(COCO, axis))
        for name in ("one.npy", "one.npz"):
            np.testing.assert_allclose(read_pose_source(tmp_path / name).motion.positions, COCO[..., :2])
    np.save(tmp_path / "b.npy", COCO * [1, 1, 100])
    with pytest.raises(InputError, match="points in 3D"):
        read_pose_source(tmp_path / "b.npy")
    np.save(tmp_path / "c.npy", np.zeros(4))
    with pytest.raises(InputError, match="an array of 4"):
        read_pose_source(tmp_path / "c.npy")


@pytest.mark.parametrize("counts_up", [True, False])
def test_a_trc_in_pixels_stands_upright_whichever_way_it_counts(tmp_path, counts_up):
    from formnet.exports.tables import write_trc

    points = squat_points(SKELETONS["halpe26"])
    solid = as_motion(SKELETONS["halpe26"]).replace(positions=points * [1.0, 1.0, 0.0], unit="metre")
    # The writer turns y round.
    write_trc(tmp_path / "a.trc", solid.replace(positions=solid.positions * [1.0, 1.0 if counts_up else -1.0, 1.0]))
    text = (tmp_path / "a.trc").read_text()
    assert "\tm\t" in text
    motion = read_pose_source(write(tmp_path / "b.trc", text.replace("\tm\t", "\tpx\t", 1))).motion
    assert motion.unit == "pixel"
    shift = motion.positions[0, 0] - points[0, 0, :2] if counts_up else 0.0
    np.testing.assert_allclose(motion.positions, points[..., :2] + shift, atol=1e-3)


def test_labelled_pictures_of_deeplabcut_have_names_of_three_columns(tmp_path):
    make, _ = FORMATS["DeepLabCut"]
    head, parts, fields, *rows = (line.split(",") for line in make(tmp_path).read_text().splitlines())
    lines = [[line[0], "", "", *line[1:]] for line in (head, parts, fields)]
    lines += [["labeled-data", "clip", f"img{number:04d}.png", *row[1:]] for number, row in enumerate(rows)]
    text = "\n".join(map(",".join, lines))
    motion = read_pose_source(write(tmp_path / "a.csv", text), fps=30).motion
    np.testing.assert_allclose(motion.positions, COCO[..., :2])


@pytest.mark.parametrize(("scale", "unit"), [([1.0, 1.0, 0.0], "pixel"), ([1 / 300, -1 / 300, 0.0], "metre")])
def test_joints_of_a_trc_without_depth_are_joints_in_the_picture(tmp_path, scale, unit):
    """Sports2D writes pixels (y down) and metres (y up) alike, and calls both metres."""
    from formnet.exports.tables import write_trc

    points = squat_points(SKELETONS["halpe26"])
    solid = as_motion(SKELETONS["halpe26"]).replace(positions=points * [1.0, 1.0, 0.0] * scale, unit="metre")
    # The writer turns y and z round.
    write_trc(tmp_path / "a.trc", solid.replace(positions=solid.positions * [1.0, -1.0, -1.0]))
    motion = read_pose_source(tmp_path / "a.trc").motion
    assert (motion.n_dimensions, motion.unit) == (2, unit)
    np.testing.assert_allclose(motion.positions, points[..., :2] * np.abs(scale[:2]), atol=1e-5)


@pytest.mark.parametrize(
    "move",
    [
        lambda points: points - [640, 360, 0],
        lambda points: (points - [640, 360, 0]) / [640, 640, 1],
        lambda points: (
            points - np.concatenate([points[:, [11, 12], :2].mean(axis=1), np.zeros((N_FRAMES, 1))], 1)[:, None]
        ),
    ],
    ids=["about the middle", "from -1 to 1", "about the hips"],
)
def test_places_that_do_not_count_from_a_corner_are_kept_and_it_is_said(tmp_path, move):
    points = move(COCO)
    source = read_pose_source(write(tmp_path / "a.json", alphapose(points)), fps=30)
    assert source.motion.unit == "body"
    np.testing.assert_allclose(source.motion.positions, points[..., :2])
    assert source.warnings == (
        "places do not count from the corner of a picture, so that nothing is known of its edges",
    )  # fmt: skip


@pytest.mark.parametrize("every", [2, 7, 14])
def test_a_thinned_film_has_no_frames_between(tmp_path, every):
    points = squat_points(COCO_17, 12 * every)[::every]
    rows = [{**row, "image_id": f"{100 + every * n}.jpg"} for n, row in enumerate(alphapose(points))]
    source = read_pose_source(write(tmp_path / "a.json", rows), fps=30)
    assert source.warnings == ()
    np.testing.assert_allclose(source.motion.positions, points[..., :2])
    np.testing.assert_array_equal(source.frame_numbers, 100 + every * np.arange(12))
    np.testing.assert_allclose(source.motion.timestamps, source.frame_numbers / 30)


@pytest.mark.parametrize(("name", "step_s"), [("{:07.0f}.jpg", 1e-3), ("cam1_{:.0f}_rgb.png", 1e-6)])
def test_pictures_named_by_their_time_have_that_time(tmp_path, name, step_s):
    times_s = 2.0 + np.cumsum(np.random.default_rng(0).uniform(0.03, 0.05, N_FRAMES))
    rows = [{**row, "image_id": name.format(t / step_s)} for row, t in zip(alphapose(), times_s, strict=True)]
    source = read_pose_source(write(tmp_path / "a.json", rows))
    assert source.has_own_times
    assert source.warnings == ()
    np.testing.assert_allclose(source.motion.timestamps, times_s, atol=1e-3)
    np.testing.assert_allclose(source.motion.positions, COCO[..., :2])
