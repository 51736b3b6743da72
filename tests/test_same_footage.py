"""The same squats, whatever was done to the clip on the way: the same repetitions, or a sentence why not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from formnet.errors import PoseError
from formnet.exports.keypoints import write_alphapose
from formnet.measures import symmetry
from formnet.motion import Motion
from formnet.pipeline import make_judge
from formnet.preprocess.resample import resample_to_fps, resample_to_times
from formnet.reading import Reading, read_track
from formnet.skeleton import HALPE_26
from tests.simulated_film import SIZE, film_squats


@pytest.fixture(scope="module")
def judge():
    return make_judge()


@pytest.fixture(scope="module")
def squats() -> Motion:
    return film_squats()[0]


def find_bottoms(judge, path, how=None):
    verdict = judge.judge(read_track(path, how or Reading()), str(path))
    return [repetition.bottom_s for repetition in verdict.repetitions]


def judge_faulty(judge, change, folder):
    """The repetitions of squats with faults, seen half from the front, after a change."""
    image, _ = film_squats(("inward_knees", "good", "knees_forward"), yaw_deg=30.0)
    write_alphapose(folder / "faulty.json", change(image), HALPE_26)
    return judge.judge(read_track(folder / "faulty.json"), "faulty.json").repetitions


@pytest.fixture(scope="module")
def faulty(judge, tmp_path_factory):
    repetitions = judge_faulty(judge, lambda motion: motion, tmp_path_factory.mktemp("faulty"))
    assert {"clear", "borderline", "none"} <= {one.state for each in repetitions for one in each.findings}
    return repetitions


def find_changed_unsaid(expected, found):
    """Faults that one of two judges otherwise, though neither says that it is close to that, by repetition."""
    assert len(expected) == len(found)
    return [
        (number, one.fault, one.excess, other.excess)
        for number, (first, second) in enumerate(zip(expected, found, strict=True))
        for one, other in zip(first.findings, second.findings, strict=True)
        if one.state != other.state and one.close_to != other.state and other.close_to != one.state
    ]


def mirrored(motion):
    positions = motion.positions[:, motion.skeleton.mirror] * [-1, 1] + [SIZE[0], 0]
    return motion.replace(positions=positions, confidence=motion.confidence[:, motion.skeleton.mirror])


def uneven(motion):
    rng = np.random.default_rng(0)
    wanted = np.sort(rng.choice(motion.timestamps, size=round(0.8 * len(motion)), replace=False))
    return resample_to_times(motion, wanted)


CHANGES = {
    "as it is": lambda m: m,
    "at 25 frames a second": lambda m: resample_to_fps(m, 25.0),
    "at 60 frames a second": lambda m: resample_to_fps(m, 60.0),
    "at a variable rate": uneven,
    "cropped": lambda m: m.replace(positions=m.positions - [200, 10]),
    "padded": lambda m: m.replace(positions=m.positions - [0, -500]),
    "half as large": lambda m: m.replace(positions=0.5 * m.positions),
    "mirrored": mirrored,
    "noisy": lambda m: m.replace(positions=m.positions + np.random.default_rng(1).normal(0, 1.0, m.positions.shape)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_repetitions(change, squats, judge, tmp_path):
    write_alphapose(tmp_path / "a.json", CHANGES[change](squats), HALPE_26)
    np.testing.assert_allclose(find_bottoms(judge, tmp_path / "a.json"), film_squats()[1], atol=0.1)


@pytest.mark.parametrize("change", [change for change in CHANGES if change != "as it is"])
def test_findings_stay_or_say_that_they_may_change(change, faulty, judge, tmp_path):
    """What is clear stays clear, or is close to borderline; it never vanishes or comes from nothing."""
    assert find_changed_unsaid(faulty, judge_faulty(judge, CHANGES[change], tmp_path)) == []


@pytest.mark.parametrize("change", ["padded", "half as large"])
def test_place_and_size_in_the_picture_change_nothing(change, faulty, judge, tmp_path):
    for one, other in zip(faulty, judge_faulty(judge, CHANGES[change], tmp_path), strict=True):
        assert [finding.state for finding in one.findings] == [finding.state for finding in other.findings]
        for name, measurement in one.measures.items():
            assert_equal(measurement, other.measures[name])


LEFT_OR_RIGHT = [measure.name for measure in symmetry.MEASURES]
"""Their sign tells the side."""


def test_the_mirror_image_gets_the_same_verdict_with_its_sides_swapped(faulty, judge, tmp_path):
    swapped = {"left": "right", "right": "left"}
    for one, other in zip(faulty, judge_faulty(judge, mirrored, tmp_path), strict=True):
        assert one.bottom_s == pytest.approx(other.bottom_s, abs=1e-3)
        assert [finding.state for finding in one.findings] == [finding.state for finding in other.findings]
        for name, measurement in one.measures.items():
            # Errors, and what is taken off for them, are fitted for each side by itself.
            side, _, rest = name.partition("_")
            if side in swapped:
                assert_equal(measurement, other.measures[f"{swapped[side]}_{rest}"], in_errors=0.5)
            elif name in LEFT_OR_RIGHT:
                twin = other.measures[name]
                assert_equal(measurement, replace(twin, value=-twin.value), in_errors=0.5)
            else:
                assert_equal(measurement, other.measures[name])


def assert_equal(one, other, in_errors=0.02):
    assert one.is_shown == other.is_shown, one.name
    assert one.value == pytest.approx(other.value, abs=in_errors * one.error, nan_ok=True), one.name


def test_slow_motion_has_the_repetitions_of_life(squats, judge, tmp_path):
    write_alphapose(tmp_path / "a.json", squats.replace(timestamps=squats.timestamps * 40), HALPE_26)
    with pytest.raises(PoseError, match=r"longer than \d+ s; if the clip plays in slow motion, .* --slow-motion"):
        find_bottoms(judge, tmp_path / "a.json")
    found_s = find_bottoms(judge, tmp_path / "a.json", Reading(slow_motion=40.0))
    np.testing.assert_allclose(found_s, film_squats()[1], atol=0.1)


def test_a_clip_on_its_side_has_the_same_repetitions_once_turned(squats, judge, tmp_path):
    lying = squats.positions[..., ::-1] * [-1, 1] + [SIZE[1], 0]
    write_alphapose(tmp_path / "a.json", squats.replace(positions=lying), HALPE_26)
    with pytest.raises(PoseError, match="turn the video with --rotate 270"):
        find_bottoms(judge, tmp_path / "a.json")
    found_s = find_bottoms(judge, tmp_path / "a.json", Reading(turn="auto"))
    np.testing.assert_allclose(found_s, film_squats()[1], atol=0.1)


def test_what_was_noticed_belongs_into_a_refusal(squats, judge, tmp_path):
    write_alphapose(tmp_path / "a.json", squats.frames(0, 20), HALPE_26)
    rows = [{key: value for key, value in row.items() if key != "time_s"}
            for row in json.loads((tmp_path / "a.json").read_text())]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(rows))
    with pytest.raises(PoseError, match=r"shows no whole repetition .* \(also: the file does not say its rate"):
        find_bottoms(judge, tmp_path / "a.json")
