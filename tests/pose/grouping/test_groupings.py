"""Every kind of map gives back the people it was made from, also where they cross; fast parts equal slow twins."""

import itertools

import numpy as np
import pytest

from formnet.pose.grouping.base import FoundPeople, connected_limbs, find_peaks, read_map
from formnet.pose.grouping.fields import AffinityFields, make_fields, match_limbs, score_lines
from formnet.pose.grouping.offsets import REACH, PersonOffsets, group_poses, snap_to_peaks
from formnet.pose.grouping.personlab import PersonLab, compute_hough
from formnet.pose.grouping.single import LocationMaps, SinglePerson
from formnet.pose.grouping.tags import AssociativeEmbedding
from formnet.skeleton import COCO_17, HALPE_26, MPII_16, PENN_ACTION_13, SPINE_27
from tests.pose.grouping.figures import SIZE, crossing_people, mirrored

GROUPINGS = {
    "fields": AffinityFields(COCO_17, sigma=1.2),
    "tags": AssociativeEmbedding(COCO_17, sigma=1.2),
    "personlab": PersonLab(COCO_17, radius=2.5),
    "offsets": PersonOffsets(COCO_17, sigma=1.2),
}
BY_PEAKS = ("fields", "tags", "personlab")
"""Those who say that a joint was not found."""
every_grouping = pytest.mark.parametrize("grouping", GROUPINGS.values(), ids=GROUPINGS)


def perfect_maps(grouping, people):
    """What a faultless network gives."""
    maps = grouping.make_maps(people, SIZE)
    if "cells" in maps:
        tags = np.zeros((len(COCO_17), SIZE[1] * SIZE[0]), np.float32)
        for number, cells in enumerate(maps["cells"].astype(int)):
            joints = np.flatnonzero(cells >= 0)
            tags[joints, cells[joints]] = 3.0 * number
        maps["tags"] = tags.reshape(-1, SIZE[1], SIZE[0])
    return {name: maps[name] for name in grouping.channels}


def assert_same_people(found: FoundPeople, truth: np.ndarray, within: float):
    assert len(found) == len(truth)
    away = np.linalg.norm(found.joints[:, None] - truth[None], axis=-1)
    # A joint that was not found is wrong here.
    worst = np.where(np.isnan(away), 99, away).max(axis=-1)
    best = min(max(worst[i, j] for i, j in enumerate(order)) for order in itertools.permutations(range(len(truth))))
    assert best < within


@every_grouping
@pytest.mark.parametrize("count", [2, 3])
def test_crossing_people_are_told_apart(grouping, count):
    people = crossing_people(count)
    assert_same_people(grouping.group(perfect_maps(grouping, people)), people, within=0.8)


@pytest.mark.parametrize("grouping", [GROUPINGS[name] for name in BY_PEAKS], ids=BY_PEAKS)
def test_somebody_half_hidden_is_found_with_the_joints_that_show(grouping):
    people = crossing_people(2)
    people[1, COCO_17.indices(["left_knee", "right_knee", "left_ankle", "right_ankle"])] = np.nan
    found = grouping.group(perfect_maps(grouping, people))
    assert len(found) == 2
    legs = COCO_17.indices(["left_ankle", "right_ankle"])
    assert sorted(np.isfinite(found.joints[:, legs, 0]).all(axis=1)) == [False, True]
    assert (found.confidence[np.isnan(found.joints[..., 0])] == 0).all()
    assert (np.diff(found.score) <= 0).all()


@every_grouping
def test_nobody_is_found_in_empty_maps(grouping):
    maps = {name: np.zeros((channels, *SIZE[::-1]), np.float32) for name, channels in grouping.channels.items()}
    found = grouping.group(maps)
    assert len(found) == 0
    assert found.joints.shape == (0, 17, 2)


