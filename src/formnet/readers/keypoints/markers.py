"""What TRC and C3D share: named points in space, some of which are joints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from formnet.errors import OtherContentError
from formnet.readers.keypoints.names import joint_named
from formnet.readers.keypoints.tables import skeleton_of
from formnet.skeleton import Skeleton

METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}
"""Of their units of length."""
_MIN_JOINTS = 6


def choose_joints(markers: Sequence[str], path: Path) -> tuple[Skeleton, list[int], tuple[str, ...]]:
    """Which markers are joints: the joint set, their numbers in its order, and a note about the others.

    Raises:
        OtherContentError: too few are.
    """
    joints: dict[str, int] = {}
    for number, marker in enumerate(markers):
        joint = joint_named(marker)
        if joint is not None:
            joints.setdefault(joint, number)
    if len(joints) < _MIN_JOINTS:
        shown = ", ".join(marker[:20] for marker in markers[:4])
        raise OtherContentError(f"{path} holds markers on the skin ({shown}), not joints; export joint centres")
    left_out = len(markers) - len(joints)
    notes = (f"{left_out} markers of {path.name} are no joints and were left out",) if left_out else ()
    return skeleton_of(tuple(joints)), list(joints.values()), notes
