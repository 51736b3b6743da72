"""Who is who in keypoint files: through gaps, crossings, changed numbers and duplicates."""

from __future__ import annotations

import json

import numpy as np
import pytest

from formnet.errors import PoseError
from formnet.readers.source import read_pose_source
from tests.readers.keypoint_files import COCO, N_FRAMES, flat

NEIGHBOUR = COCO * [0.8, 0.8, 1.0] + [420, 100, 0]


def row(frame, pose, **changes):
    return {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": flat(pose), "score": 2.9, **changes}


def read(tmp_path, rows, person=None):
    path = tmp_path / "people.json"
    path.write_text(json.dumps(rows))
    return read_pose_source(path, person=person, fps=30)


def both(first_numbers=None, second_numbers=None, lost=()):
    """Two people who swap their places in the list; the first is not found in the frames of `lost`."""
    rows = []
    for n in range(N_FRAMES):
        people = []
        if n not in lost:
            people.append(row(n, COCO[n], **({"idx": first_numbers[n]} if first_numbers else {})))
        people.append(row(n, NEIGHBOUR[n], **({"idx": second_numbers[n]} if second_numbers else {})))
        rows += people[::-1] if n % 2 else people
    return rows


def test_a_dropout_does_not_hand_over_to_a_neighbour(tmp_path):
    source = read(tmp_path, both(lost=range(8, 12)), person=1)
    assert source.motion.missing[8:12].all()
    seen = np.r_[0:8, 12:N_FRAMES]
    np.testing.assert_allclose(source.motion.positions[seen], COCO[seen, :, :2])
    second = read(tmp_path, both(lost=range(8, 12)), person=2)
    np.testing.assert_allclose(second.motion.positions, NEIGHBOUR[..., :2])


def test_a_dropout_at_the_very_beginning_changes_no_rank(tmp_path):
    source = read(tmp_path, both(lost=range(4)), person=1)
    np.testing.assert_allclose(source.motion.positions, COCO[4:, :, :2])


def test_people_are_ranked_over_the_whole_clip(tmp_path):
    rows = both()
    giant = COCO[0] * [3, 3, 1] + [2000, 0, 0]
    rows += [row(n, giant) for n in range(2)]
    np.testing.assert_allclose(read(tmp_path, rows, 1).motion.positions, COCO[..., :2])
    np.testing.assert_allclose(read(tmp_path, rows, 2).motion.positions, NEIGHBOUR[..., :2])
    with pytest.raises(PoseError, match="has no person 3; people are numbered from 1 to 2, the most prominent first"):
        read(tmp_path, rows, 3)


def test_the_numbers_of_the_file_tell_people_who_cross(tmp_path):
    """Both stand on the same spot for a while; only the numbers know who leaves to which side."""
    shift = np.linspace(-300, 300, N_FRAMES)
    one, other = (COCO + np.stack([sign * shift, 0 * shift, 0 * shift], axis=1)[:, None] for sign in (1, -1))
    other = other * [1, 0.97, 1]
    rows = []
    for n in range(N_FRAMES):
        people = [row(n, one[n], idx=7), row(n, other[n], idx=3)]
        rows += people[::-1] if n % 2 else people
    np.testing.assert_allclose(read(tmp_path, rows, 1).motion.positions, one[..., :2])
    np.testing.assert_allclose(read(tmp_path, rows, 2).motion.positions, other[..., :2])


def test_a_new_number_after_a_gap_is_the_same_person(tmp_path):
    numbers = [1] * 12 + [5] * 12
    source = read(tmp_path, both(numbers, [2] * N_FRAMES, lost=range(9, 12)), person=1)
    assert source.motion.missing.all(axis=1).sum() == 3
    np.testing.assert_allclose(source.motion.positions[12:], COCO[12:, :, :2])


def test_numbers_that_only_count_the_rows_follow_nobody(tmp_path):
    rows = both()
    for n in range(N_FRAMES):
        for number, one in enumerate([one for one in rows if one["image_id"] == f"{n}.jpg"]):
            one["idx"] = number
    np.testing.assert_allclose(read(tmp_path, rows, 1).motion.positions, COCO[..., :2])


def test_one_body_found_twice_is_one_person(tmp_path):
    rows = []
    for n in range(N_FRAMES):
        rows += [row(n, COCO[n]), row(n, COCO[n] + [4, -3, -0.3])]
    source = read(tmp_path, rows)
    np.testing.assert_allclose(source.motion.positions, COCO[..., :2])
    assert source.warnings == ()


def test_two_people_are_refused_until_one_is_chosen(tmp_path):
    with pytest.raises(PoseError, match=r"shows 2 people in 24 of 24 frames; choose one with --person 1"):
        read(tmp_path, both())
    assert "24 of 24 frames show another person" in read(tmp_path, both(), 1).warnings[0]


def test_detections_here_and_there_are_no_second_person(tmp_path):
    rows = [row(n, pose) for n, pose in enumerate(COCO)]
    rows += [row(n, NEIGHBOUR[n] * [0.2, 0.2, 1] + [(n * 577) % 1000, 0, 0]) for n in range(0, N_FRAMES, 3)]
    source = read(tmp_path, rows)
    np.testing.assert_allclose(source.motion.positions, COCO[..., :2])
    assert source.warnings == ("8 of 24 frames show another person, who was left out",)
