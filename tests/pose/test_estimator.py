"""From pixels to joints with the real estimator."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from scipy.signal import find_peaks

from formnet.errors import InputError, PoseError
from formnet.pose.estimator import create_estimator, estimate_pose
from formnet.pose.model_bundle import Eyes
from formnet.pose.prefetch import prefetch, run_together
from formnet.pose.video import Frame, read_frames
from tests.pose.drawn_person import draw_person
from tests.pose.videos import make_video


@pytest.fixture(scope="module")
def estimator(pose_model):
    return create_estimator(model=pose_model)


def frames_of(images, step_s=0.1):
    return [Frame(number * step_s, image) for number, image in enumerate(images)]


EMPTY_ROOM = np.full((480, 360, 3), 190, dtype=np.uint8)
PERSON = draw_person(360, 480)


def test_joints_lie_where_they_were_drawn(estimator):
    track = estimator.estimate(frames_of([PERSON] * 5))
    assert (track.width, track.height, track.coverage, track.warnings) == (360, 480, 1.0, ())
    image, world = track.image, track.world
    assert (image.unit, world.unit, image.skeleton.name) == ("pixel", "metre", "blazepose33")
    np.testing.assert_array_equal(image.timestamps, world.timestamps)
    np.testing.assert_allclose(image.joint("nose")[-1], [180, 87], atol=12)
    # The person faces the camera: the left hand is on the right of the picture.
    for side, sign in (("left", 1), ("right", -1)):
        np.testing.assert_allclose(image.joint(f"{side}_ankle")[-1], [180 + sign * 29, 427], atol=20)
        assert sign * world.joint(f"{side}_wrist")[-1, 0] > 0.1
    hips = (world.joint("left_hip") + world.joint("right_hip")) / 2
    np.testing.assert_allclose(hips, 0, atol=0.02)
    assert (world.joint("nose")[:, 1] < -0.4).all()  # y points down
    assert (world.joint("left_ankle")[:, 1] > 0.5).all()
    assert image.confidence.mean() > 0.8


def test_frames_without_a_person_are_missing(estimator):
    track = estimator.estimate(frames_of([PERSON] * 8 + [EMPTY_ROOM] * 4))
    assert not track.image.missing[:8].any()
    assert track.image.missing[-3:].all()
    assert (track.image.confidence[-3:] == 0).all()
    assert np.isnan(track.world.positions[-3:]).all()
    assert any("no person was found in" in warning for warning in track.warnings)


def test_nobody(estimator):
    with pytest.raises(PoseError, match=r"no person was found in room\.mp4; film"):
        estimator.estimate(frames_of([EMPTY_ROOM] * 3), source="room.mp4")


def test_too_few_frames_with_a_person(estimator):
    with pytest.raises(PoseError, match=r"only .* of the frames of the video"):
        estimator.estimate(frames_of([PERSON] * 4 + [EMPTY_ROOM] * 12))


def test_a_long_enough_stretch_is_used_though_most_frames_are_empty(estimator):
    track = estimator.estimate(frames_of([EMPTY_ROOM] * 12 + [PERSON] * 9, step_s=0.4))
    assert track.coverage < 0.5
    assert track.warnings


def test_no_frames(estimator):
    with pytest.raises(InputError, match="has no frames"):
        estimator.estimate([])


@pytest.mark.parametrize("shape", [(1, 1, 3), (8, 400, 3), (300, 4, 3)])
def test_tiny_pictures_are_refused_not_fatal(estimator, shape):
    with pytest.raises(PoseError):
        estimator.estimate([Frame(0.0, np.zeros(shape, dtype=np.uint8))])


def test_two_people(estimator):
    large = draw_person(800, 480, centre_x=0.3)
    both = frames_of([draw_person(800, 480, centre_x=0.75, scale=0.7, canvas=large)] * 8)
    track = estimator.estimate(both)
    assert track.image.joint("nose")[-1, 0] == pytest.approx(240, abs=15)
    assert any("two people" in warning for warning in track.warnings)
    first, second = (estimator.estimate(both, person=n) for n in (1, 2))
    assert first.image.joint("nose")[-1, 0] == pytest.approx(240, abs=15)
    assert second.image.joint("nose")[-1, 0] == pytest.approx(600, abs=15)
    assert second.coverage > 0.8
    assert second.warnings == ()
    with pytest.raises(PoseError, match=r"2 people were found in the video, not 3; choose a person from 1 to 2"):
        estimator.estimate(both, person=3)


def test_a_second_person_who_comes_later_is_seen(estimator):
    alone = draw_person(800, 480, centre_x=0.3)
    both = draw_person(800, 480, centre_x=0.72, scale=0.9, canvas=alone)
    track = estimator.estimate(frames_of([alone] * 10 + [both] * 20, step_s=0.2))
    assert track.coverage == 1.0
    np.testing.assert_allclose(track.image.joint("nose")[:, 0], 240, atol=15)
    assert any("two people" in warning for warning in track.warnings)


def test_the_one_who_squats_is_followed_not_the_large_one_who_stands(estimator):
    standing = draw_person(800, 480, centre_x=0.28)
    bends = 0.5 - 0.5 * np.cos(np.linspace(0, 2 * np.pi, 24))
    pictures = [draw_person(800, 480, centre_x=0.75, scale=0.6, bend=bend, canvas=standing) for bend in bends]
    track = estimator.estimate(frames_of(pictures))
    assert track.image.joint("nose")[-1, 0] == pytest.approx(600, abs=15)
    assert track.warnings == (
        "there are two people in the picture: the one who moves is followed, --person 2 picks the next",
    )
    large = estimator.estimate(frames_of(pictures), person=2)
    assert large.image.joint("nose")[-1, 0] == pytest.approx(224, abs=15)


def test_two_stretches_give_what_one_gives(tmp_path, estimator):
    """A clip long enough to be cut; the person sinks and rises all the time."""
    pictures = [draw_person(180, 240, bend=0.5 - 0.5 * np.cos(n / 6)) for n in range(66)]
    clip = make_video(tmp_path / "long.mp4", pictures, [n / 12 for n in range(66)])
    done = []
    whole = estimator.estimate(read_frames(clip))
    cut = estimate_pose(clip, estimator=estimator, on_frame=lambda *p: done.append(p))
    np.testing.assert_array_equal(cut.image.timestamps, whole.image.timestamps)
    np.testing.assert_array_equal(cut.image.positions[:34], whole.image.positions[:34])
    assert np.median(np.linalg.norm(cut.image.positions - whole.image.positions, axis=-1)) < 0.005 * 200
    # No seam: nowhere a larger step than the whole has.
    steps = [np.linalg.norm(np.diff(track.image.joint("nose"), axis=0), axis=-1).max() for track in (cut, whole)]
    assert steps[0] < 1.2 * steps[1]
    assert [n for n, _ in done] == list(range(1, 67))
    assert cut.warnings == whole.warnings


def test_a_file_with_rotation_and_scaling(tmp_path, pose_model):
    """A phone clip lying on its side; joints are in pixels of the upright full-size picture."""
    lying = np.rot90(PERSON, 1)
    clip = make_video(tmp_path / "phone.mp4", [lying] * 6, rotation_deg=-90)
    seen = []
    track = estimate_pose(clip, model=pose_model, max_side=240, on_frame=lambda *p: seen.append(p))
    assert (track.width, track.height) == (360, 480)
    np.testing.assert_allclose(track.image.joint("nose")[-1], [180, 87], atol=14)
    assert seen == [(n, 6) for n in range(1, 7)]


def test_a_damaged_clip_warns(tmp_path, estimator):
    images = [draw_person(180, 240, bend=n / 100) for n in range(100)]
    clip = make_video(tmp_path / "a.mp4", images, faststart=True)
    clip.write_bytes(clip.read_bytes()[: int(0.6 * clip.stat().st_size)])
    track = estimate_pose(clip, estimator=estimator)
    assert any("damaged" in warning for warning in track.warnings)


def test_the_cache_gives_the_same_and_forgives_damage(tmp_path, estimator):
    clip = make_video(tmp_path / "a.mp4", [PERSON] * 4)
    cache = tmp_path / "poses"
    first = estimate_pose(clip, estimator=estimator, cache=cache)
    (kept,) = cache.iterdir()
    calls = []
    again = estimate_pose(
        clip.rename(tmp_path / "b.mp4"), estimator=estimator, cache=cache, on_frame=lambda *p: calls.append(p)
    )
    assert calls == []
    for name in ("image", "world"):
        one, other = getattr(first, name), getattr(again, name)
        np.testing.assert_array_equal(one.positions, other.positions)
        np.testing.assert_array_equal(one.confidence, other.confidence)
        np.testing.assert_array_equal(one.timestamps, other.timestamps)
        assert (one.unit, one.skeleton) == (other.unit, other.skeleton)
    assert (first.width, first.height, first.warnings) == (again.width, again.height, again.warnings)
    assert first.eyes is again.eyes is Eyes.STANDARD
    kept.write_bytes(kept.read_bytes()[:200])
    repaired = estimate_pose(tmp_path / "b.mp4", estimator=estimator, cache=cache)
    np.testing.assert_array_equal(repaired.image.positions, first.image.positions)
    estimate_pose(tmp_path / "b.mp4", estimator=estimator, cache=cache, max_side=200)
    assert len(list(cache.iterdir())) == 2


def test_bad_requests(tmp_path, estimator):
    with pytest.raises(InputError, match="numbered from 1"):
        estimate_pose(tmp_path / "a.mp4", person=0, estimator=estimator)
    with pytest.raises(InputError, match="there is no file"):
        estimate_pose(tmp_path / "a.mp4", estimator=estimator)
    with pytest.raises(InputError, match="there is no pose estimator 'openpose'; use one of blazepose"):
        create_estimator("openpose")


def test_nothing_is_written_to_the_terminal(tmp_path, pose_model):
    """A process of its own: what C++ writes past Python must not show either."""
    clip = make_video(tmp_path / "a.mp4", [PERSON] * 3)
    code = (
        "import sys; from formnet.pose.estimator import estimate_pose;"
        f"estimate_pose({str(clip)!r}, model={str(pose_model)!r}); print('still here', file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert (run.stdout, run.stderr) == ("", "still here\n")


def test_prefetch_keeps_order_errors_and_ends_its_thread():
    assert list(prefetch(range(100), ahead=3)) == list(range(100))

    def failing():
        yield 1
        raise InputError("broken")

    items = prefetch(failing())
    assert next(items) == 1
    with pytest.raises(InputError, match="broken"):
        next(items)

    closed = []

    def endless():
        try:
            while True:
                yield 0
        finally:
            closed.append(True)

    stopped = prefetch(endless(), ahead=2)
    assert next(stopped) == 0
    stopped.close()
    assert closed == [True]
    assert not [thread for thread in threading.enumerate() if thread.name == "formnet-prefetch"]


def test_sources_run_side_by_side_each_in_order():
    """The first source waits for the second, which a single thread could not do."""
    reached = threading.Event()

    def waiting():
        yield "first"
        assert reached.wait(10)
        yield "last"

    def reaching():
        yield from range(50)
        reached.set()

    items = list(run_together([waiting(), reaching()], ahead=4))
    assert [item for number, item in items if number == 0] == ["first", "last"]
    assert [item for number, item in items if number == 1] == list(range(50))
    with pytest.raises(AssertionError, match="broken"):
        list(run_together([waiting(), iter_and_fail()], ahead=1))


def iter_and_fail():
    yield 0
    raise AssertionError("broken")


def test_three_squats_of_the_real_clip(shared_dir, estimator, pose_cache):
    track = estimate_pose(shared_dir / "clips" / "side_bodyweight.mp4", estimator=estimator, cache=pose_cache)
    assert (len(track.image), track.coverage, track.warnings) == (354, 1.0, ())
    angles_deg = []
    for side in ("left", "right"):
        knee = track.world.joint(f"{side}_knee")
        thigh, shin = track.world.joint(f"{side}_hip") - knee, track.world.joint(f"{side}_ankle") - knee
        cosine = (thigh * shin).sum(axis=1) / np.linalg.norm(thigh, axis=1) / np.linalg.norm(shin, axis=1)
        angles_deg.append(np.degrees(np.arccos(cosine)))
    knee_deg = np.mean(angles_deg, axis=0)
    bottoms, _ = find_peaks(-knee_deg, prominence=60)
    assert len(bottoms) == 3
    assert ((knee_deg[bottoms] > 50) & (knee_deg[bottoms] < 65)).all()
    assert 165 < knee_deg.max() < 180
