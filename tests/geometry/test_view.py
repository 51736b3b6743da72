import numpy as np
import pytest

from formnet.geometry.view import compute_view_angle_deg, judgeable_views
from formnet.motion import Motion
from formnet.skeleton import COCO_17


def person_turned_by(angle_deg: float) -> Motion:
    """Somebody who faces the camera at 0° and shows the left side at 90°."""
    positions = np.zeros((3, 17, 3))
    turn = np.radians(angle_deg)
    for side, sign in (("left", 1), ("right", -1)):
        for joint in ("hip", "shoulder"):
            positions[:, COCO_17.index(f"{side}_{joint}")] = sign * np.array([np.cos(turn), 0, -np.sin(turn)]) * 0.15
    return Motion(positions, np.ones((3, 17)), np.arange(3) / 30, COCO_17)


@pytest.mark.parametrize("angle_deg", [0.0, 45.0, 90.0, 170.0, -90.0])
def test_view_angle_is_the_turn_of_the_person(angle_deg: float) -> None:
    assert compute_view_angle_deg(person_turned_by(angle_deg)) == pytest.approx(angle_deg)


@pytest.mark.parametrize(
    ("angle_deg", "views"),
    [(0, ("front",)), (180, ("front",)), (90, ("side",)), (-90, ("side",)), (45, ("front", "side"))],
)
def test_each_view_hides_one_plane(angle_deg: float, views: tuple[str, ...]) -> None:
    assert judgeable_views(angle_deg) == views


def test_unknown_view_hides_nothing() -> None:
    flat = person_turned_by(0)
    assert np.isnan(compute_view_angle_deg(flat.replace(positions=flat.positions[..., :2], unit="pixel")))
    assert judgeable_views(float("nan")) == ("front", "side")
