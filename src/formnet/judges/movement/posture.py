"""Canonical form of a body: smooth, from the same place, facing the same way, on the same skeleton.

Axes as everywhere: y down. A body that faces the camera has its left hip towards +x and looks along -z.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from formnet.geometry.vectors import compute_unit_vectors
from formnet.judges.parts.body import parents_first
from formnet.motion import FloatArray, Motion
from formnet.skeleton import Skeleton

N_START = 5
"""Frames at the beginning that tell where a person stands and faces."""
LEG = ("left_knee", "left_ankle", "right_knee", "right_ankle")


def measure_limb_lengths(positions: FloatArray, skeleton: Skeleton) -> FloatArray:
    """(J,) median length from each joint to its parent; 0 at the root."""
    parents = [skeleton.parent(joint) or joint for joint in skeleton.joints]
    limbs = positions - positions[:, skeleton.indices(parents)]
    return np.asarray(np.median(np.linalg.norm(limbs, axis=-1), axis=0))


def average_limb_lengths(bodies: Sequence[Motion]) -> FloatArray:
    """(J,) mean limb lengths of several bodies, left and right alike, in lengths of a leg (hip–knee–ankle)."""
    skeleton = bodies[0].skeleton
    lengths = np.mean([measure_limb_lengths(body.positions, skeleton) for body in bodies], axis=0)
    lengths = 0.5 * (lengths + lengths[skeleton.mirror])
    return np.asarray(lengths / max(0.5 * lengths[skeleton.indices(LEG)].sum(), 1e-9))


def canonicalise_body(body: Motion, lengths: FloatArray, median_frames: int = 3, sigma_frames: float = 1.0) -> Motion:
    """Smoothed, starting at the origin facing the camera, every limb in its direction but with the given length.

    The path of the pelvis is measured in lengths of the person's own leg.

    Args:
        lengths: (J,) from `average_limb_lengths`.
        median_frames, sigma_frames: of the median filter and the Gaussian that follows.
    """
    skeleton = body.skeleton
    smooth = median_filter(body.positions, size=(median_frames, 1, 1), mode="nearest")
    smooth = gaussian_filter1d(smooth, sigma_frames, axis=0, mode="nearest")
    root = skeleton.index("pelvis")
    smooth = smooth - smooth[:N_START, root].mean(axis=0)
    hips = (smooth[:N_START, skeleton.index("left_hip")] - smooth[:N_START, skeleton.index("right_hip")]).mean(axis=0)
    smooth = turn_about_gravity(smooth, float(np.arctan2(hips[2], hips[0])))
    own_leg = 0.5 * measure_limb_lengths(smooth, skeleton)[skeleton.indices(LEG)].sum()
    result = np.zeros_like(smooth)
    for joint in parents_first(skeleton):
        number, parent = skeleton.index(joint), skeleton.parent(joint)
        if parent is None:
            result[:, number] = smooth[:, number] / max(own_leg, 1e-9)
        else:
            above = skeleton.index(parent)
            limb = compute_unit_vectors(smooth[:, number] - smooth[:, above], degenerate=0.0)
            result[:, number] = result[:, above] + limb * lengths[number]
    return body.replace(positions=result, unit="body")


def turn_about_gravity(positions: FloatArray, angle_rad: float) -> FloatArray:
    """Positions (…, 3) turned about the vertical; the direction (cos a, ·, sin a) comes to lie along +x."""
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    turned = np.array(positions, dtype=np.float64)
    turned[..., 0] = cosine * positions[..., 0] + sine * positions[..., 2]
    turned[..., 2] = -sine * positions[..., 0] + cosine * positions[..., 2]
    return turned
