"""The joints that lifters emit, put together from those of a body."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from formnet.conversion import conversion_matrix
from formnet.skeleton import BLAZEPOSE_33, LIFTED_32, SMPL_24, Skeleton

_BESIDE_SMPL = Skeleton("lifted beside smpl", LIFTED_32.joints[len(SMPL_24) :])
_FROM_LANDMARKS = np.array(conversion_matrix(BLAZEPOSE_33, _BESIDE_SMPL))


def assemble_lifted(landmarks: NDArray[Any], joints: NDArray[Any]) -> NDArray[Any]:
    """`LIFTED_32` (…, 32, 3) about the pelvis from BlazePose landmarks (…, 33, 3) and SMPL joints (…, 24, 3).

    What SMPL has is SMPL's (its `foot_index` is the ball of the foot), the rest is the surface's.
    """
    solid = np.concatenate([joints, _FROM_LANDMARKS.astype(landmarks.dtype) @ landmarks], axis=-2)
    return solid - joints[..., :1, :]
