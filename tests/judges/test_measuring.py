"""The measuring network: what it is shown, what it must not care about, how it is stored."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from formnet.errors import CheckpointError, InputError
from formnet.judges.measuring.estimator import (
    MeasureEstimator,
    load_measure_estimator,
    load_shipped_estimator,
    save_estimator,
)
from formnet.judges.measuring.forward import MeasureForward, NetworkOptions
from formnet.judges.measuring.network import MeasureNetwork
from formnet.judges.measuring.sight import look, mirror_sight, mirror_values, stack_sights
from formnet.judges.measuring.spec import SIGHTS, MeasuringSpec
from formnet.lifting.observation import OBSERVED_24
from formnet.measures.calibration import VIEWS
from formnet.measures.performance import Performance, make_performance
from formnet.measures.registry import MEASURES, read_values
from formnet.motion import Motion
from formnet.pipeline.measured import SEEN_BY_NETWORK
from formnet.storage.modules import build_with_weights
from formnet.storage.weights import compute_fingerprint, shipped_path
from tests.measures.stick_figure import Pose, build_squat, turned
from tests.random_weights import randomise

SPEC = MeasuringSpec()
BOTTOM = Pose(thigh=5.0, shank=30.0, trunk=35.0, back_bend=12.0, head_tip=20.0, toe_out=20.0, knee_out=15.0)
TINY = NetworkOptions(width=8, n_layers=1, hidden=8, dropout=0.0)


def make_lopsided() -> Motion:
    """A squat of a person whose left foot and hip go elsewhere than the right ones."""
    motion = build_squat(BOTTOM)
    positions = motion.positions.copy()
    positions[:, motion.skeleton.index("left_knee")] += [0.03, 0.02, 0.0]
    positions[:, motion.skeleton.index("left_hip")] += [0.02, 0.03, 0.0]
    positions[:, motion.skeleton.index("right_foot_index")] += [-0.05, 0.0, 0.0]
    return motion.replace(positions=positions)


def perform(motion: Motion) -> Performance:
    return make_performance(motion, 15, len(motion) // 2, len(motion) - 16)


def picture_of(motion: Motion) -> Motion:
    """The motion's joints as a camera far in front sees them."""
    positions = np.full((len(motion), len(OBSERVED_24), 2), np.nan)
    for number, joint in enumerate(OBSERVED_24.joints):
        if joint in motion.skeleton:
            positions[:, number] = motion.joint(joint)[:, :2]
    seen = np.isfinite(positions[..., 0]).astype(float)
    return Motion(positions, seen, motion.timestamps, OBSERVED_24, "pixel")


def see(motion: Motion, picture: Motion | None = None):  # type: ignore[no-untyped-def]
    performance = perform(motion)
    return look(performance, picture or picture_of(motion), read_values(performance), SPEC)


@pytest.fixture(scope="module")
def network() -> MeasureForward:
    torch.manual_seed(0)
    made = MeasureNetwork(SPEC, TINY)
    sight = stack_sights([see(build_squat(Pose(thigh=thigh, trunk=30.0))) for thigh in (0.0, 20.0, 40.0)])
    made.fit_scale(sight, np.random.default_rng(0).normal(size=(3, len(SPEC.measures))))
    return made.freeze()


@pytest.fixture
def estimator(network: MeasureForward) -> MeasureEstimator:
    factors = {name: dict.fromkeys(VIEWS, 1.0) for name in SPEC.measures}
    return MeasureEstimator(network, "supervised", factors, {"thigh": ("front",), "trunk_lean": ("side",)})


def test_a_mirrored_person_has_mirrored_readings():
    """For every measure there is: sides change places, and what is signed changes its sign."""
    motion = make_lopsided()
    mirrored = motion.replace(
        positions=motion.positions[:, motion.skeleton.mirror] * [-1.0, 1.0, 1.0],
        confidence=motion.confidence[:, motion.skeleton.mirror],
    )
    names = tuple(MEASURES)
    plain, turned_round = (np.array(list(read_values(perform(m)).values())) for m in (motion, mirrored))
    np.testing.assert_allclose(turned_round, mirror_values(plain, names), atol=1e-6)
    assert np.nanmax(np.abs(plain - turned_round)) > 1, "the figure is lopsided, else nothing is tested"


