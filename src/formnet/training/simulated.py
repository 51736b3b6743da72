"""Simulated squats as a table for training: true landmarks, a camera anywhere, and the errors of the estimator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formnet.body.load import load_body
from formnet.errors import InputError
from formnet.faults import WASEDA_CLASSES
from formnet.motion import Motion
from formnet.readers.table import RepetitionTable
from formnet.skeleton import BLAZEPOSE_33
from formnet.synth.camera import sample_camera
from formnet.synth.dataset import sample_repetitions
from formnet.synth.estimator_noise import EstimatorNoise, centre_on_hips, read_estimator_noise

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
) -> RepetitionTable:
    """`count` repetitions of as many people, each seen by `views` cameras.

    Motions are world landmarks as BlazePose would return them (hip-centred, camera axes). Every repetition is
    another person; the groups are crowds of them, so that no person stands on two sides of a split.

    Args:
        noise: factor on the random part of the fitted estimator errors; a negative number leaves the errors out
            altogether.

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
    motions, rows = [], []
    for start in range(0, count, _CHUNK):
        part = np.repeat(np.arange(start, min(start + _CHUNK, count)), views)
        seen = np.stack([sample_camera(rng).to_camera(landmarks[row]) for row in part])
        motions += _estimate(seen, repetitions.timestamps[part], estimator, rng, noise)
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


def _estimate(
    seen: np.ndarray, timestamps: np.ndarray, estimator: EstimatorNoise | None, rng: np.random.Generator, noise: float
) -> list[Motion]:
    """Motions of (N, T, 33, 3) landmarks in camera axes at (N, T) seconds."""
    if estimator is None:
        positions, confidence = centre_on_hips(seen), np.ones(seen.shape[:3])
    else:
        step_s = float(np.median(np.diff(timestamps, axis=1)))
        positions, visibility = estimator.estimate(seen, step_s, rng, noise)
        confidence = np.clip(visibility, 0.0, 1.0)
    return [
        Motion(where.astype(np.float64), sure.astype(np.float64), times, BLAZEPOSE_33, "metre")
        for where, sure, times in zip(positions, confidence, timestamps, strict=True)
    ]
