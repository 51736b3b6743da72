"""The parts of BlazePose, each against a slow twin or a picture with a known answer."""

from __future__ import annotations

import math

import numpy as np
import pytest

from formnet.errors import InputError
from formnet.pose.blazepose.detector import compute_anchors, merge_overlapping
from formnet.pose.blazepose.follower import Follower
from formnet.pose.blazepose.landmarks import MASK_SIZE, refine_by_heatmap
from formnet.pose.blazepose.network import Network
from formnet.pose.blazepose.pruning import remove_output
from formnet.pose.blazepose.region import Region, region_around, whole_picture
from formnet.pose.estimator import create_estimator
from formnet.pose.model_bundle import read_bundle
from formnet.pose.people import SeenPeople
from formnet.pose.smoothing import IN_PICTURE, OneEuro, smooth_places, smooth_visibility
from formnet.pose.video import Frame
from formnet.skeleton import BLAZEPOSE_33
from tests.pose.drawn_person import draw_person


def test_anchors_fill_three_grids():
    anchors = compute_anchors(224)
    assert anchors.shape == (2254, 2)
    np.testing.assert_allclose(anchors[:3] * 28, [[0.5, 0.5], [0.5, 0.5], [1.5, 0.5]])
    np.testing.assert_allclose(anchors[28 * 2] * 28, [0.5, 1.5])  # second row
    assert (anchors[-6:] == anchors[-1]).all()
    np.testing.assert_allclose(anchors[-1] * 7, [6.5, 6.5])


def test_a_region_looks_where_it_says():
    """A dot drawn at a place of the region is found there in its crop, and the way back leads to the pixel."""
    image = np.zeros((300, 400, 3), dtype=np.uint8)
    region = Region(210.0, 140.0, 160.0, math.radians(35))
    place = region.to_picture(np.array([0.75, 0.25]))
    x, y = np.round(place).astype(int)
    image[y - 2 : y + 3, x - 2 : x + 3] = 255
    crop = region.crop(image, 256, repeats_border=False)[..., 0]
    rows, columns = np.nonzero(crop > 128)
    np.testing.assert_allclose([columns.mean() / 256, rows.mean() / 256], [0.75, 0.25], atol=0.01)


def test_outside_of_the_picture_is_black_or_repeats_the_edge():
    image = np.full((100, 60, 3), 200, dtype=np.uint8)
    whole = whole_picture(60, 100)
    assert whole.crop(image, 50, repeats_border=False)[25, :8].max() == 0
    assert whole.crop(image, 50, repeats_border=True).min() == 200


@pytest.mark.parametrize("turn_deg", [-120, -30, 0, 60, 170])
def test_the_person_is_upright_in_their_region(turn_deg):
    up = np.array([math.sin(math.radians(turn_deg)), -math.cos(math.radians(turn_deg))])
    region = region_around(np.array([50.0, 80.0]), np.array([50.0, 80.0]) + 40 * up)
    assert region.side_px == pytest.approx(100)
    assert math.degrees(region.angle_rad) == pytest.approx(turn_deg)
    # The rim lies straight above the middle, and world positions turn back with the picture.
    np.testing.assert_allclose(region.to_picture(np.array([0.5, 0.5 - 0.4])), [50, 80] + 40 * up)
    np.testing.assert_allclose(region.turn(np.array([[0.0, -1.0, 0.3]])), [[*up, 0.3]], atol=1e-12)


def test_overlapping_answers_are_averaged_by_score():
    def answer(x: float, key: float) -> list[list[float]]:
        return [[x, 0.5], [0.2, 0.2], *[[key, key]] * 4]

    points = np.array([answer(0.30, 1.0), answer(0.31, 4.0), answer(0.8, 7.0)])
    merged = merge_overlapping(points, np.array([0.5, 1.0, 0.7]))
    assert [score for _, score in merged] == [1.0, 0.7]
    assert merged[0][0][2, 0] == pytest.approx(3.0)
    assert merged[1][0][2, 0] == pytest.approx(7.0)