@pytest.mark.parametrize(
    "grouping", [*GROUPINGS.values(), SinglePerson(COCO_17), LocationMaps(COCO_17)], ids=lambda g: type(g).__name__
)
def test_mirror_gives_the_maps_of_the_mirrored_picture(grouping):
    people = crossing_people(2)
    maps, image = grouping.make_maps(people, SIZE), grouping.make_maps(mirrored(people), SIZE)
    if isinstance(grouping, LocationMaps):
        maps["location"] = np.random.default_rng(0).normal(size=(51, *SIZE[::-1])).astype(np.float32)
        back = grouping.mirror(grouping.mirror(maps))
        np.testing.assert_allclose(back["location"], maps["location"])
        return
    for name, part in grouping.mirror(image).items():
        # On the line between two people's discs either may own a cell.
        agree = np.abs(part - maps[name]) < 1e-4
        assert agree.mean() > 0.999


def test_location_is_read_at_the_peak_and_mirrors_x():
    grouping = LocationMaps(COCO_17, sigma=1.5)
    people = crossing_people(2)[:1] + 0.03
    maps = grouping.make_maps(people, SIZE)
    truth = np.random.default_rng(2).normal(size=(17, 3))
    maps["location"] = np.zeros((51, *SIZE[::-1]), np.float32)
    columns, rows = np.floor(people[0]).astype(int).T
    for joint in range(17):
        maps["location"][3 * joint : 3 * joint + 3, rows[joint], columns[joint]] = truth[joint]
    np.testing.assert_allclose(grouping.group(maps).solid[0], truth, atol=1e-6)
    turned = grouping.group(grouping.mirror(maps)).solid[0]
    np.testing.assert_allclose(turned[COCO_17.mirror], truth * (-1, 1, 1), atol=1e-6)


LEGS = ["left_knee", "right_knee", "left_ankle", "right_ankle"]


def test_joints_that_are_hidden_are_placed_by_what_shows_of_the_person():
    grouping, people = GROUPINGS["offsets"], crossing_people(3)
    seen = np.ones(people.shape[:2], bool)
    seen[1, COCO_17.indices(LEGS)] = seen[2, 5:] = False
    maps = grouping.make_maps(people, SIZE, seen)
    maps["heatmaps"][:] = 0
    found = grouping.group(maps)
    assert_same_people(found, people, within=0.1)
    np.testing.assert_array_equal(found.confidence, grouping.guess)


def test_offset_maps_equal_a_slow_twin_where_people_overlap():
    rng = np.random.default_rng(3)
    grouping, (width, height) = PersonOffsets(COCO_17, radius=1.5), (14, 11)
    people, seen = rng.uniform(-1, 12, (3, 17, 2)), rng.random((3, 17)) < 0.3
    people[rng.random((3, 17)) < 0.1] = np.nan
    maps, owned, owners = grouping.make_maps(people, (width, height), seen), np.zeros(3), {}
    for y, x in np.ndindex(height, width):
        away = np.linalg.norm(people - (x + 0.5, y + 0.5), axis=-1)
        nearest = np.where(seen & np.isfinite(away), away, np.inf).min(axis=1)
        assert maps["seen"][0, y, x] == (nearest.min() <= 1.5)
        if nearest.min() <= 1.5:
            owners[y, x] = int(nearest.argmin())
            owned[owners[y, x]] += 1
    for (y, x), owner in owners.items():
        for joint in range(17):
            way = (people[owner, joint] - (x + 0.5, y + 0.5)) / REACH
            is_known = bool(np.isfinite(way).all())
            assert maps["votes"][joint, y, x] == pytest.approx(is_known / owned[owner])
            expected = way if is_known else np.zeros(2)
            np.testing.assert_allclose(maps["offsets"][2 * joint : 2 * joint + 2, y, x], expected, atol=1e-5)
    assert maps["votes"].sum(axis=(1, 2)).max() == pytest.approx(3.0, rel=1e-5)
    assert not maps["votes"][:, maps["seen"][0] == 0].any()


def test_poses_are_grouped_by_what_most_cells_say():
    rng = np.random.default_rng(0)
    true = crossing_people(2)
    poses = np.concatenate([true[[0]] + rng.normal(0, 0.5, (30, 17, 2)), true[[1]] + rng.normal(0, 0.5, (20, 17, 2)),
                            rng.uniform(0, 80, (6, 17, 2))])  # fmt: skip
    order = rng.permutation(len(poses))
    people = group_poses(poses[order], np.ones(len(poses)), near=0.07, least_votes=4.0)
    assert [sorted(order[own]) for own in people] == [list(range(30)), list(range(30, 50))]


