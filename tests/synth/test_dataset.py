"""Repetitions and clips come out as their truth says, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.body.load import load_body
from formnet.errors import InputError
from formnet.faults import WASEDA_CLASSES
from formnet.synth.dataset import Clip, sample_clip, sample_clips, sample_repetitions
from tests.synth.people import J, angle_deg, everyone, middle


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    return list(sample_clips(load_body(), 21, 8, 3, fps=25.0))


def test_truth_of_repetitions() -> None:
    repetitions = everyone()
    height = middle(repetitions.joints, "hip")[..., 1]
    deepest = np.take_along_axis(repetitions.timestamps, height.argmax(axis=1)[:, None], axis=1)[:, 0]
    frame_s = np.diff(repetitions.timestamps[:, :2], axis=1)[:, 0]
    pause_may_be_flat = 0.55
    assert (np.abs(deepest - repetitions.bottom_s) < pause_may_be_flat).all()
    assert np.median(np.abs(deepest - repetitions.bottom_s) / frame_s) < 1.5
    assert (repetitions.start_s < repetitions.bottom_s).all()
    assert (repetitions.bottom_s < repetitions.end_s).all()
    assert (repetitions.end_s <= repetitions.timestamps[:, -1]).all()
    assert set(np.bincount(repetitions.labels)) == {40}
    assert repetitions.severity.min() > 0
    assert repetitions.severity.max() <= 1


def test_human_tempo() -> None:
    repetitions = everyone()
    down, up = repetitions.bottom_s - repetitions.start_s, repetitions.end_s - repetitions.bottom_s
    assert down.min() >= 0.8
    assert down.max() <= 3.0
    assert up.min() >= 0.6
    assert up.max() <= 2.5
    assert np.std(down) > 0.25


def test_same_seed_same_squats() -> None:
    first, second = (sample_repetitions(load_body(), np.random.default_rng(4), 9, frames=8) for _ in range(2))
    np.testing.assert_array_equal(first.poses, second.poses)
    np.testing.assert_array_equal(first.timestamps, second.timestamps)
    other = sample_repetitions(load_body(), np.random.default_rng(5), 9, frames=8)
    assert not np.allclose(first.poses, other.poses)


def test_the_first_squats_do_not_depend_on_how_many_follow() -> None:
    few = sample_repetitions(load_body(), np.random.default_rng(4), 5, frames=6)
    many = sample_repetitions(load_body(), np.random.default_rng(4), 300, frames=6)
    np.testing.assert_allclose(few.poses, many.poses[:5], atol=1e-6)
    np.testing.assert_array_equal(few.labels, many.labels[:5])
    # Portions are different people.
    assert not np.allclose(many.betas[:44], many.betas[256:])


def test_clips_are_the_same_however_many(clips: list[Clip]) -> None:
    again = list(sample_clips(load_body(), 21, 2, 3, fps=25.0))
    for first, second in zip(clips, again, strict=False):
        np.testing.assert_array_equal(first.poses, second.poses)
        assert first.repetitions == second.repetitions


def test_clips_show_what_they_say(clips: list[Clip]) -> None:
    labels = [repetition.label for clip in clips for repetition in clip.repetitions]
    assert set(labels) == set(WASEDA_CLASSES)
    for clip in clips:
        assert len(clip.repetitions) == 3
        height = middle(clip.joints, "hip")[:, 1]
        for repetition in clip.repetitions:
            inside = (clip.timestamps >= repetition.start_s) & (clip.timestamps <= repetition.end_s)
            deepest = clip.timestamps[inside][height[inside].argmax()]
            assert abs(deepest - repetition.bottom_s) < 0.55
            for time_s in (repetition.start_s, repetition.end_s):
                frame = np.abs(clip.timestamps - time_s).argmin()
                assert angle_deg(clip.joints[frame], "left_hip", "left_knee", "left_ankle") > 150
            ankles = clip.joints[inside][:, [J("left_ankle"), J("right_ankle")]]
            assert np.linalg.norm((ankles - ankles[:1])[..., [0, 2]], axis=-1).max() < 0.03
        ends = [0.0, *(repetition.end_s for repetition in clip.repetitions)]
        assert all(r.start_s > end for r, end in zip(clip.repetitions, ends, strict=False))


def test_clips_have_something_before_and_after(clips: list[Clip]) -> None:
    assert all(clip.repetitions[0].start_s > 0.3 for clip in clips)
    assert all(clip.timestamps[-1] - clip.repetitions[-1].end_s > 0.2 for clip in clips)
    walked = [np.ptp(clip.joints[:, J("left_ankle"), 0]) + np.ptp(clip.joints[:, J("left_ankle"), 2]) for clip in clips]
    assert any(way > 0.2 for way in walked)


def test_nobody_jumps(clips: list[Clip]) -> None:
    for clip in clips:
        speed = np.linalg.norm(np.diff(clip.joints, axis=0), axis=-1) * 25
        assert speed.max() < 6.0
        assert speed[:, J("pelvis")].max() < 2.0, "hips rise at 2 m/s in jumps only"
        # Feet never sink into the floor and one of them always stands.
        toes = -clip.joints[:, [J("left_foot_index"), J("right_foot_index")], 1]
        assert toes.min() > 0
        assert (toes.min(axis=1) < 0.06).all()


def test_landmarks_are_a_motion(clips: list[Clip]) -> None:
    motion = clips[0].landmarks(load_body())
    assert len(motion) == len(clips[0].timestamps)
    assert motion.unit == "metre"
    np.testing.assert_allclose(motion.joint("left_knee"), clips[0].joints[:, J("left_knee")], atol=1e-5)


def test_prescribed_severities_are_kept() -> None:
    clip = sample_clip(load_body(), np.random.default_rng(0), ["good", "shallow"], severity=[0.3, 0.9], fps=10)
    assert [r.severity for r in clip.repetitions] == [0.3, 0.9]
    assert [r.label for r in clip.repetitions] == ["good", "shallow"]


def test_refusals() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="at least one repetition"):
        sample_repetitions(load_body(), rng, 0)
    with pytest.raises(InputError, match="at least 5 frames per second"):
        sample_clip(load_body(), rng, ["good"], fps=2)
    with pytest.raises(InputError, match="got none"):
        sample_clip(load_body(), rng, [])
