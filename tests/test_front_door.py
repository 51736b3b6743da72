"""`import formnet as fn`: what the README shows, run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import formnet as fn
from formnet.errors import DataError, InputError
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from tests.judges.people import make_people
from tests.preprocess.squats import squats
from tests.readers.copies import make_table, write_squat7

SMALL = {"trees": 20, "members": 3, "network": {"members": 1, "width": 8, "epochs": 3, "batch_size": 8}}


def test_every_name_is_there_and_nothing_else() -> None:
    assert set(fn.__all__) <= set(dir(fn))
    assert all(callable(getattr(fn, name)) for name in fn.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = fn.nonsense


@pytest.mark.usefixtures("kept_poses")
def test_the_ten_lines(pose_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from formnet import demo

    monkeypatch.setenv("FORMNET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FORMNET_POSE_MODEL", str(pose_model))
    path = Path(demo.__file__).with_name("squats.mp4")
    clip = fn.read(path)
    verdict = fn.judge(clip)
    assert [repetition.label for repetition in verdict.repetitions]
    assert all(0 < repetition.bottom_s < verdict.duration_s for repetition in verdict.repetitions)
    assert len(fn.find_repetitions(clip).spans) == len(verdict.repetitions)
    likeness = fn.compare(clip, clip)
    assert likeness.total == pytest.approx(100.0, abs=0.1)
    assert set(likeness.parts) >= {"left_leg", "trunk"}
    for answer in (clip, verdict, likeness, *verdict.repetitions):
        assert len(repr(answer)) < 300, type(answer)


def test_a_data_set_is_read_a_judge_trained_and_measured(tmp_path: Path) -> None:
    days = ("01052023", "02052023", "03052023")
    write_squat7(tmp_path / "copy", days=days)
    table = fn.load_dataset("squat7", tmp_path / "copy")
    assert len(repr(table)) < 120
    model = fn.train(table, method="forest", test_groups=[days[0]])
    figures = fn.evaluate(model, table)
    assert figures["test/repetitions"] == int((table.groups == days[0]).sum()) == 3
    assert f"not trained on {days[0]}" in repr(model)


def test_the_squat_judge_tells_deep_from_shallow_for_a_person_it_has_not_seen() -> None:
    table = make_people()
    model = fn.train(table, method="squat", test_groups=["s02"], **SMALL)
    figures = fn.evaluate(model, table)
    assert figures["test/accuracy"] > 0.8
    assert "balanced accuracy" in str(figures)
    np.testing.assert_allclose(model.probabilities(table.motions[:2]).sum(axis=1), 1.0)


def test_nothing_is_measured_on_what_was_learnt() -> None:
    table = make_table(["a"] * 8 + ["b"] * 8, [0, 1] * 8)
    model = fn.train(table, method="forest")
    with pytest.raises(DataError, match="train with test_groups"):
        fn.evaluate(model, table)
    with pytest.raises(InputError, match="unknown method 'nonsense'; use one of movement, squat, majority"):
        fn.train(table, method="nonsense")
    with pytest.raises(InputError, match="forest has no options; leave depth out"):
        fn.train(table, method="forest", depth=3)


def test_motions_and_tracks_are_said_in_a_line() -> None:
    motion = squats((1.0,), duration_s=2)
    assert repr(motion).startswith("Motion(blazepose33, ")
    assert len(repr(motion)) < 100
    assert len(repr(PoseTrack(motion, motion, 640, 480))) < 200
    assert isinstance(motion, Motion)
    assert fn.find_repetitions(motion).spans
