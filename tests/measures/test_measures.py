"""Measures read back the angles that a figure was built from, whatever the camera."""

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.measures.performance import Performance, make_performance
from formnet.measures.registry import FAMILIES, MEASURES, measure_named, read_values
from formnet.motion import Motion
from formnet.skeleton import LIFTED_32
from tests.measures.stick_figure import Pose, build_squat, turned

BOTTOM = Pose(
    thigh=5.0, shank=30.0, trunk=35.0, back_bend=12.0, head_tip=20.0, heel_rise=0.2, toe_out=20.0, knee_out=15.0
)


def perform(motion) -> Performance:
    middle = len(motion) // 2
    return make_performance(motion, 15, middle, len(motion) - 16)


@pytest.fixture(scope="module")
def values() -> dict[str, float]:
    return read_values(perform(build_squat(BOTTOM)))


@pytest.mark.parametrize(
    ("name", "expected", "tolerance"),
    [
        ("thigh", 5.0, 0.5),
        ("trunk_lean", 35.0, 0.5),
        ("shank_lean", 30.0, 0.5),
        ("trunk_minus_shank", 5.0, 0.7),
        ("trunk_lean_change", 35.0, 0.5),
        ("back_bending", 12.0, 0.3),
        ("head_extension", 20.0, 1.0),
        ("heel_rise", 0.2, 0.01),
        ("left_toe_out", 20.0, 0.5),
        ("right_toe_out", 20.0, 0.5),
        ("heel_height", 0.2 * 0.22 / 0.40, 0.005),
        ("knee_difference", 0.0, 1e-6),
        ("pelvis_shift", 0.0, 1e-6),
        ("pelvis_drop", 0.0, 1e-6),
        ("femur_over_trunk", 0.42 / 0.50, 0.01),
    ],
)
def test_the_figures_angles_are_read_back(values, name, expected, tolerance):
    assert values[name] == pytest.approx(expected, abs=tolerance)


def test_depth_measures_agree_with_each_other(values):
    assert values["hip_over_knee"] == pytest.approx(np.sin(np.radians(5.0)) * 0.42 / 0.40, abs=0.02)
    assert values["knee_flexion"] > 90


@pytest.mark.parametrize(
    "camera", [{"yaw_deg": 50}, {"yaw_deg": 180}, {"pitch_deg": 14}, {"yaw_deg": -80, "roll_deg": 10}]
)
def test_place_and_tilt_of_the_camera_do_not_matter(values, camera):
    """Standing gives the vertical, hips and shoulders the front; only knees under 2° of standing bend remain."""
    seen = read_values(perform(turned(build_squat(BOTTOM), **camera)))
    for name, value in values.items():
        tolerance = 1.5 if MEASURES[name].unit == "°" else 0.05
        assert seen[name] == pytest.approx(value, abs=tolerance, nan_ok=True), name


def test_size_does_not_matter(values):
    motion = build_squat(BOTTOM)
    large = read_values(perform(motion.replace(positions=3.7 * motion.positions)))
    assert large == pytest.approx(values, nan_ok=True)


def test_knees_that_fall_in_are_narrow_and_inside_the_foot():
    caving = read_values(perform(build_squat(Pose(thigh=5, shank=30, trunk=35, knee_out=-15))))
    tracking = read_values(perform(build_squat(Pose(thigh=5, shank=30, trunk=35, knee_out=10))))
    assert caving["knee_width"] < tracking["knee_width"] - 0.3


@pytest.mark.parametrize("toe_out", [0.0, 15.0, 30.0])
def test_the_shin_is_held_against_the_line_of_the_foot(toe_out):
    """A shin that leans 30° straight ahead lies inside a foot that is turned out by what that leaves of it."""
    values = read_values(perform(build_squat(Pose(thigh=40, shank=30, trunk=35, toe_out=toe_out))))
    expected = np.degrees(np.arcsin(np.sin(np.radians(30)) * np.sin(np.radians(toe_out))))
    for name in ("knees_inside_feet", "left_knee_inside_foot", "right_knee_inside_foot"):
        assert values[name] == pytest.approx(expected, abs=0.4)


def test_knees_are_held_against_the_feet_as_they_stood():
    """Where feet are seen to turn on the way, as sources with uncertain depth show them, their first line counts."""
    motion = build_squat(Pose(thigh=40, shank=30, trunk=35, toe_out=25), standing=Pose(toe_out=0))
    assert read_values(perform(motion))["knees_inside_feet"] == pytest.approx(0.0, abs=0.4)


