"""Joints that were not found stand where the others leave them."""

import json

import numpy as np
import pytest

from formnet.pose.grouping.base import FoundPeople
from formnet.pose.grouping.shape import PoseShape, complete_people, fit_shape
from formnet.skeleton import COCO_17
from tests.pose.grouping.figures import crossing_people

ANKLES = COCO_17.indices(["left_ankle", "right_ankle"])


def people_who_bend(count: int, seed: int) -> np.ndarray:
    """Figures (P, 17, 2) of any size and place, whose knees go out as far as their hips come down."""
    rng = np.random.default_rng(seed)
    figure = crossing_people(2)[0]
    depth = rng.uniform(0, 12, count)
    people = np.repeat(figure[None], count, axis=0)
    people[:, : COCO_17.index("left_knee"), 1] += depth[:, None]
    for side, way in (("left", 1), ("right", -1)):
        people[:, COCO_17.index(f"{side}_knee"), 0] += way * depth
    return people * rng.uniform(0.5, 2, (count, 1, 1)) + rng.uniform(-50, 50, (count, 1, 2))


@pytest.fixture(scope="module")
def shape() -> PoseShape:
    found = fit_shape(people_who_bend(300, seed=0), COCO_17.mirror)
    assert found is not None
    return found


def test_missing_joints_are_placed_by_how_the_others_stand(shape):
    for person in people_who_bend(10, seed=1):
        missing = COCO_17.indices(["left_knee", "left_hip", "right_ankle", "nose"])
        seen = person.copy()
        seen[missing] = np.nan
        size = np.ptp(person[:, 1])
        assert np.linalg.norm(shape.complete(seen) - person, axis=-1).max() < 0.02 * size
        # The mean person, moved and scaled, would miss the knees.
        np.testing.assert_array_equal(np.delete(shape.complete(seen), missing, 0), np.delete(person, missing, 0))


def test_conditional_mean_equals_a_slow_twin(shape):
    """With place and size known the model is Gaussian regression with the covariance of axes and noise."""
    rng = np.random.default_rng(2)
    mean, axes = np.array(shape.mean), np.array(shape.axes)
    person = mean + np.tensordot(rng.normal(size=len(axes)), axes, axes=1)
    is_known = rng.random(17) < 0.7
    completed = shape.complete(np.where(is_known[:, None], 7 * person + (3, 4), np.nan))
    centred = (completed - (3, 4)) / 7
    covariance = np.tensordot(axes, axes, axes=(0, 0)).reshape(34, 34)
    own = np.repeat(is_known, 2)
    gain = covariance[np.ix_(~own, own)] @ np.linalg.inv(covariance[np.ix_(own, own)] + 0.1**2 * np.eye(own.sum()))
    slow = mean[~is_known].ravel() + gain @ (person - mean)[is_known].ravel()
    np.testing.assert_allclose(centred[~is_known].ravel(), slow, atol=0.05)


def test_people_keep_what_was_found_and_say_what_was_not(shape):
    people = crossing_people(2)
    people[1, ANKLES] = np.nan
    confidence = np.where(np.isnan(people[..., 0]), 0, 0.8)
    found = FoundPeople(people, confidence, np.array([0.8, 0.7]))
    whole = complete_people(found, shape)
    assert np.isfinite(whole.joints).all()
    assert (whole.confidence[1, ANKLES] == 0.02).all()
    np.testing.assert_array_equal(whole.joints[0], people[0])
    np.testing.assert_array_equal(whole.score, found.score)
    assert complete_people(found, None) is found


def test_too_little_is_left_alone(shape):
    person = crossing_people(2)[0]
    person[3:] = np.nan
    np.testing.assert_array_equal(shape.complete(person), person)
    assert fit_shape(people_who_bend(99, seed=0), COCO_17.mirror) is None
    unlabelled = people_who_bend(300, seed=0)
    unlabelled[:, 0] = np.nan
    assert fit_shape(unlabelled, COCO_17.mirror) is None


def test_a_shape_is_stored_in_plain_values(shape):
    assert PoseShape.from_dict(json.loads(json.dumps(shape.to_dict()))) == shape
    with pytest.raises(ValueError, match="a shape has"):
        PoseShape.from_dict({"mean": [[0, 0]], "axes": [[[0, 0], [1, 1]]]})
