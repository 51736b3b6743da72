"""Limb lengths of a body at rest: what other people's limbs are normalised to."""

from __future__ import annotations

import numpy as np

from formnet.body.load import load_body
from formnet.body.model import Body
from formnet.skeleton import BLAZEPOSE_33, SKELETONS, SMPL_24


def reference_places(body: Body, betas: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Every joint the body knows in the rest pose, joint name → (3,) metres; world axes, pelvis at 0.

    SMPL joints, BlazePose's landmarks, and the top of the head.
    """
    shape = np.zeros(len(body.shape_names)) if betas is None else np.asarray(betas, dtype=float)
    places = dict(zip(BLAZEPOSE_33.joints, body.landmarks(shape), strict=True))
    for name, place in zip(SMPL_24.joints, body.joints(shape), strict=True):
        # Both sets have a foot index: the landmark is at the toe, where estimators put it.
        if not name.endswith("foot_index"):
            places[name] = place
    shaped = body.data.template + body.data.shape_directions @ shape
    pelvis = body.data.joint_regressor[0] @ shaped
    head = body.data.skin_weights[:, SMPL_24.index("head")] > 0.9
    crown = float((shaped[head, 1] - pelvis[1]).max())
    places["head_top"] = np.array([0.0, -crown, places["head"][2]])
    return places


def reference_limb_lengths(body: Body | None = None, betas: np.ndarray | None = None) -> dict[tuple[str, str], float]:
    """Lengths in metres of all limbs, (parent joint, child joint) → length.

    Args:
        body: the body measured; the built-in one if None.
        betas: (S,) its shape; the average person if None.

    Returns:
        The limbs of every joint set in `formnet.skeleton` whose joints the body has, among them all of
        SMPL-24, HMR-19 and BlazePose-33. `left_foot_index` is the toe, not SMPL's ball-of-foot joint.
    """
    places = reference_places(load_body() if body is None else body, betas)
    pairs = {pair for skeleton in SKELETONS.values() for pair in skeleton.limbs}
    return {
        (parent, child): float(np.linalg.norm(places[child] - places[parent]))
        for parent, child in sorted(pairs)
        if parent in places and child in places
    }
