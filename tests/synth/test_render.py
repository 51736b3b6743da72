"""The renderer: silhouettes where geometry says, colours where the clothes are, the same seed the same clip."""

from dataclasses import replace

import numpy as np
import pytest

from formnet.body import load_body
from formnet.skeleton import BLAZEPOSE_33
from formnet.synth.appearance import plain_appearance, sample_appearance
from formnet.synth.camera import orbit_camera, sample_camera
from formnet.synth.raster import FAR, blend, draw_triangles, finish, vertex_normals
from formnet.synth.render import render_frames

CLEAN = replace(plain_appearance(), clutter=0, blur=0.0, grain=0.0, shadow=0.0)


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def standing(body):
    place = np.array([[0.0, -float(body.pelvis_height(np.zeros(10))), 0.0]])
    return body.pose(np.zeros(10), np.zeros((1, 24, 3)), place)


def picture_of(body, posed, camera, appearance=CLEAN):
    return next(render_frames(posed, body, camera, appearance)).astype(int)


def silhouette(body, posed, camera):
    """Pixels that change when the person's colours do."""
    dark, light = (replace(CLEAN, colours=np.full_like(CLEAN.colours, level)) for level in (20.0, 230.0))
    return np.abs(picture_of(body, posed, camera, dark) - picture_of(body, posed, camera, light)).sum(axis=-1) > 60


@pytest.mark.parametrize("yaw", [0, 60, 90, 180, 300])
@pytest.mark.parametrize("size", [(480, 640), (640, 480)])
def test_silhouette_is_the_projected_body(body, standing, yaw, size):
    camera = orbit_camera(yaw, 3.4, 1.2, focal_px=420, size=size)
    rows, columns = np.nonzero(silhouette(body, standing, camera))
    pixels = camera.project(standing.vertices[0])
    np.testing.assert_allclose([columns.min(), columns.max() + 1], [pixels[:, 0].min(), pixels[:, 0].max()], atol=2)
    np.testing.assert_allclose([rows.min(), rows.max() + 1], [pixels[:, 1].min(), pixels[:, 1].max()], atol=2)


def test_joints_lie_inside_the_silhouette(body, standing):
    camera = orbit_camera(30.0, 3.0, 1.0)
    inside = silhouette(body, standing, camera)
    columns, rows = camera.project(standing.joints[0]).astype(int).T
    assert inside[rows, columns].all()


def test_face_shows_in_front_and_hair_behind(body, standing):
    at = BLAZEPOSE_33.index("nose")
    front, back = (orbit_camera(yaw, 2.5, 1.5, focal_px=600, aim=(0, 1.2)) for yaw in (0.0, 180.0))
    x, y = front.project(standing.landmarks[0, at] + [0.02, 0.0, 0.02]).astype(int)
    skin = picture_of(body, standing, front)[y, x]
    x, y = back.project(standing.landmarks[0, at]).astype(int)
    hair = picture_of(body, standing, back)[y, x]
    assert skin.sum() > 2 * hair.sum()


def test_same_seeds_same_clip_and_other_seeds_another(body, standing):
    def clip(seed):
        rng = np.random.default_rng(seed)
        return picture_of(body, standing, sample_camera(rng, yaw_deg=20.0), sample_appearance(rng))

    np.testing.assert_array_equal(clip(4), clip(4))
    assert np.abs(clip(4) - clip(5)).mean() > 5


@pytest.mark.parametrize("seed", range(6))
def test_any_sampled_look_can_be_drawn(body, standing, seed):
    rng = np.random.default_rng(seed)
    camera = sample_camera(rng, size=(240, 320))
    appearance = sample_appearance(rng, barbell=bool(seed % 2))
    frame = next(render_frames(standing, body, camera, appearance))
    assert frame.shape == (320, 240, 3)
    assert frame.dtype == np.uint8
    assert frame.std() > 8


def test_shadow_falls_on_the_floor_by_the_feet_only(body, standing):
    camera = orbit_camera(20.0, 3.2, 1.3)
    dark = picture_of(body, standing, camera, replace(CLEAN, shadow=0.9))
    change = picture_of(body, standing, camera) - dark
    column, row = camera.project(standing.landmarks[0, BLAZEPOSE_33.index("left_foot_index")]).astype(int)
    assert change[row : row + 25, column].max() > 15
    assert np.abs(change[: camera.height // 3]).max() == 0


def test_barbell_lies_behind_the_neck(body, standing):
    appearance = replace(CLEAN, barbell=True, plate_radius_m=0.12)
    for yaw, hidden in ((0.0, True), (180.0, False)):
        camera = orbit_camera(yaw, 3.0, 1.5, focal_px=600, aim=(0, 1.3))
        change = picture_of(body, standing, camera, appearance) - picture_of(body, standing, camera)
        column = camera.project(standing.joints[0, 12])[0]
        seen = np.abs(change[:, int(column)]).max() > 30
        assert seen != hidden


def test_a_body_out_of_sight_leaves_the_room_empty(body, standing):
    camera = orbit_camera(0.0)
    away = replace(standing, vertices=standing.vertices + np.array([50.0, 0, 0], dtype=np.float32))
    np.testing.assert_array_equal(
        picture_of(body, away, camera), picture_of(body, away, camera, replace(CLEAN, colours=CLEAN.colours * 0))
    )


def test_nearer_triangle_hides_the_farther_whatever_the_order():
    pixels = np.array([[0, 0], [0, 8], [8, 0]] * 2, dtype=np.float32)
    depth = np.array([2, 2, 2, 1, 1, 1], dtype=np.float32)
    colours = np.repeat([[10.0], [200.0]], 3, axis=0).repeat(3, axis=1).astype(np.float32)
    for faces in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]], [[3, 4, 5], [2, 1, 0]]):
        nearest, paint = np.full((8, 8), FAR, np.float32), np.zeros((8, 8, 3), np.float32)
        draw_triangles(pixels, depth, colours, np.array(faces, dtype=np.int32), nearest, paint)
        assert paint[1, 1, 0] == pytest.approx(200)
        assert nearest[7, 7] == FAR


def test_edges_are_blended_with_the_background():
    nearest, paint = np.full((2, 4), FAR, np.float32), np.zeros((2, 4, 3), np.float32)
    nearest[:, 0], paint[:, 0] = 1.0, 100.0
    picture = np.full((1, 2, 3), 20.0, np.float32)
    blend(nearest, paint, 0, 0, picture)
    np.testing.assert_allclose(picture[0, :, 0], [60, 20])


def test_normals_of_a_sphere_point_outwards():
    from formnet.body.mesh import ellipsoid_vertices, tube_faces

    vertices = ellipsoid_vertices(np.zeros(3), np.ones(3), 24, 32).astype(np.float32)
    normals = vertex_normals(vertices, tube_faces(24, 32).astype(np.int32))
    assert (normals * vertices).sum(axis=1).min() > 0.98


def test_blur_and_gain_equal_their_slow_twin():
    picture = np.random.default_rng(0).uniform(20, 200, size=(9, 11, 3)).astype(np.float32)
    still = np.zeros((4, 16, 3), np.float32)
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    kernel = np.array([0.2, 0.6, 0.2])
    slow = sum(
        kernel[i] * kernel[j] * padded[i : i + 9, j : j + 11] for i in range(3) for j in range(3)
    )  # fmt: skip
    np.testing.assert_allclose(finish(picture, 0.6, still, 1, 2, 1.1), slow * 1.1, atol=0.51)
