"""Blocks of features of curves (N, channels, T): how much they move, and how they move together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from formnet.motion import FloatArray


def compute_log_amplitudes(curves: FloatArray, floor: float = 0.01) -> FloatArray:
    """(N, 7·channels): how much each curve moves, whatever the posture it moves about.

    Logarithms of deviation, range (2–98 %), mean speed, mean excursion from the start, greatest excursion up and down,
    and mean acceleration. In logarithms a person who does everything larger is only shifted.
    """
    speed = np.diff(curves, axis=-1)
    low, high = np.quantile(curves, [0.02, 0.98], axis=-1)
    excursion = curves - curves[..., :3].mean(axis=-1, keepdims=True)
    amounts = [
        curves.std(axis=-1),
        high - low,
        10.0 * np.abs(speed).mean(axis=-1),
        np.abs(excursion).mean(axis=-1),
        excursion.max(axis=-1),
        (-excursion).max(axis=-1),
        50.0 * np.abs(np.diff(speed, axis=-1)).mean(axis=-1),
    ]
    return np.asarray(np.log(np.abs(np.concatenate(amounts, axis=-1)) + floor))


def compute_covariances(curves: FloatArray, ridge: float = 1e-3) -> FloatArray:
    """(N, channels, channels) covariance of the curves over time; `ridge` keeps it positive definite."""
    centred = curves - curves.mean(axis=-1, keepdims=True)
    return np.asarray(centred @ centred.transpose(0, 2, 1) / curves.shape[-1] + ridge * np.eye(curves.shape[1]))


def compute_correlations(curves: FloatArray, ridge: float = 0.05) -> FloatArray:
    """(N, channels, channels) correlation of the curves over time, blind to how much each moves; `ridge` as above."""
    covariances = compute_covariances(curves)
    deviations = np.sqrt(np.einsum("nii->ni", covariances))
    return np.asarray(covariances / deviations[:, :, None] / deviations[:, None] + ridge * np.eye(curves.shape[1]))


def fit_whitening(covariances: FloatArray) -> FloatArray:
    """(channels, channels) inverse square root of the log-Euclidean mean (Arsigny et al. 2006)."""
    mean_log = apply_to_eigenvalues(covariances, np.log).mean(axis=0)
    return apply_to_eigenvalues(mean_log, lambda values: np.exp(-0.5 * values), floor=-np.inf)


def compute_tangents(covariances: FloatArray, whitening: FloatArray) -> FloatArray:
    """(N, channels·(channels + 1)/2): matrix logarithms of the whitened covariances, as vectors.

    Off-diagonal entries count √2, so that lengths of vectors are Frobenius norms: the log-Euclidean distance
    (Arsigny, Fillard, Pennec and Ayache, Magnetic Resonance in Medicine 2006).
    """
    logs = apply_to_eigenvalues(whitening @ covariances @ whitening, np.log)
    rows, columns = np.triu_indices(covariances.shape[1])
    return np.asarray(logs[:, rows, columns] * np.where(rows == columns, 1.0, np.sqrt(2.0)))


def apply_to_eigenvalues(
    matrices: FloatArray, function: Callable[[FloatArray], FloatArray], floor: float = 1e-9
) -> FloatArray:
    """A function of symmetric matrices (…, n, n) through their eigenvalues, which count as `floor` or more."""
    values, vectors = np.linalg.eigh(matrices)
    changed = function(np.maximum(values, floor))
    return np.asarray((vectors * changed[..., None, :]) @ np.swapaxes(vectors, -1, -2))