def test_a_joint_moves_to_the_nearest_peak_and_no_two_people_to_one():
    maps = np.zeros((2, 20, 30), np.float32)
    maps[0, 10, 10], maps[0, 10, 13] = 0.5, 0.9
    joints = np.array([[[10.9, 10.5]], [[12.0, 10.5]], [[25.0, 5.0]]])
    # People of ten cells: each other joint ten to the right and ten below, without a peak.
    people = np.concatenate([joints, joints + 10], axis=1)
    placed = snap_to_peaks(people, maps, 0.3, 0.05, 1.0)
    np.testing.assert_allclose(placed[:, 0], [[10.5, 10.5], [13.5, 10.5], [25.0, 5.0]], atol=0.3)
    np.testing.assert_array_equal(placed[:, 1], people[:, 1])
    # For people half as large the same peaks are too far away.
    small = np.concatenate([joints, joints + 5], axis=1)
    np.testing.assert_allclose(snap_to_peaks(small, maps, 0.05, 0.05, 1.0), small)


def slow_line_score(start, end, field, agreement):
    way = end - start
    unit = way / np.linalg.norm(way)
    values = [float(read_map(field, (start + s * way)[None])[0] @ unit) for s in np.linspace(0, 1, 10)]
    return np.mean(values) if sum(v > agreement for v in values) >= 8 else 0.0


def test_line_scores_and_matching_equal_slow_twins():
    people = crossing_people(3)
    limbs = connected_limbs(COCO_17)
    fields, _ = make_fields(people, limbs, SIZE, 1.0)
    fields = fields + np.random.default_rng(0).normal(0, 0.05, fields.shape)
    peaks = find_peaks(GROUPINGS["fields"].make_maps(people, SIZE)["heatmaps"], 0.1, sigma=1.2)
    found = match_limbs(peaks, fields, limbs, 0.05)
    for limb, (a, b) in enumerate(limbs):
        starts, ends = peaks.of(a), peaks.of(b)
        field = fields[2 * limb : 2 * limb + 2]
        slow = np.array([[slow_line_score(peaks.place[s], peaks.place[e], field, 0.05) for e in ends] for s in starts])
        np.testing.assert_allclose(score_lines(peaks.place[starts], peaks.place[ends], field, 0.05), slow, atol=1e-9)
        best = max(sum(slow[i, j] for i, j in enumerate(order)) for order in itertools.permutations(range(len(ends))))
        assert sum(c.score for c in found if c.limb == limb) == pytest.approx(best)


def test_two_people_share_a_peak_and_neither_falls_apart():
    people, grouping = crossing_people(2), GROUPINGS["fields"]
    people[1] += people[0, COCO_17.index("left_knee")] - people[1, COCO_17.index("left_knee")]
    found = grouping.group(perfect_maps(grouping, people))
    assert_same_people(found, people, within=1.5)


def test_a_joint_that_nobody_sees_does_not_cut_the_leg_off():
    people, grouping = crossing_people(2)[:1], GROUPINGS["fields"]
    people[0, COCO_17.index("left_knee")] = np.nan
    found = grouping.group(perfect_maps(grouping, people))
    assert len(found) == 1
    assert np.isfinite(found.joints[0, COCO_17.index("left_ankle"), 0])


def test_a_low_peak_is_taken_where_a_limb_leads_to_it():
    people, grouping = crossing_people(2)[:1], GROUPINGS["fields"]
    maps, ankle = perfect_maps(grouping, people), COCO_17.index("left_ankle")
    maps["heatmaps"][ankle] *= 0.06
    found = grouping.group(maps)
    assert found.confidence[0, ankle] < grouping.threshold
    assert_same_people(found, people, within=0.8)


