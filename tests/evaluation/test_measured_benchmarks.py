"""Benchmarks of measures on inputs whose answers are known."""

from __future__ import annotations

import csv
import gzip
import importlib
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.measures.measurement import Measurement
from formnet.skeleton import BLAZEPOSE_33, SQUAT7_19
from tests.measures.stick_figure import Pose, build_squat

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
BOTTOM = Pose(thigh=10.0, shank=25.0, trunk=30.0, knee_out=10.0)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_the_area_is_the_share_of_pairs_in_the_right_order(load) -> None:
    figures = load("figures")
    assert figures.area(np.array([2.0, 4.0, np.nan]), np.array([1.0, 3.0])) == pytest.approx(0.75)
    assert np.isnan(figures.area(np.array([np.nan]), np.array([1.0])))
    values, groups = np.array([1.0, 2.0, 11.0, 12.0]), np.array(["a", "a", "b", "b"])
    faulty = np.array([False, True, False, True])
    assert figures.area_within(values, faulty, ~faulty, groups) == 1.0
    assert figures.plain({"a": float("nan"), "b": [np.float64(0.123456)]}) == {"a": None, "b": [0.1235]}


def _write_capture(path: Path, mocap: ModuleType, motion) -> None:
    bodies = {
        f"{body}_{side[0]}": {"translation": (motion.joint(f"{side}_{joint}") * [1, -1, -1]).tolist()}
        for body, joint in mocap.BODIES.items()
        for side in ("left", "right")
    }
    content = json.dumps({"time": motion.timestamps.tolist(), "bodies": bodies})
    with gzip.open(path, "wt") as file:
        file.write(content)


def test_capture_and_the_same_person_lifted_agree_after_the_shift(load, tmp_path: Path) -> None:
    """The figure leaves standing upright, so levelling changes nothing; the clocks differ by a tenth of a second."""
    mocap, motion = load("mocap"), build_squat(BOTTOM)
    _write_capture(tmp_path / "x.json.gz", mocap, motion)
    truth = mocap.measure_capture(mocap.read_capture(tmp_path / "x.json.gz"))
    late = motion.replace(timestamps=motion.timestamps + 0.1)
    result = mocap.compare(mocap.measure_video(late), truth)
    assert result["shift"]["s"] == pytest.approx(-0.1, abs=0.02)
    assert result["right_knee_deg"]["rmse"] < 0.5
    assert result["trunk_deg"]["rmse"] < 3.0
    assert result["knee_width"]["r"] > 0.99


def test_a_file_without_bodies_is_refused(load, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"time": [0, 1]}')
    with pytest.raises(InputError, match=r"x\.json holds no body origins over time"):
        load("mocap").read_capture(tmp_path / "x.json")
    with pytest.raises(InputError, match="holds no NAME_video"):
        load("mocap").find_recordings(tmp_path)


def _write_rows(folder: Path, people: list[tuple[int, int, float]]) -> None:
    """One file of a class: (rows, frame height, place of the feet) of each person."""
    folder.mkdir(parents=True)
    numbers = range(len(BLAZEPOSE_33))
    rng = np.random.default_rng(len(people))
    with gzip.open(folder / f"{folder.name}-train.csv.gz", "wt", newline="") as file:
        writer = csv.writer(file)
        names = [f"{axis}_{j}" for j in numbers for axis in ("body", "x", "y", "z", "visibility")]
        writer.writerow(["", "frame_height", "frame_width", *names, "target"])
        for count, height, place in people:
            for row in range(count):
                points = [
                    v
                    for j in numbers
                    for v in (j, place + 0.002 * rng.normal(), 0.2 + 0.02 * j, 0.0, 0.9 + 0.001 * row)
                ]
                writer.writerow([row, height, 2 * height, *points, folder.name])


