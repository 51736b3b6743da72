from __future__ import annotations

import json

import numpy as np
import pytest

from formnet.errors import InputError, SkeletonError
from formnet.geometry.limbs import compute_limb_lengths, compute_limb_tree
from formnet.preprocess.limbs import normalise_limbs
from formnet.preprocess.spec import (
    BlockSpec,
    FeatureSpec,
    LimbSpec,
    PreprocessSpec,
    compute_frame_times_s,
    preprocess_clip,
)
from formnet.skeleton import HMR_19, SMPL_24, SQUAT7_19
from tests.preprocess.squats import squat_from_flexion, squats, with_missing

REFERENCE = {limb: 0.1 + 0.01 * i for i, limb in enumerate(compute_limb_tree(SMPL_24).order)}


def lengths_of(motion):  # type: ignore[no-untyped-def]
    return compute_limb_lengths(compute_limb_tree(motion.skeleton), motion.positions)


@pytest.mark.parametrize(("scope", "n_unit"), [("head", 6), ("body", 12), ("full", 18)])
def test_the_papers_variants_set_unit_length_in_every_frame(scope: str, n_unit: int) -> None:
    motion = squat_from_flexion(np.arange(5) / 30, np.linspace(0, 90, 5), HMR_19)
    motion = motion.replace(positions=motion.positions + np.random.default_rng(0).normal(0, 0.1, (1, 19, 3)))
    before, after = lengths_of(motion), lengths_of(normalise_limbs(motion, scope, "frame"))  # type: ignore[arg-type]
    is_unit = {limb: bool(np.allclose(length, 1.0)) for limb, length in after.items()}
    assert sum(is_unit.values()) == n_unit
    for limb, unit in is_unit.items():
        if not unit:
            np.testing.assert_allclose(after[limb], before[limb])


def test_none_is_no_change() -> None:
    motion = squats()
    assert normalise_limbs(motion, "none") is motion


def test_reference_lengths_per_clip_keep_the_shortening_of_a_back() -> None:
    rng = np.random.default_rng(0)
    motion = squat_from_flexion(np.arange(9) / 30, np.zeros(9), SMPL_24)
    motion = motion.replace(positions=motion.positions + rng.normal(0, 0.1, (1, 24, 3)))
    shorter = motion.positions.copy()
    spine = SMPL_24.index("spine3")
    shorter[7:, spine] = 0.5 * (shorter[7:, spine] + shorter[7:, SMPL_24.index("spine2")])
    motion = motion.replace(positions=shorter)
    limb = ("spine2", "spine3")
    per_clip = lengths_of(normalise_limbs(motion, "full", "clip", REFERENCE))[limb]
    per_frame = lengths_of(normalise_limbs(motion, "full", "frame", REFERENCE))[limb]
    np.testing.assert_allclose(per_clip[:7], REFERENCE[limb])
    np.testing.assert_allclose(per_clip[7:], 0.5 * REFERENCE[limb])
    np.testing.assert_allclose(per_frame, REFERENCE[limb])


def test_who_it_is_disappears() -> None:
    motion = squats()
    tall = motion.replace(positions=1.3 * motion.positions)
    spec = PreprocessSpec(limbs=LimbSpec("full", "clip"))
    one, other = preprocess_clip(motion, spec).repetitions[0], preprocess_clip(tall, spec).repetitions[0]
    relative = [r.motion.positions - r.motion.joint("neck")[:, None] for r in (one, other)]
    np.testing.assert_allclose(relative[0], relative[1], atol=1e-9)


def test_a_reference_that_lacks_limbs_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="left_hip–left_knee"):
        normalise_limbs(squats(), "full", "clip", {("left_knee", "left_ankle"): 0.4})


def test_missing_joints_stay_missing_and_pull_their_children() -> None:
    motion = with_missing(squats(), slice(3, 5), ("left_knee",))
    missing = normalise_limbs(motion, "full", "clip").missing
    assert missing[3:5, motion.skeleton.index("left_ankle")].all()
    assert not missing[:, motion.skeleton.index("right_ankle")].any()


def test_spec_goes_through_json_unchanged() -> None:
    spec = PreprocessSpec(
        skeleton="squat7", cutoff_hz=None, segmentation="whole", n_frames=64, align="bottom",
        limbs=LimbSpec("full", "clip", (("left_hip", "left_knee", 0.4),)),
        features=FeatureSpec((BlockSpec("distances"), BlockSpec("angles", {"sides": True}))),
    )  # fmt: skip
    assert PreprocessSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert PreprocessSpec.from_dict({}) == PreprocessSpec()


