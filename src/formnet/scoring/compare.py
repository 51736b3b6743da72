"""A performance against a reference: from two motions to a total, parts, worst moments and the alignment."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from formnet.errors import PoseError
from formnet.motion import FloatArray, Motion
from formnet.preprocess.mirror import mirror_motion
from formnet.preprocess.smoothers import smooth_motion
from formnet.scoring.alignment import AlignmentScorer
from formnet.scoring.parts import WeightedParts
from formnet.scoring.prepare import (
    LimbLengths,
    PrepareOptions,
    bridge_gaps,
    check_motion,
    equalise_frames,
    match_dimensions,
    normalise_lengths,
    smooth_alike,
    to_shared_joints,
)
from formnet.scoring.registry import alignment_named, similarity_named
from formnet.scoring.rounds import Round, pair_rounds
from formnet.scoring.score import Score, smooth_course, weighted_mean
from formnet.scoring.view import ViewAlignment, align_view

# Points by which the mirror image must be better to be mentioned: a symmetric squat looks much the same in it.
MIRROR_MARGIN = 2.0
# Points that suffice when repair is asked for.
REPAIR_MARGIN = 0.2


@dataclass(frozen=True)
class CompareOptions:
    """How two motions are compared.

    Attributes:
        method: alignment, see `registry.ALIGNMENTS`.
        metric: frame similarity, see `registry.SIMILARITIES`.
        view: which rotations between the cameras are removed (3D only).
        limbs: lengths of limbs before scoring (3D): "raw"; "smpl", those of the reference body, as the classifier
            sees them; "unit", the paper's. The metric "limbs" looks at directions only and needs none of it.
        repair_mirror: turn a clip over whose mirror image fits better; otherwise a clear case is only said.
        band: DTW's limit as a share of the reference, None for none.
        part_weights: body part → weight; 0 leaves it out, what is not named has 1.
        prepare: gaps, smoothing, missing joints.
    """

    method: str = "dtw"
    metric: str = "limbs"
    view: ViewAlignment = "full"
    limbs: LimbLengths = "raw"
    repair_mirror: bool = False
    band: float | None = None
    part_weights: Mapping[str, float] = field(default_factory=dict)
    prepare: PrepareOptions = field(default_factory=PrepareOptions)


@dataclass(frozen=True)
class Moment:
    """Where a part is farthest from the reference.

    Attributes:
        time_s, reference_time_s: in the clips' own clocks.
        part: body part.
        score: of the part at that time.
    """

    time_s: float
    reference_time_s: float
    part: str
    score: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """The answer of `compare_motions`; scores are 0–100 and more is better.

    Attributes:
        total, parts, joints: the mean over rounds.
        times_s, reference_times_s: (L,) times of the paired frames.
        over_time, parts_over_time: (L,) scores of the pairs.
        rounds: repetition by repetition where clip and reference hold different numbers of them, else one.
        worst: moments, worst first, of different times.
        mirrored: the clip was turned over.
        rotation_deg: between the cameras.
        warnings: one sentence each.
    """

    total: float
    parts: Mapping[str, float]
    joints: Mapping[str, float]
    times_s: FloatArray
    reference_times_s: FloatArray
    over_time: FloatArray
    parts_over_time: Mapping[str, FloatArray]
    rounds: tuple[tuple[Round, Score], ...]
    worst: tuple[Moment, ...]
    mirrored: bool
    rotation_deg: float
    method: str
    metric: str
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        parts = ", ".join(f"{part} {score:.0f}" for part, score in self.parts.items())
        return f"Comparison({self.total:.1f} of 100: {parts})"

    @property
    def round_slices(self) -> tuple[slice, ...]:
        """Which of the L pairs belong to each round."""
        stops = list(itertools.accumulate((len(score.pairs) for _, score in self.rounds), initial=0))
        return tuple(slice(start, stop) for start, stop in itertools.pairwise(stops))


def compare_motions(clip: Motion, reference: Motion, options: CompareOptions | None = None) -> Comparison:
    """Compares a performance with a reference, free of pace, place, size and camera.

    Where both hold the same number of repetitions they are aligned as wholes; where the numbers differ, every
    repetition of the clip is compared with its best repetition of the reference and the scores are averaged.

    Raises:
        PoseError: a motion that cannot be scored (see `check_motion`), or a reference shorter than a repetition.
        SkeletonError: joint sets that do not share the joints of arms and legs.
        InputError: 2D against 3D, unknown names in the options, or no part of the body left.
    """
    options = options or CompareOptions()
    similarity = similarity_named(options.metric)
    if options.part_weights:
        similarity = WeightedParts(similarity, options.part_weights)
    scorer = alignment_named(options.method, similarity)
    if options.band is not None:
        scorer = replace(scorer, band=options.band)  # type: ignore[call-arg]
    match_dimensions(clip, reference)
    clip, notes = check_motion(clip, "the clip", options.prepare)
    reference, more = check_motion(reference, "the reference", options.prepare)
    clip, reference = to_shared_joints(clip, reference, allow_missing=options.prepare.allow_missing)
    clip, reference = bridge_gaps(clip, options.prepare), bridge_gaps(reference, options.prepare)
    way = options.prepare
    rounds, said = pair_rounds(*(smooth_motion(motion, way.smoother, way.cutoff_hz) for motion in (clip, reference)))
    plain = _compare_rounds(clip, reference, rounds, scorer, options)
    flipped = _compare_rounds(mirror_motion(clip), reference, rounds, scorer, options)
    margin = REPAIR_MARGIN if options.repair_mirror else MIRROR_MARGIN
    is_mirrored = _mean_total(flipped) > _mean_total(plain) + margin
    warnings = (*notes, *more, *said)
    if is_mirrored and options.repair_mirror:
        warnings += ("the clip is mirrored: it was turned over",)
        plain = flipped
    elif is_mirrored:
        warnings += (f"the clip looks mirrored: turned over (--repair-mirror) it scores {_mean_total(flipped):.0f}",)
    return _gather(plain, options, is_mirrored and options.repair_mirror, warnings)


@dataclass(frozen=True, eq=False)
class _Scored:
    """One round with the frames that were scored and the turn between the cameras."""

    round: Round
    score: Score
    clip: Motion
    reference: Motion
    rotation_deg: float


def _compare_rounds(
    clip: Motion,
    reference: Motion,
    rounds: Sequence[tuple[Round, ...]],
    scorer: AlignmentScorer,
    options: CompareOptions,
) -> list[_Scored]:
    """For every round of the clip its best candidate of the reference."""
    scored = []
    for candidates in rounds:
        tried = [_compare_round(clip, reference, candidate, scorer, options) for candidate in candidates]
        scored.append(max(tried, key=lambda one: one.score.total))
    return scored


def _compare_round(
    clip: Motion, reference: Motion, which: Round, scorer: AlignmentScorer, options: CompareOptions
) -> _Scored:
    first = clip.frames(which.start, which.stop)
    second = reference.frames(which.reference_start, which.reference_stop)
    first, second = equalise_frames(first, second)
    first, second = smooth_alike(first, second, options.prepare)
    turned, rotation_deg = align_view(first, second, options.view)
    turned, second = normalise_lengths(turned, options.limbs), normalise_lengths(second, options.limbs)
    similarity = scorer.similarity
    score = scorer.score(similarity.prepare(turned), similarity.prepare(second))
    return _Scored(which, score, first, second, rotation_deg)


def _mean_total(scored: Sequence[_Scored]) -> float:
    return float(np.mean([one.score.total for one in scored]))


def _gather(
    scored: Sequence[_Scored], options: CompareOptions, mirrored: bool, warnings: tuple[str, ...]
) -> Comparison:
    if any(np.isnan(one.score.total) for one in scored):
        raise PoseError("clip and reference never show the same joints; film the same side of the body")
    times_s = np.concatenate([one.clip.timestamps[one.score.pairs[:, 0]] for one in scored])
    reference_s = np.concatenate([one.reference.timestamps[one.score.pairs[:, 1]] for one in scored])
    parts_over_time = {
        part: np.concatenate([one.score.parts_over_time[part] for one in scored]) for part in scored[0].score.parts
    }
    return Comparison(
        total=_mean_total(scored),
        parts=_mean_of([one.score.parts for one in scored]),
        joints=_mean_of([one.score.joints for one in scored]),
        times_s=times_s,
        reference_times_s=reference_s,
        over_time=np.concatenate([one.score.over_time for one in scored]),
        parts_over_time=parts_over_time,
        rounds=tuple((one.round, one.score) for one in scored),
        worst=find_worst_moments(times_s, reference_s, parts_over_time),
        mirrored=mirrored,
        rotation_deg=float(np.mean([one.rotation_deg for one in scored])),
        method=options.method,
        metric=options.metric,
        warnings=warnings,
    )


def _mean_of(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    table = np.array([list(one.values()) for one in scores], dtype=np.float64)
    return dict(zip(scores[0], map(float, weighted_mean(table, ~np.isnan(table), axis=0)), strict=True))


def find_worst_moments(
    times_s: FloatArray,
    reference_times_s: FloatArray,
    parts_over_time: Mapping[str, FloatArray],
    *,
    count: int = 3,
    apart_s: float = 0.5,
) -> tuple[Moment, ...]:
    """The lowest part scores, worst first, at least `apart_s` seconds from each other.

    Courses are averaged over five pairs, so that no single frame is called the worst; a moment that scores 90 or
    more is none.
    """
    moments = [
        Moment(float(times_s[k]), float(reference_times_s[k]), part, float(course[k]))
        for part, course in ((part, smooth_course(course)) for part, course in parts_over_time.items())
        for k in np.flatnonzero(course < 90.0)
    ]
    chosen: list[Moment] = []
    for moment in sorted(moments, key=lambda one: one.score):
        if all(abs(other.time_s - moment.time_s) >= apart_s for other in chosen):
            chosen.append(moment)
        if len(chosen) == count:
            break
    return tuple(chosen)
