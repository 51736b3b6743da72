"""Joint sets by name: the only place where joint numbers exist.

Every joint set is an ordered tuple of names from one anatomical vocabulary. Parents, limbs, body parts
and left/right pairs follow from the names, so a new joint set is one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from formnet.checks import say_value
from formnet.errors import SkeletonError


def name_both_sides(*names: str) -> tuple[str, ...]:
    """Names of joints with their sides: hip → left_hip, right_hip."""
    return tuple(f"{side}_{name}" for name in names for side in ("left", "right"))


# Joint → its ancestors in order of preference. The first that a joint set contains is the parent there; where
# none is, the search goes on above the first. Shoulders and hips hang on neck and shoulders in sets without
# collars or pelvis, as in the tree of Ogata et al. (2019).
_ANCESTORS: dict[str, tuple[str, ...]] = {
    "pelvis": (),
    "spine1": ("pelvis",),
    "spine2": ("spine1",),
    "spine3": ("spine2",),
    "neck": ("spine3",),
    "head": ("neck",),
    "head_top": ("head",),
    "nose": ("head",),
}
_SIDE_ANCESTORS: dict[str, tuple[str, ...]] = {
    "collar": ("spine3",),
    "shoulder": ("{side}_collar", "neck"),
    "elbow": ("{side}_shoulder",),
    "wrist": ("{side}_elbow",),
    "hand": ("{side}_wrist",),
    "pinky": ("{side}_wrist",),
    "index": ("{side}_wrist",),
    "thumb": ("{side}_wrist",),
    "hip": ("pelvis", "{side}_shoulder"),
    "knee": ("{side}_hip",),
    "ankle": ("{side}_knee",),
    "heel": ("{side}_ankle",),
    "foot_index": ("{side}_ankle",),
    "small_toe": ("{side}_ankle",),
    "eye_inner": ("nose",),
    "eye": ("nose",),
    "eye_outer": ("nose",),
    "ear": ("{side}_eye",),
    "mouth": ("nose",),
}
for _name, _ancestors in _SIDE_ANCESTORS.items():
    for _side in ("left", "right"):
        _ANCESTORS[f"{_side}_{_name}"] = tuple(ancestor.format(side=_side) for ancestor in _ancestors)

_PART_OF = {
    "head": ("head", "head_top", "nose", *name_both_sides("eye_inner", "eye", "eye_outer", "ear", "mouth")),
    "trunk": ("pelvis", "spine1", "spine2", "spine3", "neck", *name_both_sides("collar", "shoulder", "hip")),
    **{f"{s}_arm": tuple(f"{s}_{j}" for j in ("shoulder", "elbow", "wrist", "hand", "pinky", "index", "thumb"))
       for s in ("left", "right")},
    **{f"{s}_leg": tuple(f"{s}_{j}" for j in ("hip", "knee", "ankle", "heel", "foot_index", "small_toe"))
       for s in ("left", "right")},
}  # fmt: skip


@dataclass(frozen=True)
class Skeleton:
    """An ordered joint set.

    Attributes:
        name: how files and checkpoints refer to it.
        joints: joint names in storage order.
    """

    name: str
    joints: tuple[str, ...]

    def __post_init__(self) -> None:
        unknown = [joint for joint in self.joints if joint not in _ANCESTORS]
        if unknown:
            shown = ", ".join(map(say_value, unknown[:5])) + (", …" if len(unknown) > 5 else "")
            raise SkeletonError(
                f"skeleton {say_value(self.name)} names unknown joints {shown}; use {', '.join(sorted(_ANCESTORS))}"
            )
        if len(set(self.joints)) != len(self.joints):
            raise SkeletonError(f"skeleton {say_value(self.name)} names a joint twice; every joint may stand once")

    def __len__(self) -> int:
        return len(self.joints)

    def __contains__(self, joint: object) -> bool:
        return joint in self._number

    @cached_property
    def _number(self) -> dict[str, int]:
        return {joint: number for number, joint in enumerate(self.joints)}

    def index(self, joint: str) -> int:
        """Storage number of a joint; raises `SkeletonError` naming the joints there are."""
        try:
            return self._number[joint]
        except KeyError:
            raise SkeletonError(
                f"the joint set {self.name!r} has no {joint!r}; it has {', '.join(self.joints)}"
            ) from None

    def indices(self, joints: Iterable[str]) -> np.ndarray:
        """Storage numbers of several joints, shape (n,)."""
        return np.array([self.index(joint) for joint in joints], dtype=np.intp)

    def parent(self, joint: str) -> str | None:
        """The nearest anatomical ancestor that this joint set contains, or None at its root."""
        self.index(joint)
        above = _ANCESTORS[joint]
        while above:
            for ancestor in above:
                if ancestor in self._number:
                    return ancestor
            above = _ANCESTORS[above[0]]
        return None

    @cached_property
    def limbs(self) -> tuple[tuple[str, str], ...]:
        """(parent, child) pairs; several roots (a set without pelvis) are joined side by side."""
        tree = [(parent, joint) for joint in self.joints if (parent := self.parent(joint)) is not None]
        across = [
            (f"left_{joint}", f"right_{joint}")
            for joint in ("hip", "shoulder", "eye")
            if f"left_{joint}" in self and self.parent(f"left_{joint}") is None and f"right_{joint}" in self
        ]
        return tuple(tree + across)

    @cached_property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Body part → its joints in this set: head, trunk, left_arm, right_arm, left_leg, right_leg."""
        found = {part: tuple(j for j in joints if j in self) for part, joints in _PART_OF.items()}
        return {part: joints for part, joints in found.items() if joints}

    @cached_property
    def mirror(self) -> np.ndarray:
        """Permutation (J,) that swaps every left joint with its right twin."""
        return np.array([self._number[mirror_name(joint)] if mirror_name(joint) in self else self._number[joint]
                         for joint in self.joints], dtype=np.intp)  # fmt: skip


