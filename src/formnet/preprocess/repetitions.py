"""Repetitions: from standing to standing through a minimum of hip height, or as much of that as the clip shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from formnet.motion import FloatArray, Motion
from formnet.preprocess.canonical import CanonicalRule, compute_canonical_angles_deg
from formnet.preprocess.dips import Dip, estimate_bottom_s, find_dips
from formnet.preprocess.hips import SPIKE_S, combine_with_picture, compute_hip_height, find_seen_legs, suppress_spikes
from formnet.preprocess.scenes import find_scenes

Mask = NDArray[np.bool_]

_SPEED_S = 0.1
"""Speeds are read over this time: shorter ones are mostly noise."""
_LEAST_CLIP_S = 0.5
_DOUBTED_S = 1.0
"""Where a repetition takes less, several quick ones may have been taken for it."""
_SPREAD = 1.2
_SPED_UP = 8.0
"""How much slower a clip is looked at where its dips are too quick to be any."""


@dataclass(frozen=True)
class RepetitionRule:
    """What counts as a repetition of a squat: its bottom and one whole way, down or up.

    Attributes:
        canonical: the standing posture.
        min_duration_s, max_duration_s: limits from leaving the posture to reaching it again.
        min_depth: least fall of the hips, in leg lengths.
        max_blind_s: no repetition runs across a longer time in which hips, knees or ankles are unseen.
        recovery: standing counts as reached between two minima when this part of the depth is regained.
        rise: start and end are moved outwards until at most this part of the depth is missing to standing.
        edge_depth: a way is whole when at most this part of the depth is missing to standing.
        min_share: dips in which hips fall less, or hips and knees close less, than this part of the clip's greatest
            dip are no repetitions: racking the bar, shifting weight, a pose that slips.
        rest_speed: hips slower than this part of the dip's fastest speed are at rest.
    """

    canonical: CanonicalRule = field(default_factory=CanonicalRule)
    min_duration_s: float = 0.4
    max_duration_s: float = 60.0
    min_depth: float = 0.055
    max_blind_s: float = 0.5
    recovery: float = 0.6
    rise: float = 0.03
    edge_depth: float = 0.15
    min_share: float = 0.2
    rest_speed: float = 0.3


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
    """The repetitions of a clip in order, and what the clip hid.

    Attributes:
        other: with its article, the first movement that `formnet.gate` left out; empty where it left out none.
    """

    spans: tuple[RepetitionSpan, ...]
    warnings: tuple[str, ...] = ()
    other: str = ""


def find_repetitions(
    motion: Motion, rule: RepetitionRule | None = None, picture: Motion | None = None, cuts: Sequence[int] = ()
) -> Segmentation:
    """Finds the repetitions of a squat in a clip; a clip without any gives an empty tuple and the reason.

    A repetition counts when its bottom and one whole way, down or up, are there; what the clip's ends, a cut or
    hidden joints took of it is said. No angle has to be reached, since joints may not open to the canonical one
    before this camera: a dip is told by how far the hips turn around. Where the canonical posture is reached, it
    says where a repetition begins and ends.

    Args:
        motion: gap-filled and smoothed; needs shoulders, hips, knees and ankles.
        picture: the same frames, cleaned alike, in the picture: depth is read there, too.
        cuts: first frames of further scenes (see `find_cuts`); no repetition runs across one.

    Raises:
        SkeletonError: when the joint set lacks those joints.
    """
    rule = rule or RepetitionRule()
    angles_deg = compute_canonical_angles_deg(motion, rule.canonical)
    height = compute_hip_height(motion)
    known = ~np.isnan(height) & ~np.isnan(angles_deg).any(axis=1) & find_seen_legs(motion)
    if known.sum() < 3:
        lasts_s = float(np.ptp(motion.timestamps))
        unseen = "the legs are not seen; film the whole body, from head to feet"
        return Segmentation((), (_explain_short(lasts_s) if lasts_s < _LEAST_CLIP_S else unseen,))
    if picture is not None:
        height = combine_with_picture(height, picture)
    upright = known & (np.nan_to_num(angles_deg) >= rule.canonical.threshold_deg).all(axis=1)
    scenes, warnings = find_scenes(motion.timestamps, known, cuts, rule.max_blind_s)
    course = _Course(motion.timestamps, height, angles_deg, upright, rule)
    dips = [(frames, dip) for frames in scenes for dip in course.find_dips(frames)]
    sizes = np.array([(course.depth(dip), course.closing_deg(dip)) for _, dip in dips]).reshape(-1, 2)
    spans = []
    for (frames, dip), size in zip(dips, sizes, strict=True):
        if (size >= rule.min_share * sizes.max(axis=0)).all():
            span, reason = course.judge(dip, int(frames[0]), int(frames[-1]))
            spans += [span] if span else []
            warnings += [reason] if reason else []
    if spans and not any(upright[span.start : span.end + 1].any() for span in spans):
        warnings.append(
            f"hips and knees are never seen open to {rule.canonical.threshold_deg:.0f}°; repetitions were cut at this "
            "person's own standing posture"
        )
    if (quick_s := course.find_quick_s(scenes, spans)) > 0:
        spans = []
        warnings = [
            f"no repetition was found: the hips go down and up within {quick_s:.1f} s, quicker than anybody squats; if "
            "the clip is sped up, say so with --slow-motion (0.25 for fourfold speed), or give its true --fps"
        ]
    if not spans and (not warnings or course.lasts_s < _LEAST_CLIP_S):
        warnings = [course.explain_nothing()]
    return Segmentation(tuple(spans), tuple(dict.fromkeys(warnings)))


def _explain_short(lasts_s: float) -> str:
    return (
        f"no repetition was found: it lasts {lasts_s:.2f} s, shorter than a squat; give a longer clip, or its true "
        "--fps, or say with --slow-motion how much it is sped up (0.25 for fourfold speed)"
    )


@dataclass(frozen=True, eq=False)
class _Course:
    """The hips through a clip.

    Attributes:
        times_s: (T,).
        height: (T,) NaN where unknown.
        angles_deg: (T, n) the canonical rule's.
        upright: (T,) True in the canonical posture.
    """

    times_s: FloatArray
    height: FloatArray
    angles_deg: FloatArray
    upright: Mask
    rule: RepetitionRule

    @property
    def lasts_s(self) -> float:
        """From the first frame to the last."""
        return float(self.times_s[-1] - self.times_s[0])

    def explain_nothing(self) -> str:
        """Why a clip in which nothing is cut off, hidden or too quick has no repetition."""
        if self.lasts_s < _LEAST_CLIP_S:
            return _explain_short(self.lasts_s)
        return "no repetition was found: the hips never go down from standing and up again"

    def find_quick_s(self, scenes: Sequence[NDArray[np.intp]], spans: Sequence[RepetitionSpan]) -> float:
        """Median time of the repetitions that there would be if the clip were slower, where all are quicker than people
        squat and more than those found; else 0."""
        shortest_s = min((one.end_s - one.start_s for one in spans), default=0.0)
        if shortest_s > _DOUBTED_S or (not spans and self.lasts_s < _LEAST_CLIP_S):
            return 0.0
        rule = replace(self.rule, max_duration_s=self.rule.max_duration_s * _SPED_UP)
        slowed = replace(self, times_s=self.times_s * _SPED_UP, rule=rule)
        dips = [(one, dip) for one in scenes for dip in slowed.find_dips(one)]
        deepest = max((slowed.depth(dip) for _, dip in dips), default=0.0)
        found = [slowed.judge(dip, int(one[0]), int(one[-1]))[0] for one, dip in dips
                 if slowed.depth(dip) >= self.rule.min_share * deepest]  # fmt: skip
        quick_s = [(span.end_s - span.start_s) / _SPED_UP for span in found if span]
        if len(quick_s) <= len(spans):
            return 0.0
        # Where a repetition was found, none of the others may be one; several dips of a clip without any are alike.
        longest_s = max(quick_s) if spans or len(quick_s) == 1 else float(np.median(quick_s)) / _SPREAD
        return float(np.median(quick_s)) if longest_s < self.rule.min_duration_s else 0.0

    def find_dips(self, frames: NDArray[np.intp]) -> list[Dip]:
        """The dips in these frames of one scene."""
        calm = suppress_spikes(self.height[frames], self.times_s[frames])
        dips = find_dips(calm, self.rule.min_depth, self.rule.recovery)
        return [
            Dip(
                int(frames[dip.before]),
                self._sharpen(frames[dip.before : dip.after + 1], frames[dip.bottom]),
                int(frames[dip.after]),
            )
            for dip in dips
        ]

    def _sharpen(self, frames: NDArray[np.intp], bottom: int) -> int:
        """The lowest frame as measured, near the lowest one without spikes."""
        near = frames[np.abs(self.times_s[frames] - self.times_s[bottom]) <= SPIKE_S / 2]
        return int(near[np.argmin(self.height[near])])

    def depth(self, dip: Dip) -> float:
        return float(max(self.height[dip.before], self.height[dip.after]) - self.height[dip.bottom])

    def closing_deg(self, dip: Dip) -> float:
        """How far hips and knees close from the more open top to the bottom, whichever closes less: in a squat they
        close together."""
        before, bottom, after = (self._angles_near(frame) for frame in (dip.before, dip.bottom, dip.after))
        return float(np.min(np.fmax(before, after) - bottom))

    def _angles_near(self, frame: int) -> FloatArray:
        near = np.abs(self.times_s - self.times_s[frame]) <= SPIKE_S / 2
        return np.asarray(np.median(self.angles_deg[near & ~np.isnan(self.angles_deg).any(axis=1)], axis=0))

    def judge(self, dip: Dip, first: int, last: int) -> tuple[RepetitionSpan | None, str | None]:
        """The repetition that a dip of the scene first…last is, or why it is none."""
        at = f"at {self.times_s[dip.bottom]:.1f} s"
        moving_at_start, moving_at_end = self._moves(dip, first, 1), self._moves(dip, last, -1)
        if (dip.bottom == first and moving_at_start) or (dip.bottom == last and moving_at_end):
            return None, f"a movement {at} was left out: its bottom is not in the clip"
        comes, goes = self._missing(dip, dip.before), self._missing(dip, dip.after)
        cut_before = dip.bottom == first or (dip.before == first and (moving_at_start or comes > 0))
        cut_after = dip.bottom == last or (dip.after == last and (moving_at_end or goes > 0))
        whole_before, whole_after = comes <= 0 and not cut_before, goes <= 0 and not cut_after
        if not (whole_before or whole_after):
            return None, f"a movement {at} was left out: neither its way down nor its way up is whole in the clip"
        start, end = self._climb(dip.bottom, dip.before, -1), self._climb(dip.bottom, dip.after, 1)
        duration_s = float(self.times_s[end] - self.times_s[start])
        if duration_s > self.rule.max_duration_s:
            return None, (
                f"a movement {at} was left out: it takes {duration_s:.0f} s, longer than "
                f"{self.rule.max_duration_s:.0f} s; if the clip plays in slow motion, say how many times slower than "
                "life with --slow-motion"
            )
        if duration_s < self.rule.min_duration_s:
            return None, None
        warnings = []
        if cut_before or cut_after:
            warnings.append(self._describe_cut(first, last, is_before=cut_before))
        if (comes > 0 and not cut_before) or (goes > 0 and not cut_after):
            warnings.append("the person did not stand up fully before or after this repetition")
        bottom_s = estimate_bottom_s(self.times_s, self.height, dip)
        return RepetitionSpan(
            start, dip.bottom, end, float(self.times_s[start]), bottom_s, float(self.times_s[end]), self.depth(dip),
            tuple(warnings),
        ), None  # fmt: skip

    def _describe_cut(self, first: int, last: int, *, is_before: bool) -> str:
        """Whether it is the clip that ends where the scene first…last does."""
        beyond_s = self.times_s[first] - self.times_s[0] if is_before else self.times_s[-1] - self.times_s[last]
        if beyond_s <= self.rule.max_blind_s:
            return f"the clip {'starts' if is_before else 'ends'} in the middle of this repetition"
        return f"what comes {'before' if is_before else 'after'} this repetition's middle is hidden or another scene"

    def _missing(self, dip: Dip, top: int) -> float:
        """How much more than allowed this top lacks to the higher one, in leg lengths; 0 or below for a whole way."""
        depth = self.depth(dip)
        return float(self.height[dip.bottom] + (1 - self.rule.edge_depth) * depth - self.height[top])

    def _moves(self, dip: Dip, edge: int, inwards: int) -> bool:
        """Whether the hips are under way where the clip (or scene) cuts a dip, so that more of it lies outside."""
        if edge not in (dip.before, dip.bottom, dip.after) or self._stands(dip, edge):
            return False
        here = slice(dip.before, dip.after + 1)
        fastest = np.nanmax(np.abs(self._speeds(self.times_s[here], self.height[here])))
        near = self.times_s[edge] + inwards * np.array([0.0, _SPEED_S])
        known = np.flatnonzero(~np.isnan(self.height))
        ends = np.interp(near, self.times_s[known], self.height[known])
        return bool(abs(ends[1] - ends[0]) / _SPEED_S > self.rule.rest_speed * fastest)

    def _stands(self, dip: Dip, frame: int) -> bool:
        """Upright by angles, or with the hips nearly as high as on straight legs: in quick clips that are cut tight
        the last degrees are still to come."""
        bottom = self.height[dip.bottom]
        return bool(self.upright[frame] or self.height[frame] - bottom >= (1 - self.rule.edge_depth) * (1 - bottom))

    @staticmethod
    def _speeds(times_s: FloatArray, height: FloatArray) -> FloatArray:
        """Leg lengths per second between every frame and the curve `_SPEED_S` later."""
        known = ~np.isnan(height)
        later = np.interp(times_s[known] + _SPEED_S, times_s[known], height[known])
        return np.asarray((later - height[known]) / _SPEED_S)

    def _climb(self, bottom: int, top: int, step: int) -> int:
        """The frame towards `top` at which standing is left or reached: the canonical posture, and from there on
        outwards until nearly all of the height is there (its last degrees are still to come)."""
        way = np.arange(bottom, top + step, step)
        enough = self.height[top] - self.rule.rise * (self.height[top] - self.height[bottom])
        upright = np.flatnonzero(self.upright[way])
        high = np.flatnonzero(self.height[way] >= enough)
        return int(way[max(high[0], upright[0] if len(upright) else 0)])
