"""Poses of films that several tests look at, estimated once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from formnet.pose.track import PoseTrack


def keep_poses(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Has all estimated poses kept in a folder, also where a caller says that nothing is to be kept."""
    from formnet.pose import estimator

    really_estimate = estimator.estimate_pose

    def estimate(*arguments: Any, cache: Path | None = None, **options: Any) -> PoseTrack:
        return really_estimate(*arguments, cache=cache or folder, **options)

    patch.setattr(estimator, "estimate_pose", estimate)
