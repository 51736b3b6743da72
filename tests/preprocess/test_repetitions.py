"""Segmentation on analytic squats whose bottoms are known."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.errors import SkeletonError
from formnet.preprocess.canonical import CanonicalRule, choose_better_seen_sides, compute_canonical_angles_deg
from formnet.preprocess.dips import estimate_minimum_s
from formnet.preprocess.hips import compute_hip_height
from formnet.preprocess.repetitions import find_repetitions
from formnet.preprocess.smoothers import smooth_motion
from formnet.skeleton import Skeleton
from tests.preprocess.squats import bell, squat_from_flexion, squats, with_missing


def bottoms_s(motion) -> list[float]:  # type: ignore[no-untyped-def]
    return [span.bottom_s for span in find_repetitions(motion).spans]


def test_canonical_angles_of_a_known_posture() -> None:
    motion = squat_from_flexion(np.arange(3) / 30, np.array([0.0, 30.0, 90.0]))
    np.testing.assert_allclose(compute_canonical_angles_deg(motion, CanonicalRule()), [[180] * 2, [150] * 2, [90] * 2])


def test_hip_height_is_in_leg_lengths() -> None:
    motion = squat_from_flexion(np.arange(2) / 30, np.array([0.0, 120.0]))
    np.testing.assert_allclose(compute_hip_height(motion), [1.0, 0.5], atol=1e-12)


def test_the_better_seen_side_counts() -> None:
    motion = squats()
    confidence = motion.confidence.copy()
    left = [i for i, joint in enumerate(motion.skeleton.joints) if joint.startswith("left_")]
    confidence[:, left] = 0.3
    positions = motion.positions.copy()
    positions[:, left] = 0.1  # nonsense where it is not seen
    unsure = motion.replace(positions=positions, confidence=confidence)
    assert choose_better_seen_sides(unsure, ("hip", "knee")) == ("right",)
    assert choose_better_seen_sides(motion, ("hip", "knee")) == ("left", "right")
    np.testing.assert_allclose(
        compute_canonical_angles_deg(unsure, CanonicalRule()), compute_canonical_angles_deg(motion, CanonicalRule())
    )


@pytest.mark.parametrize("fps", [10.0, 24.0, 30.0, 60.0])
def test_three_squats_with_their_bottoms(fps: float) -> None:
    found = find_repetitions(squats((2.0, 5.1, 8.03), fps=fps))
    assert [s.bottom_s for s in found.spans] == pytest.approx([2.0, 5.1, 8.03], abs=0.01)
    assert found.warnings == ()
    for span in found.spans:
        assert span.start < span.bottom < span.end
        assert span.bottom_s - 1.05 <= span.start_s < span.bottom_s - 0.6
        assert span.bottom_s + 0.6 < span.end_s <= span.bottom_s + 1.05
        assert span.depth == pytest.approx(np.cos(np.radians(4)) - np.cos(np.radians(55)), abs=0.02)


def test_variable_frame_rate() -> None:
    rng = np.random.default_rng(5)
    times_s = np.cumsum(rng.uniform(0.015, 0.06, 270))
    assert bottoms_s(squats((2.0, 5.0, 8.0), times_s=times_s)) == pytest.approx([2, 5, 8], abs=0.02)


def test_a_repetition_whose_bottom_and_one_way_are_there_counts_and_the_rest_is_said() -> None:
    found = find_repetitions(squats((0.2, 3.0, 9.8)))
    assert [s.bottom_s for s in found.spans] == pytest.approx([0.2, 3.0, 9.8], abs=0.01)
    assert [s.warnings for s in found.spans] == [
        ("the clip starts in the middle of this repetition",),
        (),
        ("the clip ends in the middle of this repetition",),
    ]
    assert (found.spans[0].start, found.spans[-1].end) == (0, 299)


def test_a_repetition_without_its_bottom_is_left_out_and_said() -> None:
    found = find_repetitions(squats((-0.2, 3.0, 10.2)))
    assert [s.bottom_s for s in found.spans] == pytest.approx([3.0], abs=0.01)
    assert sum("bottom is not in the clip" in w for w in found.warnings) == 2


def test_a_repetition_of_which_neither_way_is_whole_is_left_out_and_said() -> None:
    motion = squats((2.0,), duration_s=4.0, peak_deg=120)
    found = find_repetitions(motion.frames(49, 72))
    assert found.spans == ()
    assert "neither its way down nor its way up" in found.warnings[0]


def test_a_cut_parts_repetitions() -> None:
    squat = squats((1.0,), duration_s=2.0)
    # The second scene begins at the bottom: joined to half a way down, it would look like one repetition.
    positions = np.concatenate([squat.positions[:25], squat.positions[30:]])
    motion = squat.replace(positions=positions, confidence=np.ones(positions.shape[:2]),
                           timestamps=np.arange(len(positions)) / 30)  # fmt: skip
    (span,) = find_repetitions(motion, cuts=(25,)).spans
    assert span.start == 25
    assert span.warnings == ("what comes before this repetition's middle is hidden or another scene",)


def test_quick_repetitions() -> None:
    assert bottoms_s(squats((1.0, 1.8, 2.6), duration_s=4, width_s=0.8)) == pytest.approx([1, 1.8, 2.6], abs=0.01)


def test_too_quick_for_anybody_is_said_with_what_helps() -> None:
    motion = squats()
    for times in (8, 12):
        found = find_repetitions(motion.replace(timestamps=motion.timestamps / times))
        assert found.spans == ()
        (said,) = found.warnings
        assert "quicker than anybody squats; if the clip is sped up, say so with --slow-motion (0.25" in said
    (said,) = find_repetitions(motion.replace(timestamps=motion.timestamps / 1000)).warnings
    assert "it lasts 0.01 s, shorter than a squat; give a longer clip" in said
    (said,) = find_repetitions(motion.frames(0, 2)).warnings
    assert "shorter than a squat" in said


def test_quick_repetitions_at_the_ends_of_a_clip_are_too_quick_and_not_cut_off() -> None:
    motion = squats((0.4, 4.0, 7.6), duration_s=8, width_s=2.8)
    assert len(find_repetitions(motion).spans) > 0
    (said,) = find_repetitions(motion.replace(timestamps=motion.timestamps / 8)).warnings
    assert "quicker than anybody squats" in said


def test_several_quick_repetitions_are_not_one() -> None:
    """Smoothed as everything is, five squats in 0.75 seconds leave one dip that is long enough for a squat."""
    motion = squats((1.4, 3.9, 6.4, 8.9, 11.4), duration_s=12, width_s=2.8)
    found = find_repetitions(smooth_motion(motion.replace(timestamps=motion.timestamps / 16)))
    assert found.spans == ()
    assert "quicker than anybody squats" in found.warnings[0]


def test_slow_motion() -> None:
    assert bottoms_s(squats((15.0,), duration_s=30, width_s=22)) == pytest.approx([15], abs=0.05)


def test_the_picture_shows_a_squat_that_lifting_flattens() -> None:
    solid = squats((2.0, 5.0), peak_deg=28, duration_s=8)
    assert find_repetitions(solid).spans == ()
    seen = squats((2.0, 5.0), peak_deg=60, duration_s=8)
    picture = seen.replace(positions=seen.positions[..., :2] * 400 + 300, unit="pixel")
    found = find_repetitions(solid, picture=picture)
    assert [s.bottom_s for s in found.spans] == pytest.approx([2, 5], abs=0.05)


def test_a_spike_of_the_estimator_is_no_repetition() -> None:
    motion = squats((5.0,))
    positions = motion.positions.copy()
    positions[60:62, motion.skeleton.indices(["left_hip", "right_hip"]), 1] += 0.4
    assert bottoms_s(motion.replace(positions=positions)) == pytest.approx([5.0], abs=0.01)


def test_legs_outside_of_the_picture_are_said() -> None:
    motion = squats()
    confidence = motion.confidence.copy()
    legs = ("left_knee", "right_knee", "left_ankle", "right_ankle")
    confidence[:, motion.skeleton.indices(legs)] = 0.01
    found = find_repetitions(motion.replace(confidence=confidence))
    assert found.spans == ()
    assert "the legs are not seen; film the whole body" in found.warnings[0]


def test_a_clip_cut_just_below_standing_still_counts() -> None:
    motion = squats((1.2,), duration_s=2.4, peak_deg=110, width_s=2.6)
    assert compute_canonical_angles_deg(motion, CanonicalRule())[0, 0] > 150
    late = motion.frames(10, len(motion) - 10)
    assert compute_canonical_angles_deg(late, CanonicalRule())[0, 0] < 150
    assert bottoms_s(late) == pytest.approx([1.2], abs=0.01)


def test_short_and_shallow_dips_are_no_repetitions() -> None:
    times_s = np.arange(0, 10, 1 / 30)
    dips = 5 + bell(times_s, 2, 0.4, 100) + bell(times_s, 5, 2, 30) + bell(times_s, 8, 2, 100)
    assert bottoms_s(squat_from_flexion(times_s, dips)) == pytest.approx([8], abs=0.01)


def test_a_shallow_squat_is_a_repetition() -> None:
    assert bottoms_s(squats((2.0, 5.0), peak_deg=65)) == pytest.approx([2, 5], abs=0.01)


def test_walking_is_no_repetition() -> None:
    motion = squats((7.0,))
    positions = motion.positions.copy()
    times_s = motion.timestamps
    for side, phase in (("left", 0.0), ("right", np.pi)):
        lift = np.where(times_s < 5, np.clip(np.sin(2 * np.pi * times_s + phase), 0, None), 0)
        for joint, share in (("knee", 0.1), ("ankle", 0.25), ("heel", 0.25), ("foot_index", 0.25)):
            column = motion.skeleton.index(f"{side}_{joint}")
            positions[:, column, 1] -= share * lift
            positions[:, column, 0] += share * lift
    assert bottoms_s(motion.replace(positions=positions)) == pytest.approx([7.0], abs=0.01)


def test_bowing_without_bending_the_knees_is_no_repetition() -> None:
    motion = squats((7.0,))
    positions = motion.positions.copy()
    hip = motion.joint("left_hip")
    turn = np.radians(bell(motion.timestamps, 2.5, 3, 80))
    for joint in ("left_shoulder", "right_shoulder"):
        column = motion.skeleton.index(joint)
        offset = positions[:, column] - hip
        positions[:, column, 0] = hip[:, 0] + offset[:, 0] * np.cos(turn) - offset[:, 1] * np.sin(turn)
        positions[:, column, 1] = hip[:, 1] + offset[:, 0] * np.sin(turn) + offset[:, 1] * np.cos(turn)
    assert bottoms_s(motion.replace(positions=positions)) == pytest.approx([7.0], abs=0.01)


def test_slow_drift_of_the_body_in_the_picture_changes_nothing() -> None:
    motion = squats()
    drift = np.linspace(0, 3, len(motion))[:, None, None] * np.array([0.3, 1.0, -0.5])
    assert bottoms_s(motion.replace(positions=motion.positions + drift)) == pytest.approx(bottoms_s(motion))


def test_slow_drift_of_the_scale_does_not_lose_repetitions() -> None:
    motion = squats()
    scale = np.linspace(1.0, 0.8, len(motion))[:, None, None]
    assert bottoms_s(motion.replace(positions=motion.positions * scale)) == pytest.approx([2, 5, 8], abs=0.03)


def test_noise_makes_no_repetitions_and_loses_none() -> None:
    rng = np.random.default_rng(7)
    motion = squats((3.0, 7.0))
    noisy = motion.replace(positions=motion.positions + rng.normal(0, 0.01, motion.positions.shape))
    assert bottoms_s(noisy) == pytest.approx([3.0, 7.0], abs=0.2)


def test_who_never_stands_straight_is_segmented_with_a_warning() -> None:
    found = find_repetitions(squats(rest_deg=40, peak_deg=120))
    assert [s.bottom_s for s in found.spans] == pytest.approx([2, 5, 8], abs=0.02)
    assert any("never seen open to 150°" in w for w in found.warnings)


def test_who_does_not_stand_up_between_is_split_with_a_warning() -> None:
    times_s = np.arange(0, 10, 1 / 30)
    flexion = 8 + bell(times_s, 3.5, 2, 100) + bell(times_s, 4.85, 2, 100)
    found = find_repetitions(squat_from_flexion(times_s, flexion))
    assert len(found.spans) == 2
    assert found.spans[0].end <= found.spans[1].start
    assert all("did not stand up fully" in s.warnings[0] for s in found.spans)


def test_a_wobble_at_the_bottom_is_one_repetition() -> None:
    times_s = np.arange(0, 6, 1 / 30)
    flexion = 8 + np.minimum(bell(times_s, 3, 4, 160), 100) - bell(times_s, 3, 0.5, 20)
    assert len(find_repetitions(squat_from_flexion(times_s, flexion)).spans) == 1


def test_missing_frames() -> None:
    motion = squats()
    few = with_missing(motion, slice(100, 104), ("left_ankle", "right_ankle"))
    assert len(find_repetitions(few).spans) == 3
    many = with_missing(motion, slice(140, 170))
    found = find_repetitions(many)
    assert [s.bottom_s for s in found.spans] == pytest.approx([2, 8], abs=0.01)
    assert any("unseen for" in w for w in found.warnings)


def test_nobody_and_nothing() -> None:
    assert "legs are not seen" in find_repetitions(with_missing(squats(), slice(None))).warnings[0]
    assert "no repetition was found" in find_repetitions(squats(())).warnings[0]
    with pytest.raises(SkeletonError, match="no leg"):
        find_repetitions(squats().select(Skeleton("half", ("left_hip", "left_knee"))))


def test_vertex_of_a_parabola_is_found_at_uneven_times() -> None:
    times_s = np.array([0.0, 0.1, 0.17, 0.3])
    assert estimate_minimum_s(times_s, (times_s - 0.15) ** 2, 2) == pytest.approx(0.15)
    assert estimate_minimum_s(times_s, np.zeros(4), 1) == 0.1
    assert estimate_minimum_s(times_s, times_s, 0) == 0.0
