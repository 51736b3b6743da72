"""The gate on people of sticks and on simulated exercises whose joints are known."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.body.load import load_body
from formnet.errors import InputError
from formnet.gate import Recognition, keep_squats, recognise_all
from formnet.gate.criteria import CRITERIA, OtherMovement
from formnet.gate.signs import read_signs
from formnet.measures.performance import make_performance
from formnet.motion import Motion
from formnet.preprocess.repetitions import RepetitionSpan, Segmentation, find_repetitions
from formnet.skeleton import BLAZEPOSE_33
from formnet.synth.exercises import sample_exercises
from tests.measures.stick_figure import SPAN, Pose, build_squat, turned
from tests.preprocess.squats import squats


def criterion(name: str) -> OtherMovement:
    return next(one for one in CRITERIA if one.name == name)


def recognised(motion: Motion) -> list[Recognition]:
    return list(recognise_all(motion, find_repetitions(motion).spans))


def recognise(motion: Motion, span: RepetitionSpan) -> Recognition:
    return recognise_all(motion, [span])[0]


def looks_of(motion: Motion) -> set[str]:
    return {what.name for what in recognised(motion)}


@pytest.mark.parametrize(
    "bottom",
    [
        Pose(thigh=0, shank=30, trunk=30),
        Pose(thigh=35, shank=25, trunk=25),
        Pose(thigh=0, shank=28, trunk=55),
        Pose(thigh=-20, shank=38, trunk=15, heel_rise=0.3),
        Pose(thigh=0, shank=30, trunk=30, knee_out=-12),
    ],
    ids=["good", "shallow", "folded", "heels", "knees_in"],
)
@pytest.mark.parametrize("yaw_deg", [0.0, 60.0, 180.0])
def test_a_squat_with_any_fault_is_a_squat(bottom: Pose, yaw_deg: float) -> None:
    (what,) = recognised(turned(build_squat(bottom), yaw_deg=yaw_deg, pitch_deg=15))
    assert what.is_squat, what.reason
    assert what.probability > 0.8


def test_a_good_morning_and_a_body_on_the_floor_are_none() -> None:
    hinge = recognise(build_squat(Pose(thigh=62, shank=-4, trunk=85)), SPAN)
    assert hinge.name == "hinge"
    # This body has no hands.
    assert "leans 8" in hinge.reason
    assert "nan" not in hinge.reason
    lying = turned(build_squat(Pose(thigh=0, shank=30, trunk=30)), pitch_deg=80)
    assert recognise(lying, SPAN).name == "lying"


def test_hands_on_a_bar_near_the_floor_tell_a_deadlift_from_a_folded_squat() -> None:
    folded = squats((2.0,), duration_s=4.0, peak_deg=110)
    span = find_repetitions(folded).spans[0]
    assert recognise(folded, span).is_squat
    signs = dict(read_signs(make_performance(folded, span.start, span.bottom, span.end)))
    hinge = criterion("hinge")
    assert hinge.log_odds({**signs, "trunk_lean_at_bottom_deg": 60.0, "hand_height": 0.7}) > 0
    assert hinge.log_odds({**signs, "trunk_lean_at_bottom_deg": 60.0, "hand_height": 0.25}) < 0


def test_a_squat_folded_far_forward_is_a_squat_unless_the_hands_are_on_the_floor() -> None:
    signs = dict(read_signs(make_performance(build_squat(Pose()), SPAN.start, SPAN.bottom, SPAN.end)))
    folded = {**signs, "trunk_lean_at_bottom_deg": 74.0, "least_knee_bend_deg": 115.0, "hand_drop": 0.0}
    hinge = criterion("hinge")
    assert hinge.log_odds({**folded, "hand_height": 0.6}) > 0
    assert hinge.log_odds({**folded, "hand_height": -0.1}) < 0
    assert hinge.log_odds({**folded, "hand_height": 0.6, "least_knee_bend_deg": 80.0}) < 0


def test_hands_that_swing_down_tell_a_kettlebell_from_a_shallow_squat() -> None:
    signs = dict(read_signs(make_performance(build_squat(Pose(thigh=35)), SPAN.start, SPAN.bottom, SPAN.end)))
    shallow = {**signs, "trunk_lean_at_bottom_deg": 54.0, "least_knee_bend_deg": 68.0, "hand_height": 0.56}
    hinge = criterion("hinge")
    assert hinge.log_odds({**shallow, "hand_drop": 0.0}) > 0
    assert hinge.log_odds({**shallow, "hand_drop": 0.55}) < 0


def test_knees_that_stay_bent_hang_or_sit() -> None:
    """Whoever pulls up, dips or extends knees on a machine; a shallow squat begins straight."""
    start, bottom = Pose(thigh=40, shank=25, trunk=5), Pose(thigh=25, shank=30, trunk=10)
    hanging = recognise(build_squat(bottom, standing=start), SPAN)
    assert hanging.name == "bent"
    assert hanging.reason.startswith("of the knees' bend of 95° only 21% comes and goes")
    assert recognise(build_squat(bottom), SPAN).is_squat


def spread_feet(bottom: Pose, ahead_m: float, let_down_m: float = 0.0) -> Motion:
    """A squat with the left foot so far ahead of the right all the time, and the right knee let down so far."""
    motion = build_squat(bottom)
    positions = motion.positions.copy()
    for side, way in (("left", -0.5), ("right", 0.5)):
        for joint, share in (("ankle", 1.0), ("heel", 1.0), ("foot_index", 1.0), ("knee", 0.6)):
            positions[:, motion.skeleton.index(f"{side}_{joint}"), 2] += way * ahead_m * share
    positions[:, motion.skeleton.index("right_knee"), 1] += let_down_m
    return motion.replace(positions=positions)


def test_a_foot_ahead_and_a_knee_let_down_under_an_upright_trunk_make_a_lunge() -> None:
    assert recognise(spread_feet(Pose(thigh=25, shank=20, trunk=5), 0.6, 0.15), SPAN).name == "lunge"


def test_one_foot_a_little_ahead_is_a_stance() -> None:
    assert recognise(spread_feet(Pose(thigh=25, shank=25, trunk=30), 0.2), SPAN).is_squat


def test_feet_that_pass_each_other_while_the_hips_are_low_walk() -> None:
    motion = build_squat(Pose(thigh=30, shank=20, trunk=20))
    positions = motion.positions.copy()
    swing_m = 0.45 * np.sin(2.0 * np.pi * motion.timestamps)
    for joint in ("ankle", "heel", "foot_index"):
        positions[:, motion.skeleton.index(f"left_{joint}"), 2] += swing_m
    walk = motion.replace(positions=positions)
    performance = make_performance(walk, SPAN.start, SPAN.bottom, SPAN.end, SPAN.bottom_s)
    signs = read_signs(performance)
    assert signs["stride"] == pytest.approx(1.1, abs=0.15)
    walking = criterion("walking")
    assert walking.log_odds(signs) < 0
    assert "pass each other by 1." in walking.describe(signs)


def test_shoulders_that_swing_over_resting_hips_are_a_seat() -> None:
    squat = build_squat(Pose(thigh=5, shank=5, trunk=5))
    rests = np.zeros(60, int) + SPAN.bottom
    frames = np.concatenate([np.arange(SPAN.bottom), rests, np.arange(SPAN.bottom, len(squat))])
    positions = squat.positions[frames].copy()
    swing_m = np.zeros(len(frames))
    swing_m[SPAN.bottom : SPAN.bottom + 60] = 0.3 * np.sin(np.pi * np.arange(60) / 60)
    for joint in ("left_shoulder", "right_shoulder", "neck", "head_top"):
        positions[:, squat.skeleton.index(joint), 2] -= swing_m
    times_s = np.arange(len(frames)) / 30.0
    seated = Motion(positions, np.isfinite(positions[..., 0]).astype(float), times_s, squat.skeleton)
    assert recognise(seated, RepetitionSpan(15, 75, 135, 0.5, 2.5, 4.5, 0.4)).name == "sit_to_stand"


def test_what_is_unseen_speaks_for_nothing() -> None:
    motion = squats((2.0,), duration_s=4.0)
    positions = motion.positions.copy()
    positions[:, motion.skeleton.indices(["left_wrist", "right_wrist"])] = np.nan
    assert looks_of(motion.replace(positions=positions)) == {"squat"}


def test_a_repetition_in_doubt_goes_with_its_set(monkeypatch: pytest.MonkeyPatch) -> None:
    motion = squats((2.0, 5.0, 8.0))
    spans = find_repetitions(motion).spans
    leans = iter([74.0, 66.0, 74.0])
    monkeypatch.setattr(
        "formnet.gate.recognition.read_signs",
        lambda p, image: {**read_signs(p, image), "trunk_lean_at_bottom_deg": next(leans), "least_knee_bend_deg": 90.0},
    )
    assert [what.name for what in recognise_all(motion, spans)] == ["hinge"] * 3


def test_a_leg_that_a_file_does_not_give_makes_no_lunge() -> None:
    """Detectors drop the far leg from the side; a lifter puts it anywhere, here straight."""
    squat = build_squat(Pose(thigh=0, shank=30, trunk=30))
    places, sure = squat.positions.copy(), squat.confidence.copy()
    for joint in ("knee", "ankle"):
        number = squat.skeleton.index(f"left_{joint}")
        places[:, number] = squat.joint("left_hip") + np.array([0.0, 0.42 if joint == "knee" else 0.82, 0.0])
        sure[:, number] = 0.01
    straight = squat.replace(positions=places)
    assert not recognise(straight, SPAN).is_squat
    assert recognise(straight.replace(confidence=sure), SPAN).is_squat


def test_a_set_refused_for_different_reasons_rescues_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each criterion the median alone would speak for a squat."""
    motion = squats((2.0, 5.0, 8.0))
    spans = find_repetitions(motion).spans
    odd = iter([{"least_knee_bend_deg": 38.0}, {"stride": 1.4}, {"step": 0.9}])
    monkeypatch.setattr(
        "formnet.gate.recognition.read_signs",
        lambda p, image: {**read_signs(p, image), **next(odd)},
    )
    assert not any(what.is_squat for what in recognise_all(motion, spans))


