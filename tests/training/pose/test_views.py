"""Samples: the label stays on the spot it labels whatever is done to the picture; unknown parts are left out."""

import numpy as np
import pytest
from PIL import Image

from formnet.errors import DataError, InputError
from formnet.pose.grouping.base import FoundPeople
from formnet.pose.grouping.heatmaps import decode_heatmaps
from formnet.pose.networks.description import STRIDE, PoseNetworkSpec
from formnet.readers.pictures.base import HIDDEN, UNLABELLED, VISIBLE, LabelledPerson, LabelledPicture, PictureSet
from formnet.skeleton import Skeleton
from formnet.training.pose.data import PictureMemory, PoseBatches, PoseDataOptions, divide
from formnet.training.pose.measure import find_seen_before, measure_crops
from formnet.training.pose.views import NO_AUGMENT, PoseAugment, draw_sample, list_views

JOINTS = Skeleton("legs", ("pelvis", "left_knee", "right_knee"))
SPEC = PoseNetworkSpec(JOINTS, size=(64, 96), widths=(8, 16), blocks=(1, 1), width=8, sigma=1.2)
SEVERAL = PoseNetworkSpec(JOINTS, method="fields", size=(96, 96), widths=(8, 16), blocks=(1, 1), width=8, sigma=1.2)
PLACES = np.array([[60.0, 40.0], [70.0, 90.0], [45.0, 85.0]])
COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]])


def spotted_person(shift=0.0, flags=(VISIBLE, VISIBLE, HIDDEN)) -> LabelledPerson:
    joints = np.where(np.array(flags)[:, None] > 0, PLACES + np.array([shift, 0]), np.nan)
    solid = np.array([[0.0, 0, 0], [0.1, 0.5, 0.2], [-0.2, 0.5, 0.1]])
    return LabelledPerson(joints, np.array(flags), np.array([30.0 + shift, 20, 90 + shift, 110]), 900.0, solid=solid)


@pytest.fixture
def picture(tmp_path):
    """A red pelvis, a green left and a blue right knee on black."""
    pixels = np.zeros((130, 160, 3), np.uint8)
    for (x, y), colour in zip(PLACES.astype(int), COLOURS, strict=True):
        pixels[y - 2 : y + 3, x - 2 : x + 3] = colour
    Image.fromarray(pixels).save(tmp_path / "0.png")
    return LabelledPicture(tmp_path / "0.png", (spotted_person(),))


@pytest.mark.parametrize("seed", range(8))
def test_maps_follow_the_picture_through_every_change(picture, seed):
    (view,) = list_views(PictureSet((picture,), JOINTS), SPEC)
    changes = PoseAugment(turn_deg=25, scale=0.15, shift=0.03, colour=0.0, erase=0.0)
    sample = draw_sample(view, SPEC, changes, np.random.default_rng(seed))
    places, _ = decode_heatmaps(sample["heatmaps"], "taylor", SPEC.sigma)
    # Green is the left knee, unless the picture was mirrored, which makes it a right one.
    green, blue = (_centre(sample["pictures"], channel) for channel in (1, 2))
    own, swapped = np.stack([green, blue]), np.stack([blue, green])
    away = min(np.abs(places[1:] * STRIDE - pair).max() for pair in (own, swapped))
    assert away < 1.5
    np.testing.assert_allclose(places[0] * STRIDE, _centre(sample["pictures"], 0), atol=1.5)


def _centre(pixels, channel):
    weight = pixels[..., channel].astype(float)
    y, x = np.mgrid[: weight.shape[0], : weight.shape[1]] + 0.5
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


def test_half_of_the_samples_are_mirrored_with_depth_and_sides(picture):
    spec = PoseNetworkSpec(JOINTS, method="location", size=(64, 96), widths=(8, 16), blocks=(1, 1), width=8)
    (view,) = list_views(PictureSet((picture,), JOINTS), spec)
    changes = PoseAugment(turn_deg=0, scale=0, shift=0, colour=0, erase=0)
    rng = np.random.default_rng(0)
    solids = np.stack([draw_sample(view, spec, changes, rng)["solid"] for _ in range(40)])
    is_mirrored = np.isclose(solids[:, 1, 0], 0.2)
    assert 10 < is_mirrored.sum() < 30
    np.testing.assert_allclose(solids[is_mirrored][0], [[0, 0, 0], [0.2, 0.5, 0.1], [-0.1, 0.5, 0.2]], atol=1e-6)
    np.testing.assert_allclose(solids[~is_mirrored][0], spotted_person().solid, atol=1e-6)


