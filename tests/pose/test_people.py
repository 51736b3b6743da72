"""Who is followed: detections of single frames joined to people."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.pose.people import Detection, People, compute_overlap, compute_prominence, drop_duplicates


def detection(x: float, y: float, width: float = 40, height: float = 100, confidence: float = 0.9) -> Detection:
    """A person whose box has this centre and size."""
    corners = np.array([[x - width / 2, y - height / 2], [x + width / 2, y + height / 2], [x, y]])
    return Detection(corners, np.zeros((3, 3)), np.full(3, confidence), np.ones(3), height)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, 0, 10, 10), 1.0),
        ((5, 0, 15, 10), 1 / 3),
        ((10, 0, 20, 10), 0.0),
        ((20, 20, 30, 30), 0.0),
        ((2, 2, 2, 8), 0),
    ],
)
def test_overlap(other, expected):
    box, second = np.array([0.0, 0, 10, 10]), np.array(other, dtype=float)
    assert compute_overlap(box, second) == pytest.approx(expected)
    assert compute_overlap(second, box) == pytest.approx(expected)


def test_crossing_orders_do_not_swap_people():
    """MediaPipe lists people in any order."""
    people = People()
    for frame in range(20):
        both = [detection(100 + 2 * frame, 100), detection(400 - 2 * frame, 100)]
        people.add(frame, both[::-1] if frame % 2 else both)
    assert len(people.people) == 2
    for person in people.people:
        steps = np.diff([found.box[0] for found in person.detections.values()])
        assert np.abs(steps).max() == pytest.approx(2)


def test_a_person_is_found_again_after_a_gap():
    people = People()
    for frame in [*range(5), *range(30, 35)]:
        people.add(frame, [detection(100 + frame, 100)])
    assert len(people.people) == 1


def test_ranking_by_size_place_and_time():
    people = People()
    for frame in range(20):
        found = [detection(500, 100, 30, 80), detection(320, 240, 100, 300)]
        if frame == 0:
            found.append(detection(120, 240, 200, 470))  # a passer-by, larger but gone at once
        people.add(frame, found)
    ranked = people.ranked(20, 640, 480)
    assert [len(person.detections) for person in ranked] == [20, 20]
    assert ranked[0].last_box[2] - ranked[0].last_box[0] == 100


def test_prominence_prefers_the_middle_and_ignores_what_is_outside():
    def prominence(x: float, width: float = 40) -> float:
        people = People()
        people.add(0, [detection(x, 240, width, 200)])
        return compute_prominence(people.people[0], 640, 480)

    assert prominence(320) > prominence(500) > prominence(620)
    assert prominence(900) == 0.0
    assert prominence(320, 80) == pytest.approx(2 * prominence(320, 40))


def test_one_body_seen_twice_counts_once():
    sure, unsure, apart = detection(100, 100), detection(103, 102, confidence=0.5), detection(300, 100, confidence=0.8)
    assert drop_duplicates([unsure, apart, sure]) == [sure, apart]