def test_people_are_told_apart_by_frame_and_feet(load, tmp_path: Path) -> None:
    """Two people share a frame size, so only their feet tell where one ends."""
    _write_rows(tmp_path / "others", [(120, 720, 0.4), (120, 720, 0.6), (120, 1080, 0.4)])
    _write_rows(tmp_path / "acc", [(30, 720, 0.4), (47, 720, 0.6), (20, 1080, 0.4)])
    people = load("posture_rows").read_people(tmp_path)
    assert [len(rows.landmarks) for rows in people["acc"]] == [30, 47, 20]
    assert [rows.height for rows in people["acc"]] == [720, 720, 1080]
    track, first, last = load("posture_rows").make_clip(people["acc"][1], people["others"][1])
    assert (first, last, len(track.image)) == (20, 66, 87)
    assert np.nanmedian(track.image.joint("left_heel")[:, 0]) == pytest.approx(0.6 * 1440, abs=5)


def test_classes_whose_people_cannot_be_told_apart_are_refused(load, tmp_path: Path) -> None:
    _write_rows(tmp_path / "others", [(120, 720, 0.4), (120, 1080, 0.4)])
    _write_rows(tmp_path / "acc", [(30, 720, 0.4)])
    with pytest.raises(InputError, match="people cannot be told apart"):
        load("posture_rows").read_people(tmp_path)


def test_virtual_cameras_hold_the_standing_and_see_the_left_side(load) -> None:
    virtual = load("virtual_cameras")
    motion = virtual.face_camera(build_squat(BOTTOM))
    longer = virtual.add_standing(motion, 0.5, 30.0)
    assert len(longer) == len(motion) + 30
    assert (longer.positions[:15] == longer.positions[15])[~longer.missing[:15]].all()
    front, width, height = virtual.film(longer, 0.0, np.random.default_rng(0))
    assert (front.joint("left_hip")[:, 0] > front.joint("right_hip")[:, 0]).mean() > 0.9
    side, *_ = virtual.film(longer, 90.0, np.random.default_rng(0))
    assert (side.joint("left_foot_index")[:, 0] < side.joint("left_heel")[:, 0]).all()
    track = virtual.through_files(front, width, height)
    assert track.image.joint("left_knee") == pytest.approx(front.joint("left_knee"), abs=0.01)


def test_recordings_without_a_label_are_left_out_and_distortion_is_undone(load, tmp_path: Path, capsys) -> None:
    """The same squat, stretched and sheared, measures as it was; what has no label does not count."""
    motion = _squat7_figure()
    shear = np.array([[1.6, 0.0, 0.5], [0.0, 1.0, 0.0], [0.0, 0.0, 0.7]])
    (tmp_path / "mediapipe").mkdir()
    for name, matrix in (("recording_01012023_100000", np.eye(3)), ("recording_02012023_100000", shear)):
        table = np.full((300, 57), -1.0)
        table[: len(motion)] = (motion @ matrix.T).reshape(len(motion), -1)
        np.save(tmp_path / "mediapipe" / f"{name}.npy", table)
    np.save(tmp_path / "mediapipe" / "recording_03012023_100000.npy", table)
    (tmp_path / "data.csv").write_text(
        "filename,no depth,olympic squat\nrecording_01012023_100000,0,1\nrecording_02012023_100000,0,1\n"
    )
    rows = load("transfer").read_rows(tmp_path)
    assert "missing label: 1" in capsys.readouterr().err
    assert [row.label for row in rows] == ["olympic_squat", "olympic_squat"]
    plain, distorted = (load("measured").read_all([row]) for row in rows)
    assert distorted["thigh"][0] == pytest.approx(plain["thigh"][0], abs=6.0)
    assert distorted["knee_width"][0] == pytest.approx(plain["knee_width"][0], abs=0.1)


def _squat7_figure() -> np.ndarray:
    """(T, 19, 3) the stick figure with arms and a face, as the set has them."""
    motion = build_squat(BOTTOM)
    places = {
        "nose": ("head_top", 0.1),
        "elbow": ("shoulder", 0.3),
        "wrist": ("shoulder", 0.5),
        "eye": ("head_top", 0.05),
    }
    joints = []
    for joint in SQUAT7_19.joints:
        side, _, kind = joint.rpartition("_")
        base, below = places.get(kind if side else joint, (kind, 0.0))
        known = joint if joint in motion.skeleton and np.isfinite(motion.joint(joint)).all() else base
        known = known if known in motion.skeleton else f"{side}_{base}"
        joints.append(motion.joint(known) + np.array([0.0, below, 0.0]))
    return np.stack(joints, axis=1)


