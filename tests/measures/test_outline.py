"""What the outline of a back says of a squat from the side, and when it is silent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from formnet.body.load import load_body
from formnet.geometry.align import rotation_about_vertical
from formnet.geometry.level import rotate_motion
from formnet.measures.measurement import Measurement
from formnet.measures.outline import BOTTOM, CHANGE, NAME, see_outline
from formnet.measures.performance import make_performance
from formnet.measures.registry import MEASURES
from formnet.motion import Motion
from formnet.pipeline import make_judge
from formnet.pose.estimator import create_estimator
from formnet.pose.model_bundle import Eyes
from formnet.pose.outline import HIGH, LOW, N_RAYS, compute_bend_deg
from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame
from formnet.rendered.film import RenderRequest
from formnet.skeleton import BLAZEPOSE_33, SMPL_24
from formnet.synth.appearance import sample_appearance
from formnet.synth.camera import sample_camera
from formnet.synth.render import render_frames
from tests.measures.stick_figure import Pose, build_squat

JOINTS = Measurement(NAME, 4.0, 11.0, 1.0, False, "cannot be measured from the side")
ALONG = np.linspace(LOW, HIGH, N_RAYS)
STRAIGHT = np.full(N_RAYS, 0.15)
ROUNDED = 0.15 + 0.1 * (1 - ((ALONG - 0.4) / 0.4) ** 2)
HAIR = STRAIGHT + np.where(np.arange(N_RAYS) % 5 == 0, 0.08, 0.0)
CUT = np.where(ALONG > 0.3, np.nan, STRAIGHT)


def perform(yaw_deg: float = 90.0):
    motion = build_squat(Pose(thigh=0.0, shank=30.0, trunk=35.0))
    turned = rotate_motion(motion, rotation_about_vertical(np.radians(yaw_deg)))
    middle = len(motion) // 2
    return make_performance(turned, middle // 2, middle, middle + middle // 2)


def film(performance, *, standing=(STRAIGHT, STRAIGHT), bottom=(ROUNDED, ROUNDED), **others):
    """A track with looks at the beginning and at the bottom; the joints in the picture stand still."""
    places = {"hip": (0, 0), "shoulder": (0, -100), "heel": (-10, 100), "foot_index": (30, 100)}
    joints = np.array(
        [next((xy for name, xy in places.items() if joint.endswith(name)), (40, -50)) for joint in BLAZEPOSE_33.joints],
        dtype=float,
    )
    times_s = performance.motion.timestamps
    image = Motion(np.tile(joints, (len(times_s), 1, 1)), np.ones((len(times_s), 33)), times_s, BLAZEPOSE_33, "pixel")
    at_s = (times_s[0], times_s[1], performance.bottom_s, times_s[performance.bottom + 1])
    backs = {float(t): back for t, back in zip(at_s, (*standing, *bottom), strict=True) if back is not None}
    return PoseTrack(image, None, 480, 640, **{"backs": backs, **others})


def test_the_change_of_the_outline_is_the_bending_of_the_back():
    performance = perform()
    seen = see_outline(JOINTS, performance, film(performance))
    change_deg = compute_bend_deg(ROUNDED)[0] - compute_bend_deg(STRAIGHT)[0]
    assert change_deg > 20
    assert seen.value == pytest.approx(CHANGE.offset + CHANGE.gain * change_deg)
    assert (seen.is_shown, seen.reason, seen.error) == (True, "", CHANGE.error)
    fast = see_outline(JOINTS, performance, film(performance, eyes=Eyes.FAST))
    assert fast.error > seen.error


@pytest.mark.parametrize("standing", [(HAIR, HAIR), (None, None), (STRAIGHT, None), (STRAIGHT, ROUNDED)])
def test_without_a_clear_standing_the_bottom_speaks_with_a_larger_error(standing):
    performance = perform()
    seen = see_outline(JOINTS, performance, film(performance, standing=standing))
    assert seen.is_shown
    assert seen.value == pytest.approx(BOTTOM.offset + BOTTOM.gain * compute_bend_deg(ROUNDED)[0])
    assert seen.error == BOTTOM.error > CHANGE.error


@pytest.mark.parametrize(
    ("bottom", "reason"),
    [
        ((HAIR, HAIR), "hair, clothes or a thing"),
        ((STRAIGHT, ROUNDED), "hair, clothes or a thing"),
        ((CUT, ROUNDED), "not whole"),
        ((ROUNDED, None), "once only"),
        ((None, None), "not seen at the bottom"),
    ],
)
def test_what_is_no_back_is_not_spoken_of_and_the_reason_is_said(bottom, reason):
    performance = perform()
    seen = see_outline(JOINTS, performance, film(performance, bottom=bottom))
    assert (seen.is_shown, seen.value) == (False, JOINTS.value)
    assert seen.reason.startswith(f"{JOINTS.reason}: ")
    assert reason in seen.reason


def test_an_arm_behind_the_back_silences_the_outline():
    performance = perform()
    track = film(performance)
    positions = track.image.positions.copy()
    positions[:, BLAZEPOSE_33.index("left_elbow")] = -35, -50
    behind = replace(track, image=track.image.replace(positions=positions))
    assert "an arm" in see_outline(JOINTS, performance, behind).reason


def test_other_views_and_files_of_joints_stay_as_they_were():
    performance = perform()
    assert see_outline(JOINTS, performance, film(performance, kind="alphapose")) is JOINTS
    for yaw_deg in (0.0, 45.0, 180.0):
        turned = perform(yaw_deg)
        assert see_outline(JOINTS, turned, film(turned)) is JOINTS


def test_a_round_back_from_pixels_to_the_verdict(pose_model):
    """Somebody who rounds the back is said to, and coaching, which only reports the back, finds no fault in it."""
    body, rng = load_body(), np.random.default_rng([902, 13])
    clip = RenderRequest((0,), ("round_back",), (float(rng.uniform(0.35, 1.0)),), 15.0, is_padded=False).sample(
        body, rng
    )
    camera, appearance = sample_camera(rng, yaw_deg=88.0, size=(480, 640)), sample_appearance(rng, barbell=False)
    pictures = render_frames(body.pose(clip.betas, clip.poses, clip.translation), body, camera, appearance)
    frames = (Frame(float(t), picture) for t, picture in zip(clip.timestamps, pictures, strict=True))
    track = create_estimator(model=pose_model).estimate(frames)
    (repetition,), _ = make_judge().judge_repetitions(track)
    seen = repetition.measures[NAME]
    moments = clip.repetitions[0].frames(clip.timestamps)
    true = Motion(clip.joints, np.ones(clip.joints.shape[:2]), clip.timestamps, SMPL_24)
    truth = MEASURES[NAME].read(make_performance(true, *moments)).value
    assert seen.is_shown
    assert seen.value == pytest.approx(truth, abs=2 * seen.error)
    assert min(seen.value, truth) > 12
    assert "round_back" not in repetition.faults
    # Of the same joints in a file nothing is known of the back.
    (as_file,), _ = make_judge().judge_repetitions(replace(track, kind="alphapose", backs={}))
    assert not as_file.measures[NAME].is_shown
