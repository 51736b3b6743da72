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
    for row in range(count):
        for _ in range(views):
            camera = sample_camera(rng)
            seen = camera.to_camera(landmarks[row])
            motions.append(_estimate(seen, repetitions.timestamps[row], estimator, rng, noise))
            rows.append(row)
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
) -> Motion:
    if estimator is None:
        positions, confidence = centre_on_hips(seen), np.ones(seen.shape[:2])
    else:
        step_s = float(np.median(np.diff(timestamps)))
        estimated, visibility = estimator.estimate(seen[None], step_s, rng, noise)
        positions, confidence = estimated[0], np.clip(visibility[0], 0.0, 1.0)
    return Motion(positions.astype(np.float64), confidence.astype(np.float64), timestamps, BLAZEPOSE_33, "metre")
