"""Which stretch of a clip is compared with which stretch of the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.errors import PoseError
from formnet.motion import Motion
from formnet.preprocess.repetitions import RepetitionSpan, find_repetitions
from formnet.scoring.prepare import LIMB_JOINTS
from formnet.scoring.segments import compute_segments

# Nobody performs more than this many times faster or slower than the reference.
MAX_PACE = 8.0
# A reference without a whole repetition that lasts less than this share of the clip's shortest one is a fragment.
LEAST_SHARE = 0.45
MIN_REFERENCE_S = 0.3
# A motion is a set of repetitions when at least this share of its movement happens within them.
LEAST_ACTIVITY = 0.6


@dataclass(frozen=True)
class Round:
    """Frames of the clip and of the reference (stops exclusive) that are compared with each other."""

    start: int
    stop: int
    reference_start: int
    reference_stop: int


def pair_rounds(clip: Motion, reference: Motion) -> tuple[list[tuple[Round, ...]], tuple[str, ...]]:
    """For every round of the clip the candidates of the reference, and what is worth saying.

    The same number of repetitions, or none that can be told: one round of everything. Different numbers: one
    round for each repetition of the clip, with every repetition of the reference as candidate.

    Raises:
        PoseError: the reference is shorter than a repetition.
    """
    whole = Round(0, len(clip), 0, len(reference))
    _refuse_short_reference(clip, reference)
    spans, reference_spans = _find_spans(clip), _find_spans(reference)
    if spans and not reference_spans:
        shortest_s = min(span.end_s - span.start_s for span in spans)
        if reference.duration_s < LEAST_SHARE * shortest_s:
            raise PoseError(
                f"the reference ({reference.duration_s:.1f} s) is shorter than a repetition of the clip "
                f"({shortest_s:.1f} s); give a reference that shows a whole one"
            )
    if not spans or not reference_spans or len(spans) == len(reference_spans):
        return [(whole,)], ()
    rounds = [tuple(Round(a.start, a.end + 1, b.start, b.end + 1) for b in reference_spans) for a in spans]
    note = (
        f"the clip holds {len(spans)} repetitions and the reference {len(reference_spans)}: each of the clip's was "
        "compared with the most similar one of the reference"
    )
    return rounds, (note,)


def _refuse_short_reference(clip: Motion, reference: Motion) -> None:
    if reference.duration_s < MIN_REFERENCE_S or reference.duration_s * MAX_PACE < clip.duration_s / _count_cycles(
        clip
    ):
        raise PoseError(
            f"the reference ({reference.duration_s:.1f} s) is shorter than a repetition of the clip "
            f"({clip.duration_s / _count_cycles(clip):.1f} s); give a reference that shows a whole one"
        )


def _count_cycles(motion: Motion) -> int:
    return max(1, len(_find_spans(motion)))


def _find_spans(motion: Motion) -> tuple[RepetitionSpan, ...]:
    """Squat repetitions; nothing where the joints for it are not seen or most of the movement is something else."""
    needed = [joint for joint in LIMB_JOINTS if "elbow" not in joint and "wrist" not in joint]
    if not all(joint in motion.skeleton for joint in needed):
        return ()
    if np.isnan(motion.positions[:, motion.skeleton.indices(needed)]).all(axis=(0, 2)).any():
        return ()
    spans = find_repetitions(motion).spans
    return spans if spans and _compute_share(motion, spans) >= LEAST_ACTIVITY else ()


def _compute_share(motion: Motion, spans: tuple[RepetitionSpan, ...]) -> float:
    """Share 0–1 of all turning of limbs that happens within the repetitions: deep stances in a form are none."""
    segments = compute_segments(motion)
    known = (segments.weights[1:] > 0) & (segments.weights[:-1] > 0)
    turning = np.linalg.norm(np.diff(segments.directions, axis=0), axis=-1)
    activity = np.where(known, turning, 0.0).sum(axis=1)
    total = float(activity.sum())
    inside = sum(float(activity[span.start : span.end].sum()) for span in spans)
    return inside / total if total > 0 else 0.0
