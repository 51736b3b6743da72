"""Scenes of a clip: stretches without a cut in which the person is seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray, Motion

_CUT_STEP = 0.15
_CUT_RATIO = 8.0
_AROUND_S = 0.25


def find_scenes(
    times_s: FloatArray, known: NDArray[np.bool_], cuts: Sequence[int], max_blind_s: float
) -> tuple[list[NDArray[np.intp]], list[str]]:
    """Frames of every scene, three or more each, and what is worth saying about the time between.

    Args:
        times_s: (T,).
        known: (T,) True where the person is seen; a scene also ends where that is not so for `max_blind_s`.
        cuts: first frames of further scenes.
    """
    frames = np.flatnonzero(known)
    gaps_s = np.diff(times_s[frames])
    hidden = np.flatnonzero((np.diff(frames) > 1) & (gaps_s > max_blind_s))
    warnings = [
        f"hips, knees or ankles are unseen for {gaps_s[i]:.1f} s from {times_s[frames[i]]:.1f} s on: what happens "
        "there is not judged; film the whole body all the time"
        for i in hidden
    ]
    borders = np.union1d(hidden + 1, np.searchsorted(frames, np.asarray(cuts, dtype=np.intp)))
    scenes = [part for part in np.split(frames, borders) if len(part) >= 3]
    return scenes, warnings


def find_cuts(motion: Motion) -> tuple[int, ...]:
    """First frames of further scenes: where shoulders, hips, knees and ankles jump all at once.

    A cut moves half of the joints by more than `_CUT_STEP` body heights from one frame to the next, and far more
    than they move in the frames around it: a quick movement is quick for several frames. Where frames were dropped,
    as in screen recordings, the step is shared among them; left and right taken for each other are no step.

    Args:
        motion: in the picture, as estimated: smoothing would hide the jump.
    """
    sided = (f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "hip", "knee", "ankle"))
    columns = motion.skeleton.indices(joint for joint in sided if joint in motion.skeleton)
    seen = np.flatnonzero(~motion.missing[:, columns].any(axis=1))
    if len(columns) == 0 or len(seen) < 3:
        return ()
    points, times_s = motion.positions[seen][:, columns], motion.timestamps[seen]
    swapped = motion.positions[seen][:, motion.skeleton.mirror[columns]]
    body_height = max(float(np.median(np.ptp(points[..., 1], axis=1))), 1e-9)
    lengths = [np.linalg.norm(after[1:] - points[:-1], axis=-1) for after in (points, swapped)]
    steps = np.min([np.median(length, axis=1) for length in lengths], axis=0) / body_height
    steps = steps / np.maximum(np.diff(times_s) * motion.fps, 1.0)
    cuts = []
    for i in np.flatnonzero(steps > _CUT_STEP):
        near = np.abs(times_s[1:] - times_s[i + 1]) <= _AROUND_S
        near[i] = False
        if near.any() and steps[i] > _CUT_RATIO * np.median(steps[near]):
            cuts.append(int(seen[i + 1]))
    return tuple(cuts)
