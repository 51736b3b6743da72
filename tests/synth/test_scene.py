"""Scenes: who stands in front hides who stands behind, and the labels say so."""

import numpy as np
import pytest

from formnet.body import load_body
from formnet.errors import InputError
from formnet.readers.pictures.base import HIDDEN, UNLABELLED, VISIBLE
from formnet.readers.pictures.coco_people import read_coco_people
from formnet.rendered.pictures import draw_scene, write_rendered_pictures
from formnet.rendered.scenes import FilmedScene, SceneOptions, sample_scenes
from formnet.skeleton import SPINE_27
from formnet.synth.appearance import plain_appearance
from formnet.synth.camera import orbit_camera
from formnet.synth.raster import FAR
from formnet.synth.scene import Actor, box_mesh, render_scene, turn_posed

CAMERA = orbit_camera(0.0, 4.0, 1.0, focal_px=150, size=(144, 192))


@pytest.fixture(scope="module")
def standing():
    body = load_body()
    place = np.array([[0.0, -float(body.pelvis_height(np.zeros(10))), 0.0]])
    return Actor(body.pose(np.zeros(10), np.zeros((1, 24, 3)), place), body, plain_appearance())


def moved(actor, turn_deg, x, z):
    return Actor(turn_posed(actor.posed, turn_deg, (x, z)), actor.body, actor.appearance)


def labels(actors, things=()):
    ((_, people),) = draw_scene(FilmedScene(tuple(actors), tuple(things), CAMERA))
    return people


def flags_of(person, *joints):
    return [person.flags[SPINE_27.index(joint)] for joint in joints]


def test_all_joints_of_somebody_alone_and_seen_from_the_front_show(standing):
    (person,) = labels([standing])
    shown = [j for j in SPINE_27.joints if not j.endswith(("heel", "ear"))]
    assert set(flags_of(person, *shown)) == {VISIBLE}
    assert person.joints[SPINE_27.index("left_wrist"), 0] > person.joints[SPINE_27.index("right_wrist"), 0]


def test_who_stands_in_front_hides_who_stands_behind(standing):
    front, behind = labels([moved(standing, 0, 0, -0.6), moved(standing, 0, 0, 0.6)])
    chest = ("spine2", "spine3", "pelvis", "left_hip", "right_hip")
    assert set(flags_of(front, *chest)) == {VISIBLE}
    assert set(flags_of(behind, *chest)) == {HIDDEN}


def test_a_bench_hides_the_legs_and_not_the_head(standing):
    bench = box_mesh(np.array([-0.6, -0.7, -1.0]), np.array([0.6, 0.0, -0.8]), np.array([90.0, 90, 90]))
    (person,) = labels([standing], [bench])
    assert set(flags_of(person, "left_knee", "right_knee", "left_ankle", "right_ankle")) == {HIDDEN}
    assert set(flags_of(person, "nose", "neck", "left_shoulder")) == {VISIBLE}


def test_joints_outside_of_the_picture_have_no_label(standing):
    (person,) = labels([moved(standing, 0, 1.75, 0)])
    assert UNLABELLED in person.flags
    assert np.isnan(person.joints[person.flags == UNLABELLED]).all()
    assert (person.joints[person.flags > 0] <= (144, 192)).all()
    assert (person.box <= (144, 192, 144, 192)).all()


def test_boxes_close_from_all_sides(standing):
    """Seen from anywhere a box covers its outline: no side is turned inwards."""
    far = moved(standing, 0, 0, 50.0)
    for yaw in (20.0, 110.0, 200.0, 290.0):
        camera = orbit_camera(yaw, 3.0, 2.2, focal_px=150, size=(96, 96))
        mesh = box_mesh(np.array([-0.4, -1.2, -0.4]), np.array([0.4, -0.4, 0.4]), np.array([90.0, 90, 90]))
        (drawn,) = render_scene([far], [mesh], camera)
        corner = camera.to_camera(mesh.vertices)[:, 2]
        covered = drawn.depth[drawn.depth < 20]
        # The mean depth of the near faces lies in front of the box's middle; that of far ones behind it.
        assert covered.mean() < corner.mean()
        assert len(covered) > 2000
    assert drawn.depth.max() == FAR