def test_personlabs_maps_equal_a_slow_twin_where_people_overlap():
    rng = np.random.default_rng(3)
    grouping, (width, height) = PersonLab(COCO_17, radius=2.5), (14, 11)
    people = rng.uniform(-1, 12, (3, 17, 2))
    people[rng.random((3, 17)) < 0.1] = np.nan
    maps = grouping.make_maps(people, (width, height))
    for joint, y, x in np.ndindex(17, height, width):
        ways = people[:, joint] - (x + 0.5, y + 0.5)
        away = np.nan_to_num(np.hypot(*ways.T), nan=np.inf)
        nearest, inside = int(away.argmin()), bool(away.min() <= 2.5)
        assert maps["discs"][joint, y, x] == inside
        expected = ways[nearest] if inside else np.zeros(2)
        np.testing.assert_allclose(maps["short"][2 * joint : 2 * joint + 2, y, x], expected, atol=1e-5)
        for edge, (start, end) in enumerate(grouping.edges):
            if start == joint:
                target = people[nearest, end] - (x + 0.5, y + 0.5)
                is_known = inside and bool(np.isfinite(target).all())
                assert maps["on_edge"][edge, y, x] == is_known
                expected = target if is_known else np.zeros(2)
                np.testing.assert_allclose(maps["mid"][2 * edge : 2 * edge + 2, y, x], expected, atol=1e-5)


def test_a_joint_without_a_peak_is_taken_where_the_tag_is_the_persons():
    grouping, people = GROUPINGS["tags"], crossing_people(2)
    maps = {name: part.copy() for name, part in perfect_maps(grouping, people).items()}
    ankle = COCO_17.index("left_ankle")
    maps["heatmaps"][ankle] = 0
    column, row = np.floor(people[1, ankle]).astype(int)
    maps["heatmaps"][ankle, row, column], maps["tags"][ankle] = 0.05, 0.0
    maps["tags"][ankle, row, column] = 3.0
    found = grouping.group(maps)
    has_ankle = np.isfinite(found.joints[:, ankle, 0])
    assert has_ankle.sum() == 1
    np.testing.assert_allclose(found.joints[has_ankle, ankle][0], (column + 0.5, row + 0.5))
    assert found.confidence[has_ankle, ankle][0] == pytest.approx(0.05)


def test_hough_scores_equal_a_slow_vote():
    people = crossing_people(2)
    grouping = GROUPINGS["personlab"]
    maps = grouping.make_maps(people, SIZE)
    short = maps["short"] + np.random.default_rng(0).normal(0, 0.4, maps["short"].shape).astype(np.float32)
    fast = compute_hough(maps["discs"][:2], short[:4], grouping.radius)
    slow = np.zeros_like(fast)
    for joint in range(2):
        for row, column in np.argwhere(maps["discs"][joint] > 0):
            x, y = column + short[2 * joint, row, column], row + short[2 * joint + 1, row, column]
            for r in range(SIZE[1]):
                for c in range(SIZE[0]):
                    share = max(0.0, 1 - abs(c - x)) * max(0.0, 1 - abs(r - y))
                    slow[joint, r, c] += share * maps["discs"][joint, row, column] / (np.pi * grouping.radius**2)
    np.testing.assert_allclose(fast, slow, atol=1e-5)


def test_reading_between_cells_is_linear_and_held_at_the_edges():
    maps = np.arange(12, dtype=float).reshape(1, 3, 4)
    places = np.array([[0.5, 0.5], [1.0, 0.5], [1.5, 1.0], [-5.0, -5.0], [9.0, 9.0]])
    np.testing.assert_allclose(read_map(maps, places)[:, 0], [0.0, 0.5, 3.0, 0.0, 11.0])


@pytest.mark.parametrize("skeleton", [COCO_17, SPINE_27, HALPE_26, MPII_16, PENN_ACTION_13], ids=lambda s: s.name)
def test_limbs_join_all_joints(skeleton):
    reached, limbs = {0}, connected_limbs(skeleton)
    for _ in limbs:
        reached |= {x for limb in limbs if set(limb) & reached for x in limb}
    assert reached == set(range(len(skeleton)))