@pytest.mark.parametrize(
    ("exercise", "least"),
    [("walking", 1.0), ("idle", 1.0), ("overhead_reach", 1.0), ("lunge", 0.8), ("sit_to_stand", 0.8)],
)
def test_simulated_exercises_are_no_squats(exercise: str, least: float) -> None:
    body = load_body()
    motions = sample_exercises(body, np.random.default_rng(4), 6, frames=120, exercises=(exercise,))
    silent = [
        not any(what.is_squat for what in recognised(Motion(joints, np.ones(joints.shape[:2]), times_s, BLAZEPOSE_33)))
        for joints, times_s in zip(motions.landmarks(body).astype(float), motions.timestamps, strict=True)
    ]
    assert np.mean(silent) >= least


def test_what_is_no_squat_is_left_out_and_said_once() -> None:
    squat = build_squat(Pose(thigh=0, shank=30, trunk=30))
    found = find_repetitions(squat)
    assert keep_squats(squat, found) == found
    hinge = build_squat(Pose(thigh=62, shank=-4, trunk=85))
    kept = keep_squats(hinge, Segmentation((SPAN, SPAN), ("a note",)))
    assert kept.spans == ()
    assert kept.warnings[0] == "a note"
    assert kept.warnings[1].startswith("what happens at 1.5, 1.5 s looks like a deadlift or another hinge of the hips")
    assert kept.warnings[1].endswith("(at 1.5 s)")
    assert len(kept.warnings) == 2
    assert kept.other == "a deadlift or another hinge of the hips"


