"""Times strictly increase whatever the container says, and good times are not touched."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formnet.pose.orientation import Orientation, compute_orientation, orient_image
from formnet.pose.timing import MonotonicClock, Thinner


def advance_all(times: list[float | None], step_s: float = 0.1) -> list[float]:
    clock = MonotonicClock(step_s)
    return [clock.advance(time) for time in times]


@given(st.lists(st.one_of(st.none(), st.just(math.nan), st.floats(-100, 1e5)), max_size=40), st.floats(1e-3, 1))
def test_always_strictly_increasing_from_zero(times, step_s):
    result = advance_all(times, step_s)
    assert result[:1] in ([], [0.0])
    assert (np.diff(result) > 0).all()


def test_good_times_are_kept_to_the_digit():
    times = [2.0, 2.01, 2.5, 2.75, 9.0]
    assert advance_all(times) == [time - 2.0 for time in times]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([0.0, 0.1, 0.1, 0.2], [0.0, 0.1, 0.15, 0.2]),
        ([0.0, None, 0.2], [0.0, 0.1, 0.2]),
        ([None, None, None], [0.0, 0.1, 0.2]),
        ([5.0, 5.1, 0.0, 0.1], [0.0, 0.1, 0.2, 0.3]),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.6], [0.0, 0.05, 0.1, 0.15, 0.2, 0.5, 0.6]),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3], [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]),
    ],
)
def test_repaired_times(times, expected):
    np.testing.assert_allclose(advance_all(times), expected)


@pytest.mark.parametrize(("fps", "max_fps", "expected"), [(60, 30, 30), (50, 30, 30), (30, 30, 30), (29.97, 30, 30),
                                                         (24, 30, 24), (30, 10, 10)])  # fmt: skip
def test_thinning_reaches_the_rate(fps, max_fps, expected):
    thinner = Thinner(max_fps)
    kept = [time for time in np.arange(0, 20, 1 / fps) if thinner.keeps(time)]
    assert len(kept) / 20 == pytest.approx(expected, rel=0.04)


def test_no_thinning():
    thinner = Thinner(None)
    assert all(thinner.keeps(time) for time in np.arange(0, 1, 1e-3))


@given(st.tuples(st.booleans(), st.booleans(), st.booleans()), st.integers(2, 5), st.integers(2, 5))
def test_orientation_follows_the_display_matrix(flags, width, height):
    """Slow twin: every stored pixel is moved by the matrix itself."""
    is_transposed, is_flipped_x, is_flipped_y = flags
    x, y = (-1 if is_flipped_x else 1), (-1 if is_flipped_y else 1)
    a, b, c, d = (0, y, x, 0) if is_transposed else (x, 0, 0, y)
    orientation = compute_orientation((a * 65536, b * 65536, 0, c * 65536, d * 65536, 0, 0, 0, 1 << 30))
    assert orientation == Orientation(*flags)
    image = np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3)
    shown = orient_image(image, orientation)
    places = {(a * p + c * q, b * p + d * q): image[q, p] for q in range(height) for p in range(width)}
    left, top = min(p for p, _ in places), min(q for _, q in places)
    for (p, q), pixel in places.items():
        np.testing.assert_array_equal(shown[q - top, p - left], pixel)


def test_a_joint_takes_the_step_before_it_where_the_mean_is_long():
    np.testing.assert_allclose(advance_all([0.0, 0.1, 90.0, 90.1], 30.0), [0.0, 0.1, 0.2, 0.3])