def test_the_frontal_angle_is_not_read_from_a_thigh_that_points_at_the_viewer():
    deep = perform(build_squat(Pose(thigh=-10, shank=30, trunk=35, knee_out=20)))
    curve = MEASURES["left_knee_valgus"].path(deep)
    assert np.isnan(curve[deep.bottom])
    half = read_values(perform(build_squat(Pose(thigh=45, shank=10, trunk=20, knee_out=20))))
    assert (
        half["left_knee_valgus"]
        < 0
        < read_values(perform(build_squat(Pose(thigh=45, shank=10, trunk=20, knee_out=-20))))["left_knee_valgus"]
    )


def test_what_needs_standing_is_not_read_where_nobody_stands():
    motion = build_squat(BOTTOM)
    deep = motion.frames(30, len(motion) - 30)
    values = read_values(make_performance(deep, 0, len(deep) // 2, len(deep) - 1))
    assert np.isnan(values["trunk_lean_change"])
    assert np.isfinite(values["thigh"])


def test_absent_joints_make_their_measures_nan_and_no_others():
    from formnet.skeleton import COCO_17, Skeleton

    motion = build_squat(BOTTOM)
    bare = motion.select(Skeleton("bare", tuple(j for j in COCO_17.joints if j in motion.skeleton)))
    values = read_values(perform(bare))
    assert np.isnan(values["heel_rise"])
    assert np.isnan(values["back_bending"])
    assert np.isfinite(values["thigh"])


def test_tempo_is_that_of_the_figure():
    slow = read_values(perform(build_squat(BOTTOM, half_s=2.0)))
    quick = read_values(perform(build_squat(BOTTOM, half_s=1.0)))
    assert slow["descent"] == pytest.approx(2 * quick["descent"], rel=0.15)
    assert quick["descent"] + quick["pause"] + quick["ascent"] == pytest.approx(2.0, abs=0.6)


def test_every_measure_says_what_it_is():
    for family in FAMILIES.values():
        for measure in family:
            assert measure_named(measure.name) is measure
            assert measure.definition.endswith(".")
            assert measure.source
            assert measure.joints


def test_an_unknown_measure_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="there is no measure 'depht'; use one of thigh"):
        measure_named("depht")


def test_flat_motions_are_refused():
    motion = build_squat(BOTTOM)
    with pytest.raises(InputError, match="3D; choose a lifter"):
        make_performance(motion.replace(positions=motion.positions[..., :2]), 0, 5, 10)


def repeated(motion: Motion, times: int) -> Motion:
    """The motion so often, one after another."""
    positions = np.tile(motion.positions, (times, 1, 1))
    steps_s = np.arange(len(positions)) * float(np.median(np.diff(motion.timestamps)))
    return Motion(positions, np.tile(motion.confidence, (times, 1)), steps_s, motion.skeleton, motion.unit)


def test_a_repetition_of_a_long_recording_is_measured_by_what_surrounds_it():
    """The fiftieth squat of five minutes reads as the first of two, and keeps no more of the recording."""
    squat = build_squat(Pose(thigh=5, shank=30, trunk=35, heel_rise=0.1))
    n, middle = len(squat), len(squat) // 2
    near = make_performance(repeated(squat, 9), 4 * n + 15, 4 * n + middle, 5 * n - 16)
    far = make_performance(repeated(squat, 100), 49 * n + 15, 49 * n + middle, 50 * n - 16)
    assert read_values(far) == pytest.approx(read_values(near), nan_ok=True)
    assert far.bottom_s == pytest.approx((49 * n + middle) / 30)
    assert far.motion.timestamps[far.bottom] == pytest.approx(far.bottom_s)
    assert far.motion.duration_s < 25


def test_standing_is_looked_for_a_minute_away_and_no_further():
    """Whoever stands neither before nor after a set is levelled by how they stood when they came."""
    squat = build_squat(Pose(thigh=5, shank=30, trunk=35), standing=Pose(thigh=30, shank=20, trunk=20))
    standing = build_squat(Pose(), half_s=1.0)
    n, middle = len(squat), len(squat) // 2
    for times, found in ((8, True), (40, False)):
        positions = np.concatenate([standing.positions, repeated(squat, times).positions])
        motion = Motion(
            positions, np.isfinite(positions[..., 0]).astype(float), np.arange(len(positions)) / 30, LIFTED_32
        )
        start = len(standing) + (times - 1) * n
        assert make_performance(motion, start + 15, start + middle, start + n - 16).standing.any() == found
