"""Repetitions: from the canonical posture to the canonical posture through a minimum of hip height."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray, Motion
from formnet.preprocess.canonical import CanonicalRule, compute_canonical_angles_deg
from formnet.preprocess.smooth import find_runs

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RepetitionRule:
    """What counts as a repetition of a squat.

    Attributes:
        canonical: the standing posture.
        min_duration_s, max_duration_s: limits from leaving the posture to reaching it again.
        min_depth: least fall of the hips, in leg lengths.
        max_blind_s: a repetition in which hips or ankles are unseen for longer is dropped.
        recovery: standing counts as reached between two minima when this part of the depth is regained.
        rise: start and end are moved outwards until at most this part of the depth is missing to standing.
        edge_depth: at a cut end of the clip a repetition is whole when at most this part of its depth is missing.
    """

    canonical: CanonicalRule = field(default_factory=CanonicalRule)
    min_duration_s: float = 0.5
    max_duration_s: float = 20.0
    min_depth: float = 0.055
    max_blind_s: float = 0.5
    recovery: float = 0.6
    rise: float = 0.03
    edge_depth: float = 0.15


@dataclass(frozen=True)
class RepetitionSpan:
    """One repetition: frames (start and end inclusive) and times; the bottom's time lies between frames.

    `warnings` are about this repetition; what concerns the clip stands in `Segmentation.warnings`.
    """

    start: int
    bottom: int
    end: int
    start_s: float
    bottom_s: float
    end_s: float
    depth: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Segmentation:
    """The repetitions of a clip in order, and what the clip hid."""

    spans: tuple[RepetitionSpan, ...]
    warnings: tuple[str, ...] = ()


def compute_hip_height(motion: Motion) -> FloatArray:
    """(T,) height of the hips over the lower ankle in leg lengths, about 1 when standing; NaN where unseen.

    World landmarks are centred on the hips, so only the height over the ankles tells depth. The lower ankle is
    the one that stands: a lifted foot, as in walking, does not look like a squat.
    """
    legs = {side: [motion.joint(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")] for side in ("left", "right")}
    hip_y = _nan_mean(np.stack([leg[0][:, 1] for leg in legs.values()]))
    ankle_y = np.stack([leg[2][:, 1] for leg in legs.values()])
    lower_y = np.where(np.isnan(ankle_y).all(axis=0), np.nan, np.fmax(*ankle_y))
    lengths = np.stack(
        [np.linalg.norm(hip - knee, axis=-1) + np.linalg.norm(knee - ankle, axis=-1)
         for hip, knee, ankle in legs.values()]
    )  # fmt: skip
    if np.isnan(lengths).all():
        return np.full(len(motion), np.nan)
    return (lower_y - hip_y) / float(np.nanmedian(lengths))


def find_repetitions(motion: Motion, rule: RepetitionRule | None = None) -> Segmentation:
    """Finds the whole repetitions of a squat in a clip; a clip without any gives an empty tuple and the reason.

    Dips that are too short or too shallow, steps, and repetitions cut by the ends of the clip are left out.
    A person whose joints never open to the canonical angle is segmented by a threshold of their own, with a
    warning.

    Args:
        motion: gap-filled and smoothed; needs shoulders, hips, knees and ankles.

    Raises:
        SkeletonError: when the joint set lacks those joints.
    """
    rule = rule or RepetitionRule()
    angles_deg = compute_canonical_angles_deg(motion, rule.canonical)
    height = compute_hip_height(motion)
    known = ~np.isnan(height) & ~np.isnan(angles_deg).any(axis=1)
    if known.sum() < 3:
        return Segmentation((), ("hips, knees or ankles are not seen; film the whole body",))
    standing, warnings = _find_standing(angles_deg, height, known, rule.canonical)
    spans: list[RepetitionSpan] = []
    for start, stop in find_runs(~standing):
        found, reasons = _judge_dip(motion, height, standing, max(start - 1, 0), min(stop, len(motion) - 1), rule)
        spans += found
        warnings += reasons
    if not spans and not warnings:
        warnings.append("no repetition was found: the hips never go down from standing and up again")
    return Segmentation(tuple(spans), tuple(dict.fromkeys(warnings)))


def _find_standing(
    angles_deg: FloatArray, height: FloatArray, known: Mask, rule: CanonicalRule
) -> tuple[Mask, list[str]]:
    """(T,) True in the canonical posture, with hysteresis; unknown frames keep the state before them."""
    margin_deg = np.nanmin(angles_deg[known] - rule.threshold_deg, axis=1)
    warnings = []
    if not (margin_deg >= 0).any():
        # The most open tenth of the frames is this person's standing, if the hips are high then, too.
        opened_deg = np.quantile(margin_deg, 0.9)
        closed_deg = np.quantile(margin_deg, 0.05)
        lowered_deg = 0.2 * (opened_deg - closed_deg)
        margin_deg = margin_deg - opened_deg + lowered_deg
        warnings.append(
            f"hips and knees never open to {rule.threshold_deg:.0f}°; repetitions were cut at this person's own "
            "standing posture"
        )
    margin_deg = np.minimum(margin_deg, _margin_to_own_posture_deg(angles_deg[known], rule))
    standing = np.zeros(len(height), dtype=np.bool_)
    frames = np.flatnonzero(known)
    state = bool(margin_deg[0] >= 0)
    states = np.empty(len(frames), dtype=np.bool_)
    for i, margin in enumerate(margin_deg):
        if margin >= 0:
            state = True
        elif margin < -rule.hysteresis_deg:
            state = False
        states[i] = state
    standing[:] = states[np.clip(np.searchsorted(frames, np.arange(len(height)), side="right") - 1, 0, None)]
    return standing, warnings


def _margin_to_own_posture_deg(angles_deg: FloatArray, rule: CanonicalRule) -> FloatArray:
    """(n,) how far the joints (n, m) are from having left this person's own open posture.

    Estimated from the front, the knees of a shallow squat hardly bend below 150°: they have left standing when they
    all close by `own_drop_deg`, wherever that person's standing is.
    """
    own_deg = np.quantile(angles_deg, 0.9, axis=0)
    return np.asarray(np.max(angles_deg - own_deg, axis=1)) + rule.own_drop_deg - rule.hysteresis_deg


def _judge_dip(
    motion: Motion, height: FloatArray, standing: Mask, first: int, last: int, rule: RepetitionRule
) -> tuple[list[RepetitionSpan], list[str]]:
    """The repetitions between two standing frames (or an end of the clip), and why there are none."""
    here = height[first : last + 1]
    if np.isnan(here).all():
        return [], []
    top = _standing_height(height, standing, first, last)
    depth = top - float(np.nanmin(here))
    if depth < rule.min_depth:
        return [], []
    cuts = [first, *_find_recoveries(here, top, depth, rule, first), last]
    spans, reasons = [], []
    for start, end in itertools.pairwise(cuts):
        part = height[start : end + 1]
        if np.isnan(part).all() or top - np.nanmin(part) < rule.min_depth:
            continue
        reason = _why_not(motion, part, top, standing, start, end, rule)
        if reason:
            reasons.append(reason)
            continue
        if motion.timestamps[end] - motion.timestamps[start] >= rule.min_duration_s:
            unrisen = len(cuts) > 2
            warning = ("the person did not stand up fully before or after this repetition",) if unrisen else ()
            enough = top - rule.rise * depth
            start = _climb(height, standing, start, -1, enough) if start == first else start
            end = _climb(height, standing, end, 1, enough) if end == last else end
            spans.append(_make_span(motion, height, start, end, top, warning))
    return spans, reasons


def _climb(height: FloatArray, standing: Mask, frame: int, step: int, enough: float) -> int:
    """Moves the end of a repetition outwards, uphill within the standing posture, until the hips are high enough:
    the posture already counts as left while the last degrees to upright are still to come."""
    while (
        height[frame] < enough
        and 0 <= frame + step < len(height)
        and standing[frame + step]
        and height[frame + step] > height[frame]
    ):
        frame += step
    return frame


def _standing_height(height: FloatArray, standing: Mask, first: int, last: int) -> float:
    """Median hip height of the standing stretches at both sides of a dip: a slow drift does not add up."""
    around = []
    before, after = first, last
    while before > 0 and standing[before - 1]:
        before -= 1
    while after < len(height) - 1 and standing[after + 1]:
        after += 1
    for start, stop in ((before, first + 1), (last, after + 1)):
        stretch = height[start:stop][standing[start:stop]]
        if len(stretch) and not np.isnan(stretch).all():
            around.append(float(np.nanmedian(stretch)))
    return float(np.mean(around)) if around else float(np.nanmax(height[first : last + 1]))


def _find_recoveries(here: FloatArray, top: float, depth: float, rule: RepetitionRule, offset: int) -> list[int]:
    """Frames of the highest point between two minima of a dip between which most of the depth was regained.

    Two thresholds, so that a wobble does not cut: down is below 1 − recovery/2 of the way to the top, up above
    the recovery.
    """
    regained = (here - (top - depth)) / depth
    cuts: list[int] = []
    is_down, peak = False, -1
    for i, part in enumerate(regained):
        if np.isnan(part):
            continue
        if part < 1 - rule.recovery:
            if is_down and peak >= 0:
                cuts.append(offset + peak)
            is_down, peak = True, -1
        elif is_down and part >= rule.recovery and (peak < 0 or part > regained[peak]):
            peak = i
    return cuts


def _why_not(
    motion: Motion, part: FloatArray, top: float, standing: Mask, start: int, end: int, rule: RepetitionRule
) -> str | None:
    times_s = motion.timestamps[start : end + 1]
    depth = top - float(np.nanmin(part))
    seen = np.flatnonzero(~np.isnan(part))
    # A long step between two frames that both show the joints is a held picture, not blindness.
    blind_s = float(np.max(np.diff(times_s[seen])[np.diff(seen) > 1], initial=0.0))
    at = f"at {times_s[int(np.nanargmin(part))]:.1f} s"
    if blind_s > rule.max_blind_s:
        return f"a repetition {at} was left out: hips or ankles are unseen for {blind_s:.1f} s"
    missing_at_start, missing_at_end = (top - part[seen[0]]) / depth, (top - part[seen[-1]]) / depth
    if start == 0 and not standing[0] and missing_at_start > rule.edge_depth:
        return f"a repetition {at} was left out: the clip starts in the middle of it"
    if end == len(motion) - 1 and not standing[-1] and missing_at_end > rule.edge_depth:
        return f"a repetition {at} was left out: the clip ends in the middle of it"
    if times_s[-1] - times_s[0] > rule.max_duration_s:
        return (
            f"a movement {at} was left out: it takes {times_s[-1] - times_s[0]:.0f} s, longer than "
            f"{rule.max_duration_s:.0f} s; if the clip plays in slow motion, say how many times slower than life with "
            "--slow-motion"
        )
    return None


def _make_span(
    motion: Motion, height: FloatArray, start: int, end: int, top: float, warnings: tuple[str, ...]
) -> RepetitionSpan:
    bottom = start + int(np.nanargmin(height[start : end + 1]))
    times_s = motion.timestamps
    return RepetitionSpan(
        start, bottom, end, float(times_s[start]), estimate_minimum_s(times_s, height, bottom), float(times_s[end]),
        top - float(height[bottom]), warnings,
    )  # fmt: skip


def estimate_minimum_s(times_s: FloatArray, values: FloatArray, lowest: int) -> float:
    """Time of the minimum between frames: the vertex of the parabola through the lowest frame and its two
    neighbours, at true times; the frame's own time at an edge, beside a gap, or where the path is flat."""
    if not 0 < lowest < len(values) - 1 or np.isnan(values[lowest - 1 : lowest + 2]).any():
        return float(times_s[lowest])
    before_s, here_s, after_s = times_s[lowest - 1 : lowest + 2]
    left = (values[lowest] - values[lowest - 1]) / (here_s - before_s)
    right = (values[lowest + 1] - values[lowest]) / (after_s - here_s)
    if right - left < 1e-12:
        return float(here_s)
    # Slopes left and right belong to the middles of the two steps; the vertex is where the slope crosses 0.
    vertex_s = 0.5 * (before_s + here_s) - left * 0.5 * (after_s - before_s) / (right - left)
    return float(np.clip(vertex_s, before_s, after_s))


def _nan_mean(values: FloatArray) -> FloatArray:
    """Mean over the first axis of what is there, NaN where nothing is (without NumPy's warning)."""
    seen = ~np.isnan(values)
    count = seen.sum(axis=0)
    total = np.where(seen, values, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
