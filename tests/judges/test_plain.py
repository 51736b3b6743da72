from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import DataError
from formnet.evaluation.judge import Recipe
from formnet.evaluation.splits import make_folds
from formnet.judges.methods import METHODS
from formnet.judges.parts import rocket
from formnet.judges.parts.rocket import KERNELS, choose_dilations, convolve_dilated
from formnet.judges.parts.series import compute_series
from formnet.judges.plain.dtw import NearestNeighbourDTW
from formnet.judges.plain.forest import (
    CURVES,
    AngleForest,
    compute_angle_curves,
    find_deepest_frame,
    summarise_repetition,
)
from formnet.judges.plain.majority import MajorityClass
from formnet.judges.plain.minirocket import MiniRocket
from formnet.motion import FloatArray
from formnet.readers.catalogue import read_dataset
from formnet.skeleton import KINECT_22, SQUAT7_19
from tests.readers.copies import make_table, squat_motion

CLASSES = ("good", "shallow", "never seen")
TRAIN = make_table(["a"] * 8 + ["b"] * 8, [0, 1] * 8, CLASSES)
TEST = make_table(["c"] * 6, [0, 1, 1, 0, 0, 1], CLASSES)
SMALL: dict[str, Callable[[], Recipe]] = {
    "majority": MajorityClass,
    "dtw": lambda: NearestNeighbourDTW(n_frames=30),
    "minirocket": lambda: MiniRocket(n_features=500),
    "forest": lambda: AngleForest(n_trees=50),
}


