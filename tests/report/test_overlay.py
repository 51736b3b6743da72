"""What is drawn: in the right place and colour, and never outside of the picture."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame, probe_video, read_frames
from formnet.report import overlay
from formnet.report.drawing import AMBER, GREEN, GREY, RED, WHITE, fit_text, measure_text
from formnet.report.overlay import Banner, OverlaySegment, render_overlay, write_overlay_video
from formnet.skeleton import BLAZEPOSE_33, COCO_17, SKELETONS
from tests.pose.videos import make_video

SIZES = [(320, 240), (1080, 1920), (1280, 720), (160, 120), (90, 160), (16, 16), (1, 1)]
LONG = Banner(
    "REPETITION 123 OF 456 DONE", "Knees in front of the toes and a very long title of one's own", RED, 0.987, 6039.94
)


def standing(width: int, height: int, skeleton=BLAZEPOSE_33):
    """Joints of an upright person, (J, 2), spread over the middle of the picture."""
    rng = np.random.default_rng(0)
    return rng.uniform(0.35, 0.65, (len(skeleton), 2)) * [width, height]


def black(width: int, height: int):
    return np.zeros((height, width, 3), dtype=np.uint8)


def draw(image, joints, confidence=None, skeleton=BLAZEPOSE_33, **options):
    confidence = np.ones(len(skeleton)) if confidence is None else confidence
    return render_overlay(image, joints, confidence, skeleton, **options)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("side", ["full", "left", "right"])
def test_every_size_takes_the_longest_words(width, height, side):
    """Text that would leave the picture is made smaller, then shortened: a border of it stays dark."""
    image = np.full((height, width, 3), 128, dtype=np.uint8)
    before = image.copy()
    banner = Banner(LONG.headline, LONG.title, LONG.colour, LONG.probability, LONG.time_s, side)
    drawn = draw(image, np.full((33, 2), np.nan), banner=banner, timeline=[(0, 0.5, GREEN)], progress=1.0)
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(image, before)
    if min(width, height) >= 90 and (side == "full" or width >= 160):
        # White letters end before the margin; only the shade may lie on the rim.
        rim = np.concatenate([drawn[: height // 3, :2].reshape(-1, 3), drawn[: height // 3, -2:].reshape(-1, 3)])
        assert not (rim.min(axis=1) > 200).any()
        half = drawn[: height // 10]
        assert (half.min(axis=2) > 200).any()


@pytest.mark.parametrize("width_px", [5, 40, 100, 300, 1000])
@pytest.mark.parametrize("text", ["", "W", "Knees in front of the toes", "Ü" * 200])
def test_text_is_made_to_fit(text, width_px):
    fitted, size = fit_text(text, width_px, 40, 600)
    assert measure_text(fitted, size, 600) <= width_px or fitted == ""
    assert size <= 40
    if measure_text(text, 40, 600) <= width_px:
        assert (fitted, size) == (text, 40)


def test_only_the_limbs_that_matter_are_coloured():
    joints = np.full((33, 2), np.nan)
    for side, x in (("left", 50), ("right", 150)):
        for joint, y in (("hip", 50), ("knee", 100), ("ankle", 150)):
            joints[BLAZEPOSE_33.index(f"{side}_{joint}")] = (x, y)
    leg = ("left_hip", "left_knee", "left_ankle")
    drawn = draw(black(200, 200), joints, highlighted=leg, colour=RED)
    for y in (75, 125):
        assert tuple(drawn[y, 50]) == RED
        assert tuple(drawn[y, 150]) == WHITE
        assert tuple(drawn[y, 100]) == (0, 0, 0)
    assert tuple(drawn[50, 100]) == WHITE  # across the hips


def test_missing_and_hidden_joints_are_not_drawn():
    joints = standing(200, 200)
    assert not draw(black(200, 200), np.full((33, 2), np.nan)).any()
    assert not draw(black(200, 200), joints, np.full(33, 0.1)).any()
    unsure, sure = draw(black(200, 200), joints, np.full(33, 0.4)), draw(black(200, 200), joints)
    assert 0 < (unsure > 0).sum() < (sure > 0).sum()


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda skeleton: skeleton.name)
def test_every_skeleton_can_be_drawn(skeleton):
    assert draw(black(200, 150), standing(200, 150, skeleton), skeleton=skeleton).any()


def test_joints_far_outside_do_no_harm():
    joints = standing(200, 200)
    joints[::3] = [-1e7, 1e9]
    joints[1::3] = [5e4, -5e4]
    assert draw(black(200, 200), joints).shape == (200, 200, 3)


def test_what_is_said_when():
    segments = [
        OverlaySegment(1, 2, 3, 1, "Good", "good", 0.9),
        OverlaySegment(4, 5, 6, 2, "Inward knees", "fault", 0.7, joints=("left_knee", "right_knee")),
    ]

    def state(time_s):
        highlighted, colour, base, banner = overlay._compute_state(segments, time_s, COCO_17)
        return tuple(highlighted), colour, base, banner.headline, banner.title

    assert state(0.5) == ((), GREY, GREY, "2 REPETITIONS", "")
    assert state(1.0) == (COCO_17.joints, GREEN, WHITE, "REPETITION 1 OF 2", "Good")
    assert state(3.5) == ((), GREY, GREY, "REPETITION 1 OF 2 DONE", "Good")
    assert state(5.9) == (("left_knee", "right_knee"), RED, WHITE, "REPETITION 2 OF 2", "Inward knees")
    assert state(9.0) == ((), GREY, GREY, "REPETITION 2 OF 2 DONE", "Inward knees")
    unsure = [OverlaySegment(1, 2, 3, 1, "Unsure", "unsure", 0.4)]
    assert overlay._compute_state(unsure, 2.0, COCO_17)[1] == AMBER
    assert overlay._compute_state([], 1.0, COCO_17)[3].headline == "NO REPETITION FOUND"


def make_track(n_frames, width, height, step_s):
    image = np.broadcast_to(standing(width, height), (n_frames, 33, 2))
    times_s = np.arange(n_frames) * step_s
    confidence = np.ones((n_frames, 33))
    world = Motion(np.zeros((n_frames, 33, 3)), confidence, times_s, BLAZEPOSE_33, "metre")
    return PoseTrack(Motion(image, confidence, times_s, BLAZEPOSE_33, "pixel"), world, width, height)


def test_the_video_has_every_frame_at_its_time(tmp_path):
    times_s = np.array([0, 0.03, 0.1, 0.15, 0.6, 0.64, 0.9, 1.2, 1.25, 1.3])
    clip = make_video(tmp_path / "clip.mp4", [np.full((96, 128, 3), 60, np.uint8)] * 10, times_s)
    track = make_track(14, 256, 192, 0.1)  # estimated on a larger picture and other times
    segments = [OverlaySegment(0.5, 0.7, 1.0, 1, "Round back", "fault", 0.8, joints=("left_hip", "left_shoulder"))]
    seen = []
    out = tmp_path / "out" / "overlay.mp4"
    assert write_overlay_video(clip, track, segments, out, lambda *p: seen.append(p)) == 10
    assert seen[-1][0] == 10
    frames: list[Frame] = list(read_frames(out))
    np.testing.assert_allclose([frame.timestamp_s for frame in frames], times_s, atol=1e-3)
    assert probe_video(out).width == 128
    # The joints fill the middle of the small picture too: they were scaled.
    middle = frames[5].image[30:66, 42:86].astype(int)
    assert np.abs(middle - 60).max() > 100


def test_the_video_needs_its_clip_and_its_folder(tmp_path):
    clip = make_video(tmp_path / "clip.mp4", [np.zeros((96, 128, 3), np.uint8)] * 3)
    track = make_track(3, 128, 96, 0.04)
    with pytest.raises(InputError, match="there is no file"):
        write_overlay_video(tmp_path / "absent.mp4", track, [], tmp_path / "out.mp4")
    with pytest.raises(InputError, match="cannot be written"):
        write_overlay_video(clip, track, [], clip / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


@pytest.mark.parametrize(
    ("width", "height", "x", "side"),
    [(1280, 720, 0.6, "left"), (1280, 720, 0.3, "right"), (720, 1280, 0.5, "full"), (320, 240, 0.5, "full")],
)
def test_the_banner_leaves_the_person_free(width, height, x, side):
    track = make_track(2, width, height, 0.1)
    shifted = track.image.replace(positions=track.image.positions + np.array([(x - 0.5) * width, 0]))
    assert overlay._choose_side(PoseTrack(shifted, track.world, width, height)) == side
