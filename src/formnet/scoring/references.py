"""Several references become one: paired in time with the first, aligned by generalised Procrustes, averaged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formnet.errors import InputError
from formnet.geometry.align import align_generalised
from formnet.motion import FloatArray, Motion
from formnet.scoring.dtw import DtwScorer
from formnet.scoring.prepare import (
    PrepareOptions,
    bridge_gaps,
    check_motion,
    equalise_frames,
    match_dimensions,
    to_shared_joints,
)
from formnet.scoring.view import align_view


def average_references(references: Sequence[Motion], options: PrepareOptions | None = None) -> Motion:
    """The mean performance on the frames and clock of the first reference.

    Each of the others is turned to its view, paired with it frame by frame (DTW), and all are then brought to the
    mean body and view by generalised Procrustes (no reflection, one map for a whole motion). A joint is missing
    where no reference shows it.

    Raises:
        InputError: no reference, or 2D beside 3D.
        PoseError, SkeletonError: a reference that cannot be scored, as in `compare_motions`.
    """
    if not references:
        raise InputError("expected one reference or more; give a file")
    options = options or PrepareOptions()
    first = _ready(references[0], "the reference", options)
    if len(references) == 1:
        return first
    warped = []
    for number, other in enumerate(references[1:], start=2):
        match_dimensions(other, first)
        first, other = to_shared_joints(first, _ready(other, f"reference {number}", options), allow_missing=True)
        warped.append(_warp_onto(other, first))
    # A later reference may have fewer joints than an earlier one.
    aligned = [_flatten(to_shared_joints(motion, first, allow_missing=True)[0]) for motion in (first, *warped)]
    _, aligned = align_generalised(aligned)
    stacked = np.stack(aligned).reshape(len(aligned), *first.positions.shape)
    there = ~np.isnan(stacked[..., :1])
    count = there.sum(axis=0)
    total = np.where(there, stacked, 0.0).sum(axis=0)
    positions = np.divide(total, count, out=np.full(first.positions.shape, np.nan), where=count > 0)
    return first.replace(positions=positions, confidence=np.where(count[..., 0] > 0, count[..., 0] / len(aligned), 0.0))


def _ready(motion: Motion, name: str, options: PrepareOptions) -> Motion:
    checked, _ = check_motion(motion, name, options)
    return bridge_gaps(checked, options)


def _warp_onto(motion: Motion, target: Motion) -> Motion:
    """The motion on the target's frames: for each of them the mean of the frames it was paired with."""
    even, even_target = equalise_frames(motion, target)
    turned, _ = align_view(even, even_target)
    pairs = DtwScorer().score(turned, even_target).pairs
    # Pairs tell times; times carry over to the target's own frames also when those were resampled.
    partner_s = np.interp(
        target.timestamps,
        even_target.timestamps,
        np.bincount(pairs[:, 1], weights=turned.timestamps[pairs[:, 0]]) / np.bincount(pairs[:, 1]),
    )
    frames = np.abs(turned.timestamps[None] - partner_s[:, None]).argmin(axis=1)
    return target.replace(positions=turned.positions[frames], confidence=turned.confidence[frames])


def _flatten(motion: Motion) -> FloatArray:
    """All joints of all frames as points (T·J, D), frame by frame about the body's middle."""
    middle = np.nanmean(motion.positions, axis=1, keepdims=True)
    return (motion.positions - middle).reshape(-1, motion.n_dimensions)
