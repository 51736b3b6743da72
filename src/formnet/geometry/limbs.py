"""Limb lengths, and bodies rebuilt with other limb lengths along a tree of joints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.errors import SkeletonError
from formnet.motion import FloatArray
from formnet.skeleton import Skeleton

Limb = tuple[str, str]

VIRTUAL_NECK = "neck"


@dataclass(frozen=True)
class LimbTree:
    """A spanning tree over the joints of a skeleton, rooted at the pelvis or the neck.

    Joint sets without a pelvis hang from the neck as in Ogata et al. (2019): neck–shoulder–elbow–wrist,
    shoulder–hip–knee–ankle, neck–head joints. Where there is no neck either, the middle between the shoulders
    stands in for it.

    Attributes:
        skeleton: the joint set.
        root: name of the root joint; `VIRTUAL_NECK` may be no joint of the set.
        order: (parent, child) pairs so that every parent is placed before its children.
    """

    skeleton: Skeleton
    root: str
    order: tuple[Limb, ...]


def compute_limb_tree(skeleton: Skeleton) -> LimbTree:
    """The tree that limb normalisation walks along.

    Raises:
        SkeletonError: when the set has neither a pelvis, nor a neck, nor both shoulders.
    """
    if "pelvis" in skeleton:
        root = "pelvis"
    elif "neck" in skeleton or ("left_shoulder" in skeleton and "right_shoulder" in skeleton):
        root = VIRTUAL_NECK
    else:
        raise SkeletonError(
            f"the joint set {skeleton.name!r} has no pelvis, neck or pair of shoulders to hang limbs from; "
            "use a joint set of a whole body"
        )
    children: dict[str, list[str]] = {}
    for joint in skeleton.joints:
        if joint != root:
            children.setdefault(_tree_parent(skeleton, joint, root), []).append(joint)
    order: list[Limb] = []
    waiting = [root]
    while waiting:
        parent = waiting.pop(0)
        for child in children.get(parent, []):
            order.append((parent, child))
            waiting.append(child)
    assert len(order) == len(skeleton) - (root in skeleton), "the limb tree must reach every joint"
    return LimbTree(skeleton, root, tuple(order))


def _tree_parent(skeleton: Skeleton, joint: str, root: str) -> str:
    side, _, kind = joint.partition("_")
    # Without a pelvis the trunk is the line from the shoulder to the hip of the same side.
    if kind == "hip" and root == VIRTUAL_NECK and f"{side}_shoulder" in skeleton:
        return f"{side}_shoulder"
    if root == VIRTUAL_NECK and kind == "shoulder":
        return root
    return skeleton.parent(joint) or root


def _with_root(tree: LimbTree, positions: FloatArray) -> tuple[dict[str, int], FloatArray]:
    """Joint → column, and positions with a column for a virtual root appended where the set has none."""
    column = {joint: number for number, joint in enumerate(tree.skeleton.joints)}
    if tree.root in column:
        return column, positions
    shoulders = tree.skeleton.indices(("left_shoulder", "right_shoulder"))
    neck = positions[..., shoulders, :].mean(axis=-2, keepdims=True)
    column[tree.root] = len(tree.skeleton)
    return column, np.concatenate([positions, neck], axis=-2)


def compute_limb_lengths(tree: LimbTree, positions: FloatArray) -> dict[Limb, FloatArray]:
    """Length of every limb of the tree in every frame; positions (…, J, D) → arrays (…)."""
    column, positions = _with_root(tree, positions)
    return {
        (parent, child): np.linalg.norm(positions[..., column[child], :] - positions[..., column[parent], :], axis=-1)
        for parent, child in tree.order
    }


def scale_limbs(tree: LimbTree, positions: FloatArray, factors: Mapping[Limb, float | NDArray]) -> FloatArray:
    """Rebuilds bodies with every limb multiplied by its factor, directions kept; the root stays where it is.

    Args:
        positions: (…, J, D); a joint below a missing one becomes missing.
        factors: a number or an array (…) per limb; limbs that are not named keep their length.
    """
    column, source = _with_root(tree, positions)
    rebuilt = source.copy()
    for parent, child in tree.order:
        limb = source[..., column[child], :] - source[..., column[parent], :]
        factor = np.asarray(factors.get((parent, child), 1.0))[..., None]
        rebuilt[..., column[child], :] = rebuilt[..., column[parent], :] + factor * limb
    return rebuilt[..., : len(tree.skeleton), :]