def refine_slowly(points: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Point after point, cell after cell."""
    side, refined = len(heat), points.copy()
    for number, (x, y) in enumerate(points * side):
        column, row = int(x), int(y)
        if not (0 <= column < side and 0 <= row < side):
            continue
        total = x_sum = y_sum = hottest = 0.0
        for r in range(max(0, row - 3), min(side, row + 4)):
            for c in range(max(0, column - 3), min(side, column + 4)):
                warmth = 1 / (1 + math.exp(-heat[r, c, number]))
                total, x_sum, y_sum = total + warmth, x_sum + c * warmth, y_sum + r * warmth
                hottest = max(hottest, warmth)
        if hottest >= 0.5:
            refined[number] = np.array([x_sum, y_sum]) / total / side
    return refined


def test_refinement_equals_its_slow_twin():
    rng = np.random.default_rng(3)
    heat = rng.normal(-3, 2, size=(64, 64, 40)).astype(np.float32)
    heat[..., :10] = -8  # nowhere hot
    points = rng.uniform(-0.1, 1.1, size=(40, 2))
    points[:6] = [[0, 0], [1, 1], [0.999, 0.001], [-0.001, 0.5], [0.5, 1.0], [0.02, 0.98]]
    np.testing.assert_allclose(refine_by_heatmap(points, heat), refine_slowly(points, heat), atol=1e-9)


class ScalarOneEuro:
    """The filter as in its paper, one number at a time."""

    def __init__(self, filter: OneEuro) -> None:
        self.filter, self.value, self.last, self.speed = filter, None, None, 0.0

    def __call__(self, raw: float, step_s: float, size: float) -> float:
        if self.value is None:
            self.value = self.last = raw
            return raw
        alpha = lambda cutoff: 1 / (1 + (1 / (2 * math.pi * cutoff)) / step_s)  # noqa: E731
        share = alpha(self.filter.speed_cutoff_hz)
        self.speed = share * (raw - self.last) / step_s / size + (1 - share) * self.speed
        share = alpha(self.filter.least_cutoff_hz + self.filter.beta * abs(self.speed))
        self.last, self.value = raw, share * raw + (1 - share) * self.value
        return self.value


def test_smoothing_equals_its_slow_twin():
    rng = np.random.default_rng(0)
    times_s = np.cumsum(rng.uniform(0.02, 0.06, 50))
    values, sizes = rng.normal(size=(50, 2, 3)).cumsum(axis=0), rng.uniform(1, 3, 50)
    smoothed = smooth_places(values, times_s, sizes, IN_PICTURE)
    for index in np.ndindex(2, 3):
        twin = ScalarOneEuro(IN_PICTURE)
        steps_s = np.diff(times_s, prepend=0)
        expected = [twin(*row) for row in zip(values[(slice(None), *index)], steps_s, sizes, strict=True)]
        np.testing.assert_allclose(smoothed[(slice(None), *index)], expected)


def test_smoothing_rests_follows_and_begins_anew_after_a_gap():
    times_s = np.arange(120) / 30
    rng = np.random.default_rng(1)
    resting = rng.normal(100, 0.05, size=(120, 1))
    assert smooth_places(resting, times_s, np.full(120, 500.0), IN_PICTURE)[60:].std() < 0.5 * resting[60:].std()
    moving = np.linspace(0, 400, 120)[:, None]
    assert np.abs(smooth_places(moving, times_s, np.full(120, 500.0), IN_PICTURE) - moving)[30:].max() < 2.0
    gap = np.where(np.arange(120) < 60, times_s, times_s + 2)
    jump = np.where(np.arange(120) < 60, 0.0, 300.0)[:, None]
    np.testing.assert_array_equal(smooth_places(jump, gap, np.full(120, 500.0), IN_PICTURE), jump)
    np.testing.assert_array_equal(smooth_visibility(jump, gap), jump)


def test_a_file_that_is_no_network_is_refused(tmp_path):
    with pytest.raises(InputError, match="LiteRT cannot use the network mine"):
        Network(b"\x20\0\0\0TFL3" + bytes(1000), "mine")


def test_the_detector_is_no_landmark_network(pose_model, tmp_path):
    wrong = tmp_path / "wrong.tflite"
    wrong.write_bytes(read_bundle(pose_model).detector)
    with pytest.raises(InputError, match="no BlazePose network of the kind"):
        create_estimator(model=wrong)


def test_without_the_outline_all_other_answers_are_the_same(pose_model):
    content = read_bundle(pose_model).landmarks
    whole, pruned = (Network(c, "landmarks") for c in (content, remove_output(content, MASK_SIZE, "landmarks")))
    picture = region_around(np.array([180.0, 240.0]), np.array([180.0, 60.0])).crop(
        draw_person(360, 480), 256, repeats_border=True
    )
    for network in (whole, pruned):
        network.run(picture, 1 / 255, 0.0)
    for size in (195, 1, 64 * 64 * 39, 117):
        np.testing.assert_array_equal(whole.read(size), pruned.read(size))
    whole.require_outputs(MASK_SIZE)
    with pytest.raises(InputError, match="no output of 65536 numbers"):
        pruned.require_outputs(MASK_SIZE)


def test_damage_is_seen_before_pruning():
    with pytest.raises(InputError, match="damaged"):
        remove_output(b"\x20\0\0\0TFL3" + bytes(range(200)), MASK_SIZE, "mine")


def test_the_detector_rests_while_somebody_is_followed(pose_model):
    class CountingDetector:
        def __init__(self, detector: object) -> None:
            self.detector, self.n_calls = detector, 0

        def find(self, image: np.ndarray) -> list:
            self.n_calls += 1
            return self.detector.find(image)

    estimator = create_estimator(model=pose_model)
    detector, landmarks, _ = estimator._take()
    counting = CountingDetector(detector)
    person, empty = draw_person(360, 480), np.full((480, 360, 3), 190, dtype=np.uint8)
    pictures = [person] * 20 + [empty] * 5 + [person] * 5
    frames = [Frame(number / 30, picture) for number, picture in enumerate(pictures)]
    seen: list[SeenPeople] = list(Follower(counting, landmarks).follow(frames))
    assert [len(frame.people) for frame in seen] == [1] * 20 + [0] * 5 + [1] * 5
    assert counting.n_calls == 1 + 4 + 1  # at the start, while nobody is there, when somebody comes back


@pytest.mark.parametrize("side", ["left", "right"])
def test_sides_are_the_persons_own(side, pose_model):
    track = create_estimator(model=pose_model).estimate([Frame(0.0, draw_person(360, 480))])
    x = track.image.positions[0, BLAZEPOSE_33.index(f"{side}_shoulder"), 0]
    assert (x > 180) == (side == "left")  # the person faces the camera


def test_the_silhouette_covers_the_person_and_nothing_else(pose_model):
    room = np.empty((480, 360, 3), dtype=np.uint8)
    room[:] = (90, 160, 90)
    estimator = create_estimator(model=pose_model)
    for bend in (0.0, 0.9):
        picture = draw_person(360, 480, bend=bend, canvas=room)
        joints = estimator.estimate([Frame(0.0, picture)]).image.positions[0]
        mask = estimator.find_silhouette(picture, joints).in_picture(360, 480)
        assert mask.shape == (480, 360)
        truth = (picture != room).any(axis=-1)
        both, either = ((mask > 0.5) & truth).sum(), ((mask > 0.5) | truth).sum()
        assert both / either > 0.85
