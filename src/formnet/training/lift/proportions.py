"""Bodies as sources with joints of their own see them: the same directions of the limbs, other lengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.skeleton import LIFTED_32, mirror_name

# Depth sensors and marker sets put hips and shoulders centimetres away from where SMPL has them.
_SPREAD = {
    "hip": 0.25, "collar": 0.2, "shoulder": 0.2, "spine1": 0.1, "spine2": 0.1, "spine3": 0.1, "neck": 0.1, "head": 0.1,
    "head_top": 0.1, "knee": 0.08, "ankle": 0.08, "foot_index": 0.15, "heel": 0.15, "elbow": 0.12, "wrist": 0.12,
    "hand": 0.15,
}  # fmt: skip
"""Standard deviation of the logarithm of the factor on the bone that ends in a joint."""
_ONE_SIDED = 0.02
_PARENTS = [
    None if (parent := LIFTED_32.parent(joint)) is None else LIFTED_32.index(parent) for joint in LIFTED_32.joints
]


def vary_proportions(solid: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.floating]:
    """Joints (N, T, 32, 3) of `LIFTED_32` about the pelvis, every bone of a person as long as before times a factor.

    The factor is the same in all frames and nearly the same left and right.
    """
    spread = np.array([_SPREAD.get(joint.split("_", 1)[1] if mirror_name(joint) != joint else joint, 0.0)
                       for joint in LIFTED_32.joints])  # fmt: skip
    own = rng.normal(size=(len(solid), len(spread)))
    logs = spread * (own + own[:, LIFTED_32.mirror]) / np.sqrt(2)
    logs += _ONE_SIDED * (spread > 0) * rng.normal(size=logs.shape)
    varied = solid.copy()
    # Parents come before their children in the list.
    for joint, parent in enumerate(_PARENTS):
        if parent is not None:
            bone = solid[:, :, joint] - solid[:, :, parent]
            varied[:, :, joint] = varied[:, :, parent] + np.exp(logs[:, joint])[:, None, None] * bone
    return varied