def mirror_name(joint: str) -> str:
    """`left_knee` ↔ `right_knee`; joints of the midline keep their name."""
    if joint.startswith("left_"):
        return "right_" + joint.removeprefix("left_")
    if joint.startswith("right_"):
        return "left_" + joint.removeprefix("right_")
    return joint


def _chain(side: str, *joints: str) -> tuple[str, ...]:
    return tuple(f"{side}_{joint}" for joint in joints)


BLAZEPOSE_33 = Skeleton(
    "blazepose33",
    (
        "nose",
        *_chain("left", "eye_inner", "eye", "eye_outer"),
        *_chain("right", "eye_inner", "eye", "eye_outer"),
        *name_both_sides("ear", "mouth", "shoulder", "elbow", "wrist", "pinky", "index", "thumb"),
        *name_both_sides("hip", "knee", "ankle", "heel", "foot_index"),
    ),
)
HMR_19 = Skeleton(
    "hmr19",
    (
        *_chain("right", "ankle", "knee", "hip"),
        *_chain("left", "hip", "knee", "ankle"),
        *_chain("right", "wrist", "elbow", "shoulder"),
        *_chain("left", "shoulder", "elbow", "wrist"),
        "neck",
        "head_top",
        "nose",
        *name_both_sides("eye", "ear"),
    ),
)
COCO_17 = Skeleton(
    "coco17",
    ("nose", *name_both_sides("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")),
)
_OPENPOSE_ARMS = (*_chain("right", "shoulder", "elbow", "wrist"), *_chain("left", "shoulder", "elbow", "wrist"))
_RIGHT_LEG, _LEFT_LEG = _chain("right", "hip", "knee", "ankle"), _chain("left", "hip", "knee", "ankle")
_EYES_AND_EARS = ("right_eye", "left_eye", "right_ear", "left_ear")
COCO_18 = Skeleton("coco18", ("nose", "neck", *_OPENPOSE_ARMS, *_RIGHT_LEG, *_LEFT_LEG, *_EYES_AND_EARS))
MPI_15 = Skeleton("mpi15", ("head", "neck", *_OPENPOSE_ARMS, *_RIGHT_LEG, *_LEFT_LEG, "spine3"))
BODY_25 = Skeleton(
    "body25",
    (
        "nose", "neck", *_OPENPOSE_ARMS, "pelvis", *_RIGHT_LEG, *_LEFT_LEG, *_EYES_AND_EARS,
        *_chain("left", "foot_index", "small_toe", "heel"),
        *_chain("right", "foot_index", "small_toe", "heel"),
    ),
)  # fmt: skip
HALPE_26 = Skeleton(
    "halpe26",
    (*COCO_17.joints, "head_top", "neck", "pelvis", *name_both_sides("foot_index", "small_toe", "heel")),
)
_FEET = (*_chain("left", "foot_index", "small_toe", "heel"), *_chain("right", "foot_index", "small_toe", "heel"))
COCO_23 = Skeleton("coco23", (*COCO_17.joints, *_FEET))
"""Body and feet of COCO-WholeBody."""
BODY_25B = Skeleton("body25b", (*COCO_17.joints, "neck", "head_top", *_FEET))
BODY_19 = Skeleton("body19", BODY_25.joints[:19])
LSP_14 = Skeleton(
    "lsp14",
    (
        *_chain("right", "ankle", "knee", "hip"), *_LEFT_LEG,
        *_chain("right", "wrist", "elbow", "shoulder"), *_chain("left", "shoulder", "elbow", "wrist"),
        "neck", "head_top",
    ),
)  # fmt: skip
CROWDPOSE_14 = Skeleton(
    "crowdpose14", (*name_both_sides("shoulder", "elbow", "wrist", "hip", "knee", "ankle"), "head_top", "neck")
)
SMPL_24 = Skeleton(
    "smpl24",
    (
        "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle",
        "right_ankle", "spine3", "left_foot_index", "right_foot_index", "neck", "left_collar", "right_collar",
        "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
        "left_hand", "right_hand",
    ),
)  # fmt: skip
LIFTED_32 = Skeleton("lifted32", (*SMPL_24.joints, "head_top", "nose", *name_both_sides("eye", "ear", "heel")))
"""What 2D joints are lifted to: SMPL's joints with the spine, all that `HMR_19` needs, and heels."""
KINECT_22 = Skeleton(
    "kinect22",
    (
        "pelvis", "spine1", "spine3", "neck", "head", "head_top",
        *_chain("left", "collar", "shoulder", "elbow", "wrist"),
        *_chain("right", "collar", "shoulder", "elbow", "wrist"),
        *_chain("left", "hip", "knee", "ankle", "foot_index"),
        *_chain("right", "hip", "knee", "ankle", "foot_index"),
    ),
)  # fmt: skip
SQUAT7_19 = Skeleton(
    "squat7",
    ("nose", *name_both_sides("eye", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index")),
)
SQUAT_25 = Skeleton("squat25", (*SQUAT7_19.joints, "pelvis", "spine1", "spine2", "spine3", "neck", "head"))
"""`SQUAT7_19` with the spine, which rounds and arches."""
SPINE_27 = Skeleton(
    "spine27",
    (*COCO_17.joints, *name_both_sides("heel", "foot_index"), "pelvis", "spine1", "spine2", "spine3", "neck", "head"),
)
"""COCO's joints with feet and spine: what pictures of rendered people are labelled with."""
MPII_16 = Skeleton(
    "mpii16",
    (
        "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "spine3", "neck",
        "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
    ),
)  # fmt: skip
PENN_ACTION_13 = Skeleton("penn13", ("head", *name_both_sides("shoulder", "elbow", "wrist", "hip", "knee", "ankle")))
UIPRMD_VICON_22 = Skeleton(
    "uiprmd_vicon22",
    (
        "head", "neck", "spine3", "pelvis",
        *name_both_sides("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "heel", "foot_index"),
    ),
)  # fmt: skip

SKELETONS: dict[str, Skeleton] = {
    skeleton.name: skeleton
    for skeleton in (
        BLAZEPOSE_33, HMR_19, COCO_17, COCO_18, MPI_15, BODY_25, HALPE_26, SMPL_24, LIFTED_32, KINECT_22,
        SQUAT7_19, SQUAT_25, SPINE_27, MPII_16, PENN_ACTION_13, UIPRMD_VICON_22,
        COCO_23, BODY_25B, BODY_19, LSP_14, CROWDPOSE_14,
    )
}  # fmt: skip


def skeleton_named(name: str) -> Skeleton:
    """Looks a joint set up; raises `SkeletonError` listing the known names."""
    try:
        return SKELETONS[name]
    except KeyError:
        raise SkeletonError(f"unknown joint set {name!r}; use one of {', '.join(SKELETONS)}") from None
