"""How far lifted joints are from the truth: one pure function per figure.

All take positions (T, J, 3) in metres. `evaluated` (T, J) says which joints count; left out, those count whose
truth is known. A joint that counts but that the prediction lacks (NaN) makes the figure NaN instead of scoring
zero: pass an `evaluated` without it to measure only what was predicted. `compute_pck_3d` alone takes a lacking joint
as wrong. Every function returns a `Total`, so that clips add up to one figure over all their joints and frames.

`root` numbers the joints whose middle is subtracted from each frame before comparing (see `root_joints`); frames
whose true root is unknown do not count. Published figures are root-relative; None compares absolute places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError, SkeletonError
from formnet.geometry.align import estimate_similarity
from formnet.motion import FloatArray
from formnet.skeleton import Skeleton

BoolArray = NDArray[np.bool_]
Root = Sequence[int] | None
PCK_THRESHOLD_MM = 150.0
"""Mehta et al. (3DV 2017)."""
_MM = 1000.0
_LEAST_POINTS = 3
"""Fewer points than these have no orientation of their own."""


@dataclass(frozen=True)
class Total:
    """A sum and how many addends it has."""

    total: float
    count: float

    @property
    def mean(self) -> float:
        """NaN where nothing was counted."""
        return self.total / self.count if self.count else float("nan")

    def __add__(self, other: Total) -> Total:
        return Total(self.total + other.total, self.count + other.count)


def root_joints(skeleton: Skeleton, root: str = "pelvis") -> tuple[int, ...]:
    """Numbers of the joints whose middle is the root: the named joint, or both hips for a pelvis that is not there.

    Raises:
        SkeletonError: when the set has neither.
    """
    if root in skeleton:
        return (skeleton.index(root),)
    hips = ("left_hip", "right_hip")
    if root == "pelvis" and all(hip in skeleton for hip in hips):
        return tuple(int(number) for number in skeleton.indices(hips))
    raise SkeletonError(f"the joint set {skeleton.name!r} has no {root!r} to measure from; name one of its joints")


def compute_mpjpe_mm(
    predicted: FloatArray, truth: FloatArray, *, root: Root, evaluated: BoolArray | None = None
) -> Total:
    """Mean per-joint position error in mm."""
    predicted, truth, evaluated = _prepare(predicted, truth, evaluated, root)
    return _sum(_distance_mm(predicted, truth)[evaluated])


def compute_n_mpjpe_mm(
    predicted: FloatArray, truth: FloatArray, *, root: Root, evaluated: BoolArray | None = None
) -> Total:
    """Mean per-joint position error in mm after the best scale of each frame about the root (Rhodin et al. 2018).

    The scale is never negative: a prediction that points the other way is not forgiven.
    """
    predicted, truth, evaluated = _prepare(predicted, truth, evaluated, root)
    there = evaluated[..., None]
    square = np.where(there, predicted**2, 0.0).sum(axis=(1, 2))
    product = np.where(there, predicted * truth, 0.0).sum(axis=(1, 2))
    # A NaN in the sums makes the scale and so the whole frame NaN, as it should.
    scale = np.maximum(np.divide(product, square, out=np.zeros_like(product), where=square != 0), 0.0)
    return _sum(_distance_mm(scale[:, None, None] * predicted, truth)[evaluated])


def compute_pa_mpjpe_mm(predicted: FloatArray, truth: FloatArray, *, evaluated: BoolArray | None = None) -> Total:
    """Mean per-joint position error in mm after Procrustes alignment of each frame.

    Rotation, place and scale are forgiven, a reflection is not: it would forgive swapped sides. Frames with fewer
    than three joints that count do not count; a NaN in a joint that counts makes its whole frame NaN.
    """
    predicted, truth, evaluated = _prepare(predicted, truth, evaluated, None)
    errors = [
        _aligned_distance_mm(predicted[frame, here], truth[frame, here])
        for frame, here in enumerate(evaluated)
        if here.sum() >= _LEAST_POINTS
    ]
    return _sum(np.concatenate(errors)) if errors else Total(0.0, 0.0)


def compute_pck_3d(
    predicted: FloatArray,
    truth: FloatArray,
    *,
    root: Root,
    threshold_mm: float = PCK_THRESHOLD_MM,
    evaluated: BoolArray | None = None,
) -> Total:
    """Share of joints that lie within `threshold_mm` of the truth.

    A joint that the prediction lacks is wrong: the share says how much of the body can be relied on, so leaving a
    hard joint out must not look better than a bad guess, and one gap need not void the share of a whole test set.
    """
    predicted, truth, evaluated = _prepare(predicted, truth, evaluated, root)
    return _sum((_distance_mm(predicted, truth)[evaluated] <= threshold_mm).astype(float))


def compute_acceleration_error_mm_s2(
    predicted: FloatArray,
    truth: FloatArray,
    timestamps: FloatArray,
    *,
    root: Root,
    evaluated: BoolArray | None = None,
) -> Total:
    """Mean distance of the joints' accelerations in mm/s² (Kanazawa et al. 2019, here with the true times).

    A joint counts in a frame where it counts in the frames before and after, too.

    Args:
        timestamps: (T,) seconds, strictly increasing, any steps.

    Raises:
        InputError: for times of another number or order.
    """
    predicted, truth, evaluated = _prepare(predicted, truth, evaluated, root)
    timestamps = np.asarray(timestamps, dtype=np.float64)
    if timestamps.shape != predicted.shape[:1] or not (np.diff(timestamps) > 0).all():
        raise InputError(
            f"expected {len(predicted)} strictly increasing times, got shape {timestamps.shape}; "
            "give the motion's own timestamps"
        )
    if len(timestamps) < 3:
        return Total(0.0, 0.0)
    throughout = evaluated[:-2] & evaluated[1:-1] & evaluated[2:]
    error = compute_acceleration(predicted, timestamps) - compute_acceleration(truth, timestamps)
    return _sum((_MM * np.linalg.norm(error, axis=-1))[throughout])


def compute_acceleration(positions: FloatArray, timestamps: FloatArray) -> FloatArray:
    """Second divided difference (T-2, …) of paths (T, …), exact for parabolas whatever the time steps."""
    steps = np.diff(timestamps).reshape(-1, *[1] * (positions.ndim - 1))
    velocity = np.diff(positions, axis=0) / steps
    return 2.0 * np.diff(velocity, axis=0) / (steps[1:] + steps[:-1])


def compute_limb_variation(
    predicted: FloatArray, limbs: Sequence[tuple[int, int]], *, evaluated: BoolArray | None = None
) -> Total:
    """Standard deviation over mean of each limb's length over the clip, summed over the limbs; needs no truth.

    A rigid body has 0. A limb with fewer than two frames does not count; one of no length is NaN.

    Args:
        limbs: pairs of joint numbers (see `limb_joints`).
        evaluated: (T, J); left out, every joint counts in every frame.
    """
    predicted = _positions(predicted)
    evaluated = np.ones(predicted.shape[:2], bool) if evaluated is None else np.asarray(evaluated, bool)
    sums = Total(0.0, 0.0)
    for a, b in limbs:
        lengths = np.linalg.norm(predicted[:, a] - predicted[:, b], axis=-1)[evaluated[:, a] & evaluated[:, b]]
        if len(lengths) > 1:
            mean = float(lengths.mean())
            sums += Total(float(lengths.std()) / mean if mean else float("nan"), 1.0)
    return sums


def limb_joints(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """The limbs of a joint set as pairs of numbers."""
    return tuple((skeleton.index(a), skeleton.index(b)) for a, b in skeleton.limbs)


def compute_swap_rate(
    predicted: FloatArray,
    truth: FloatArray,
    mirror: NDArray[np.intp],
    *,
    root: Root,
    evaluated: BoolArray | None = None,
) -> Total:
    """Share of frames whose prediction comes closer to the truth when its left and right joints change places.

    Closer means a smaller mean distance over the pairs of which both sides count. Frames without such a pair do
    not count, and a tie is no swap. A NaN in a pair that counts makes the share NaN.

    Args:
        mirror: (J,) permutation of the joints, `Skeleton.mirror`.
    """
    predicted, truth, evaluated = _prepare(predicted, truth, evaluated, root)
    paired = evaluated & evaluated[:, mirror] & (mirror != np.arange(len(mirror)))
    as_is, swapped = (
        np.where(paired, _distance_mm(places, truth), 0.0).sum(axis=1) for places in (predicted, predicted[:, mirror])
    )
    better = np.where(np.isnan(as_is + swapped), np.nan, swapped < as_is)
    return _sum(better[paired.any(axis=1)])


def _positions(positions: FloatArray) -> FloatArray:
    positions = np.asarray(positions, dtype=np.float64)
    if positions.ndim != 3 or positions.shape[-1] != 3:
        raise InputError(f"expected positions of shape (frames, joints, 3), got {positions.shape}; give one clip in 3D")
    return positions


def _prepare(
    predicted: FloatArray, truth: FloatArray, evaluated: BoolArray | None, root: Root
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Checked float64 copies about the root, and which joints (T, J) count."""
    predicted, truth = _positions(predicted), _positions(truth)
    if predicted.shape != truth.shape:
        raise InputError(
            f"expected a prediction of shape {truth.shape} like the truth, got {predicted.shape}; "
            "bring both to one joint set and the same frames"
        )
    known: BoolArray = np.asarray(np.isfinite(truth).all(axis=-1))
    wanted: BoolArray = known if evaluated is None else np.asarray(evaluated, dtype=bool)
    if wanted.shape != known.shape:
        raise InputError(f"expected `evaluated` of shape {known.shape}, got {wanted.shape}; give one per joint")
    # Nothing can be said about a joint whose truth is unknown, whoever asks for it.
    counts: BoolArray = np.logical_and(wanted, known)
    if root is not None:
        at = list(root)
        counts = np.logical_and(counts, known[:, at].all(axis=1, keepdims=True))
        predicted = predicted - predicted[:, at].mean(axis=1, keepdims=True)
        truth = truth - truth[:, at].mean(axis=1, keepdims=True)
    return predicted, truth, counts


def _distance_mm(a: FloatArray, b: FloatArray) -> FloatArray:
    return _MM * np.linalg.norm(a - b, axis=-1)


def _aligned_distance_mm(predicted: FloatArray, truth: FloatArray) -> FloatArray:
    if not np.isfinite(predicted).all():
        return np.full(len(truth), np.nan)
    if (predicted == predicted[0]).all():
        # One point for all joints: the best place for it is the middle of the truth.
        return _distance_mm(truth.mean(axis=0), truth)
    return _distance_mm(estimate_similarity(predicted, truth).apply(predicted), truth)


def _sum(values: FloatArray) -> Total:
    return Total(float(values.sum()), float(values.size))
