"""Joint names as tools write them → formnet's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from formnet.skeleton import SKELETONS

MIN_JOINTS = 6
"""Fewer names of joints, or columns of points, may stand in a file of anything."""

_KNOWN = frozenset(joint for skeleton in SKELETONS.values() for joint in skeleton.joints)
_SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}
_SIDED = {
    **{name: name for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "eye", "ear", "pinky",
                               "index", "thumb", "hand", "collar", "mouth", "eye_inner", "eye_outer", "foot_index",
                               "small_toe")},
    "inner_eye": "eye_inner", "outer_eye": "eye_outer", "clavicle": "collar",
    "toe": "foot_index", "big_toe": "foot_index", "bigtoe": "foot_index", "toes": "foot_index", "foot": "foot_index",
    "smalltoe": "small_toe", "little_toe": "small_toe",
}  # fmt: skip
_OF_BONES = {
    "up_leg": "hip", "leg": "knee", "foot": "ankle", "toes": "foot_index", "arm": "shoulder", "shoulder_1": "shoulder",
    "forearm": "elbow", "hand": "wrist",
}  # fmt: skip
"""Names of joints by the bone that begins there, with the word joint: Vision's and ARKit's `left_upLeg_joint`."""
_MIDDLE = {
    "nose": "nose", "neck": "neck", "upper_neck": "neck", "c7": "neck", "head_bottom": "neck",
    "head": "head_top", "head_top": "head_top", "top_head": "head_top", "vertex": "head_top",
    "hip": "pelvis", "hips": "pelvis", "pelvis": "pelvis", "mid_hip": "pelvis", "midhip": "pelvis", "root": "pelvis",
    "spine_base": "pelvis", "waist": "pelvis", "spine_navel": "spine1", "spine_mid": "spine1", "spine_chest": "spine3",
    "spine_shoulder": "spine3", "hip_center": "pelvis", "center_hip": "pelvis", "hip_middle": "pelvis",
    "chest": "spine3", "thorax": "spine3", "sternum": "spine3", "spine": "spine1",
    "spine1": "spine1", "spine2": "spine2", "spine3": "spine3",
}  # fmt: skip


@lru_cache(maxsize=4096)
def plain_key(name: str) -> str:
    """A key or the name of a column without capitals, blanks and signs: `Frame #`, `frame_no.` → `frame`, `frameno`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def plain(node: Mapping[Any, Any]) -> dict[str, Any]:
    """An object by its keys without capitals and signs; openpifpaf's `id_`, which follows people, is no `id`."""
    return {key if key == "id_" else plain_key(key): value for key, value in node.items() if isinstance(key, str)}


def joint_named(name: str) -> str | None:
    """formnet's name of a joint (`RBigToe`, `right-big toe` → `right_foot_index`); None for what is no joint."""
    if name in _KNOWN:
        return name
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip())
    words = [word for word in re.split(r"[^a-z0-9]+", split.lower()) if word]
    sides = [_SIDES[word] for word in words if word in _SIDES]
    rest = "_".join(word for word in words if word not in _SIDES)
    if rest.endswith("_joint"):
        rest = rest.removesuffix("_joint")
        rest = _OF_BONES.get(rest, rest) if sides else rest.removesuffix("_1")
    if len(sides) == 1 and rest in _SIDED:
        return f"{sides[0]}_{_SIDED[rest]}"
    return _MIDDLE.get(rest) if not sides else None


def are_joints(names: Iterable[object]) -> bool:
    """Whether names, of keys or columns, are those of joints: at least `MIN_JOINTS` are."""
    return sum(joint_named(str(name)) is not None for name in names) >= MIN_JOINTS
