"""Which way is up, and which way a person faces.

A phone is tilted; leans need the vertical. A person who stands upright has the shoulders over the ankles: that gives
it (DESIGN §4.12), whatever the lens or the tripod.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray

UP: FloatArray = np.array([0.0, -1.0, 0.0])


def estimate_up(ankles: FloatArray, shoulders: FloatArray) -> FloatArray | None:
    """(3,) unit vector from the ankles to the shoulders, the median over standing frames.

    Args:
        ankles, shoulders: (T, 3) middles of the two sides, in any axes with y roughly down; NaN where unseen.

    Returns:
        None where no frame shows both, or the answer lies more than 45° from the picture's own vertical: then the
        person did not stand, or the picture lies on its side.
    """
    directions = shoulders - ankles
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    usable = np.isfinite(length[:, 0]) & (length[:, 0] > 0)
    if not usable.any():
        return None
    up = np.median(directions[usable] / length[usable], axis=0)
    size = float(np.linalg.norm(up))
    if size <= 0 or up @ UP < size * np.cos(np.radians(45.0)):
        return None
    return np.asarray(up / size)


def rotation_between(source: FloatArray, target: FloatArray) -> FloatArray:
    """Smallest rotation (3, 3) that takes the unit vector `source` to `target`; not for opposite vectors."""
    axis = np.cross(source, target)
    cosine = float(source @ target)
    skew = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    return np.asarray(np.eye(3) + skew + skew @ skew / (1.0 + cosine))


def rotation_to_front(across: FloatArray) -> FloatArray:
    """Rotation (3, 3) about the vertical that brings a person's right-to-left direction to +x: they face -z.

    Args:
        across: (3,) from the right to the left side of the body; its height does not count.
    """
    angle = np.arctan2(across[2], across[0])
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def find_standing(hip_deg: FloatArray, knee_deg: FloatArray, threshold_deg: float = 150.0) -> NDArray[np.bool_]:
    """(T,) True where hips and knees are open: the canonical posture of Ogata et al. (2019). Unseen frames are False.

    Args:
        hip_deg: (T,) angle shoulder–hip–knee, 180 when straight.
        knee_deg: (T,) angle hip–knee–ankle.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray((hip_deg >= threshold_deg) & (knee_deg >= threshold_deg))
