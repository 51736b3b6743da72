"""What a fit aims at: the points of the body that stand for a motion's joints, and smooth paths to start from."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded

from formnet.conversion import conversion_matrix
from formnet.geometry.paths import interpolate_at
from formnet.motion import FloatArray, Motion
from formnet.skeleton import BLAZEPOSE_33, SMPL_24, Skeleton

_DERIVED_TRUST = 0.3
"""Other sources put neck, pelvis or spine elsewhere than SMPL does, so these pull less."""
_TRUNK = ("spine1", "spine2", "spine3", "left_collar", "right_collar")
_OBSERVED_M, _ACCELERATION_M_S2 = 0.02, 2.5
"""Typical error of a joint and typical acceleration in an exercise: their ratio is how much is smoothed."""
_GUESS_WEIGHT = 1e-3
_OUTLIER_M, _ROUNDS = 0.15, 4
"""A joint this far off its path counts a quarter in the next round (Geman & McClure 1987)."""


def is_smpl_like(skeleton: Skeleton) -> bool:
    """Whether a joint set means SMPL's joints by its names: it has all of them."""
    return all(joint in skeleton for joint in SMPL_24.joints)


def compute_point_weights(skeleton: Skeleton) -> tuple[FloatArray, FloatArray]:
    """How the joints of a motion are made of the body's joints and landmarks.

    A set with all of SMPL's joints means them; in any other, hips, shoulders and so on are BlazePose's landmarks,
    the foot index is the toe, and pelvis, neck and head are derived from landmarks by `formnet.conversion`.

    Returns:
        Weights (J, 24 + 33) over SMPL's joints, then BlazePose's landmarks; how far each joint is trusted (J,),
        0 for those the body does not have.
    """
    weights = np.zeros((len(skeleton), len(SMPL_24) + len(BLAZEPOSE_33)))
    trust = np.zeros(len(skeleton))
    derived = conversion_matrix(BLAZEPOSE_33, skeleton)
    for row, joint in enumerate(skeleton.joints):
        if joint in SMPL_24 and (is_smpl_like(skeleton) or joint in _TRUNK):
            weights[row, SMPL_24.index(joint)] = 1.0
            trust[row] = 1.0 if is_smpl_like(skeleton) else _DERIVED_TRUST
        elif np.isfinite(derived[row]).all():
            weights[row, len(SMPL_24) :] = derived[row]
            trust[row] = 1.0 if joint in BLAZEPOSE_33 else _DERIVED_TRUST
    return weights, trust


def smooth_paths(motion: Motion) -> FloatArray:
    """Positions (T, J, 3) smoothed, gaps bridged; a joint that is never seen stays NaN.

    Whittaker's smoother with second divided differences: least Σ w |x − y|² + λ Σ |ẍ|², weighted by confidence and,
    in rounds, less where a joint leaps off its path.
    """
    times = motion.timestamps
    paths = np.full(motion.positions.shape, np.nan)
    penalty = compute_roughness_bands(times) * (_OBSERVED_M / _ACCELERATION_M_S2) ** 2
    for joint in np.flatnonzero(~motion.missing.all(axis=0)):
        seen = ~motion.missing[:, joint]
        # Straight guesses across a gap, with next to no weight, keep its ends from flying off.
        path = interpolate_at(times, times[seen], motion.positions[seen, joint])
        trusted = weights = np.maximum(motion.confidence[:, joint], _GUESS_WEIGHT)
        for _ in range(_ROUNDS):
            bands = penalty.copy()
            bands[0] += trusted
            smooth = solveh_banded(bands, trusted[:, None] * path, lower=True)
            trusted = weights / (1.0 + ((smooth - path) ** 2).sum(axis=1) / _OUTLIER_M**2) ** 2
        paths[:, joint] = smooth
    return paths


def compute_second_differences(times: FloatArray) -> FloatArray:
    """(T-2, 3) weights of a frame, the next and the one after in the second divided difference, 1/s²."""
    before, after = np.diff(times)[:-1], np.diff(times)[1:]
    span = (before + after) / 2
    return np.stack([1 / (before * span), -(1 / before + 1 / after) / span, 1 / (after * span)], axis=-1)


def compute_roughness_bands(times: FloatArray) -> FloatArray:
    """Lower bands (3, T) of DᵀD, D the second divided differences."""
    bands = np.zeros((3, len(times)))
    rows = compute_second_differences(times)
    for first in range(3):
        for second in range(first, 3):
            np.add.at(bands[second - first], np.arange(len(rows)) + first, rows[:, first] * rows[:, second])
    return bands
