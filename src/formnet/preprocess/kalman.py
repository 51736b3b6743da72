"""Kalman smoothing of joint paths: constant velocity, and its extended form for limbs of constant length.

Measurements count by their confidence, gaps are bridged by the motion model, and a backward pass (Rauch–Tung–
Striebel) removes the delay.
"""

from __future__ import annotations

import numpy as np

from formnet.errors import InputError
from formnet.geometry.paths import find_runs
from formnet.motion import FloatArray, Motion
from formnet.preprocess.gaps import find_fillable

# Confidences below this would ask for endless variances.
_LEAST_CONFIDENCE = 0.05


def smooth_kalman(motion: Motion, *, noise: float = 0.02, acceleration: float = 8.0, limit_s: float = 0.25) -> Motion:
    """Smooths every joint by itself with a model of constant velocity.

    Args:
        noise: standard deviation of a measurement of confidence 1, in the motion's unit (for pixels e.g. 5).
        acceleration: standard deviation of the acceleration, in units per s² (for pixels e.g. 2000).
        limit_s: gaps of at most this many seconds are filled, with half the lower confidence beside them.

    Raises:
        InputError: noise or acceleration that is not above 0.
    """
    _check(noise, acceleration)
    positions, confidence = motion.positions.copy(), motion.confidence.copy()
    for joint in range(len(motion.skeleton)):
        seen = ~motion.missing[:, joint]
        if seen.sum() < 2:
            continue
        variances = (noise / np.maximum(motion.confidence[:, joint], _LEAST_CONFIDENCE)) ** 2
        path = _smooth_path(motion.timestamps, motion.positions[:, joint], seen, variances, acceleration**2)
        kept = seen | _find_short_gaps(seen, motion.timestamps, limit_s)
        positions[kept, joint] = path[kept]
        confidence[:, joint] = _fill_confidence(confidence[:, joint], kept & ~seen)
    return motion.replace(positions=positions, confidence=confidence)


def smooth_extended_kalman(
    motion: Motion,
    *,
    noise: float = 0.02,
    acceleration: float = 8.0,
    limb_noise: float = 0.005,
    limit_s: float = 0.25,
) -> Motion:
    """Smooths all joints together; limbs keep their median length of the clip (extended Kalman filter).

    The length of each limb is a further measurement, linearised about the current estimate, so that a joint that
    is measured badly is held by its neighbours. For 3D motions: in the picture limbs do change their length.

    Args:
        limb_noise: standard deviation of a limb's length, in the motion's unit; the rest as in `smooth_kalman`.

    Raises:
        InputError: a flat motion, or noise or acceleration that is not above 0.
    """
    _check(noise, acceleration)
    if motion.n_dimensions != 3:
        raise InputError("limbs in the picture have no constant length; choose kalman for joints in the picture")
    if not limb_noise > 0:
        raise InputError(f"limb_noise must be above 0, got {limb_noise}")
    usable = np.flatnonzero((~motion.missing).sum(axis=0) >= 2)
    number = {motion.skeleton.joints[joint]: place for place, joint in enumerate(usable)}
    limbs = [(number[a], number[b]) for a, b in motion.skeleton.limbs if a in number and b in number]
    measured = motion.positions[:, usable]
    seen = ~np.isnan(measured[..., 0])
    lengths = np.array([np.nanmedian(np.linalg.norm(measured[:, b] - measured[:, a], axis=-1)) for a, b in limbs])
    known = np.isfinite(lengths)
    limbs, lengths = [limb for limb, is_known in zip(limbs, known, strict=True) if is_known], lengths[known]
    variances = (noise / np.maximum(motion.confidence[:, usable], _LEAST_CONFIDENCE)) ** 2
    paths = _smooth_body(motion.timestamps, measured, seen, variances, acceleration**2, limbs, lengths, limb_noise**2)
    positions, confidence = motion.positions.copy(), motion.confidence.copy()
    for place, joint in enumerate(usable):
        kept = seen[:, place] | _find_short_gaps(seen[:, place], motion.timestamps, limit_s)
        positions[kept, joint] = paths[kept, place]
        confidence[:, joint] = _fill_confidence(confidence[:, joint], kept & ~seen[:, place])
    return motion.replace(positions=positions, confidence=confidence)


def _check(noise: float, acceleration: float) -> None:
    if not (noise > 0 and acceleration > 0):
        raise InputError(f"noise and acceleration must be above 0, got {noise} and {acceleration}")


def _model(step_s: float, power: float) -> tuple[FloatArray, FloatArray]:
    """Transition (2, 2) of position and velocity and its noise for white acceleration."""
    transition = np.array([[1.0, step_s], [0.0, 1.0]])
    process = power * np.array([[step_s**4 / 4, step_s**3 / 2], [step_s**3 / 2, step_s**2]])
    return transition, process


