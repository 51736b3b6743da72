"""The estimator's own 3D: what it sees in the picture, with the depth it guesses.

BlazePose returns joints in the picture and, from another head of its network, in metres. Only the depth is taken
from the metres, which is somewhat more exact than the metres alone. On 70 rendered clips of squats a knee bent below
110° is read 15° too open (median) against 24°, and the mean error of shoulders, elbows, wrists, hips, knees and
ankles about the middle of the hips is 107 mm against 111 mm.
"""

from __future__ import annotations

import numpy as np

from formnet.errors import PoseError
from formnet.motion import FloatArray, Motion

_MEASURED = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "hip", "knee", "ankle"))


def combine_image_and_depth(image: Motion, world: Motion, source: str = "the clip") -> Motion:
    """3D joints (T, J, 3) in metres, the middle of the hips as origin: x and y of the picture, z of the estimator.

    One scale from pixels to metres serves the whole clip, so that changes within it are the picture's. Weak
    perspective: what comes nearer within the clip grows.

    Args:
        image: (T, J, 2) pixels.
        world: (T, J, 3) metres, on the same times.
        source: how to call the clip in errors.

    Raises:
        PoseError: when no frame shows the trunk and legs.
    """
    flat, solid = _centre_on_hips(image), _centre_on_hips(world)
    measured = image.skeleton.indices(_MEASURED)
    size_px = np.sqrt((flat[:, measured] ** 2).sum(axis=(1, 2)))
    size_m = np.sqrt((solid[:, measured, :2] ** 2).sum(axis=(1, 2)))
    seen = np.isfinite(size_px) & np.isfinite(size_m) & (size_px > 0)
    if not seen.any():
        raise PoseError(f"{source} never shows trunk and legs together; film the whole body")
    metres_per_px = float(np.median(size_m[seen] / size_px[seen]))
    positions = np.concatenate([flat * metres_per_px, solid[..., 2:]], axis=-1)
    return world.replace(positions=positions)


def _centre_on_hips(motion: Motion) -> FloatArray:
    middle = 0.5 * (motion.joint("left_hip") + motion.joint("right_hip"))
    return motion.positions - middle[:, None]
