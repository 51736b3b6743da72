"""Refits the estimator noise: renders squats, lets the real estimator see them, fits the error model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from formnet.files import atomic_path
from formnet.rendered import balanced_requests, estimate_all_rendered
from formnet.synth.estimator_noise import EstimatorNoise
from formnet.training.estimator_noise import EstimatedPair, fit_estimator_noise

FPS = 15.0


def collect_pairs(
    per_class: int, seed: int, n_processes: int = 2, on_clip: Callable[[], None] | None = None
) -> list[EstimatedPair]:
    """Truth and estimate of `per_class` rendered repetitions of each class; clips without a person are left out."""
    pairs = []
    for rendered in estimate_all_rendered(balanced_requests(seed, per_class, fps=FPS, is_padded=False), n_processes):
        if rendered.track is not None:
            world = rendered.track.world
            pairs.append(EstimatedPair(rendered.landmarks, world.positions, world.confidence))
        if on_clip is not None:
            on_clip()
    return pairs


def refit_noise(
    per_class: int, seed: int = 1, n_processes: int = 2, on_clip: Callable[[], None] | None = None
) -> EstimatorNoise:
    """Renders, estimates and fits; about 12 minutes for 50 repetitions of each class on two cores."""
    return fit_estimator_noise(collect_pairs(per_class, seed, n_processes, on_clip), 1 / FPS)


def write_pairs(pairs: list[EstimatedPair], path: Path) -> None:
    """Keeps pairs (npz, no pickle) so that the fit can be repeated without rendering."""
    arrays = {f"{name}{i}": getattr(pair, name) for i, pair in enumerate(pairs) for name in _FIELDS}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **{name: array.astype(np.float32) for name, array in arrays.items()})


def read_pairs(path: Path) -> list[EstimatedPair]:
    """What `write_pairs` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        n_pairs = len(stored.files) // len(_FIELDS)
        return [EstimatedPair(*(stored[f"{name}{i}"] for name in _FIELDS)) for i in range(n_pairs)]


_FIELDS = ("truth", "estimated", "visibility")
