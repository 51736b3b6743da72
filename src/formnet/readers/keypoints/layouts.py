"""Which points a row of n points holds: by the names the file gives, else by their number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formnet.errors import OtherContentError
from formnet.motion import FloatArray
from formnet.readers.keypoints.names import MIN_JOINTS, joint_named
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
    mirror_name,
)

_AIC_14 = (
    *(f"{side}_{joint}" for joints in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
      for side in ("right", "left") for joint in joints),
    "head_top", "neck",
)  # fmt: skip
_H36M_17 = (
    "pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "spine1", "neck", "nose",
    "head_top", "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
)  # fmt: skip
"""Human3.6M as VideoPose3D, MotionBERT and MMPose number it."""


def _body(side: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names)


_KINECT_ARM, _KINECT_LEG = ("shoulder", "elbow", "wrist", "hand"), ("hip", "knee", "ankle", "foot_index")
_KINECT_LIMBS = (
    *_body("left", *_KINECT_ARM), *_body("right", *_KINECT_ARM), *_body("left", *_KINECT_LEG),
    *_body("right", *_KINECT_LEG),
)  # fmt: skip
_KINECT_20 = ("pelvis", "spine1", "neck", "head", *_KINECT_LIMBS)
_KINECT_25 = (*_KINECT_20, "spine3", None, None, None, None)
"""Kinect v2 and NTU; tips of hands and thumbs come last."""
_AZURE_ARM = ("collar", "shoulder", "elbow", "wrist", "hand", "index", "thumb")
_AZURE_32 = (
    "pelvis", "spine1", "spine3", "neck", *_body("left", *_AZURE_ARM), *_body("right", *_AZURE_ARM),
    *_body("left", *_KINECT_LEG), *_body("right", *_KINECT_LEG), "head", "nose", "left_eye", "left_ear", "right_eye",
    "right_ear",
)  # fmt: skip
_ZED_34 = (*_AZURE_32, "left_heel", "right_heel")
_ZED_38 = (
    "pelvis", "spine1", "spine2", "spine3", "neck", "nose",
    *(f"{side}_{name}" for name in ("eye", "ear", "collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle",
                                    "foot_index", "small_toe", "heel") for side in ("left", "right")),
    *(None for _ in range(8)),
)  # fmt: skip
# Points of a row → the joint sets it may be; the points of hands and faces, which come last, are not used.
BY_COUNT: dict[int, tuple[Skeleton | tuple[str | None, ...], ...]] = {
    14: (LSP_14, CROWDPOSE_14, _AIC_14),
    15: (MPI_15,),
    16: (MPII_16,),
    17: (COCO_17, _H36M_17),
    18: (COCO_18,),
    19: (BODY_19,),
    23: (COCO_23,),
    20: (_KINECT_20,),
    25: (BODY_25, BODY_25B, _KINECT_25),
    26: (HALPE_26,),
    32: (_AZURE_32,),
    33: (BLAZEPOSE_33,),
    34: (_ZED_34,),
    38: (_ZED_38,),
    68: (HALPE_26,),  # Halpe with hands
    75: (BLAZEPOSE_33,),  # MediaPipe's body, then both hands
    133: (COCO_23,),  # COCO-WholeBody
    135: (BODY_25B,),  # OpenPose's BODY_135
    136: (HALPE_26,),  # Halpe-136
    501: (BLAZEPOSE_33,),  # MediaPipe's body and face
    543: (BLAZEPOSE_33,),  # the same with both hands
}
COUNTS = ", ".join(map(str, BY_COUNT))
_NUMBERED = re.compile(r"^(?!marker)\D*\d+\D*$", re.IGNORECASE)
"""Names of points that say their numbers only; markers on the skin are numbered, too."""
_MUCH_LESS = 0.6
"""Left and right of another joint set than the usual one must be less uneven by this factor."""
_FEW_POSES = 5
"""Fewer do not tell."""


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
    sets, in the right one left limbs are as long as right ones, since a wrong one joins points of different limbs;
    a few poses are of the usual set.

    Raises:
        OtherContentError: a number of points that no joint set has, or names of other things than joints.
    """
    if names is not None and (named := _layout_of_names(names[: points.shape[1]])) is not None:
        return named
    if names is not None and any(names) and not all(map(_NUMBERED.match, names)):
        shown = ", ".join(name[:20] for name in names[:4])
        raise OtherContentError(f"{source} names its points ({shown}), but not as joints; export joint centres by name")
    candidates = BY_COUNT.get(points.shape[1], ())
    if not candidates:
        raise OtherContentError(
            f"{source} holds rows of {points.shape[1]} points, and no joint set has that many; formnet knows {COUNTS}"
        )
    layouts = [_layout_of(candidate) for candidate in candidates]
    if len(layouts) == 1 or len(points) < _FEW_POSES:
        return layouts[0]
    odds = [_compute_asymmetry(points[:, list(layout.columns)], layout.skeleton) for layout in layouts]
    most_even = int(np.argmin(odds))
    return layouts[most_even] if odds[most_even] < _MUCH_LESS * odds[0] else layouts[0]


def _layout_of(joints: Skeleton | tuple[str | None, ...]) -> Layout:
    """The layout of a joint set, or of joints in the order of a file; None are points that are no joints."""
    if isinstance(joints, Skeleton):
        return Layout(joints, tuple(range(len(joints))))
    layout = _layout_of_names([joint or "" for joint in joints])
    assert layout is not None
    return layout


def _layout_of_names(names: Sequence[str]) -> Layout | None:
    found: dict[str, int] = {}
    for column, name in enumerate(names):
        joint = joint_named(name)
        if joint is not None:
            found.setdefault(joint, column)
    if len(found) < MIN_JOINTS:
        return None
    known = next((skeleton for skeleton in SKELETONS.values() if skeleton.joints == tuple(found)), None)
    skeleton = known or next(
        (one for one in SKELETONS.values() if set(one.joints) == set(found)), Skeleton("named", tuple(found))
    )
    return Layout(skeleton, tuple(found[joint] for joint in skeleton.joints))


def _compute_asymmetry(points: FloatArray, skeleton: Skeleton) -> float:
    """Mean over pairs of left and right limbs of |log of the ratio of their lengths|; infinite where none is seen."""
    ratios = []
    for parent, child in skeleton.limbs:
        if not child.startswith("left_") or mirror_name(child) not in skeleton or parent == mirror_name(child):
            continue
        pairs = ((parent, child), (mirror_name(parent), mirror_name(child)))
        left, right = (np.linalg.norm(points[:, skeleton.index(a), :2] - points[:, skeleton.index(b), :2], axis=-1)
                       for a, b in pairs)  # fmt: skip
        seen = (left > 0) & (right > 0)
        if seen.any():
            ratios.append(float(np.median(np.abs(np.log(left[seen] / right[seen])))))
    return float(np.mean(ratios)) if ratios else float("inf")