def test_bad_specs_are_refused_with_every_problem() -> None:
    with pytest.raises(InputError, match=r"align must be one of span, bottom, frames, got 'top'; n_frames must be"):
        PreprocessSpec(align="top", n_frames=2)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="upgrade formnet"):
        PreprocessSpec(version=99)
    with pytest.raises(InputError, match="no valid description"):
        PreprocessSpec.from_dict({"n_frame": 3})
    with pytest.raises(SkeletonError, match="unknown joint set"):
        PreprocessSpec(skeleton="octopus")


def test_own_frames_are_kept_for_learners() -> None:
    motion = squats()
    found = preprocess_clip(
        motion, PreprocessSpec(align="frames", skeleton="blazepose33", cutoff_hz=None, n_frames=64)
    ).repetitions
    assert len(found) == 3
    for repetition in found:
        times_s = repetition.motion.timestamps
        start = int(np.searchsorted(motion.timestamps, times_s[0]))
        np.testing.assert_array_equal(times_s, motion.timestamps[start : start + len(times_s)])
        np.testing.assert_array_equal(repetition.motion.positions, motion.positions[start : start + len(times_s)])
        assert abs(times_s[0] - repetition.start_s) < 0.1
        assert abs(times_s[-1] - repetition.end_s) < 0.1


def test_repetitions_have_the_frames_joints_and_times_of_the_spec() -> None:
    found = preprocess_clip(squats(), PreprocessSpec(n_frames=64)).repetitions
    assert [r.bottom_s for r in found] == pytest.approx([2, 5, 8], abs=0.02)
    for repetition in found:
        assert repetition.motion.positions.shape == (64, 19, 3)
        assert repetition.motion.skeleton == HMR_19
        assert repetition.motion.timestamps[[0, -1]] == pytest.approx([repetition.start_s, repetition.end_s])
        assert repetition.warnings == ()


@pytest.mark.parametrize("n_frames", [63, 64])
def test_aligned_at_the_bottom_the_middle_frame_is_the_deepest(n_frames: int) -> None:
    motion = squats((2.0,), duration_s=4)
    motion = motion.replace(
        timestamps=np.where(motion.timestamps > 2, 2 + 2 * (motion.timestamps - 2), motion.timestamps)
    )
    (repetition,) = preprocess_clip(motion, PreprocessSpec(n_frames=n_frames, align="bottom")).repetitions
    hip_y = repetition.motion.joint("left_hip")[:, 1]
    # Up half as fast as down, the middle of the time at the bottom is a little after the lowest frame.
    assert abs(int(np.argmax(hip_y)) - n_frames // 2) <= 3
    assert hip_y[n_frames // 2] > hip_y.max() - 0.02 * np.ptp(hip_y)
    (even,) = preprocess_clip(motion, PreprocessSpec(n_frames=n_frames, align="span")).repetitions
    assert int(np.argmax(even.motion.joint("left_hip")[:, 1])) < 0.45 * n_frames


def test_frame_times_without_a_bottom_inside_are_even() -> None:
    np.testing.assert_allclose(compute_frame_times_s(0, 0, 3, 4, "bottom"), [0, 1, 2, 3])


def test_whole_takes_the_motion_as_one_also_without_legs() -> None:
    motion = squats((2.0,), duration_s=4)
    (repetition,) = preprocess_clip(motion, PreprocessSpec(segmentation="whole", skeleton="blazepose33")).repetitions
    assert (repetition.start_s, repetition.end_s) == pytest.approx((0.0, motion.timestamps[-1]))
    assert repetition.bottom_s == pytest.approx(2.0, abs=0.01)
    hmr_less = motion.select(SQUAT7_19)
    (repetition,) = preprocess_clip(hmr_less, PreprocessSpec(segmentation="whole", skeleton="squat7")).repetitions
    assert repetition.bottom_s == pytest.approx(2.0, abs=0.01)


def test_joints_never_seen_are_warned_of() -> None:
    motion = with_missing(squats(), slice(None), ("left_wrist",))
    found = preprocess_clip(motion, PreprocessSpec(n_frames=16))
    assert found.repetitions[0].warnings == ("left wrist never seen in this repetition",)


def test_preprocessing_is_pure() -> None:
    motion = squats()
    before = motion.positions.copy()
    first = preprocess_clip(motion, PreprocessSpec()).repetitions
    second = preprocess_clip(motion, PreprocessSpec()).repetitions
    np.testing.assert_array_equal(motion.positions, before)
    np.testing.assert_array_equal(first[0].motion.positions, second[0].motion.positions)
