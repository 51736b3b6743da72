"""What a comparison must not see, and what it must: on analytic, simulated and real motion."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.body.load import load_body
from formnet.motion import Motion
from formnet.preprocess.mirror import mirror_motion
from formnet.preprocess.resample import resample_to_frames
from formnet.readers.uiprmd import read_kinect_episode
from formnet.scoring.compare import CompareOptions, compare_motions, find_worst_moments
from formnet.scoring.registry import ALIGNMENTS, SIMILARITIES
from formnet.skeleton import BLAZEPOSE_33, KINECT_22, SMPL_24
from formnet.synth.dataset import sample_clip
from tests.scoring.motions import in_picture, swing, turn, waving

REPAIR = CompareOptions(repair_mirror=True)


@pytest.fixture(scope="module")
def body():
    return load_body()


def simulate(body, label="good", severity=0.5, seed=1, betas=None):
    clip = sample_clip(body, np.random.default_rng(seed), [label], severity=[severity])
    joints, _ = body.pose_joints(clip.betas if betas is None else betas, clip.poses, clip.translation)
    return Motion(joints, np.ones(joints.shape[:2]), clip.timestamps, SMPL_24)


def read_real(shared_dir, movement, subject, episode=2, form="Segmented Movements", end=""):
    folder = shared_dir / "datasets" / "ui-prmd" / form / "Kinect"
    name = f"m{movement:02d}_s{subject:02d}_e{episode:02d}"
    files = [
        next((folder / kind.capitalize()).glob(f"{name}_{kind}{end}.txt*"), None) for kind in ("positions", "angles")
    ]
    if None in files:
        pytest.skip(f"UI-PRMD has no {name} at {folder}")
    return read_kinect_episode(*files)


REAL = [(1, 1), (1, 5), (2, 3), (3, 8), (6, 1), (7, 3)]


@pytest.fixture(params=["waving", "squat", *REAL], ids=str)
def performance(request):
    if request.param == "waving":
        return waving(KINECT_22)
    if request.param == "squat":
        return simulate(request.getfixturevalue("body"))
    return read_real(request.getfixturevalue("shared_dir"), *request.param)


def test_twice_as_fast(performance):
    frames = performance.positions[::2]
    fast = Motion(frames, performance.confidence[::2], performance.timestamps[: len(frames)], performance.skeleton)
    assert compare_motions(fast, performance).total >= 99
    assert compare_motions(performance, fast).total >= 99


def test_half_as_fast(performance):
    slow = resample_to_frames(performance, 2 * len(performance))
    assert compare_motions(slow.replace(timestamps=slow.timestamps * 2), performance).total >= 99


def test_another_clock(performance):
    assert compare_motions(performance.replace(timestamps=performance.timestamps * 2), performance).total >= 99.9


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_camera_turned_by_45_degrees(performance, axis):
    turned = performance.replace(positions=turn(performance.positions, axis, 45.0) + np.array([0.3, -0.2, 2.0]))
    result = compare_motions(turned, performance)
    assert result.total >= 99
    assert result.rotation_deg == pytest.approx(45, abs=2)
    assert compare_motions(turned, performance, CompareOptions(view="none")).total < 97


def test_camera_behind_the_person(performance):
    turned = performance.replace(positions=turn(performance.positions, 1, 180.0))
    assert compare_motions(turned, performance).total >= 99


def test_lying_down_is_no_matter_of_view():
    standing = waving(KINECT_22)
    lying = standing.replace(positions=turn(standing.positions, 0, 90.0))
    assert compare_motions(lying, standing).total < 50


def test_mirrored(performance):
    result = compare_motions(mirror_motion(performance), performance, REPAIR)
    assert result.total >= 99
    assert result.mirrored


@pytest.mark.parametrize("episode", [(2, 3), (3, 8), (6, 1), (7, 3)], ids=str)
def test_mirrored_without_repair_is_clearly_lower(shared_dir, episode):
    performance = read_real(shared_dir, *episode)
    result = compare_motions(mirror_motion(performance), performance)
    assert result.total < 90
    assert not result.mirrored
    assert any("--repair-mirror" in warning for warning in result.warnings)


def test_repair_leaves_a_true_clip_alone(performance):
    result = compare_motions(performance, performance, REPAIR)
    assert result.total == pytest.approx(100)
    assert not result.mirrored


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_body_size(body, seed):
    betas = body.sample_betas(np.random.default_rng(seed + 20), 1, 1.5)[0]
    small, large = simulate(body, seed=seed), simulate(body, seed=seed, betas=betas)
    assert np.abs(large.positions - small.positions).max() > 0.01
    assert compare_motions(large, small).total >= 98


def test_real_person_scaled(shared_dir):
    real = read_real(shared_dir, 1, 3)
    assert compare_motions(real.replace(positions=real.positions * 1.3), real).total >= 98


FAULTS = {
    "inward_knees": {"left_leg", "right_leg"},
    "shallow": {"left_leg", "right_leg"},
    "round_back": {"trunk"},
    "warped_back": {"trunk"},
    "head_up": {"head"},
}


@pytest.fixture(scope="module", params=[1, 2])
def good_squat(request, body):
    """A seed, and the good squat of that seed."""
    return request.param, simulate(body, seed=request.param)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_growing_fault_lowers_its_part(body, fault, good_squat):
    seed, good = good_squat
    results = [compare_motions(simulate(body, fault, severity, seed), good) for severity in (0.0, 0.5, 1.0)]
    lowest = [min(result.parts[part] for part in FAULTS[fault]) for result in results]
    assert all(after < before for before, after in zip([100.0, *lowest], lowest, strict=False))
    for result in results:
        assert min(result.parts, key=lambda part: result.parts[part]) in FAULTS[fault]
    assert [r.total for r in results] == sorted((r.total for r in results), reverse=True)


LIMBS = [
    ("left_shoulder", 2, -1, "left_arm"),
    ("right_elbow", 0, -1, "right_arm"),
    ("right_hip", 2, 1, "right_leg"),
    ("left_knee", 0, 1, "left_leg"),
    ("neck", 0, 1, "head"),
]


@pytest.mark.parametrize(("joint", "axis", "sign", "part"), LIMBS)
def test_a_growing_fault_on_real_motion(shared_dir, joint, axis, sign, part):
    reference = read_real(shared_dir, 1, 5)
    course = np.sin(np.pi * np.linspace(0, 1, len(reference)))
    scores = []
    for severity_deg in (8, 16, 32, 64):
        result = compare_motions(swing(reference, joint, axis, sign * severity_deg * course), reference)
        assert min(result.parts, key=lambda name: result.parts[name]) == part
        scores.append(result.parts[part])
    assert all(after < before for before, after in zip([100.0, *scores], scores, strict=False))
    assert scores[-1] < 70


def test_incorrect_executions_score_lower_than_correct_ones(shared_dir):
    for movement in (1, 2, 6, 7):
        reference = read_real(shared_dir, movement, 1)
        good = compare_motions(read_real(shared_dir, movement, 1, 4), reference).total
        bad_motion = read_real(shared_dir, movement, 1, 4, "Incorrect Segmented Movements", "_inc")
        assert compare_motions(bad_motion, reference).total < good - 1


def test_another_movement_scores_low(shared_dir):
    squat = read_real(shared_dir, 1, 1)
    again = compare_motions(read_real(shared_dir, 1, 1, 5), squat).total
    others = [compare_motions(read_real(shared_dir, movement, 1), squat).total for movement in (2, 4, 6, 7, 8, 10)]
    assert again > 95
    assert max(others) < 70


@pytest.mark.parametrize("method", ALIGNMENTS)
@pytest.mark.parametrize("metric", SIMILARITIES)
def test_every_pair_of_method_and_metric(method, metric):
    reference = waving(KINECT_22, 60)
    worse = swing(reference, "left_shoulder", 2, -40.0)
    options = CompareOptions(method=method, metric=metric)
    same, result = compare_motions(reference, reference, options), compare_motions(worse, reference, options)
    assert same.total == pytest.approx(100, abs=1e-4)
    assert result.total < same.total - 0.2
    assert result.parts["left_arm"] == min(result.parts.values())


def test_in_the_picture():
    reference = in_picture(waving(BLAZEPOSE_33, 60))
    closer = reference.replace(positions=reference.positions * 1.6 + 35)
    raised = in_picture(swing(waving(BLAZEPOSE_33, 60), "right_elbow", 2, 50.0))
    assert compare_motions(closer, reference).total >= 99
    result = compare_motions(raised, reference)
    assert min(result.parts, key=lambda part: result.parts[part]) == "right_arm"


@pytest.mark.parametrize("lengths", ["smpl", "unit"])
def test_limb_lengths_can_be_taken_out_of_any_metric(body, lengths):
    small = simulate(body)
    large = simulate(body, betas=body.sample_betas(np.random.default_rng(30), 1, 2.5)[0])
    raw = compare_motions(large, small, CompareOptions(metric="euclidean")).total
    normalised = compare_motions(large, small, CompareOptions(metric="euclidean", limbs=lengths)).total
    assert raw < normalised - 0.3
    assert normalised > 99


def test_different_numbers_of_repetitions(body):
    clips = [sample_clip(body, np.random.default_rng(4), ["good"] * count, severity=[0.5] * count) for count in (3, 1)]
    three, one = (Motion(c.joints, np.ones(c.joints.shape[:2]), c.timestamps, SMPL_24) for c in clips)
    result = compare_motions(three, one)
    assert len(result.rounds) == 3
    assert result.total > 85
    assert any("3 repetitions and the reference 1" in warning for warning in result.warnings)
    paired = [result.times_s[chosen] for chosen in result.round_slices]
    np.testing.assert_array_equal(np.concatenate(paired), result.times_s)
    for times_s, (found, score) in zip(paired, result.rounds, strict=True):
        assert len(times_s) == len(score.pairs)
        assert times_s[0] == pytest.approx(three.timestamps[found.start], abs=0.05)
    for (found, _), truth in zip(result.rounds, clips[0].repetitions, strict=True):
        assert three.timestamps[found.start] == pytest.approx(truth.start_s, abs=0.6)


def test_worst_moments_say_when_and_what():
    reference = waving(KINECT_22, 120)
    x = np.linspace(0, 1, 120)
    bump = np.exp(-(((x - 0.7) / 0.05) ** 2))
    result = compare_motions(swing(reference, "right_shoulder", 2, 70 * bump), reference)
    worst = result.worst[0]
    assert worst.part == "right_arm"
    assert worst.time_s == pytest.approx(0.7 * 119 / 30, abs=0.15)
    assert worst.reference_time_s == pytest.approx(worst.time_s, abs=0.3)
    assert worst.score < 50


def test_worst_moments_lie_apart_and_good_ones_are_none():
    times = np.arange(100) / 30
    course = np.full(100, 95.0)
    course[20:30], course[22], course[70:75] = 40.0, 20.0, 60.0
    moments = find_worst_moments(times, times, {"head": course, "trunk": np.full(100, 97.0)}, apart_s=0.5)
    assert [moment.part for moment in moments] == ["head", "head"]
    assert moments[0].time_s == pytest.approx(22 / 30, abs=0.1)
    assert moments[1].time_s == pytest.approx(72 / 30, abs=0.1)