def test_turning_keeps_bodies_rigid(standing):
    turned = turn_posed(standing.posed, 77.0, (0.3, -0.2))
    gaps = [np.linalg.norm(p.joints[0][:, None] - p.joints[0][None], axis=-1) for p in (standing.posed, turned)]
    np.testing.assert_allclose(*gaps, atol=1e-5)
    np.testing.assert_allclose(turned.joints[..., 1], standing.posed.joints[..., 1], atol=1e-6)


def test_a_set_on_disk_shows_the_people_it_labels(tmp_path):
    options = SceneOptions(scenes=3, people=3, frames=2, height=96, seed=4)
    write_rendered_pictures(tmp_path, options)
    found = read_coco_people(tmp_path)
    assert found.skeleton == SPINE_27
    assert [len(clip) for clip in found.clips()] == [2, 2, 2]
    assert [len(clip[0].people) for clip in found.clips()] == [1, 2, 3]
    for picture in found.pictures:
        assert picture.size() == ((80, 96) if len(picture.people) == 1 else (128, 96))
        for person in picture.people:
            x0, y0, x1, y1 = person.box
            there = person.joints[person.flags > 0]
            assert ((there >= (x0 - 3, y0 - 3)) & (there <= (x1 + 3, y1 + 3))).all()
            assert person.solid is not None
            np.testing.assert_allclose(person.solid[SPINE_27.index("pelvis")], 0, atol=1e-6)


def test_scenes_follow_from_their_seed():
    body = load_body()
    first, again, other = (
        next(sample_scenes(body, SceneOptions(scenes=1, seed=seed))).actors[0].posed.joints for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_somebody_walks_past_and_is_nobody_to_know():
    options = SceneOptions(scenes=6, frames=4, height=96, passing=0.5, occlusion=0.0, seed=2)
    scenes = list(sample_scenes(load_body(), options))
    assert [len(scene.strangers) for scene in scenes] == [0, 1, 0, 1, 0, 1]
    for scene in scenes:
        alone = FilmedScene(scene.actors, scene.things, scene.camera)
        with_them, without = ([people for _, people in draw_scene(one)] for one in (scene, alone))
        assert all(len(people) == 1 for people in with_them)
        hidden, own = (np.stack([people[0].flags == HIDDEN for people in one]) for one in (with_them, without))
        assert (hidden >= own).all()
        for stranger in scene.strangers:
            place = stranger.posed.joints[:, 0]
            walked = place[-1] - place[0]
            way = scene.camera.position[[0, 2]] / np.linalg.norm(scene.camera.position[[0, 2]])
            assert 0.25 < np.hypot(*walked[[0, 2]]) < 0.65
            assert abs(walked[[0, 2]] @ way) < 0.3
            assert (place[:, [0, 2]] @ way > 0).all()


def test_whoever_walks_past_hides_joints_for_a_while():
    options = SceneOptions(scenes=8, frames=5, height=64, passing=1.0, occlusion=0.0, seed=3)
    hidden = [
        np.stack([people[0].flags == HIDDEN for _, people in draw_scene(scene)])
        for scene in sample_scenes(load_body(), options)
    ]
    changing = sum((one.any(axis=0) & ~one.all(axis=0)).sum() for one in hidden)
    assert changing > 30


@pytest.mark.parametrize("values", [{"people": 4}, {"least_people": 2}, {"scenes": 0}, {"frames": 99}, {"height": 8}])
def test_impossible_scenes_are_refused(values):
    with pytest.raises(InputError, match="expected"):
        SceneOptions(**values)
