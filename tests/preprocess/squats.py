"""Analytic squats with known answers: planar legs and trunk, seen from the side, y down, metres."""

from __future__ import annotations

import numpy as np

from formnet.motion import Motion
from formnet.skeleton import BLAZEPOSE_33, Skeleton

SHIN_M = THIGH_M = 0.45
TRUNK_M = 0.5


def squat_from_flexion(times_s: np.ndarray, flexion_deg: np.ndarray, skeleton: Skeleton = BLAZEPOSE_33) -> Motion:
    """A person whose knees bend by `flexion_deg` (T,); shank and trunk lean half of it, hips stay over the feet.

    The knee angle is 180° − flexion, the hip angle too. Hip height over the ankle is 0.9·cos(flexion / 2) m.
    """
    half = np.radians(np.asarray(flexion_deg, dtype=float)) / 2
    zero = np.zeros_like(half)
    knee = np.stack([SHIN_M * np.sin(half), -SHIN_M * np.cos(half), zero], axis=-1)
    hip = np.stack([zero, -2 * SHIN_M * np.cos(half), zero], axis=-1)
    neck = hip + TRUNK_M * np.stack([np.sin(half), -np.cos(half), zero], axis=-1)
    places = {"knee": knee, "hip": hip, "shoulder": neck, "ankle": np.zeros_like(knee)}
    places["heel"] = np.array([-0.05, 0.05, 0.0]) + np.zeros_like(knee)
    places["foot_index"] = np.array([0.18, 0.05, 0.0]) + np.zeros_like(knee)
    places["elbow"] = neck + np.array([0.1, 0.25, 0.0])
    for joint in ("wrist", "pinky", "index", "thumb", "hand"):
        places[joint] = neck + np.array([0.35, 0.2, 0.0])
    head = neck + np.array([0.03, -0.25, 0.0])
    positions = np.zeros((len(times_s), len(skeleton), 3))
    for number, name in enumerate(skeleton.joints):
        side, _, kind = name.partition("_")
        width = {"left": -0.15, "right": 0.15}.get(side, 0.0)
        place = places.get(kind if width else name, head)
        positions[:, number] = place + np.array([0.0, 0.0, width if kind in places else width / 4])
    return Motion(positions, np.ones(positions.shape[:2]), times_s, skeleton)


def bell(times_s: np.ndarray, centre_s: float, width_s: float, peak_deg: float) -> np.ndarray:
    """A raised cosine of the given whole width around `centre_s`."""
    phase = np.clip((times_s - centre_s) / width_s, -0.5, 0.5)
    return peak_deg * 0.5 * (1 + np.cos(2 * np.pi * phase))


def squats(
    centres_s: tuple[float, ...] = (2.0, 5.0, 8.0), duration_s: float = 10.0, fps: float = 30.0, *,
    peak_deg: float = 110.0, width_s: float = 2.0, rest_deg: float = 8.0, times_s: np.ndarray | None = None,
) -> Motion:  # fmt: skip
    """Repetitions with their bottoms at `centres_s`."""
    times_s = np.arange(0, duration_s, 1 / fps) if times_s is None else times_s
    flexion = rest_deg + sum(bell(times_s, c, width_s, peak_deg - rest_deg) for c in centres_s)
    return squat_from_flexion(times_s, flexion)


def with_missing(motion: Motion, frames: slice, joints: tuple[str, ...] | None = None) -> Motion:
    """The motion with joints lost in some frames."""
    positions = motion.positions.copy()
    columns = motion.skeleton.indices(joints) if joints else np.arange(len(motion.skeleton))
    positions[frames, columns] = np.nan
    return motion.replace(positions=positions)
