"""Who is followed: detections of single frames joined to people."""

from __future__ import annotations

import numpy as np
import pytest

from formnet.geometry.boxes import compute_overlap
from formnet.pose.people import Detection, People, compute_movement, compute_prominence, drop_same_people

RED, BLUE = np.full((4, 3), [200.0, 40.0, 40.0]), np.full((4, 3), [30.0, 40.0, 210.0])


def detection(
    x: float,
    y: float,
    width: float = 40,
    height: float = 100,
    confidence: float = 0.9,
    clothes: np.ndarray | None = None,
) -> Detection:
    """A person whose box has this centre and size."""
    corners = np.array([[x - width / 2, y - height / 2], [x + width / 2, y + height / 2], [x, y]])
    return Detection(corners, np.zeros((3, 3)), np.full(3, confidence), np.ones(3), height, clothes)


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
    assert drop_same_people([unsure, apart, sure]) == [sure, apart]


def test_clothes_keep_people_apart_who_cross():
    """Where they cover each other only one is seen: the tracks must not change owners."""
    people = People()
    for frame in range(40):
        red = detection(100 + 5 * frame, 100, clothes=RED + frame % 3)
        blue = detection(300 - 5 * frame, 100, clothes=BLUE - frame % 3)
        people.add(frame, [red] if 17 <= frame <= 23 else [blue, red])
    assert len(people.people) == 2
    for person in people.people:
        colours = np.array([d.clothes[0, 0] for d in person.detections.values()])
        assert np.ptp(colours) < 5


def test_who_leaves_and_comes_back_elsewhere_is_the_same_person():
    people = People()
    for frame in range(90):
        stays = [detection(320, 240, 60, 200, clothes=BLUE)]
        comes = [detection(60 if frame < 30 else 560, 240, 60, 200, clothes=RED)] if not 30 <= frame < 60 else []
        people.add(frame, stays + comes)
    ranked = people.ranked(90, 640, 480)
    assert sorted(len(person.detections) for person in ranked) == [60, 90]
    # Two who are seen together are two, whatever they wear.
    twins = People()
    for frame in range(20):
        twins.add(frame, [detection(100, 100, clothes=RED), detection(400, 100, clothes=RED)])
    assert len(twins.ranked(20, 640, 480)) == 2


def test_a_still_bystander_does_not_win_over_the_one_who_moves():
    people = People()
    for frame in range(60):
        squatting = 80 * (0.75 + 0.25 * np.cos(frame / 5))
        people.add(frame, [detection(320, 240, 300, 470), detection(560, 300, 40, squatting)])
    first, second = people.ranked(60, 640, 480)
    assert compute_movement(first) > 0.1 > compute_movement(second)
    assert first.last_box[2] - first.last_box[0] == 40
    # Between two who do not move, size decides as before.
    still = People()
    for frame in range(60):
        still.add(frame, [detection(560, 300, 40, 80), detection(320, 240, 300, 470)])
    assert still.ranked(60, 640, 480)[0].last_box[3] - still.ranked(60, 640, 480)[0].last_box[1] == 470


def test_walking_past_is_no_movement_of_the_body():
    people = People()
    for frame in range(30):
        people.add(frame, [detection(20 * frame, 240, 60, 200)])
    assert compute_movement(people.people[0]) == pytest.approx(0)
    # An estimator may miss a joint now and then.
    people.people[0].detections[5].image[2] = np.nan
    assert compute_movement(people.people[0]) < 0.05


def test_a_body_that_shrinks_behind_a_bar_goes_on_as_the_same_one():
    """Half lost, it is a few joints at its rim; found again, it stands where it stood."""
    people = People()
    for frame in range(30):
        people.add(frame, [detection(100, 300, 150, 500, clothes=RED)])
    for frame in range(30, 35):
        people.add(frame, [detection(170, 200, 60, 70, clothes=BLUE)])
    people.add(40, [detection(105, 215, 60, 100, clothes=RED)])
    for frame in range(41, 70):
        people.add(frame, [detection(90, 320, 150, 520, clothes=RED)])
    assert len(people.people) == 1
    far = People()
    for frame in range(30):
        far.add(frame, [detection(100, 300, 150, 500, clothes=RED), detection(500, 300, 150, 500, clothes=RED)])
    assert len(far.people) == 2