def test_depth_turns_with_the_picture(picture):
    spec = PoseNetworkSpec(JOINTS, method="location", size=(64, 96), widths=(8, 16), blocks=(1, 1), width=8, sigma=1.2)
    (view,) = list_views(PictureSet((picture,), JOINTS), spec)
    changes = PoseAugment(flip=False, turn_deg=30, scale=0, shift=0, colour=0, erase=0)
    sample = draw_sample(view, spec, changes, np.random.default_rng(1))
    places, _ = decode_heatmaps(sample["heatmaps"], "taylor", 1.2)
    upright = draw_sample(view, spec, NO_AUGMENT, np.random.default_rng(1))
    before, _ = decode_heatmaps(upright["heatmaps"], "taylor", 1.2)

    def direction(points):
        return np.arctan2(*(points[2] - points[1])[::-1])

    turned_by = direction(places) - direction(before)
    assert abs(turned_by) > 0.1
    solid_turn = direction(sample["solid"][:, :2]) - direction(upright["solid"][:, :2])
    assert np.angle(np.exp(1j * (solid_turn - turned_by))) == pytest.approx(0, abs=0.05)


def test_hidden_joints_are_learnt_and_unlabelled_ones_left_out(picture):
    someone = spotted_person(flags=(VISIBLE, HIDDEN, UNLABELLED))
    (view,) = list_views(PictureSet((LabelledPicture(picture.path, (someone,)),), JOINTS), SPEC)
    sample = draw_sample(view, SPEC, NO_AUGMENT, np.random.default_rng(0))
    assert sample["known"].reshape(3, -1).mean(axis=1).tolist() == [1, 1, 0]
    assert sample["heatmaps"].reshape(3, -1).max(axis=1).round(1).tolist()[:2] != [0, 0]
    assert not sample["heatmaps"][2].any()


def test_pictures_of_several_are_unknown_only_where_labels_lack(picture):
    crowd = np.array([[120.0, 0, 160, 60]])
    people = (spotted_person(), spotted_person(60.0, (VISIBLE, UNLABELLED, VISIBLE)))
    (view,) = list_views(PictureSet((LabelledPicture(picture.path, people, crowd),), JOINTS), SEVERAL)
    sample = draw_sample(view, SEVERAL, NO_AUGMENT, np.random.default_rng(0))
    known = sample["known"]

    def cell(x, y):
        at = view.crop.from_picture(np.array([x, y])) / STRIDE
        return int(at[1]), int(at[0])

    assert [known[(j, *cell(115, 60))] for j in range(3)] == [1, 0, 1]
    assert [known[(j, *cell(140, 30))] for j in range(3)] == [0, 0, 0]
    assert [known[(j, *cell(40, 60))] for j in range(3)] == [1, 1, 1]
    limbs = [tuple(JOINTS.joints[i] for i in limb) for limb in SEVERAL.make_grouping().limbs]
    at_second = {limb: sample["limbs_known"][(row, *cell(115, 60))] for row, limb in enumerate(limbs)}
    assert at_second == {("pelvis", "left_knee"): 0, ("pelvis", "right_knee"): 1}


def test_a_piece_of_video_is_changed_as_a_whole(picture):
    spec = PoseNetworkSpec(JOINTS, kind="rpstn", frames=3, size=(64, 96), widths=(8, 16), blocks=(1, 1), width=8)
    frames = tuple(LabelledPicture(picture.path, picture.people, clip="a", frame=i) for i in (2, 0, 1, 3))
    views = list_views(PictureSet(frames, JOINTS), spec)
    assert [[f.frame for f in view.frames] for view in views] == [[0, 1, 2]]
    sample = draw_sample(views[0], spec, PoseAugment(erase=0), np.random.default_rng(3))
    assert sample["pictures"].shape == (3, 96, 64, 3)
    np.testing.assert_array_equal(sample["pictures"][0], sample["pictures"][2])
    np.testing.assert_array_equal(sample["heatmaps"][0], sample["heatmaps"][2])


