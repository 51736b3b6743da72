"""People whose pelvis was made the origin get the path back that it really took."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from formnet.body.load import load_body
from formnet.conversion import convert_motion
from formnet.errors import InputError
from formnet.geometry.joints import Joints
from formnet.motion import FloatArray, Motion
from formnet.preprocess.floor import Standing, has_own_path, place_on_floor
from formnet.rendered.film import cut_clip
from formnet.skeleton import COCO_17, Skeleton
from formnet.synth.camera import orbit_camera
from formnet.synth.dataset import sample_clip

LABELS = ("good", "knees_forward", "shallow")


@cache
def squats(seed: int = 1, *, walks_in: bool = False) -> Motion:
    """Three squats in the world, the floor at y = 0."""
    body = load_body()
    clip = sample_clip(body, np.random.default_rng(seed), LABELS, severity=(0.5, 1.0, 0.5), fps=30)
    if not walks_in:
        clip = cut_clip(clip, clip.repetitions[0].start_s - 0.5, clip.repetitions[-1].end_s + 0.5)
    return clip.landmarks(body)


def about_the_hips(motion: Motion, *, yaw_deg: float, noise_m: float = 0.0) -> Motion:
    """As a lifter gives it: seen by a camera that is tilted, the middle of the hips the origin of every frame."""
    seen = orbit_camera(yaw_deg, 3.2, focal_px=900, size=(1280, 720)).to_camera(motion.positions)
    tilt = np.radians(8.0)
    seen = seen @ np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]).T
    seen += np.random.default_rng(0).normal(0, noise_m, seen.shape)
    return motion.replace(positions=seen - hips(motion.replace(positions=seen))[:, None])


def hips(motion: Motion) -> FloatArray:
    return np.asarray(Joints.of(motion).middle("hip"))


def path_errors_m(found: Standing, truth: Motion) -> tuple[FloatArray, FloatArray]:
    """(T,) of height, and of the way over the floor whatever the heading."""
    true, ours = hips(truth), hips(found.motion)
    way, ours_way = ((path - path[0]) @ [1, 0, 1j] for path in (true, ours))
    turn = np.vdot(ours_way, way)
    return np.abs(true - ours)[:, 1], np.abs(ours_way * turn / abs(turn) - way)


@pytest.mark.parametrize("yaw_deg", [0, 60, 90, 180])
@pytest.mark.parametrize(("noise_m", "height_m", "way_m"), [(0.0, 0.015, 0.03), (0.01, 0.04, 0.08)])
def test_the_pelvis_sinks_and_sways_as_it_did(yaw_deg, noise_m, height_m, way_m):
    truth = squats()
    found = place_on_floor(about_the_hips(truth, yaw_deg=yaw_deg, noise_m=noise_m))
    height, way = path_errors_m(found, truth)
    assert np.ptp(hips(truth)[:, 1]) > 0.3
    assert height.max() < height_m
    assert way.max() < way_m
    assert found.is_placed
    assert found.is_levelled
    facing = np.cross([0.0, 1.0, 0.0], Joints.of(found.motion).across("hip").mean(axis=0))
    assert facing[0] / np.linalg.norm(facing) == pytest.approx(1.0, abs=0.05), "they face +x"


def test_who_walks_in_travels():
    truth = squats(3, walks_in=True)
    height, way = path_errors_m(place_on_floor(about_the_hips(truth, yaw_deg=30)), truth)
    assert np.ptp(hips(truth), axis=0).max() > 0.5
    assert height.max() < 0.02
    assert way.max() < 0.15


def test_soles_are_on_the_floor_and_the_first_feet_about_the_origin():
    found = place_on_floor(about_the_hips(squats(), yaw_deg=45)).motion
    toes = Joints.of(found).middle("foot_index")
    assert np.abs(toes[:, 1]).max() < 0.05
    np.testing.assert_allclose(Joints.of(found).middle("ankle")[0, [0, 2]], 0.0, atol=0.01)


def test_gaps_stay_gaps_and_nothing_else_moves_between_joints():
    motion = about_the_hips(squats(), yaw_deg=45)
    positions = motion.positions.copy()
    positions[10:15, motion.skeleton.index("left_ankle")] = np.nan
    positions[-20:] = np.nan
    found = place_on_floor(motion.replace(positions=positions)).motion
    np.testing.assert_array_equal(found.missing, np.isnan(positions[..., 0]))
    apart = [np.linalg.norm(p[:, :, None] - p[:, None], axis=-1) for p in (found.positions, positions)]
    np.testing.assert_allclose(apart[0], apart[1], atol=1e-9)


def test_ankles_alone_tell_the_depth_to_some_centimetres():
    truth = squats()
    motion = convert_motion(about_the_hips(truth, yaw_deg=45), COCO_17)
    height, _ = path_errors_m(place_on_floor(motion), truth)
    assert height.max() < 0.06


def test_a_source_with_a_floor_of_its_own_keeps_it():
    truth = squats()
    found = place_on_floor(truth)
    assert not found.is_placed
    assert found.motion is truth
    assert has_own_path(truth)
    assert not has_own_path(about_the_hips(truth, yaw_deg=45))


def test_nobody_who_stands_is_levelled_by_the_camera_and_it_is_known():
    motion = about_the_hips(squats(), yaw_deg=45)
    deep = Joints.of(motion).middle("ankle")[:, 1] < 0.6
    found = place_on_floor(motion.frames(*(np.flatnonzero(deep)[0] + [0, 12])))
    assert not found.is_levelled
    assert np.isfinite(found.motion.positions).all()


def test_pictures_bodies_without_ankles_and_without_feet_are_told():
    motion = about_the_hips(squats(), yaw_deg=45)
    with pytest.raises(InputError, match="the floor needs joints in metres in 3D; these are 2D in pixels"):
        place_on_floor(motion.replace(positions=motion.positions[..., :2], unit="pixel"))
    upper = Skeleton("upper", tuple(joint for joint in COCO_17.joints if "ankle" not in joint))
    with pytest.raises(InputError, match="the floor is found by the ankles"):
        place_on_floor(convert_motion(motion, upper))
    unseen = motion.positions.copy()
    feet = [joint for joint in motion.skeleton.joints if joint.endswith(("ankle", "heel", "foot_index"))]
    unseen[:, motion.skeleton.indices(feet)] = np.nan
    with pytest.raises(InputError, match="no foot is seen in any frame"):
        place_on_floor(motion.replace(positions=unseen))