def test_shares_of_real_clips_count_what_was_missed(load, tmp_path: Path) -> None:
    """A bad repetition that is not found counts as missed; clips of unknown form or number count where they can."""
    clips = load("real_clips")
    (tmp_path / "truth.csv").write_text(
        "file,exercise,repetitions,bottoms_s,judged\na.mp4,squat,2,1.0 3.0,good\nb.mp4,squat,2,,bad\n"
        "c.mp4,Deadlift,0,,\nd.mp4,lunge,0,,good\ne.mp4,squat,,,\n"
    )
    for name in "abcde":
        (tmp_path / f"{name}.mp4").touch()
    truths = clips.read_truth(tmp_path)
    good, bad, other, refused, unknown = (clips.Outcome(t, r) for t, r in zip(truths, _answers(), strict=True))
    assert good.bottom_errors_s == pytest.approx([0.1, 0.0])
    assert clips.compute_figures([good, bad, other, refused, unknown]) == {
        "good_with_clear_fault": 0.5,
        "bad_found": 0.5,
        "others_judged": 0.5,
        "repetitions_exact": 0.5,
    }


def _answers() -> list[tuple]:
    """Of the five clips: one of two good ones accused, one of two bad ones found, one other exercise judged."""
    from formnet.measures.measurement import Measurement
    from formnet.standards.finding import hold_against
    from formnet.standards.standard import Criterion, Rule
    from formnet.verdict import RepetitionVerdict

    name = "thigh"
    rule = Rule("shallow", (Criterion(name, "above", 15.0),), True, "a test", "convention")

    def repetition(bottom_s: float, value: float) -> RepetitionVerdict:
        finding = hold_against(rule, {name: Measurement(name, value, 1.0, bottom_s)})
        return RepetitionVerdict(bottom_s - 1, bottom_s, bottom_s + 1, "x", (finding,))

    return [(repetition(1.1, 0.0), repetition(3.0, 60.0)), (repetition(1.0, 60.0),), (repetition(1.0, 0.0),), (), ()]


def test_a_table_of_clips_that_are_not_there_is_refused(load, tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("file,exercise,repetitions,bottoms_s,judged\na.mp4,squat,2,,good\n")
    with pytest.raises(InputError, match=r"names clips that are not there: a\.mp4"):
        load("real_clips").read_truth(tmp_path)
    (tmp_path / "truth.csv").write_text("file,exercise\na.mp4,squat\n")
    with pytest.raises(InputError, match="cannot be read as a table"):
        load("real_clips").read_truth(tmp_path)


def test_findings_are_ranked_by_how_far_they_lie_beyond_their_limit(load, capsys) -> None:
    """Shallow squats against deep ones of two people; what a standard calls no depth goes by its own name."""
    from formnet.standards.reading import load_standard

    measured, standard = load("measured"), load_standard()
    rows = [
        measured.Labelled(label, person, measured.perform_whole(build_squat(Pose(thigh=thigh, shank=20, trunk=20))))
        for person in ("a", "b")
        for label, thigh in (("deep", -5.0), ("deep", 5.0), ("high", 45.0))
    ]
    findings = measured.find_all(rows, standard, "solid")
    faults = measured.name_faults(standard, {"high": ("no_such_fault", "shallow")})
    figures = measured.show_findings("t", rows, findings, ("deep",), faults, "person")
    assert figures == {"good_with_clear_fault": 0.0, "auc/shallow": 1.0}
    assert "not judgeable" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"has none of no_such_fault; choose another --standard"):
        measured.name_faults(standard, {"high": ("no_such_fault",)})


def test_an_episode_that_is_not_found_has_no_fault(load) -> None:
    virtual = load("virtual_cameras")
    (bad,), (fine,) = _answers()[1], _answers()[2]
    cases = [(virtual.Case(label, "s01", "front", None), found) for label, found in (
        ("correct", (fine,)), ("correct", (bad,)), ("incorrect", (bad,)), ("incorrect", ()),
    )]  # fmt: skip
    rates = virtual.compute_rates(cases)
    assert rates == {"false_alarms": 0.5, "faults_found": 0.5, "balanced": 0.5, "repetitions_found": 0.75}


