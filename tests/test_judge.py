"""Models that vote, and which of them may judge what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import InputError, PoseError
from formnet.judges.checkpoint import load_shipped_models
from formnet.pipeline import make_judge
from formnet.pipeline.classes import _vote, make_class_judge
from formnet.pose.model_bundle import Eyes
from formnet.pose.track import PoseTrack
from formnet.verdict import RepetitionVerdict


@pytest.fixture(scope="module")
def demo_track(pose_model: Path, pose_cache: Path) -> PoseTrack:
    from formnet import demo
    from formnet.pose.estimator import estimate_pose

    return estimate_pose(Path(demo.__file__).with_name("squats.mp4"), cache=pose_cache)


def verdict(bottom_s: float, **probabilities: float) -> RepetitionVerdict:
    label = max(probabilities, key=lambda name: probabilities[name])
    return RepetitionVerdict(bottom_s - 1, bottom_s, bottom_s + 1, label, probabilities=probabilities)


class TwoClasses:
    classes = ("good", "shallow")
    unsure_below = 0.6


def test_bottoms_and_probabilities_of_the_same_repetition_are_averaged() -> None:
    mine, other = verdict(2.0, good=0.9, shallow=0.1), verdict(2.3, good=0.3, shallow=0.7)
    agreed = _vote(mine, [[verdict(5.0, good=0.0, shallow=1.0), other]], TwoClasses)
    assert agreed.probabilities == pytest.approx({"good": 0.6, "shallow": 0.4})
    assert (agreed.label, agreed.probability) == ("good", pytest.approx(0.6))
    assert agreed.bottom_s == pytest.approx(2.15)
    assert (agreed.start_s, agreed.end_s) == (mine.start_s, mine.end_s)


def test_who_found_nothing_has_no_vote() -> None:
    mine = verdict(2.0, good=0.9, shallow=0.1)
    assert _vote(mine, [[verdict(5.0, good=0.0, shallow=1.0)], []], TwoClasses) == mine


def test_voters_who_disagree_leave_doubt() -> None:
    agreed = _vote(verdict(2.0, good=0.9, shallow=0.1), [[verdict(2.0, good=0.2, shallow=0.8)]], TwoClasses)
    assert agreed.label == "unsure"
    assert agreed.probability == pytest.approx(0.55)


def test_the_shipped_models_vote_on_a_video(demo_track: PoseTrack) -> None:
    judge = make_class_judge(load_shipped_models())
    together, _ = judge.judge_repetitions(demo_track)
    alone = [make_class_judge([model]).judge_repetitions(demo_track)[0] for model in load_shipped_models()]
    for number, both in enumerate(together):
        shares = [np.array(list(one[number].probabilities.values())) for one in alone]
        np.testing.assert_allclose(list(both.probabilities.values()), np.mean(shares, axis=0), atol=1e-9)
    about = judge.describe()
    assert about["lifter"] == "supervised"
    assert [partner["lifter"] for partner in about["partners"]] == ["picture"]


def test_poses_without_depth_are_judged_by_the_model_that_needs_none(demo_track: PoseTrack) -> None:
    flat = replace(demo_track, world=None)
    judge = make_class_judge(load_shipped_models())
    assert judge.judge_repetitions(flat) == make_class_judge(load_shipped_models()[:1]).judge_repetitions(flat)


def test_a_model_of_another_3d_judges_poses_without_depth_with_a_note(demo_track: PoseTrack) -> None:
    found, notes = make_class_judge(load_shipped_models()[-1:]).judge_repetitions(replace(demo_track, world=None))
    assert found
    assert "no depth of their own" in notes[0]


def test_a_lifter_that_the_user_names_goes_to_the_model_that_knows_its_3d() -> None:
    for lifter, model in {"supervised": "squat_lifted", "unsupervised": "squat_lifted", "world": "squat"}.items():
        judge = make_class_judge(load_shipped_models(), lifter)
        assert [(seat.model.path.stem, seat.lifter.name) for seat in judge.seats] == [(model, lifter)]


def test_a_named_lifter_is_not_replaced(demo_track: PoseTrack) -> None:
    with pytest.raises(PoseError, match="--lifter supervised"):
        make_class_judge(load_shipped_models()[-1:], "picture").judge_repetitions(replace(demo_track, world=None))


def test_voters_know_the_same_classes() -> None:
    model = load_shipped_models()[-1]
    other = replace(model, description=replace(model.description, classes=model.classes[::-1]))
    with pytest.raises(InputError, match="same classes"):
        make_class_judge([model, other])


def test_what_the_small_eyes_saw_is_measured_with_their_errors(demo_track: PoseTrack) -> None:
    """The same joints, said to be seen by the small size: the same values with larger errors."""
    judge = make_judge()
    assert demo_track.eyes is Eyes.STANDARD
    (as_seen, *_), _ = judge.judge_repetitions(demo_track)
    (by_fast, *_), _ = judge.judge_repetitions(replace(demo_track, eyes=Eyes.FAST))
    thigh, larger = as_seen.measures["thigh"], by_fast.measures["thigh"]
    assert larger.value == thigh.value
    assert larger.error == pytest.approx(1.2 * thigh.error, rel=1e-3)
