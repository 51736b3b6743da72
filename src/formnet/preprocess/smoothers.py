"""Smoothing by name: one choice wherever motions are smoothed."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from formnet.errors import InputError
from formnet.geometry.joints import Joints
from formnet.geometry.vectors import compute_distance
from formnet.motion import Motion
from formnet.preprocess.kalman import smooth_extended_kalman, smooth_kalman
from formnet.preprocess.one_euro import smooth_one_euro
from formnet.preprocess.smooth import describe_cutoff_problem, smooth_butterworth

Smoother = Literal["butterworth", "kalman", "extended_kalman", "one_euro"]
"""Zero-phase low-pass; constant velocity with confidence, zero-phase; the same with limbs of constant length (3D only);
what a live view would have shown, with its delay."""

TRUNK_M = 0.5
"""Middle of the hips to middle of the shoulders of an average adult (the built-in body's, rounded)."""


def smooth_motion(motion: Motion, smoother: Smoother = "butterworth", cutoff_hz: float | None = 6.0) -> Motion:
    """The motion smoothed.

    Kalman and One-Euro filters are tuned in metres; motions in pixels or in sizes of a body are measured by their own
    trunk, so that the same movement is smoothed alike in any unit.

    Args:
        cutoff_hz: of "butterworth", which alone has one; None is no low-pass filter: the motion stays as it is.

    Raises:
        InputError: an unknown smoother, or "extended_kalman" of a motion in the picture.
    """
    check_smoother(smoother)
    if smoother == "butterworth":
        return motion if cutoff_hz is None else smooth_butterworth(motion, cutoff_hz)
    scale = 1.0 if motion.unit == "metre" else estimate_trunk_length(motion) / TRUNK_M
    if smoother == "one_euro":
        return smooth_one_euro(motion, speed_share=2.0 / scale)
    if smoother == "kalman":
        return smooth_kalman(motion, noise=0.02 * scale, acceleration=8.0 * scale)
    return smooth_extended_kalman(motion, noise=0.02 * scale, acceleration=8.0 * scale, limb_noise=0.005 * scale)


def estimate_trunk_length(motion: Motion) -> float:
    """Median distance from middle of hips to middle of shoulders, in the motion's unit; `TRUNK_M` where unseen."""
    joints = Joints.of(motion, absent="nan")
    lengths = compute_distance(joints["neck"], joints["pelvis"])
    seen = lengths[np.isfinite(lengths)]
    return max(float(np.median(seen)), 1e-9) if len(seen) else TRUNK_M


def check_smoother(smoother: str) -> None:
    """Raises `InputError` for what is none of `Smoother`."""
    if smoother not in get_args(Smoother):
        raise InputError(f"unknown smoothing {smoother!r}; use one of {', '.join(get_args(Smoother))}")


def parse_smoothing(text: str) -> tuple[Smoother, float | None]:
    """What a user writes: a cut-off in Hz ("6"), "none" (or 0), or a name of `Smoother` ("kalman").

    >>> parse_smoothing("4.5"), parse_smoothing("extended-kalman")
    (('butterworth', 4.5), ('extended_kalman', None))

    Raises:
        InputError: for anything else.
    """
    name = text.strip().lower().replace("-", "_")
    if name in get_args(Smoother):
        return name, 6.0 if name == "butterworth" else None  # type: ignore[return-value]
    try:
        cutoff_hz = 0.0 if name == "none" else float(text)
    except ValueError:
        raise InputError(
            f"unknown smoothing {text!r}; give a cut-off in Hz (6), none, or one of {', '.join(get_args(Smoother))}"
        ) from None
    if cutoff_hz and (problem := describe_cutoff_problem(cutoff_hz)):
        raise InputError(f"the smoothing {problem}; none leaves it out")
    return "butterworth", cutoff_hz or None