def _smooth_path(
    times_s: FloatArray, measured: FloatArray, seen: np.ndarray, variances: FloatArray, power: float
) -> FloatArray:
    """One joint (T, D): the coordinates share their covariance, since they share measurement noise and model."""
    n_frames, n_dimensions = measured.shape
    first = int(np.flatnonzero(seen)[0])
    state = np.zeros((n_frames, 2, n_dimensions))
    spread = np.zeros((n_frames, 2, 2))
    ahead, ahead_spread = state.copy(), spread.copy()
    transitions = np.zeros((n_frames, 2, 2))
    mean = np.zeros((2, n_dimensions))
    mean[0] = measured[first]
    covariance = np.diag([variances[first] * 10, power])
    for t in range(n_frames):
        if t > 0:
            transitions[t], process = _model(times_s[t] - times_s[t - 1], power)
            mean = transitions[t] @ mean
            covariance = transitions[t] @ covariance @ transitions[t].T + process
        ahead[t], ahead_spread[t] = mean, covariance
        if seen[t]:
            gain = covariance[:, 0] / (covariance[0, 0] + variances[t])
            mean = mean + gain[:, None] * (measured[t] - mean[0])
            covariance = covariance - np.outer(gain, covariance[0])
        state[t], spread[t] = mean, covariance
    for t in range(n_frames - 2, -1, -1):
        back = spread[t] @ transitions[t + 1].T @ np.linalg.inv(ahead_spread[t + 1])
        state[t] = state[t] + back @ (state[t + 1] - ahead[t + 1])
    return state[:, 0]


def _smooth_body(
    times_s: FloatArray,
    measured: FloatArray,
    seen: np.ndarray,
    variances: FloatArray,
    power: float,
    limbs: list[tuple[int, int]],
    lengths: FloatArray,
    limb_variance: float,
) -> FloatArray:
    """All joints (T, J, D) in one state: positions first, velocities after."""
    n_frames, n_joints, n_dimensions = measured.shape
    size = n_joints * n_dimensions
    mean = np.zeros(2 * size)
    start = np.stack([measured[np.flatnonzero(seen[:, joint])[0], joint] for joint in range(n_joints)])
    mean[:size] = start.ravel()
    covariance = np.diag(np.concatenate([np.full(size, 10 * variances.max()), np.full(size, power)]))
    states, spreads = np.zeros((n_frames, 2 * size)), np.zeros((n_frames, 2 * size, 2 * size))
    ahead, ahead_spreads = states.copy(), spreads.copy()
    transitions = []
    for t in range(n_frames):
        small, process = _model(times_s[t] - times_s[t - 1] if t else 0.0, power)
        transition = np.kron(small, np.eye(size))
        transitions.append(transition)
        if t > 0:
            mean = transition @ mean
            covariance = transition @ covariance @ transition.T + np.kron(process, np.eye(size))
        ahead[t], ahead_spreads[t] = mean, covariance
        rows = np.flatnonzero(np.repeat(seen[t], n_dimensions))
        design = np.zeros((len(rows), 2 * size))
        design[np.arange(len(rows)), rows] = 1.0
        noise = np.repeat(variances[t], n_dimensions)[rows]
        mean, covariance = _update(mean, covariance, design, measured[t].ravel()[rows] - mean[rows], noise)
        if limbs:
            # Lengths are linearised where the positions have brought the estimate.
            design, rest = _linearise(mean[:size].reshape(n_joints, n_dimensions), limbs, lengths, size)
            mean, covariance = _update(mean, covariance, design, rest, np.full(len(limbs), limb_variance))
        states[t], spreads[t] = mean, covariance
    for t in range(n_frames - 2, -1, -1):
        back = np.linalg.solve(ahead_spreads[t + 1], transitions[t + 1] @ spreads[t]).T
        states[t] = states[t] + back @ (states[t + 1] - ahead[t + 1])
    return states[:, :size].reshape(n_frames, n_joints, n_dimensions)


def _update(
    mean: FloatArray, covariance: FloatArray, design: FloatArray, rest: FloatArray, noise: FloatArray
) -> tuple[FloatArray, FloatArray]:
    if not len(rest):
        return mean, covariance
    projected = covariance @ design.T
    gain = np.linalg.solve(design @ projected + np.diag(noise), projected.T).T
    covariance = covariance - gain @ projected.T
    return mean + gain @ rest, 0.5 * (covariance + covariance.T)


def _linearise(
    positions: FloatArray, limbs: list[tuple[int, int]], lengths: FloatArray, size: int
) -> tuple[FloatArray, FloatArray]:
    """Derivative (L, 2·size) of the limbs' lengths and what they lack."""
    n_dimensions = positions.shape[1]
    design = np.zeros((len(limbs), 2 * size))
    rest = np.zeros(len(limbs))
    for row, (a, b) in enumerate(limbs):
        vector = positions[b] - positions[a]
        length = max(float(np.linalg.norm(vector)), 1e-9)
        design[row, b * n_dimensions : (b + 1) * n_dimensions] = vector / length
        design[row, a * n_dimensions : (a + 1) * n_dimensions] = -vector / length
        rest[row] = lengths[row] - length
    return design, rest


def _find_short_gaps(seen: np.ndarray, times_s: FloatArray, limit_s: float) -> np.ndarray:
    """(T,) True in inner gaps of at most `limit_s`."""
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    return find_fillable(~seen, times_s, limit_s + step_s + 1e-9)


def _fill_confidence(confidence: FloatArray, filled: np.ndarray) -> FloatArray:
    result = confidence.copy()
    for start, stop in find_runs(filled):
        result[start:stop] = 0.5 * min(confidence[start - 1], confidence[stop])
    return result
