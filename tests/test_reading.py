"""The one door: what can be judged, and the reason where it cannot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import features

from formnet.cli.options import make_reading
from formnet.errors import FormnetError, InputError, PoseError
from formnet.pose.track import PoseTrack
from formnet.pose.upright import compute_picture_lean_deg, find_turn_deg, turn_track
from formnet.preprocess.visibility import compute_height_px, find_lost, find_unseen_legs, keep_long, share_of_shown
from formnet.reading import Reading, check_track, find_one, find_sources, read_source, read_track
from formnet.reading.checks import hide_outside
from formnet.skeleton import BLAZEPOSE_33, COCO_17
from tests.pose.videos import make_video, quarters
from tests.readers.keypoint_files import FORMATS, SIZE, alphapose, as_motion, flat, openpose_frame, squat_points


def make_track(n_frames=60, **changes):
    image = as_motion(BLAZEPOSE_33, n_frames=n_frames)
    image = image.replace(confidence=np.full(image.confidence.shape, 0.9), **changes)
    return PoseTrack(image, None, *SIZE)


def with_confidence(track, joints, frames, value):
    confidence = track.image.confidence.copy()
    for joint in joints:
        confidence[frames, track.image.skeleton.index(joint)] = value
    return replace(track, image=track.image.replace(confidence=confidence))


def both(joint):
    return [f"left_{joint}", f"right_{joint}"]


def test_a_whole_person_upright_is_left_as_it_is():
    track = make_track()
    assert check_track(track, "a.mp4") is track


@pytest.mark.parametrize("turn_deg", [90, 180, 270])
def test_turns_there_and_back(turn_deg):
    track = make_track()
    world = track.image.replace(
        positions=np.concatenate([track.image.positions, track.image.positions[..., :1]], axis=-1), unit="metre"
    )
    track = replace(track, world=world)
    turned = turn_track(track, turn_deg)
    assert (turned.width, turned.height) == (SIZE if turn_deg == 180 else SIZE[::-1])
    assert np.nanmin(turned.image.positions) >= 0
    lean_deg = compute_picture_lean_deg(turned.image)
    assert abs((lean_deg - turn_deg + 180) % 360 - 180) < 5
    assert find_turn_deg(turned.image) == 360 - turn_deg
    back = turn_track(turned, find_turn_deg(turned.image))
    np.testing.assert_allclose(back.image.positions, track.image.positions, atol=1e-9)
    np.testing.assert_allclose(back.world.positions, track.world.positions, atol=1e-9)


def test_a_turn_is_a_rotation_and_never_a_mirror():
    """Clockwise by a quarter: what points up points to the right, what points right points down."""
    track = make_track()
    before, after = track.image, turn_track(track, 90).image
    for motion, axis, sign in ((before, 1, -1), (after, 0, 1)):
        up = motion.joint("nose")[0] - motion.joint("left_ankle")[0]
        assert abs(up[axis]) > abs(up[1 - axis])
        assert np.sign(up[axis]) == sign
    right = before.joint("left_shoulder")[0] - before.joint("right_shoulder")[0]
    turned = after.joint("left_shoulder")[0] - after.joint("right_shoulder")[0]
    np.testing.assert_allclose(turned, [-right[1], right[0]], atol=1e-9)


@pytest.mark.parametrize(("turn_deg", "words"), [(90, "lies in the picture of a.mp4: turn the video with --rotate 270"),
                                                 (180, "stands on the head .* if it is upside down")])  # fmt: skip
def test_a_person_who_lies_is_told_how_to_turn_the_video(turn_deg, words):
    with pytest.raises(PoseError, match=words):
        check_track(turn_track(make_track(), turn_deg), "a.mp4")


def test_a_file_of_poses_that_counts_upwards_is_told_so():
    track = make_track()
    positions = [0, SIZE[1]] + track.image.positions * [1, -1]
    flipped = replace(track, image=track.image.replace(positions=positions), kind="alphapose")
    with pytest.raises(PoseError, match="if y counts upwards there, write height - y"):
        check_track(flipped, "a.json")


def test_places_in_percents_are_told_from_small_people():
    positions = make_track().image.positions / SIZE * 100
    track = replace(make_track(positions=positions), kind="alphapose", has_size=False)
    with pytest.raises(PoseError, match="percents of the picture are to be divided by 100"):
        check_track(track, "a.json")
    with pytest.raises(PoseError, match="pixels tall, too small"):
        check_track(replace(track, has_size=True), "a.json")


@pytest.mark.parametrize("joint", ["hip", "knee", "ankle"])
def test_joints_that_are_mostly_unseen_are_named(joint):
    track = with_confidence(make_track(), both(joint), slice(0, 40), 0.1)
    with pytest.raises(PoseError, match=f"does not show the {joint}s \\(unseen in 67% of the frames\\)"):
        check_track(track, "a.mp4")


def test_joints_outside_the_picture_are_unseen():
    track = make_track()
    low = replace(track, height=600)
    unseen = find_unseen_legs(low.image, (low.width, low.height))
    assert unseen["ankle"].all()
    assert not unseen["hip"].any()
    with pytest.raises(PoseError, match="does not show the ankles"):
        check_track(low, "a.mp4")


SHARES = ("ControlNet", "DWPose", "DWPose, scores",
          "YOLO labels", "MediaPipe landmarks", "MediaPipe results", "MediaPipe table",
          "MediaPipe results of a web page", "MediaPipe array", "MediaPipe flat array", "MoveNet",
          "YOLO labels of all frames in one file", "MediaPipe, protocol buffers as JSON",
          "MediaPipe, a landmark a line", "named points of numbered frames")  # fmt: skip


@pytest.mark.parametrize("tool", FORMATS)
def test_joints_outside_the_picture_are_missing_whatever_the_format(tool, tmp_path):
    """Held in a narrower picture, joints right of its edge are missing; shares of a picture stay shares of it."""
    path = FORMATS[tool][0](tmp_path)
    whole = read_source(path, Reading(fps=30.0, size=SIZE)).image
    width = int(np.nanmedian(whole.positions[..., 0]))
    cut = read_source(path, Reading(fps=30.0, size=(width, SIZE[1]))).image
    outside = np.zeros_like(whole.missing) if tool in SHARES else whole.positions[..., 0] > width
    np.testing.assert_array_equal(cut.missing, whole.missing | outside)
    assert (cut.confidence[outside] == 0).all()
    assert tool in SHARES or outside.any()


def test_joints_left_of_a_picture_of_unknown_size_are_missing(tmp_path):
    points = squat_points(COCO_17) - [600, 0, 0]
    (tmp_path / "a.json").write_text(json.dumps(alphapose(points)))
    found = read_source(tmp_path / "a.json", Reading(fps=30.0)).image
    outside = points[..., 0] < 0
    assert outside.any()
    np.testing.assert_array_equal(found.missing, outside)
    np.testing.assert_allclose(found.positions[~outside], points[~outside, :2])


def test_what_an_estimator_makes_up_outside_the_picture_is_missing_in_space_too():
    track = make_track()
    world = track.image.replace(positions=np.concatenate([track.image.positions] * 2, axis=-1)[..., :3], unit="metre")
    low = hide_outside(replace(track, world=world, height=600))
    below = track.image.positions[..., 1] > 600
    assert below.any()
    np.testing.assert_array_equal(low.image.missing, below)
    np.testing.assert_array_equal(low.world.missing, below)
    assert hide_outside(track) is track


def test_one_side_is_enough():
    track = with_confidence(make_track(), ["left_hip", "left_knee", "left_ankle"], slice(None), 0.0)
    assert check_track(track, "a.mp4") is track


def test_legs_that_are_hidden_for_a_second_are_missing_there_and_it_is_said():
    track = with_confidence(make_track(), both("knee"), slice(10, 40), 0.05)
    checked = check_track(track, "a.mp4")
    columns = track.image.skeleton.indices([*both("hip"), *both("knee"), *both("ankle")])
    assert checked.image.missing[10:40][:, columns].all()
    assert not checked.image.missing[:10].any()
    assert checked.warnings == ("knees are not seen in 50% of the frames: nothing is judged there",)


def test_a_short_loss_is_left_to_the_filling_of_gaps():
    track = with_confidence(make_track(), both("ankle"), slice(10, 20), 0.05)
    assert check_track(track, "a.mp4") is track
    mask = np.array([0, 1, 1, 1, 0, 0, 1, 0], dtype=bool)
    assert keep_long(mask, np.arange(8) / 10, 0.25).tolist() == [0, 1, 1, 1, 0, 0, 0, 0]


def test_frames_without_anybody_are_not_counted_as_unseen_legs():
    positions = make_track().image.positions.copy()
    positions[:40] = np.nan
    track = make_track(positions=positions)
    assert share_of_shown(find_unseen_legs(track.image, SIZE)["hip"], track.image) == 0.0
    assert check_track(track, "a.mp4") is track


def test_a_small_person_is_too_small():
    small = make_track(positions=make_track().image.positions * 0.17)
    assert compute_height_px(small.image) == pytest.approx(80, abs=2)
    with pytest.raises(PoseError, match="is only 80 pixels tall, too small to judge"):
        check_track(small, "a.mp4")


def test_who_is_cut_off_by_the_picture_is_not_called_small():
    positions = make_track().image.positions * 0.17
    parts = ("hip", "knee", "ankle", "heel", "foot")
    legs = [name for name in BLAZEPOSE_33.joints if any(part in name for part in parts)]
    positions[:, BLAZEPOSE_33.indices(legs)] = np.nan
    with pytest.raises(PoseError, match=r"does not show the hips .* and knees .* film the whole body"):
        check_track(make_track(positions=positions), "a.mp4")


def flickering(scale, every=10, shift=0.0):
    """A person who is not found in every tenth frame."""
    positions = make_track(180).image.positions * scale + [shift, 0]
    positions[every::every] = np.nan
    return make_track(180, positions=positions)


def test_a_small_person_who_is_lost_now_and_then_is_filmed_too_badly():
    with pytest.raises(PoseError, match="is only 117 pixels tall and lost in 9% of the frames, too small or"):
        check_track(flickering(0.25), "a.mp4")
    assert check_track(flickering(0.25, every=40), "a.mp4")
    assert check_track(flickering(0.6), "a.mp4")


def test_who_leaves_the_picture_is_not_lost():
    for shift, expected in ((0.0, 17), (-530.0, 0), (530.0, 0)):
        assert find_lost(flickering(1.0, shift=shift).image, SIZE[0]).sum() == expected
    # Not at the ends, and not for longer than a cut takes.
    times_s = np.arange(60) * 1.5
    gone = make_track().image.positions.copy()
    gone[[0, 30, 59]] = np.nan
    assert find_lost(make_track(positions=gone).image, SIZE[0]).sum() == 1
    assert find_lost(make_track(positions=gone, timestamps=times_s).image, SIZE[0]).sum() == 0


@pytest.mark.parametrize("tool", FORMATS)
def test_every_format_can_be_judged_compared_and_exported_alike(tool, tmp_path):
    path = FORMATS[tool][0](tmp_path)
    how = Reading(fps=30.0, size=SIZE)
    source, track = read_source(path, how), read_track(path, how)
    np.testing.assert_array_equal(track.image.positions, source.image.positions)
    assert (track.width, track.height) == SIZE


def test_pictures_are_no_film(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(alphapose()[:1]))
    with pytest.raises(PoseError, match="is one picture; give a video, or poses of one"):
        read_track(tmp_path / "a.json")


def test_a_still_says_that_it_is_one_picture(tmp_path, monkeypatch):
    import formnet.pose.estimator

    one = PoseTrack(as_motion(COCO_17).frames(0, 1), None, *SIZE)
    monkeypatch.setattr(formnet.pose.estimator, "estimate_pose", lambda *arguments, **options: one)
    monkeypatch.setattr(formnet.pose.estimator, "create_estimator", lambda: None)
    make_video(tmp_path / "a.mp4", [quarters()])
    with pytest.raises(PoseError, match=r"a\.mp4 is one picture; give a video that shows a whole repetition"):
        read_track(tmp_path / "a.mp4")


def test_options_without_effect_are_said(tmp_path):
    make, _ = FORMATS["AlphaPose"]
    path = make(tmp_path)
    assert read_source(path, Reading(fps=25.0)).warnings == ()
    rows = [{**row, "time_s": 0.04 * n} for n, row in enumerate(alphapose())]
    path.write_text(json.dumps(rows))
    source = read_source(path, Reading(fps=50.0))
    assert source.warnings == ("--fps was not used: the file says its own times",)
    np.testing.assert_allclose(np.diff(source.motion.timestamps), 0.04)


def test_slow_motion_of_poses(tmp_path):
    path = FORMATS["AlphaPose"][0](tmp_path)
    source = read_source(path, Reading(fps=30.0, slow_motion=8.0))
    np.testing.assert_allclose(np.diff(source.motion.timestamps), 1 / 240)
    assert source.image.duration_s == pytest.approx(source.motion.duration_s)


def test_poses_that_lie_are_turned_where_asked(tmp_path):
    lying = squat_points(COCO_17)[..., [1, 0, 2]]
    lying[..., 0] = 720 - lying[..., 0]
    (tmp_path / "a.json").write_text(json.dumps(alphapose(lying)))
    with pytest.raises(PoseError, match="turn the video with --rotate 270"):
        read_track(tmp_path / "a.json")
    for turn in ("auto", 270):
        assert abs(compute_picture_lean_deg(read_track(tmp_path / "a.json", Reading(turn=turn)).image)) < 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": "big"}, "--size must be the picture's width and height such as 1280x720, got 'big'"),
        ({"size": "0x720"}, "--size must be"),
        ({"rotate": "45"}, "--rotate must be 90, 180, 270 or auto, got '45'"),
        ({"rotate": "left"}, "--rotate must be"),
        ({"fps": 0.0}, "frame rate must be above 0"),
        ({"slow_motion": -1.0}, "--slow-motion must be above 0"),
    ],
)
def test_wrong_options(options, words):
    with pytest.raises(InputError, match=words):
        make_reading(**options)


def test_options():
    assert make_reading(size="1280 x 720").size == (1280, 720)
    assert make_reading(rotate="-90").turn == 270
    assert make_reading(rotate="AUTO").turn == "auto"


def fill_folder(root: Path) -> Path:
    for name in ("b.mp4", "sub/a.MOV", ".hidden/x.mp4", "notes.txt", "labels.csv", "sub/photo.jpg", "anim.gif"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"clip,class\n")
    (root / "poses.json").write_text(json.dumps(alphapose()))
    (root / "settings.json").write_text('{"theme": "dark"}')
    folder = root / "openpose run"
    folder.mkdir()
    for n, pose in enumerate(squat_points(COCO_17)[:3]):
        (folder / f"x_{n:012d}_keypoints.json").write_text(json.dumps(openpose_frame(pose)))
    return root


def test_folders_are_searched_for_films_and_poses_and_the_rest_is_said(tmp_path):
    root = fill_folder(tmp_path / "a = [1] folder")
    found = find_sources([root])
    names = [path.relative_to(root).as_posix() for path in found.sources]
    assert names == ["anim.gif", "b.mp4", "openpose run", "poses.json", "sub/a.MOV"]
    (note,) = found.notes
    assert note.startswith(f"left out of {root}: 4 other files (")
    assert all(f"1 {suffix}" in note for suffix in (".txt", ".csv", ".json", ".jpg"))
    with_pictures = find_sources([root], with_pictures=True, without=root / "poses.json")
    names = [path.relative_to(root).as_posix() for path in with_pictures.sources]
    assert names == ["anim.gif", "b.mp4", "openpose run", "sub/a.MOV", "sub/photo.jpg"]
    assert find_sources([root / "openpose run"]).sources == (root / "openpose run",)
    assert find_sources([root / "b.mp4", root / "b.mp4"]).sources == (root / "b.mp4",)


@pytest.mark.parametrize("tool", FORMATS)
def test_what_is_read_when_named_is_taken_from_a_folder(tool, tmp_path):
    path = FORMATS[tool][0](tmp_path)
    (tmp_path / "READ ME.txt").write_text("Squats\n\nfilmed on Monday, from the side.\n")
    found = find_sources([tmp_path])
    assert found.sources == (path,)
    assert found.notes == (f"left out of {tmp_path}: 1 other file (1 .txt)",)


def test_files_of_several_films_are_no_frames_of_one(tmp_path):
    for name in ("clip1.json", "clip2.json"):
        FORMATS["TF.js"][0](tmp_path).rename(tmp_path / name)
    assert [path.name for path in find_sources([tmp_path]).sources] == ["clip1.json", "clip2.json"]


BESIDE_POSES = {
    "READ ME.txt": ("Squats\n\nof Monday, from the side.\n", ""),
    "requirements.txt": ("numpy\nscipy==1.2\n", ""),
    "classes.txt": ("person\n", ""),
    "settings.json": ('{"fps": 30}', ""),
    "commented.json": ('{\n // rates\n "fps": 30,\n}', ""),
    "weights.pth": ("PK", ""),
    "model.json": ('{"keypoints": ["nose", "left_eye"], "skeleton": [[1, 2]]}', "model.json holds no poses"),
    "boxes.json": ('{"images": [], "annotations": [{"id": 1, "bbox": [1, 2, 3, 4]}]}', "annotations without keypoints"),
    "walk.bvh": ("HIERARCHY", "is a BVH animation"),
    "weights.npz": ({"w": np.zeros((3, 4))}, "weights.npz has no positions"),
    "walk.npz": ({"poses": np.zeros((3, 63)), "trans": np.zeros((3, 3))}, "is a recording of SMPL"),
    "features.npy": (np.zeros((9, 512)), "is an array of 9 × 512"),
    "objects.npy": (np.array([{}], dtype=object), "Python objects"),
}


@pytest.mark.parametrize("name", BESIDE_POSES)
def test_what_else_is_in_a_folder_fails_nothing_and_is_explained_where_it_might_be_poses(name, tmp_path):
    content, words = BESIDE_POSES[name]
    path = tmp_path / name
    if isinstance(content, str):
        path.write_text(content)
    elif isinstance(content, dict):
        np.savez(path, **content)
    else:
        np.save(path, content)
    with pytest.raises(FormnetError):
        read_source(path)
    (tmp_path / "poses.json").write_text(json.dumps(alphapose()))
    found = find_sources([tmp_path])
    assert found.sources == (tmp_path / "poses.json",)
    told, _, reason = found.notes[0].partition(f"(1 {path.suffix})")
    assert told == f"left out of {tmp_path}: 1 other file "
    assert words in reason if words else not reason


def test_what_is_broken_in_a_folder_is_a_source_and_told_of(tmp_path):
    (tmp_path / "poses.json").write_text(json.dumps(alphapose())[:-9])
    np.savez(tmp_path / "points.npz", keypoints=np.zeros((9, 17, 3)))
    (tmp_path / "points.npz").write_bytes((tmp_path / "points.npz").read_bytes()[:-60])
    assert [path.name for path in find_sources([tmp_path]).sources] == ["points.npz", "poses.json"]


def test_frames_beside_a_summary_are_still_one_clip(tmp_path):
    for n, pose in enumerate(squat_points(COCO_17)):
        (tmp_path / f"{n}.json").write_text(json.dumps(openpose_frame(pose)))
    (tmp_path / "alphapose-results.json").write_text(json.dumps(alphapose()))
    found = find_sources([tmp_path])
    assert found.sources == (tmp_path,)
    assert found.notes == (f"{tmp_path} was taken as one clip, a file a frame, and left out: 1 other file (1 .json)",)


def test_animated_pictures_are_films(tmp_path):
    first, *others = [Pillow.fromarray(np.roll(quarters(), n, axis=1)) for n in range(3)]
    first.save(tmp_path / "still.webp")
    first.save(tmp_path / "moving.webp", save_all=True, append_images=others, duration=100)
    moving = [tmp_path / "moving.webp"]
    if features.check("avif"):
        first.save(tmp_path / "still.avif")
        first.save(tmp_path / "moving.avif", save_all=True, append_images=others, duration=100)
        moving.insert(0, tmp_path / "moving.avif")
    assert find_sources([tmp_path]).sources == tuple(moving)


def test_a_folder_of_other_things_says_what_it_holds(tmp_path):
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(InputError, match=r"holds no video and no poses: 1 other file \(1 .docx\); give a folder with"):
        find_sources([tmp_path])
    (tmp_path / "labels.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(InputError, match=r"holds no video and no poses: 2 other files .*; unpack what is packed"):
        find_sources([tmp_path])
    with pytest.raises(InputError, match="does not exist"):
        find_sources([tmp_path / "nothing"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (".IMG_1.MOV.icloud", r"1 other file \(1 .icloud\); download what is in iCloud only"),
        ("IMG_0001.jpg", "single pictures are no film: give the video itself"),
    ],
)
def test_a_folder_without_a_film_says_what_helps_there(tmp_path, name, words):
    (tmp_path / name).write_bytes(b"\xff\xd8\xff")
    with pytest.raises(InputError, match=words):
        find_sources([tmp_path])


def test_a_folder_that_holds_one_source_is_that_source(tmp_path):
    folder = tmp_path / "unpacked" / "poses"
    folder.mkdir(parents=True)
    path = FORMATS["AlphaPose"][0](folder)
    assert find_one(tmp_path) == path
    source = read_source(tmp_path, Reading(fps=30.0))
    np.testing.assert_array_equal(source.motion.positions, read_source(path, Reading(fps=30.0)).motion.positions)
    assert len(read_track(tmp_path).image) == len(source.motion)
    (folder / "b.mp4").write_bytes(b"x")
    with pytest.raises(InputError, match=r"holds 2 videos or files of poses \(.*b.mp4, .*poses.json\); name one"):
        read_source(tmp_path)


def test_labels_beside_a_film_are_a_film_of_poses(tmp_path):
    folder = tmp_path / "run" / "labels"
    folder.mkdir(parents=True)
    for n, pose in enumerate(squat_points(COCO_17)):
        line = " ".join(map(str, [0, 0.5, 0.5, 0.1, 0.2, *flat(pose / [*SIZE, 1])]))
        (folder / f"squat {n + 1}.txt").write_text(line)
    (tmp_path / "run" / "squat.mp4").write_bytes(b"x")
    (folder / "summary.json").write_text('{"frames": 24}')
    found = find_sources([tmp_path])
    assert found.sources == (folder, tmp_path / "run" / "squat.mp4")
    track = read_track(folder, Reading(size=SIZE))
    np.testing.assert_allclose(track.image.positions, squat_points(COCO_17)[..., :2], atol=1e-6)


def test_what_was_noticed_before_belongs_into_the_refusal_of_what_cannot_be_judged():
    track = with_confidence(make_track(), both("ankle"), slice(None), 0.1).with_warnings(["there are two people"])
    with pytest.raises(PoseError, match=r"does not show the ankles .* \(also: there are two people\)$"):
        check_track(track, "a.mp4")


def test_a_held_picture_is_said():
    times_s = np.arange(60) / 30
    times_s[20:] += 0.8
    times_s[40:] += 1.5
    image = make_track().image.replace(timestamps=times_s)
    track = replace(make_track(), image=image, world=None)
    assert check_track(track, "a.mp4").warnings == (
        "a picture is held for 0.8 s at 0.6 s, 1.5 s at 2.1 s: how the person moves meanwhile is not seen",
    )
    assert check_track(make_track(), "a.mp4").warnings == ()
