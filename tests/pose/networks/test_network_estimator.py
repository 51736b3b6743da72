"""A trained network as an estimator: it follows a person, finds them again, and its tracks are like any other's."""

import numpy as np
import pytest
import torch

from formnet.errors import CheckpointError, InputError, PoseError
from formnet.pose.estimator import create_estimator
from formnet.pose.grouping.heatmaps import make_heatmaps
from formnet.pose.networks.description import PoseNetwork, PoseNetworkSpec, save_pose_network
from formnet.pose.networks.estimator import NetworkEstimator
from formnet.pose.smoothing import IN_PICTURE, smooth_places
from formnet.pose.video import Frame
from formnet.skeleton import Skeleton

SPOTS = Skeleton("spots", ("pelvis", "left_knee", "right_knee"))
SMALL = {"skeleton": SPOTS, "size": (64, 64), "widths": (8, 16), "blocks": (1, 1), "width": 8, "refine": "none"}
SHAPE = np.array([[0.0, -20], [14, 22], [-14, 20]])


class _Spots(torch.nn.Module):
    """Sees the red, green and blue spot as the three joints, and nothing on black."""

    def __init__(self, with_depth=False):
        super().__init__()
        self.with_depth = with_depth

    def forward(self, pictures):
        flat = pictures.flatten(0, -4)
        bright = torch.nn.functional.avg_pool2d(flat.clamp(min=0), 4)
        top = bright.amax(dim=(-2, -1), keepdim=True)
        maps = torch.where(top > 0.1, bright / top.clamp(min=1e-6), torch.zeros(()))
        answer = {"heatmaps": maps.view(*pictures.shape[:-3], *maps.shape[1:])}
        if self.with_depth:
            answer["location"] = torch.full((len(flat), 9, *maps.shape[-2:]), 0.25)
        return [answer]


def film(places, size=(160, 120)):
    for number, place in enumerate(places):
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        if place is not None:
            for channel, (x, y) in enumerate((SHAPE + place).astype(int)):
                picture[y - 3 : y + 3, x - 3 : x + 3, channel] = 255
        yield Frame(number / 30, picture)


def estimator_for(**values):
    spec = PoseNetworkSpec(**{**SMALL, **values})
    asked = []

    def find_box(image):
        lit = np.argwhere(image.max(axis=2) > 0)
        asked.append(len(lit))
        return None if not len(lit) else np.array([lit[:, 1].min(), lit[:, 0].min(), lit[:, 1].max(), lit[:, 0].max()])

    module = _Spots(with_depth=spec.method == "location")
    return NetworkEstimator(PoseNetwork(spec, module), "spots", "1", find_box), asked


@pytest.mark.parametrize("kind", ["deconv", "rpstn"])
def test_follows_one_person_and_asks_the_detector_once(kind):
    estimator, asked = estimator_for(kind=kind, frames=4)
    places = [np.array([50.0 + 1.5 * t, 60.0]) for t in range(22)]
    track = estimator.estimate(film(places))
    assert len(track.image) == 22, "the last, shorter piece counts, too"
    assert track.world is None
    truth = np.array(places)[:, None] + SHAPE
    assert np.abs(track.image.positions - truth).mean() < 4
    assert len(asked) == 1


def test_finds_somebody_again_who_was_away():
    estimator, asked = estimator_for()
    here, there = np.array([50.0, 60.0]), np.array([62.0, 60.0])
    track = estimator.estimate(film([here] * 10 + [None] * 5 + [there] * 10))
    assert track.image.missing[10:15].all()
    assert not track.image.missing[:10].any()
    assert not track.image.missing[16:].any()
    np.testing.assert_allclose(track.image.positions[-1], there + SHAPE, atol=6)
    assert len(asked) == 1 + 5


def test_depth_comes_along_where_the_network_knows_it():
    estimator, _ = estimator_for(method="location")
    track = estimator.estimate(film([np.array([50.0, 60.0])] * 5))
    assert track.world is not None
    np.testing.assert_allclose(track.world.positions, 0.25, atol=1e-6)


def test_nobody_is_a_pose_error():
    estimator, _ = estimator_for()
    with pytest.raises(PoseError, match="no person was found in clip"):
        estimator.estimate(film([None] * 5), source="clip")


def test_whole_pictures_of_several_people():
    """Whoever shows too few joints is left out, as the grouping says."""
    spec = PoseNetworkSpec(**{**SMALL, "size": (160, 120)}, method="tags", sigma=1.5)

    class _Two(torch.nn.Module):
        def forward(self, pictures):
            people = np.stack([SHAPE + np.array(place) for place in ((40, 60), (110, 62))]) / 4
            people[1, 2] = np.nan
            tags = torch.zeros(1, 3, 30, 40)
            tags[..., 20:] = 5.0
            heat = torch.from_numpy(make_heatmaps(people, (40, 30), 1.5))[None]
            return [{"heatmaps": heat.repeat(len(pictures), 1, 1, 1), "tags": tags.repeat(len(pictures), 1, 1, 1)}]

    estimator = NetworkEstimator(PoseNetwork(spec, _Two()), "two", "1")
    frames = list(film([np.array([40.0, 60.0])] * 4))
    seen = list(estimator.follow(frames))
    # Two joints are fewer than a person of this grouping has.
    assert [len(frame.people) for frame in seen] == [1, 1, 1, 1]
    track = estimator.estimate(frames, person=1)
    np.testing.assert_allclose(track.image.positions[-1], SHAPE + np.array([40, 60]), atol=3)


def test_joints_that_are_missing_for_a_while_do_not_spoil_the_rest():
    values = np.cumsum(np.ones((12, 2, 2)), axis=0)
    holes = values.copy()
    holes[4:7, 1] = np.nan
    holes[:2, 0] = np.nan
    times, sizes = np.arange(12) / 30, np.full(12, 50.0)
    smooth = smooth_places(holes, times, sizes, IN_PICTURE)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(holes))
    np.testing.assert_allclose(smooth[:4, 1], smooth_places(values, times, sizes, IN_PICTURE)[:4, 1])
    assert np.abs(smooth[-1] - values[-1]).max() < 3


def test_a_stored_network_is_chosen_by_its_file(tmp_path):
    spec = PoseNetworkSpec(**SMALL)
    path = save_pose_network(tmp_path / "mine", spec, spec.build(), {})
    estimator = create_estimator(str(path))
    assert (estimator.name, estimator.skeleton.joints) == ("mine", SPOTS.joints)
    assert estimator.version.startswith("pose network, sha256 ")
    with pytest.raises(CheckpointError, match="is missing"):
        create_estimator(str(tmp_path / "other.safetensors"))
    with pytest.raises(InputError, match="no pose estimator 'hrnet'; use one of blazepose, opencv-openpose, or a"):
        create_estimator("hrnet")
