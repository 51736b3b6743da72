"""Named conversions between joint sets.

A joint that the target has and the source lacks is a fixed linear combination of joints that the source
has; every recipe below is anatomy, written once for all pairs of joint sets.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from formnet.errors import SkeletonError
from formnet.motion import FloatArray, Motion
from formnet.skeleton import Skeleton, mirror_name

_Parts = dict[str, float]

# First recipe whose joints are all there wins. Weights sum to 1, so a shift of the body shifts the joint.
_RECIPES: dict[str, tuple[_Parts, ...]] = {
    "pelvis": ({"left_hip": 0.5, "right_hip": 0.5},),
    "neck": ({"left_shoulder": 0.5, "right_shoulder": 0.5},),
    "spine3": ({"left_shoulder": 0.35, "right_shoulder": 0.35, "left_hip": 0.15, "right_hip": 0.15},),
    "spine2": (
        {"spine1": 0.5, "spine3": 0.5},
        {"left_shoulder": 0.25, "right_shoulder": 0.25, "left_hip": 0.25, "right_hip": 0.25},
    ),
    "spine1": (
        {"pelvis": 0.5, "spine2": 0.5},
        {"left_shoulder": 0.12, "right_shoulder": 0.12, "left_hip": 0.38, "right_hip": 0.38},
    ),
    # The centre of the head lies between the ears; its top as far above that as the shoulders lie below,
    # scaled by the proportion of head height to neck length of the reference body.
    "head": (
        {"left_ear": 0.5, "right_ear": 0.5},
        {"head_top": 0.5, "neck": 0.5},
        {"nose": 1.0},
    ),
    "head_top": (
        {"left_ear": 0.82, "right_ear": 0.82, "left_shoulder": -0.32, "right_shoulder": -0.32},
        {"head": 1.64, "left_shoulder": -0.32, "right_shoulder": -0.32},
        {"head": 1.64, "neck": -0.64},
    ),
    "nose": ({"left_eye": 0.5, "right_eye": 0.5},),
    "left_eye": ({"left_eye_inner": 0.5, "left_eye_outer": 0.5},),
    "left_collar": ({"left_shoulder": 0.7, "right_shoulder": 0.3}, {"left_shoulder": 0.4, "neck": 0.6}),
    "left_hand": (
        {"left_index": 0.5, "left_pinky": 0.5},
        {"left_wrist": 1.35, "left_elbow": -0.35},
    ),
    "left_small_toe": ({"left_foot_index": 1.0},),
}
for _joint in [joint for joint in _RECIPES if joint.startswith("left_")]:
    _RECIPES[mirror_name(_joint)] = tuple(
        {mirror_name(name): weight for name, weight in recipe.items()} for recipe in _RECIPES[_joint]
    )


@lru_cache(maxsize=256)
def conversion_matrix(source: Skeleton, target: Skeleton) -> FloatArray:
    """Weights (J_target, J_source); the row of a joint that cannot be derived is NaN.

    Recipes are applied to the joints of the source only, never to derived ones, so errors do not pile up.
    """
    matrix = np.full((len(target), len(source)), np.nan)
    for row, joint in enumerate(target.joints):
        recipes = ({joint: 1.0}, *_RECIPES.get(joint, ()))
        for recipe in recipes:
            if all(name in source for name in recipe):
                matrix[row] = 0.0
                matrix[row, source.indices(recipe)] = list(recipe.values())
                break
    matrix.setflags(write=False)
    return matrix


def underivable_joints(source: Skeleton, target: Skeleton) -> tuple[str, ...]:
    """Joints of `target` that no recipe derives from `source`."""
    lost = np.flatnonzero(np.isnan(conversion_matrix(source, target)).any(axis=1))
    return tuple(target.joints[row] for row in lost)


def convert_motion(motion: Motion, target: Skeleton, *, allow_missing: bool = False) -> Motion:
    """The motion on another joint set.

    A derived joint is missing where one of its sources is, and its confidence is the least of theirs.

    Args:
        allow_missing: leave joints that cannot be derived NaN instead of refusing.

    Raises:
        SkeletonError: naming the joints that cannot be derived.
    """
    if motion.skeleton == target:
        return motion
    lost = underivable_joints(motion.skeleton, target)
    if lost and not allow_missing:
        raise SkeletonError(
            f"the joint set {motion.skeleton.name!r} cannot give {', '.join(lost)} of {target.name!r}; "
            "use a pose source with these joints or a joint set without them"
        )
    matrix = conversion_matrix(motion.skeleton, target)
    positions = np.full((len(motion), len(target), motion.n_dimensions), np.nan)
    confidence = np.zeros((len(motion), len(target)))
    for row in np.flatnonzero(~np.isnan(matrix).any(axis=1)):
        used = np.flatnonzero(matrix[row])
        positions[:, row] = np.einsum("j,tjd->td", matrix[row, used], motion.positions[:, used])
        confidence[:, row] = motion.confidence[:, used].min(axis=1)
    return motion.replace(positions=positions, confidence=confidence, skeleton=target)