def test_a_patch_comes_and_goes_in_a_piece_of_video(picture):
    spec = PoseNetworkSpec(JOINTS, kind="rpstn", frames=4, size=(64, 96), widths=(8, 16), blocks=(1, 1), width=8)
    frames = tuple(LabelledPicture(picture.path, picture.people, clip="a", frame=i) for i in range(4))
    (view,) = list_views(PictureSet(frames, JOINTS), spec)
    changes = PoseAugment(flip=False, turn_deg=0, scale=0, shift=0, colour=0, erase=1)
    plain, covered = draw_sample(view, spec, NO_AUGMENT, np.random.default_rng(0))["pictures"], set()
    for seed in range(30):
        pictures = draw_sample(view, spec, changes, np.random.default_rng(seed))["pictures"]
        is_covered = (pictures != plain).any(axis=(1, 2, 3))
        assert (np.abs(np.diff(np.concatenate([[0], is_covered, [0]]))).sum()) == 2
        covered.add(tuple(is_covered))
    assert len(covered) > 5


def test_a_joint_was_seen_before_once_an_earlier_frame_showed_it():
    flags = np.array([[HIDDEN, VISIBLE], [VISIBLE, HIDDEN], [HIDDEN, UNLABELLED], [VISIBLE, HIDDEN]])
    assert find_seen_before(flags).tolist() == [[False, False], [False, True], [True, True], [True, True]]
    truth = [spotted_person(flags=(HIDDEN, flag, VISIBLE)) for flag in (VISIBLE, HIDDEN)]
    joints = np.stack([person.joints for person in truth])[:, None]
    joints[1, 0, 1] += 200
    found = [FoundPeople(place, np.ones(place.shape[:2]), np.ones(1)) for place in joints]
    was_seen = find_seen_before(np.stack([person.flags for person in truth]))
    figures = measure_crops(found, truth, JOINTS, was_seen)
    assert figures["pck_person_lost"] == 0
    assert figures["pck_person_hidden"] == pytest.approx(2 / 3)
    assert "pck_person_lost" not in measure_crops(found, truth, JOINTS)


def test_no_clip_is_on_two_sides(picture):
    frames = [LabelledPicture(picture.path, picture.people, clip=f"{i // 4}", frame=i % 4) for i in range(40)]
    sets = divide(PictureSet(tuple(frames), JOINTS), PoseDataOptions(val_share=0.2, test_share=0.2))
    sides = [{p.clip for p in side.pictures} for side in (sets.train, sets.val, sets.test)]
    assert [len(side) for side in sides] == [6, 2, 2]
    assert len(set.union(*sides)) == 10
    with pytest.raises(DataError, match="too few to train"):
        divide(PictureSet(tuple(frames[:8]), JOINTS), PoseDataOptions())


def test_every_view_comes_once_before_any_comes_again(picture):
    views = list_views(PictureSet((picture,) * 6, JOINTS), SPEC)
    batches = PoseBatches(views, SPEC, PoseDataOptions(batch_size=3, steps_per_epoch=2, augment=NO_AUGMENT))
    first = list(batches)
    assert [batch["pictures"].shape[0] for batch in first] == [3, 3]
    assert not batches._queue
    with pytest.raises(DataError, match="has nothing to train on: rpstn with heatmaps needs clips of 5 frames"):
        PoseBatches([], PoseNetworkSpec(JOINTS, kind="rpstn"), PoseDataOptions())


def test_a_picture_is_decoded_once_while_there_is_room(picture, tmp_path):
    memory, pixels = PictureMemory(130 * 160 * 3), picture.read()
    np.testing.assert_array_equal(memory.read(picture), pixels)
    other = LabelledPicture(tmp_path / "1.png", ())
    Image.fromarray(pixels).save(other.path)
    memory.read(other)
    for path in (picture.path, other.path):
        path.unlink()
    np.testing.assert_array_equal(memory.read(picture), pixels)
    with pytest.raises(InputError, match="does not exist"):
        memory.read(other)


@pytest.mark.parametrize(
    "values", [{"source": "kinetics"}, {"val_share": 0.0}, {"test_share": 0.95}, {"batch_size": 0}]
)
def test_impossible_options_are_named(values):
    with pytest.raises(InputError, match=r"task\.data\."):
        PoseDataOptions(**values)
