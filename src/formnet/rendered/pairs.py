"""Refits the estimator noise: renders squats, lets the real estimator see them, fits the error model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from formnet.rendered.cache import estimate_all_cached
from formnet.rendered.film import balanced_requests
from formnet.rendered.fit_noise import EstimatedPair, fit_estimator_noise
from formnet.synth.estimator_noise import EstimatorNoise

FPS = 15.0


def collect_pairs(
    per_class: int,
    seed: int,
    cache: Path | None = None,
    n_processes: int = 2,
    on_clip: Callable[[], None] | None = None,
) -> list[EstimatedPair]:
    """Truth and estimate of `per_class` rendered repetitions of each class; clips without a person are left out."""
    pairs = []
    requests = balanced_requests(seed, per_class, fps=FPS, is_padded=False)
    for clip in estimate_all_cached(requests, cache, n_processes):
        if clip.track is not None:
            solid = clip.track.solid
            pairs.append(EstimatedPair(clip.landmarks, solid.positions, solid.confidence, 1 / solid.fps))
        if on_clip is not None:
            on_clip()
    return pairs


def refit_noise(
    per_class: int,
    seed: int = 1,
    cache: Path | None = None,
    n_processes: int = 2,
    on_clip: Callable[[], None] | None = None,
) -> EstimatorNoise:
    """Renders, estimates and fits; `cache` keeps the estimates, so that a fit can be repeated without rendering."""
    return fit_estimator_noise(collect_pairs(per_class, seed, cache, n_processes, on_clip))
