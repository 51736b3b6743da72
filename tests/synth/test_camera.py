"""The camera: known pictures of known places, and the person always in the frame."""

import numpy as np
import pytest

from formnet.synth.camera import Camera, orbit_camera, sample_camera


def test_pinhole_formula():
    camera = Camera(np.eye(3), np.array([0.0, 0.0, 2.0]), 100.0, 40, 60)
    np.testing.assert_allclose(camera.project(np.array([[0.0, 0, 0], [0.2, -0.4, 0.0]])), [[20, 30], [30, 10]])
    assert np.isnan(camera.project(np.array([0.0, 0.0, -3.0]))).all()


@pytest.mark.parametrize(
    ("yaw", "left_is"),
    [(0, "right"), (180, "left")],
)
def test_front_and_back_views(yaw, left_is):
    """The person's left side is +x: on the right of a front view, on the left of a back view."""
    camera = orbit_camera(yaw)
    left, right = camera.project(np.array([[0.3, -1.0, 0.0], [-0.3, -1.0, 0.0]]))
    assert (left[0] > right[0]) == (left_is == "right")


def test_yaw_90_films_the_left_side():
    camera = orbit_camera(90.0, 3.0, 1.2)
    np.testing.assert_allclose(camera.position, [3.0, -1.2, 0.0], atol=1e-9)
    ahead, behind = camera.project(np.array([[0.0, -1.0, -0.5], [0.0, -1.0, 0.5]]))
    assert ahead[0] < behind[0]  # the person looks to the left of the picture


def test_up_is_up_and_rotation_is_one():
    rng = np.random.default_rng(3)
    for _ in range(20):
        camera = sample_camera(rng)
        np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(camera.rotation) == pytest.approx(1)
        feet, head = camera.project(np.array([[0.0, 0, 0], [0.0, -1.7, 0]]))
        assert head[1] < feet[1] - 100


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (1280, 720)])
def test_the_whole_person_is_in_the_picture(size):
    rng = np.random.default_rng(5)
    for _ in range(60):
        camera = sample_camera(rng, size=size, person_height_m=1.9)
        body = np.array([[x, y, z] for x in (-0.4, 0.4) for y in (-1.9, 0.0) for z in (-0.4, 0.4)])
        pixels = camera.project(body)
        assert (pixels > 0).all()
        assert (pixels < size).all()


def test_the_same_draw_gives_the_same_camera():
    first, second = (sample_camera(np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(first.rotation, second.rotation)
    assert first.focal_px == second.focal_px
