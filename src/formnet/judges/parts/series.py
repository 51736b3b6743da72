"""The plain series that plain judges see."""

from __future__ import annotations

import numpy as np

from formnet.errors import DataError, SkeletonError
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable

N_FRAMES = 100


def compute_series(table: RepetitionTable, n_frames: int = N_FRAMES) -> FloatArray:
    """Joints relative to the hips over time, (N, n_frames, 3·J), resampled linearly from first to last frame.

    Missing joints are interpolated in time, and are 0 (at the hips) where they are never seen.
    """
    return np.stack([_centre_and_resample(motion, n_frames) for motion in table.motions])


def compute_root(motion: Motion) -> FloatArray:
    """(T, D) path of the middle of the hips, or of the pelvis in joint sets without hips."""
    skeleton = motion.skeleton
    if "left_hip" in skeleton and "right_hip" in skeleton:
        return np.asarray(0.5 * (motion.joint("left_hip") + motion.joint("right_hip")))
    if "pelvis" in skeleton:
        return motion.joint("pelvis")
    raise SkeletonError(f"the joint set {skeleton.name!r} has neither hips nor pelvis to centre a motion on")


def fill_missing(values: FloatArray) -> FloatArray:
    """(T, C) with NaN replaced by linear interpolation in time; a channel of NaN alone becomes 0."""
    filled = np.array(values, dtype=np.float64)
    frames = np.arange(len(filled))
    for channel in np.flatnonzero(np.isnan(filled).any(axis=0)):
        known = ~np.isnan(filled[:, channel])
        filled[:, channel] = np.interp(frames, frames[known], filled[known, channel]) if known.any() else 0.0
    return filled


def resample_frames(values: FloatArray, n_frames: int) -> FloatArray:
    """(T, C) → (n_frames, C), linear, first and last frame kept."""
    at = np.linspace(0, len(values) - 1, n_frames)
    below = np.floor(at).astype(np.intp)
    above = np.minimum(below + 1, len(values) - 1)
    weight = (at - below)[:, None]
    return np.asarray((1 - weight) * values[below] + weight * values[above])


def spread_probabilities(learnt: FloatArray, classes: np.ndarray, n_classes: int) -> FloatArray:
    """Columns of the classes that were learnt (N, K) → all classes (N, n_classes)."""
    spread = np.zeros((len(learnt), n_classes))
    spread[:, np.asarray(classes, dtype=np.intp)] = learnt
    return spread


def require_rows(table: RepetitionTable, n_classes: int = 2) -> None:
    """Raises `DataError` when there is nothing to tell apart."""
    found = len(set(table.labels.tolist()))
    if found < n_classes:
        raise DataError(f"expected training rows of at least {n_classes} classes, got {found}; choose another split")


def _centre_and_resample(motion: Motion, n_frames: int) -> FloatArray:
    centred = motion.positions - compute_root(motion)[:, None]
    return resample_frames(fill_missing(centred.reshape(len(motion), -1)), n_frames)
