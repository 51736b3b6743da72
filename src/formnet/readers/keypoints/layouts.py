"""Which points a row of n points holds: by the names the file gives, else by their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray
from formnet.readers.keypoints.names import joint_named
from formnet.skeleton import (
    BLAZEPOSE_33,
    BODY_19,
    BODY_25,
    BODY_25B,
    COCO_17,
    COCO_18,
    COCO_23,
    CROWDPOSE_14,
    HALPE_26,
    LSP_14,
    MPI_15,
    MPII_16,
    SKELETONS,
    Skeleton,
)

# Points of a row → the joint sets it may be; the points of hands and faces, which come last, are not used.
BY_COUNT: dict[int, tuple[Skeleton, ...]] = {
    14: (LSP_14, CROWDPOSE_14),
    15: (MPI_15,),
    16: (MPII_16,),
    17: (COCO_17,),
    18: (COCO_18,),
    19: (BODY_19,),
    23: (COCO_23,),
    25: (BODY_25, BODY_25B),
    26: (HALPE_26,),
    33: (BLAZEPOSE_33,),
    75: (BLAZEPOSE_33,),  # MediaPipe's body, then both hands
    133: (COCO_23,),  # COCO-WholeBody
    135: (BODY_25B,),  # OpenPose's BODY_135
    136: (HALPE_26,),  # Halpe-136
    501: (BLAZEPOSE_33,),  # MediaPipe's body and face
    543: (BLAZEPOSE_33,),  # the same with both hands
}
COUNTS = ", ".join(map(str, BY_COUNT))
_MIN_NAMED = 6


@dataclass(frozen=True)
class Layout:
    """The joints of a row.

    Attributes:
        columns: number in the row of each joint of the skeleton.
    """

    skeleton: Skeleton
    columns: tuple[int, ...]


def choose_layout(points: FloatArray, names: Sequence[str] | None, source: str) -> Layout:
    """The joints of rows (N, J, 3) whose missing points are NaN.

    Names decide where at least six of them are joints. Else the number of points does; where it fits several joint
    sets, the right one has the shortest limbs, since a wrong one joins points of different limbs.

    Raises:
        InputError: a number of points that no joint set has.
    """
    if names is not None and (named := _layout_of_names(names[: points.shape[1]])) is not None:
        return named
    candidates = BY_COUNT.get(points.shape[1], ())
    if not candidates:
        raise InputError(
            f"{source} holds rows of {points.shape[1]} points, and no joint set has that many; formnet knows {COUNTS}"
        )
    best = candidates[0]
    if len(candidates) > 1:
        best = min(candidates, key=lambda skeleton: _mean_limb(points, skeleton))
    return Layout(best, tuple(range(len(best))))


def _layout_of_names(names: Sequence[str]) -> Layout | None:
    found: dict[str, int] = {}
    for column, name in enumerate(names):
        joint = joint_named(name)
        if joint is not None:
            found.setdefault(joint, column)
    if len(found) < _MIN_NAMED:
        return None
    known = next((skeleton for skeleton in SKELETONS.values() if skeleton.joints == tuple(found)), None)
    skeleton = known or next(
        (one for one in SKELETONS.values() if set(one.joints) == set(found)), Skeleton("named", tuple(found))
    )
    return Layout(skeleton, tuple(found[joint] for joint in skeleton.joints))


def _mean_limb(points: FloatArray, skeleton: Skeleton) -> float:
    """Mean over the limbs of their median length, in units of the rows; infinite where none is seen."""
    lengths = []
    for parent, child in skeleton.limbs:
        apart = np.linalg.norm(points[:, skeleton.index(parent), :2] - points[:, skeleton.index(child), :2], axis=-1)
        if np.isfinite(apart).any():
            lengths.append(float(np.nanmedian(apart)))
    return float(np.mean(lengths)) if lengths else float("inf")
