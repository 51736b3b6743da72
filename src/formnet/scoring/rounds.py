"""Which stretch of a clip is compared with which stretch of the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.errors import PoseError
from formnet.geometry.joints import Joints
from formnet.motion import Motion
from formnet.preprocess.repetitions import RepetitionSpan, find_repetitions
from formnet.scoring.prepare import LIMB_JOINTS

# Nobody performs more than this many times faster or slower than the reference.
MAX_PACE = 8.0
# A reference without a whole repetition that lasts less than this share of the clip's shortest one is a fragment.
LEAST_SHARE = 0.6
MIN_REFERENCE_S = 0.3
# In squats and lunges the knees bend together (0–26° apart in the recordings tried); in the kicks and stances of a
# form, which also lower the hips, they do not (36–74°).
MAX_KNEE_DIFFERENCE_DEG = 30.0


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
    """Squat repetitions; nothing where the joints for it are not seen or the knees do not bend together."""
    needed = [joint for joint in LIMB_JOINTS if "elbow" not in joint and "wrist" not in joint]
    if not all(joint in motion.skeleton for joint in needed):
        return ()
    if np.isnan(motion.positions[:, motion.skeleton.indices(needed)]).all(axis=(0, 2)).any():
        return ()
    spans = find_repetitions(motion).spans
    apart_deg = [_compute_knee_difference_deg(motion, span) for span in spans]
    return spans if spans and np.median(apart_deg) <= MAX_KNEE_DIFFERENCE_DEG else ()


def _compute_knee_difference_deg(motion: Motion, span: RepetitionSpan) -> float:
    """Mean difference of the two knees' angles within a repetition; infinite where never both are seen."""
    left, right = Joints.of(motion.frames(span.start, span.end + 1)).angles_deg("hip", "knee", "ankle")
    apart_deg = np.abs(left - right)
    seen = ~np.isnan(apart_deg)
    return float(apart_deg[seen].mean()) if seen.any() else float("inf")
