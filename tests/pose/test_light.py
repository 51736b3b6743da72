"""Where nobody is seen for lack of light, it is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from formnet.errors import PoseError
from formnet.pose.estimator import estimate_pose
from formnet.pose.people import SeenPeople
from formnet.pose.video import Frame
from formnet.skeleton import BLAZEPOSE_33
from tests.pose.videos import make_video


class SeesNobody:
    """An estimator that finds no person in any picture."""

    name, version, skeleton, eyes = "nobody", "0", BLAZEPOSE_33, None

    def follow(self, frames: Iterable[Frame]) -> Iterator[SeenPeople]:
        for frame in frames:
            yield SeenPeople(frame.timestamp_s, frame.image.shape[1], frame.image.shape[0], ())


@pytest.mark.parametrize(("grey", "is_dark"), [(0, True), (30, True), (90, False), (250, False)])
def test_dark_pictures_are_said_where_nobody_is_seen(grey: int, is_dark: bool, tmp_path: Path) -> None:
    clip = make_video(tmp_path / "a.mp4", [np.full((48, 64, 3), grey, np.uint8)] * 60)
    with pytest.raises(PoseError, match="no person was found in") as raised:
        estimate_pose(clip, estimator=SeesNobody())  # type: ignore[arg-type]
    assert ("the pictures are dark, mostly below" in str(raised.value)) == is_dark


def test_a_film_that_brightens_is_not_dark(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "a.mp4", [np.full((48, 64, 3), n // 10 * 20, np.uint8) for n in range(100)])
    with pytest.raises(PoseError) as raised:
        estimate_pose(clip, estimator=SeesNobody())  # type: ignore[arg-type]
    assert "dark" not in str(raised.value)
