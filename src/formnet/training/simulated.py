"""Simulated squats as a table for training: true landmarks, a camera anywhere, and the errors of the estimator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formnet.body.load import load_body
from formnet.errors import InputError
from formnet.faults import WASEDA_CLASSES
from formnet.lifting.lifter import create_lifter
from formnet.lifting.observation import normalise_points
from formnet.lifting.temporal import NetworkLifter, PointLifter, spread_confidence
from formnet.motion import Motion
from formnet.readers.table import RepetitionTable
from formnet.skeleton import BLAZEPOSE_33, LIFTED_32
from formnet.synth.camera import sample_camera
from formnet.synth.dataset import sample_repetitions
from formnet.synth.detector_noise import DetectorNoise
from formnet.synth.estimator_noise import EstimatorNoise, centre_on_hips, read_estimator_noise
from formnet.training.lift.motions import observe_blazepose, sample_joint_sets

N_GROUPS = 40
_CHUNK = 128


def simulate_table(
    count: int,
    *,
    seed: int = 0,
    frames: int = 96,
    views: int = 1,
    noise: float = 1.0,
    classes: Sequence[str] = WASEDA_CLASSES,
    lifter: str = "picture",
) -> RepetitionTable:
    """`count` repetitions of as many people, each seen by `views` cameras.

    Motions are 3D joints as the lifter gives them from what BlazePose would see (camera axes, hips or pelvis at the
    origin); a lifter that works from the picture also sees the joints of other estimators. Every repetition is
    another person; the groups are crowds of them, so that no person stands on two sides of a split.

    Args:
        noise: factor on the random part of the fitted estimator errors; a negative number leaves the errors out
            altogether.
        lifter: "picture", or a network's name or file (see `formnet.lifting`).

    Raises:
        InputError: for an unknown class, or without a fitted error model.
    """
    if views < 1:
        raise InputError(f"expected one view or more, got {views}")
    rng = np.random.default_rng([seed, 1])
    body = load_body()
    repetitions = sample_repetitions(body, np.random.default_rng([seed, 0]), count, frames=frames, classes=classes)
    landmarks = repetitions.landmarks(body)
    estimator = read_estimator_noise() if noise >= 0 else None
    chosen = create_lifter(lifter)
    network = chosen if isinstance(chosen, NetworkLifter) else None
    if network is None and lifter != "picture":
        raise InputError(f"simulated squats are lifted by picture or a network, got {lifter!r}; choose another lifter")
    motions, rows = [], []
    for start in range(0, count, _CHUNK):
        part = np.repeat(np.arange(start, min(start + _CHUNK, count)), views)
        seen = np.stack([sample_camera(rng).to_camera(landmarks[row]) for row in part])
        times = repetitions.timestamps[part]
        positions, confidence = estimate_landmarks(seen, times, estimator, rng, noise)
        skeleton = BLAZEPOSE_33
        if network is not None:
            positions, confidence = lift_landmarks(network, positions, confidence, times, rng)
            skeleton = LIFTED_32
        motions += [
            Motion(where.astype(np.float64), sure.astype(np.float64), when, skeleton, "metre")
            for where, sure, when in zip(positions, confidence, times, strict=True)
        ]
        rows += part.tolist()
    numbers = np.array(rows)
    position = {name: i for i, name in enumerate(classes)}
    labels = np.array([position[WASEDA_CLASSES[label]] for label in repetitions.labels], dtype=np.int64)
    crowd = numbers * min(N_GROUPS, count) // count
    return RepetitionTable(
        tuple(motions),
        labels[numbers],
        tuple(classes),
        np.array([f"crowd {number}" for number in crowd]),
        tuple(f"simulated-{seed}-{row:06d}-{view}" for row in range(count) for view in range(views)),
    )


def estimate_landmarks(
    seen: np.ndarray,
    timestamps: np.ndarray,
    estimator: EstimatorNoise | None,
    rng: np.random.Generator,
    noise: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Positions (N, T, 33, 3) and confidence (N, T, 33) of landmarks in camera axes at (N, T) seconds."""
    if estimator is None:
        return centre_on_hips(seen), np.ones(seen.shape[:3])
    positions, visibility = estimator.estimate(seen, _step_s(timestamps), rng, noise)
    return positions, np.clip(visibility, 0.0, 1.0)


def detect_landmarks(
    seen: np.ndarray,
    timestamps: np.ndarray,
    estimator: EstimatorNoise,
    detector: DetectorNoise,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """As `estimate_landmarks`, of a detector whose joints lie elsewhere; what it sees at all is as with BlazePose."""
    _, visibility = estimate_landmarks(seen, timestamps, estimator, rng, 0.0)
    return detector.see(seen, _step_s(timestamps), rng), visibility


def lift_landmarks(
    network: PointLifter,
    positions: np.ndarray,
    confidence: np.ndarray,
    timestamps: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Lifted positions (N, T, 32, 3) and confidence from the picture's part of positions (N, T, 33, 3).

    Sources with fewer joints than BlazePose are played, too.
    """
    points, sure = observe_landmarks(positions, confidence, rng, whole_source=False)
    return lift_seen(network, points, sure, timestamps), spread_confidence(sure)


def observe_landmarks(
    positions: np.ndarray, confidence: np.ndarray, rng: np.random.Generator, *, whole_source: bool
) -> tuple[np.ndarray, np.ndarray]:
    """What a lifter is shown of landmarks (N, T, 33, 3): points in the picture (N, T, 24, 2) of `OBSERVED_24`, NaN
    where missing, and confidence (N, T, 24).

    Args:
        whole_source: all joints of BlazePose; False also plays sources with fewer joints.
    """
    points, sure = observe_blazepose(positions[..., :2], confidence)
    if not whole_source:
        hidden = ~sample_joint_sets(rng, len(points))[:, None] & np.ones(points.shape[:3], dtype=bool)
        points[hidden], sure[hidden] = np.nan, 0.0
    sure[np.isnan(points[..., 0])] = 0.0
    return points, sure


def lift_seen(network: PointLifter, points: np.ndarray, confidence: np.ndarray, timestamps: np.ndarray) -> np.ndarray:
    """Joints (N, T, 32, 3) in metres of what `observe_landmarks` gives at (N, T) seconds."""
    normal = np.nan_to_num(normalise_points(points)).astype(np.float32)
    return network.lift_points(normal, confidence, 1.0 / _step_s(timestamps))


def _step_s(timestamps: np.ndarray) -> float:
    return float(np.median(np.diff(timestamps, axis=1)))