def test_sentences_name_movement_and_quantity() -> None:
    what = recognise(build_squat(Pose(thigh=62, shank=-4, trunk=85)), SPAN)
    assert what.title == "a deadlift or another hinge of the hips"
    assert what.reason.startswith("the trunk leans 85°")
    assert what.probability < 0.5


def test_pictures_without_depth_are_refused() -> None:
    motion = squats((2.0,), duration_s=4.0)
    flat = motion.replace(positions=motion.positions[..., :2])
    with pytest.raises(InputError, match="need joints in 3D"):
        recognise(flat, find_repetitions(motion).spans[0])
    assert recognise_all(flat, ()) == ()


def test_feet_that_no_picture_shows_speak_for_no_step() -> None:
    squat = build_squat(Pose(thigh=0, shank=30, trunk=30))
    places, confidence = squat.positions.copy(), squat.confidence.copy()
    for number, joint in enumerate(squat.skeleton.joints):
        # An estimator that sees no feet puts them anywhere.
        if joint.endswith(("ankle", "heel", "foot_index")):
            confidence[:, number] = 0.1
            places[:, number, 2] -= 0.6 * joint.startswith("left")
    seen = squat.replace(positions=places)
    assert "lunge" in recognise(seen, SPAN).name
    unseen = Motion(places, confidence, squat.timestamps, squat.skeleton, squat.unit)
    assert recognise(unseen, SPAN).is_squat
    signs = read_signs(make_performance(unseen, SPAN.start, SPAN.bottom, SPAN.end, SPAN.bottom_s))
    assert np.isnan(signs["foot_ahead"])
    assert np.isfinite(signs["least_knee_bend_deg"])