@pytest.mark.parametrize("sees", [SIGHTS, ("solid",), ("picture",), ("readings",), ("solid", "readings")], ids=str)
@pytest.mark.parametrize("options", [TINY, NetworkOptions(width=12, n_layers=3, hidden=20)], ids=["tiny", "larger"])
def test_it_says_what_the_trained_one_says(sees, options):
    network = MeasureNetwork(MeasuringSpec(sees=sees), options).eval()
    randomise(network)
    assert_alike(network, network.freeze())


def test_the_shipped_one_says_what_the_trained_one_said():
    shipped = load_shipped_estimator().network
    network = build_with_weights(lambda: MeasureNetwork(shipped.spec, shipped.options), shipped.arrays, Path("shipped"))
    assert_alike(network, shipped)


def assert_alike(network, forward):  # type: ignore[no-untyped-def]
    """Two sights, one of them of a picture in which little is seen from nobody knows where."""
    plain = see(make_lopsided())
    blind = dataclasses.replace(plain, picture=np.full_like(plain.picture, np.nan), view_deg=np.array(np.nan))
    sight = stack_sights([plain, blind])
    parts = [torch.from_numpy(np.float32(part)) for part in vars(sight).values()]
    with torch.inference_mode():
        expected = network(*parts)
    for said, wanted in zip(forward(sight), expected, strict=True):
        np.testing.assert_allclose(said, wanted, atol=1e-5, rtol=1e-5)


def test_the_network_is_fair_to_both_sides(network):
    sight = stack_sights([see(make_lopsided())])
    values, deviations = network.estimate(sight)
    turned_values, turned_deviations = network.estimate(mirror_sight(sight, SPEC))
    np.testing.assert_allclose(turned_values, mirror_values(values, SPEC.measures), atol=1e-5)
    np.testing.assert_allclose(turned_deviations, np.abs(mirror_values(deviations, SPEC.measures)), atol=1e-5)
    assert (deviations > 0).all()