def test_repetitions_of_the_same_footage_are_paired_and_what_turned_is_counted(load) -> None:
    same = load("same_footage")

    def repetition(bottom_s: float, *states: str, close_to: str | None = None) -> SimpleNamespace:
        findings = [
            SimpleNamespace(fault=f"fault {number}", state=state, close_to=close_to)
            for number, state in enumerate(states)
        ]
        return SimpleNamespace(bottom_s=bottom_s, label="good", findings=findings)

    before = [repetition(bottom_s, "none", "clear", close_to="borderline") for bottom_s in (2.0, 5.0, 9.0)]
    after = [
        repetition(2.05, "borderline", "clear"),
        repetition(5.3, "none", "none"),
        repetition(11.0, "none", "clear"),
    ]
    kept = same.pair("a change", before, after)
    assert [(one.bottom_s, other.bottom_s) for one, other in kept.pairs] == [(2.0, 2.05), (5.0, 5.3)]
    assert same.compute_figures([kept]) == {
        "repetitions_kept": pytest.approx(2 / 3),
        "bottoms_near": 0.5,
        "findings_same": 0.5,
        "findings_turned": 0.25,
        "findings_unsaid": 0.25,
        "labels_same": 1.0,
    }


def test_a_changed_finding_is_said_where_one_of_both_is_close_or_gives_a_reason(load) -> None:
    same = load("same_footage")

    def finding(state: str, close_to: str | None = None) -> SimpleNamespace:
        return SimpleNamespace(state=state, close_to=close_to)

    assert same.is_unsaid(finding("clear"), finding("borderline"))
    assert not same.is_unsaid(finding("clear"), finding("clear"))
    assert not same.is_unsaid(finding("clear", "borderline"), finding("borderline"))
    assert not same.is_unsaid(finding("none"), finding("borderline", "none"))
    assert not same.is_unsaid(finding("none"), finding("not judgeable"))


def test_pictures_are_repeated_or_left_out_to_keep_an_even_rate(load) -> None:
    same = load("same_footage")
    timed = [(0.0, "a"), (0.1, "b"), (0.5, "c"), (0.52, "d")]
    assert [shown for _, shown in same.at_rate(timed, 10)] == ["a", "b", "b", "b", "b", "c", "d"]
    image = np.zeros((100, 51, 3), np.uint8)
    assert same.scale(image, 33).shape == (32, 16, 3)
    assert same.pad(image).shape == (120, 71, 3)
    assert same.crop(image).shape == (97, 45, 3)


def test_hidden_joints_are_counted_apart_from_seen_ones(load) -> None:
    occlusion = load("occlusion")
    errors, hidden = np.full((10, 12), 20.0), np.zeros((10, 12), dtype=bool)
    left_knee = occlusion.JOINTS.index("left_knee")
    errors[:5, left_knee], hidden[:5, left_knee] = 80.0, True
    lost = occlusion.Outcome(np.full((10, 12), np.nan), hidden, np.nan, np.nan, False)
    seen = occlusion.Outcome(errors, hidden, 3.0, 4.0, True, misled=True)
    figures = occlusion.summarise([seen, lost])
    assert figures["hidden"]["knee"] == 80.0
    assert figures["seen"]["knee"] == 20.0
    assert figures["seen_mm"] == 20.0
    assert figures["hidden_share"] == pytest.approx(5 / 120)
    assert (figures["thigh_deg"], figures["found"], figures["misled"]) == (3.0, 0.5, 1.0)


def test_sizes_are_held_against_what_is_stated(load) -> None:
    sizes = load("sizes")
    measured = {
        name: Measurement(name, 10.0 + off, 5.0, 0.0, shown, "")
        for name, off, shown in (("thigh", 4.0, True), ("knee_flexion", -9.0, True), ("heel_rise", 99.0, False))
    }
    look = sizes.Look(40.0, measured, dict.fromkeys(measured, 10.0), 12.0)
    figures = sizes.summarise([look, look])
    assert figures["rmse"]["thigh"] == pytest.approx(4.0)
    assert np.isnan(figures["rmse"]["heel_rise"])
    assert (figures["within_one"], figures["within_two"]) == (0.5, 1.0)
