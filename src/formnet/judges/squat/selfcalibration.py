"""A body as its own calibration object: the affine distortion of a triangulation is undone by known limb proportions.

Limbs keep their lengths while they turn, so the symmetric matrix M with v'Mv = length² for all limb vectors v of a clip
tells how space was stretched and sheared (the metric upgrade of self-calibration; Hartley and Zisserman 2004, ch. 19).
M is linear in the squares, so it is found by reweighted least squares, drawn towards no distortion.
"""

from __future__ import annotations

import numpy as np

from formnet.errors import InputError
from formnet.geometry.joints import Joints
from formnet.geometry.vectors import compute_unit_vectors
from formnet.motion import FloatArray
from formnet.skeleton import Skeleton, mirror_name

# (joint, joint, length in shins, weight): proportions of an adult; those on the left stand for both sides.
LIMBS = (
    ("left_hip", "left_knee", 1.05, 1.0),
    ("left_knee", "left_ankle", 1.0, 1.0),
    ("left_shoulder", "left_hip", 1.35, 0.7),
    ("left_shoulder", "right_shoulder", 0.90, 1.0),
    ("left_hip", "right_hip", 0.58, 0.7),
    ("left_heel", "left_foot_index", 0.62, 0.3),
    ("left_shoulder", "left_elbow", 0.70, 0.3),
)
# Lines from left to right stand across the midline of the body.
ACROSS = (("hip", 1.0), ("knee", 0.7), ("ankle", 1.0), ("shoulder", 1.0))
MIDLINE = (("ankle", "knee"), ("knee", "hip"), ("hip", "shoulder"), ("ankle", "shoulder"))
RIDGE = 0.1
N_ROUNDS = 5
MOST_SAMPLES = 40
STRETCH = (0.15, 6.0)


def fit_metric(positions: FloatArray, skeleton: Skeleton) -> FloatArray:
    """(3, 3) symmetric matrix that takes positions (T, J, 3) to undistorted ones in lengths of a shin."""
    sampled = positions[:: max(1, len(positions) // MOST_SAMPLES)]
    limbs = _find_limbs(skeleton)
    vectors = [sampled[:, skeleton.index(a)] - sampled[:, skeleton.index(b)] for a, b, _, _ in limbs]
    ratios = [np.linalg.norm(v, axis=1) / limb[2] for v, limb in zip(vectors, limbs, strict=True)]
    scale = float(np.median(np.concatenate(ratios)))
    if not scale > 0:
        raise InputError("all joints of a repetition lie in one place; check the recording")
    rows = [
        (_products(v, v) / (scale * limb[2]) ** 2, 1.0, limb[3] / len(v))
        for v, limb in zip(vectors, limbs, strict=True)
    ]
    rows += _symmetry_rows(sampled, skeleton)
    products = np.concatenate([row[0] for row in rows])
    targets = np.repeat([row[1] for row in rows], len(sampled))
    weights = np.repeat([row[2] for row in rows], len(sampled))
    entries = _solve_robustly(products, targets, weights)
    a, b, c, ab, ac, bc = entries
    values, vectors_of_metric = np.linalg.eigh(np.array([[a, ab, ac], [ab, b, bc], [ac, bc, c]]))
    return np.asarray((vectors_of_metric * np.sqrt(np.clip(values, *STRETCH))) @ vectors_of_metric.T / scale)


def stand_upright(positions: FloatArray, skeleton: Skeleton) -> FloatArray:
    """(T, J, 3) → components (left, forward, up) of the person's own frame, from between the ankles when standing."""
    joints = Joints(positions, skeleton)
    ankles, shoulders = joints.middle("ankle"), joints.middle("shoulder")
    height = np.median(ankles[:, 1]) - joints.middle("hip")[:, 1]
    standing = find_highest_hips(height)
    up = compute_unit_vectors(np.median((shoulders - ankles)[standing], axis=0), degenerate=0.0)
    left = sum(
        weight * np.median(joints.across(joint), axis=0)
        for joint, weight in (("hip", 1.0), ("shoulder", 1.0), ("ankle", 0.7))
    )
    left = compute_unit_vectors(left - up * (left @ up), degenerate=0.0)
    axes = np.stack([left, np.cross(left, up), up])
    return np.asarray((positions - np.median(ankles[standing], axis=0)) @ axes.T)


def find_highest_hips(height: FloatArray, share: float = 0.12) -> np.ndarray:
    """(T,) True where hips are no more than `share` of the whole descent below their highest (95 %)."""
    highest = np.percentile(height, 95)
    standing = height > highest - share * (highest - height.min())
    # A clip in which nothing moves is all standing.
    return standing if standing.any() else np.ones(len(height), dtype=bool)


def _find_limbs(skeleton: Skeleton) -> list[tuple[str, str, float, float]]:
    both: dict[tuple[str, str], tuple[float, float]] = {}
    for a, b, length, weight in LIMBS:
        both[a, b] = (length, weight)
        if b != mirror_name(a):
            both[mirror_name(a), mirror_name(b)] = (length, weight)
    return [(a, b, *rest) for (a, b), rest in both.items() if a in skeleton and b in skeleton]


def _symmetry_rows(sampled: FloatArray, skeleton: Skeleton) -> list[tuple[FloatArray, float, float]]:
    """u'Mv = 0 for u from right to left and v along the midline."""
    joints, rows = Joints(sampled, skeleton), []
    for joint, weight in ACROSS:
        across = joints.across(joint)
        across = across / _typical_length(across)
        for low, high in MIDLINE:
            along = joints.middle(high) - joints.middle(low)
            rows.append((_products(across, along / _typical_length(along)), 0.0, weight / len(sampled)))
    return rows


def _typical_length(vectors: FloatArray) -> float:
    return max(float(np.median(np.linalg.norm(vectors, axis=1))), 1e-9)


def _products(first: FloatArray, second: FloatArray) -> FloatArray:
    """(n, 6) coefficients of M's entries (xx, yy, zz, xy, xz, yz) in u'Mv."""
    u, v = first.T, second.T
    off = [u[i] * v[j] + u[j] * v[i] for i, j in ((0, 1), (0, 2), (1, 2))]
    return np.stack([u[0] * v[0], u[1] * v[1], u[2] * v[2], *off], axis=1)


def _solve_robustly(products: FloatArray, targets: FloatArray, weights: FloatArray) -> FloatArray:
    """Entries of M; residuals are down-weighted as by Cauchy's loss, entries drawn to those of the unit matrix."""
    prior = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    pull = RIDGE * np.diag([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
    entries = prior
    for _ in range(N_ROUNDS):
        predicted = products @ entries
        robust = weights / (1 + ((predicted - targets) / 0.4) ** 2)
        robust = robust / np.where(targets > 0, np.maximum(predicted, 0.3), 1.0)
        drawn = pull * robust.sum() / 6.0
        normal = products.T @ (robust[:, None] * products) + drawn
        entries = np.linalg.solve(normal, products.T @ (robust * targets) + drawn @ prior)
    return entries
