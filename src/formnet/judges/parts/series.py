"""The plain series that plain judges see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formnet.errors import DataError, SkeletonError
from formnet.geometry.joints import Joints
from formnet.geometry.paths import interpolate_gaps, resample_frames
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable

N_FRAMES = 100


def compute_series(motions: Sequence[Motion], n_frames: int = N_FRAMES) -> FloatArray:
    """Joints relative to the hips over time, (N, n_frames, 3·J), resampled linearly from first to last frame.

    Missing joints are interpolated in time, and are 0 (at the hips) where they are never seen.
    """
    return np.stack([_centre_and_resample(motion, n_frames) for motion in motions])


def compute_root(motion: Motion) -> FloatArray:
    """(T, D) path of the middle of the hips, or of the pelvis in joint sets without hips."""
    skeleton = motion.skeleton
    if "left_hip" in skeleton and "right_hip" in skeleton:
        return np.asarray(Joints.of(motion).middle("hip"))
    if "pelvis" in skeleton:
        return motion.joint("pelvis")
    raise SkeletonError(f"the joint set {skeleton.name!r} has neither hips nor pelvis to centre a motion on")


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
    return resample_frames(interpolate_gaps(centred.reshape(len(motion), -1), unseen=0.0), n_frames)
