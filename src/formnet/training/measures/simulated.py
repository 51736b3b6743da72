"""Simulated squats with their true measures, and as a camera, the estimator's errors and a lifter show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from formnet.body.load import load_body
from formnet.body.model import Body
from formnet.errors import InputError
from formnet.geometry.paths import nearest_frame
from formnet.lifting.following import FollowedLifter
from formnet.lifting.joints import assemble_lifted
from formnet.lifting.lifter import create_lifter
from formnet.lifting.observation import OBSERVED_24
from formnet.lifting.temporal import NetworkLifter, spread_confidence
from formnet.measures.performance import Performance, make_performance
from formnet.measures.registry import read_values
from formnet.motion import FloatArray, Motion
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.skeleton import LIFTED_32
from formnet.synth.camera import sample_camera
from formnet.synth.dataset import Repetitions
from formnet.synth.detector_noise import DetectorNoise
from formnet.synth.estimator_noise import read_estimator_noise
from formnet.synth.varied import sample_varied_repetitions
from formnet.training.simulated import detect_landmarks, estimate_landmarks, lift_seen, observe_landmarks

_CHUNK = 128


class Draw(Protocol):
    """Draws repetitions; see `sample_varied_repetitions`."""

    def __call__(
        self,
        body: Body,
        rng: np.random.Generator,
        count: int,
        *,
        frames: int,
        progress: Callable[[int], None] | None,
    ) -> Repetitions:
        """`count` repetitions of as many people."""


@dataclass(frozen=True, eq=False)
class MeasuredView:
    """One repetition seen by one camera.

    Attributes:
        performance: what the lifter made of it, as measures see it.
        image: (T, 24, 2) the joints in the picture that it was lifted from (`OBSERVED_24`), on the same times.
        truth: measure → value on the true joints; NaN where the measure has none.
    """

    performance: Performance
    image: Motion
    truth: dict[str, float]


def simulate_views(
    count: int,
    *,
    seed: int = 0,
    views: int = 1,
    frames: int = 96,
    lifter: str = "supervised+picture",
    whole_source: bool = True,
    detector: DetectorNoise | None = None,
    draw: Draw = sample_varied_repetitions,
    progress: Callable[[int], None] | None = None,
) -> list[MeasuredView]:
    """`count` varied repetitions of as many people, each seen by `views` cameras anywhere around them.

    Args:
        frames: moments of each repetition, with a little standing before and after.
        lifter: name or file of a lifter network.
        whole_source: all joints of BlazePose are seen; False also plays sources with fewer joints.
        detector: the errors of a detector of joints in pictures, instead of BlazePose's.
        draw: what people do.

    Raises:
        InputError: for a lifter that is no network.
    """
    network = create_lifter(lifter)
    if not isinstance(network, NetworkLifter | FollowedLifter):
        raise InputError(f"simulated squats are lifted by a network, got {lifter!r}; use supervised or unsupervised")
    body, noise = load_body(), read_estimator_noise()
    rng = np.random.default_rng([seed, 1])
    repetitions = draw(body, np.random.default_rng([seed, 0]), count, frames=frames, progress=progress)
    landmarks = repetitions.landmarks(body)
    true = assemble_lifted(landmarks, repetitions.joints)
    truths = [read_values(_perform(true[row], repetitions, row)) for row in range(count)]
    found = []
    for start in range(0, count, _CHUNK):
        rows = np.repeat(np.arange(start, min(start + _CHUNK, count)), views)
        seen = np.stack([sample_camera(rng).to_camera(landmarks[row]) for row in rows])
        times_s = repetitions.timestamps[rows]
        if detector is None:
            positions, visibility = estimate_landmarks(seen, times_s, noise, rng)
        else:
            positions, visibility = detect_landmarks(seen, times_s, noise, detector, rng)
        points, sure = observe_landmarks(positions, visibility, rng, whole_source=whole_source)
        lifted, spread = lift_seen(network, points, sure, times_s), spread_confidence(sure)
        found += [
            MeasuredView(
                _perform(lifted[number], repetitions, int(row), seen=spread[number]),
                Motion(points[number], sure[number], times_s[number], OBSERVED_24, "body"),
                truths[row],
            )
            for number, row in enumerate(rows)
        ]
    return found


def _perform(points: FloatArray, repetitions: Repetitions, row: int, *, seen: FloatArray | None = None) -> Performance:
    """The repetition of one row as measures see it, at its true times; tidied where it was `seen` by an estimator."""
    times_s = repetitions.timestamps[row]
    motion = Motion(points, np.ones(points.shape[:2]) if seen is None else seen, times_s, LIFTED_32)
    start, bottom, end = (
        nearest_frame(times_s, moments[row])
        for moments in (repetitions.start_s, repetitions.bottom_s, repetitions.end_s)
    )
    clean = motion if seen is None else clean_motion(motion, PreprocessSpec())
    return make_performance(clean, start, bottom, end, float(repetitions.bottom_s[row]))
