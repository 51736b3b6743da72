"""Refits the estimator noise: renders squats and exercises, lets the real estimator see them, fits the errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from formnet.pose.model_bundle import Eyes
from formnet.rendered.cache import estimate_all_cached
from formnet.rendered.film import FilmRequest, balanced_requests, exercise_requests
from formnet.rendered.fit_noise import EstimatedPair, fit_estimator_noise
from formnet.synth.estimator_noise import EstimatorNoise

FPS = 15.0
_SECONDS = 3.0


def noise_requests(per_class: int, per_exercise: int, exercises: Sequence[str], seed: int) -> list[FilmRequest]:
    """What to render: `per_class` repetitions of each class of squat, `per_exercise` clips of each exercise."""
    squats = balanced_requests(seed, per_class, fps=FPS, is_padded=False)
    others = exercise_requests(seed, per_exercise, exercises=exercises, seconds=_SECONDS, fps=FPS)
    # A longer seed, or both kinds would share people and cameras.
    return [*squats, *(replace(request, seed=(*request.seed, 1)) for request in others)]


def refit_noise(
    requests: Sequence[FilmRequest],
    cache: Path | None = None,
    n_processes: int = 2,
    progress: Callable[[int], None] | None = None,
    *,
    eyes: Eyes = Eyes.STANDARD,
    start: EstimatorNoise | None = None,
) -> EstimatorNoise:
    """Renders, estimates and fits; clips without a person are left out.

    Args:
        cache: keeps the estimates, so that a fit can be repeated without rendering.
        progress: told the number of clips after each.
        eyes: size of the estimator.
        start: see `fit_estimator_noise`.
    """
    pairs = []
    for clip in estimate_all_cached(requests, cache, n_processes, eyes):
        if clip.track is not None:
            solid = clip.track.solid
            pairs.append(EstimatedPair(clip.landmarks, solid.positions, solid.confidence, 1 / solid.fps))
        if progress is not None:
            progress(1)
    return fit_estimator_noise(pairs, start=start)