@pytest.mark.parametrize("name", SMALL)
def test_protocol(name: str) -> None:
    probabilities = SMALL[name]().fit(TRAIN, 1).probabilities(TEST.motions)
    assert probabilities.shape == (6, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert (probabilities >= 0).all()
    assert (probabilities[:, 2] == 0).all()
    again = SMALL[name]().fit(TRAIN, 1).probabilities(TEST.motions)
    np.testing.assert_allclose(probabilities, again)


@pytest.mark.parametrize("name", [name for name in SMALL if name != "majority"])
def test_tells_deep_from_shallow_squats(name: str) -> None:
    probabilities = SMALL[name]().fit(TRAIN, 1).probabilities(TEST.motions)
    assert probabilities.argmax(axis=1).tolist() == TEST.labels.tolist()


def test_every_baseline_is_a_method_of_the_benchmark() -> None:
    assert set(SMALL) <= set(METHODS)


def test_majority_gives_frequencies() -> None:
    table = make_table(["a"] * 4, [1, 1, 1, 0])
    np.testing.assert_allclose(MajorityClass().fit(table).probabilities(TEST.motions)[0], [0.25, 0.75])


@pytest.mark.parametrize("make", [SMALL["minirocket"], SMALL["forest"]])
def test_one_class_cannot_be_learnt(make: Callable[[], Recipe]) -> None:
    with pytest.raises(DataError, match="at least 2 classes"):
        make().fit(make_table(["a", "b"], [1, 1]))


def test_dtw_forgives_tempo_unless_it_is_kept_on_the_diagonal() -> None:
    slow = make_table(["a", "b"], [0, 1], CLASSES)
    free, held = (NearestNeighbourDTW(n_frames=30, band=band).fit(slow) for band in (None, 0.0))
    assert held.band_frames == 0
    # The nearest row is the same, but held on the diagonal it is less near.
    assert free.probabilities(TEST.motions).argmax(1).tolist() == held.probabilities(TEST.motions).argmax(1).tolist()


def _slow_convolution(series: FloatArray, kernel: np.ndarray, dilation: int, channels: list[int]) -> FloatArray:
    weights = np.full(9, -1.0)
    weights[kernel] = 2.0
    summed = sum(series[channel] for channel in channels)
    padded = np.pad(np.asarray(summed), 4 * dilation)
    return np.array([
        sum(weights[place] * padded[t + place * dilation] for place in range(9)) for t in range(series.shape[1])
    ])  # fmt: skip


@pytest.mark.parametrize("dilation", [1, 2, 5, 12])
def test_rocket_kernels_equal_their_slow_twin(dilation: int) -> None:
    series = np.random.default_rng(2).normal(size=(4, 100))
    channels = np.full(rocket.MOST_CHANNELS, -1)
    channels[:2] = [3, 1]
    for kernel in KERNELS[::7]:
        fast = convolve_dilated(series, kernel, dilation, channels)
        np.testing.assert_allclose(fast, _slow_convolution(series, kernel, dilation, [3, 1]), atol=1e-12)


def test_rocket_features_are_shares_above_the_biases() -> None:
    series = np.random.default_rng(3).normal(size=(3, 5, 40))
    plan = rocket.fit_plan(series, 600, np.random.default_rng(0))
    features = rocket.transform_rocket(series, plan)
    column = 0
    for pair in range(len(plan.dilations)):
        channels = [channel for channel in plan.channels[pair] if channel >= 0]
        assert 1 <= len(channels) == len(set(channels)) <= 5
        dilation = int(plan.dilations[pair])
        margin = 0 if plan.padded[pair] else 4 * dilation
        for bias in plan.biases[pair][~np.isnan(plan.biases[pair])]:
            for row in range(3):
                values = _slow_convolution(series[row], KERNELS[plan.kernels[pair]], dilation, channels)
                assert features[row, column] == pytest.approx((values[margin : 40 - margin] > bias).mean())
            column += 1
    assert column == features.shape[1]


def test_there_are_84_kernels_whose_weights_sum_to_zero() -> None:
    assert KERNELS.shape == (84, 3)
    assert len({tuple(kernel) for kernel in KERNELS}) == 84
    series = np.ones((1, 50))
    for kernel in KERNELS:
        values = convolve_dilated(series, kernel, 1, np.array([0]))
        np.testing.assert_allclose(values[4:-4], 0.0, atol=1e-12)


@pytest.mark.parametrize("n_frames", [9, 50, 100, 300])
def test_dilations_fit_into_the_series(n_frames: int) -> None:
    dilations, shares = choose_dilations(n_frames, 119)
    assert dilations[0] == 1
    assert dilations[-1] * 8 <= n_frames - 1
    assert shares.sum() == 119
    assert (shares > 0).all()


def test_series_do_not_depend_on_place_or_length() -> None:
    table = make_table(["a", "b"], [0, 1])
    moved = table.motions[0].replace(positions=table.motions[0].positions + np.array([1.0, 2.0, 3.0]))
    series = compute_series(table.motions)
    assert series.shape == (2, 100, 57)
    np.testing.assert_allclose(compute_series([moved])[0], series[0], atol=1e-12)


@pytest.mark.parametrize("skeleton", [SQUAT7_19, KINECT_22], ids=lambda skeleton: skeleton.name)
def test_curves_of_a_squat(skeleton: object) -> None:
    motion = squat_motion(skeleton, 41, 0.4)  # type: ignore[arg-type]
    curves = compute_angle_curves(motion)
    assert curves.shape == (41, len(CURVES))
    assert np.isfinite(curves).all()
    assert find_deepest_frame(motion) == 20
    knee, height = CURVES.index("knee"), CURVES.index("hip height over the knee in shin lengths")
    assert curves[0, knee] > 160 > 120 > curves[20, knee]
    assert curves[0, height] - curves[20, height] == pytest.approx(0.28 / 0.4, abs=0.1)
    width = CURVES.index("knee width over ankle width")
    np.testing.assert_allclose(curves[:, width], 1.0, atol=1e-9)
    assert summarise_repetition(motion).shape == (9 * 9 + 2,)


def test_curves_do_not_depend_on_size_or_place() -> None:
    motion = squat_motion()
    other = motion.replace(positions=motion.positions * 3.7 + np.array([5.0, -2.0, 9.0]))
    np.testing.assert_allclose(compute_angle_curves(other), compute_angle_curves(motion), atol=1e-6)


@pytest.mark.slow
def test_minirocket_beats_chance_on_days_never_seen(shared_dir: Path) -> None:
    table = read_dataset("squat7", shared_dir / "datasets" / "squat7")
    fold = make_folds(table, "group_kfold")[1]
    test = table.select(fold.test)
    answers = MiniRocket(n_features=2000).fit(table.select(fold.train)).probabilities(test.motions).argmax(axis=1)
    recalls = [(answers[test.labels == c] == c).mean() for c in np.unique(test.labels)]
    assert np.mean(recalls) > 0.25