@pytest.mark.parametrize("change", [{"half_s": 2.0}, {"fps": 60.0}])
def test_speed_and_frame_rate_are_not_seen(change):
    def sight(**options):  # type: ignore[no-untyped-def]
        motion = build_squat(BOTTOM, **options)
        still = round(0.5 * options.get("fps", 30.0))
        performance = make_performance(motion, still, len(motion) // 2, len(motion) - 1 - still)
        return look(performance, picture_of(motion), read_values(performance), SPEC)

    slow, plain = sight(**change), sight()
    np.testing.assert_allclose(slow.solid, plain.solid, atol=0.01)
    np.testing.assert_allclose(slow.picture, plain.picture, atol=0.01)


def test_camera_size_and_limbs_are_not_seen_in_lifted_joints():
    motion = build_squat(BOTTOM)
    picture = picture_of(motion)
    plain = see(motion, picture).solid
    np.testing.assert_allclose(see(turned(motion, yaw_deg=70, pitch_deg=10), picture).solid, plain, atol=0.03)
    np.testing.assert_allclose(see(motion.replace(positions=2.0 * motion.positions), picture).solid, plain, atol=1e-5)
    frame = plain[plain.shape[0] // 2]
    thigh = frame[_joint("left_knee")] - frame[_joint("left_hip")]
    reference = {(parent, child): length for parent, child, length in SPEC.solid.limbs.reference}
    assert np.linalg.norm(thigh) == pytest.approx(reference["left_hip", "left_knee"], rel=1e-3)


def _joint(name: str) -> int:
    from formnet.skeleton import SQUAT_25

    return SQUAT_25.index(name)


def test_the_bottom_is_in_the_middle():
    sight = see(build_squat(BOTTOM))
    height = sight.solid[:, _joint("left_ankle"), 1] - sight.solid[:, _joint("left_hip"), 1]
    assert int(np.argmin(height)) == SPEC.solid.n_frames // 2


def test_a_picture_without_legs_says_nothing_and_breaks_nothing(network):
    motion = build_squat(BOTTOM)
    picture = picture_of(motion)
    hidden = picture.positions.copy()
    hidden[:, [i for i, name in enumerate(OBSERVED_24.joints) if "knee" in name or "ankle" in name]] = np.nan
    hidden[:, [i for i, name in enumerate(OBSERVED_24.joints) if "hip" in name]] = np.nan
    sight = see(motion, picture.replace(positions=hidden, confidence=np.isfinite(hidden[..., 0]).astype(float)))
    assert np.isnan(sight.picture).all()
    values, deviations = network.estimate(stack_sights([sight]))
    assert np.isfinite(values).all()
    assert np.isfinite(deviations).all()


def test_only_what_it_is_used_for_in_this_view_is_answered(estimator):
    motion = build_squat(BOTTOM)
    picture = picture_of(motion)
    assert set(estimator.estimate(perform(motion), picture)) == {"thigh"}
    assert set(estimator.estimate(perform(turned(motion, yaw_deg=90)), picture)) == {"trunk_lean"}
    assert estimator.estimate(perform(turned(motion, yaw_deg=180)), picture) == {}


def test_stated_spreads_are_multiplied_by_their_view(estimator):
    motion = build_squat(BOTTOM)
    double = {name: {**views, "front": 2.0} for name, views in estimator.factors.items()}
    wider = dataclasses.replace(estimator, factors=double)
    (value, sd), (same, twice) = (e.estimate(perform(motion), picture_of(motion))["thigh"] for e in (estimator, wider))
    assert (same, twice) == pytest.approx((value, 2 * sd))


def test_stored_and_loaded_it_says_the_same(estimator, tmp_path):
    path = save_estimator(tmp_path / "own", estimator)
    loaded = load_measure_estimator(path)
    motion = build_squat(BOTTOM)
    before, after = (e.estimate(perform(motion), picture_of(motion))["thigh"] for e in (estimator, loaded))
    assert after == pytest.approx(before, rel=0.02, abs=0.02)
    assert loaded.used == estimator.used
    assert loaded.spec == estimator.spec


def sealed(content):
    """As whoever writes a sidecar on purpose would."""
    return {**content, "fingerprint": compute_fingerprint(content)}


def test_a_measure_that_was_defined_anew_is_not_answered(estimator, tmp_path):
    path = save_estimator(tmp_path / "own", estimator)
    sidecar = path.with_suffix(".json")
    content = json.loads(sidecar.read_text())
    content["definitions"]["thigh"] = "something else"
    sidecar.write_text(json.dumps(sealed(content)))
    assert load_measure_estimator(path).used == {"trunk_lean": ("side",)}


def test_files_that_are_no_measuring_network_are_refused(estimator, tmp_path):
    with pytest.raises(CheckpointError, match="is missing"):
        load_measure_estimator(tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError, match="is no measuring network; make one with"):
        load_measure_estimator(shipped_path("squat.safetensors"))
    path = save_estimator(tmp_path / "own", estimator)
    sidecar = path.with_suffix(".json")
    content = json.loads(sidecar.read_text())
    sidecar.write_text(json.dumps(sealed({**content, "network": {"width": "wide"}})))
    with pytest.raises(CheckpointError, match="cannot be built"):
        load_measure_estimator(path)


def test_descriptions_say_what_is_wrong():
    assert MeasuringSpec.from_dict(json.loads(json.dumps(SPEC.to_dict()))) == SPEC
    with pytest.raises(InputError, match="there are no measures shoe_size"):
        MeasuringSpec(measures=("shoe_size",))
    with pytest.raises(InputError, match="expected sees to be some of"):
        MeasuringSpec(sees=("smell",))


def test_the_shipped_network_fits_its_promise():
    shipped = load_shipped_estimator()
    assert shipped_path("measures.safetensors").stat().st_size < 1_500_000
    assert set(shipped.used["thigh"])
    assert "solid" in shipped.spec.sees, "it looks at the matrices of joint distances"
    figures = shipped.about["figures"]
    for name, views in SEEN_BY_NETWORK.items():
        assert set(views) <= set(shipped.used[name])
        for view in views:
            assert figures["network"][name][view]["rmse"] < figures["geometry"][name][view]["rmse"], (name, view)
