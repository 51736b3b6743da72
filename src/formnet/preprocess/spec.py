"""PreprocessSpec: everything between a Motion and a tensor, frozen and serialisable; and its execution.

A checkpoint carries the spec, so training and serving cannot differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np

from formnet.conversion import convert_motion
from formnet.errors import InputError
from formnet.geometry.limbs import Limb
from formnet.motion import FloatArray, Motion
from formnet.preprocess.canonical import CanonicalRule
from formnet.preprocess.dips import estimate_minimum_s
from formnet.preprocess.gaps import MAX_GAP_S, FillMethod, fill_gaps
from formnet.preprocess.hips import compute_hip_height
from formnet.preprocess.limbs import LimbPeriod, LimbScope, normalise_limbs
from formnet.preprocess.repetitions import RepetitionRule, RepetitionSpan, Segmentation, find_repetitions
from formnet.preprocess.resample import resample_to_times
from formnet.preprocess.scenes import find_cuts
from formnet.preprocess.smooth import describe_cutoff_problem
from formnet.preprocess.smoothers import Smoother, smooth_motion
from formnet.skeleton import skeleton_named

SPEC_VERSION = 1
_MAX_FRAMES = 10_000
"""Of a repetition; five minutes at 30 frames a second."""
_RETIRED = ("hysteresis_deg", "own_drop_deg")
"""Fields of the canonical rule in checkpoints of formnet 1; standing is told by how the hips turn, now."""

SegmentationKind = Literal["squat", "whole"]
Alignment = Literal["span", "bottom", "frames"]


@dataclass(frozen=True)
class BlockSpec:
    """One block of features by its name in `formnet.features.registry`, with its options."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class FeatureSpec:
    """The blocks whose channels are put side by side, in this order."""

    blocks: tuple[BlockSpec, ...] = (BlockSpec("distances"),)


@dataclass(frozen=True)
class LimbSpec:
    """Limb normalisation; `reference` holds (parent, child, length), empty for unit length."""

    scope: LimbScope = "none"
    per: LimbPeriod = "clip"
    reference: tuple[tuple[str, str, float], ...] = ()

    @property
    def lengths(self) -> dict[Limb, float] | None:
        return {(parent, child): length for parent, child, length in self.reference} or None


@dataclass(frozen=True)
class PreprocessSpec:
    """What is done to a motion, in this order.

    Attributes:
        gap_limit_s, gap_method: gaps that are filled.
        smoother: see `formnet.preprocess.smoothers`.
        cutoff_hz: of the low-pass filter "butterworth", unused by others; None is none.
        segmentation: "squat" finds repetitions by the canonical rule; "whole" takes the motion as one.
        repetitions: the rule of "squat".
        skeleton: name of the joint set that features see.
        limbs: limb normalisation.
        n_frames: frames of every repetition.
        align: "span" spreads them evenly from start to end; "bottom" puts half of them before the deepest
            hips and half after; "frames" keeps the recording's own frames (for learners), whatever `n_frames`.
        features: blocks of features.

    Raises:
        InputError: naming every problem at once.
    """

    skeleton: str = "hmr19"
    gap_limit_s: float = 0.25
    gap_method: FillMethod = "linear"
    cutoff_hz: float | None = 6.0
    segmentation: SegmentationKind = "squat"
    repetitions: RepetitionRule = field(default_factory=RepetitionRule)
    limbs: LimbSpec = field(default_factory=LimbSpec)
    n_frames: int = 300
    align: Alignment = "span"
    features: FeatureSpec = field(default_factory=FeatureSpec)
    version: int = SPEC_VERSION
    smoother: Smoother = "butterworth"

    def __post_init__(self) -> None:
        skeleton_named(self.skeleton)
        choices = (
            ("gap_method", self.gap_method, FillMethod),
            ("smoother", self.smoother, Smoother),
            ("segmentation", self.segmentation, SegmentationKind),
            ("align", self.align, Alignment),
            ("limbs.scope", self.limbs.scope, LimbScope),
            ("limbs.per", self.limbs.per, LimbPeriod),
        )
        problems = [
            f"{name} must be one of {', '.join(get_args(kind))}, got {value!r}"
            for name, value, kind in choices
            if value not in get_args(kind)
        ]
        if not 4 <= self.n_frames <= _MAX_FRAMES:
            problems.append(f"n_frames must be 4–{_MAX_FRAMES}, got {self.n_frames}")
        if not 0 <= self.gap_limit_s <= MAX_GAP_S:
            problems.append(f"gap_limit_s must be 0–{MAX_GAP_S:g}, got {self.gap_limit_s:g}")
        if self.cutoff_hz is not None and (problem := describe_cutoff_problem(self.cutoff_hz)):
            problems.append(f"cutoff_hz {problem}, or null for none")
        if not self.features.blocks:
            problems.append("features.blocks must name a block")
        if self.version > SPEC_VERSION:
            problems.append(f"its version {self.version} is newer than this formnet's {SPEC_VERSION}; upgrade formnet")
        if problems:
            raise InputError("this is no valid description of preprocessing: " + "; ".join(problems))

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and text, for JSON and checkpoints."""
        return _to_plain(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PreprocessSpec:
        """The spec that `to_dict` described; fields that are not named get their defaults.

        Raises:
            InputError: for unknown fields or values of the wrong kind.
        """
        try:
            return _spec_from(values)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise InputError(
                f"this is no valid description of preprocessing ({error}); make a new checkpoint"
            ) from error


@dataclass(frozen=True, eq=False)
class Repetition:
    """One repetition, ready for features and scorers: `motion` has the spec's frames and joint set.

    The motion keeps true times (start_s … end_s, in the clip's own clock).
    """

    motion: Motion
    start_s: float
    bottom_s: float
    end_s: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PreprocessedClip:
    """The repetitions of a clip, and warnings that concern the clip as a whole."""

    repetitions: tuple[Repetition, ...]
    warnings: tuple[str, ...] = ()


def preprocess_clip(motion: Motion, spec: PreprocessSpec) -> PreprocessedClip:
    """Fills gaps, smooths, finds repetitions, converts joints, normalises limbs and resamples.

    Raises:
        SkeletonError: when the motion lacks joints that the spec's joint set or the segmentation needs.
    """
    clean = clean_motion(motion, spec)
    if spec.segmentation == "squat":
        segmentation = segment_clip(clean, spec)
        spans, warnings = segmentation.spans, segmentation.warnings
    else:
        spans, warnings = (span_of_whole(clean),), ()
    body = normalise_limbs(
        convert_motion(clean, skeleton_named(spec.skeleton)), spec.limbs.scope, spec.limbs.per, spec.limbs.lengths
    )
    return PreprocessedClip(tuple(_cut_repetition(body, span, spec) for span in spans), warnings)


def segment_clip(clean: Motion, spec: PreprocessSpec, picture: Motion | None = None) -> Segmentation:
    """The repetitions of a cleaned motion.

    Args:
        picture: the same frames in the picture, as estimated, where there is one: it shows cuts, and depth better.
    """
    if picture is None:
        return find_repetitions(clean, spec.repetitions)
    # In the picture limbs have no constant length.
    flat = replace(spec, smoother="kalman") if spec.smoother == "extended_kalman" else spec
    return find_repetitions(clean, spec.repetitions, clean_motion(picture, flat), find_cuts(picture))


def clean_motion(motion: Motion, spec: PreprocessSpec) -> Motion:
    """Gap filling and smoothing alone; segmentation, features and scorers all start from this."""
    return smooth_motion(fill_gaps(motion, spec.gap_limit_s, spec.gap_method), spec.smoother, spec.cutoff_hz)


def span_of_whole(motion: Motion) -> RepetitionSpan:
    """All frames as one repetition; its bottom is the lowest point of the hips, or the middle without legs."""
    if len(motion) < 2:
        raise InputError(f"expected two frames or more in a repetition, got {len(motion)}; check the recording")
    legs = [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")]
    height = compute_hip_height(motion) if all(j in motion.skeleton for j in legs) else np.full(len(motion), np.nan)
    first, last = 0, len(motion) - 1
    inner = height[1:-1]
    times_s = motion.timestamps
    if len(inner) and not np.isnan(inner).all():
        bottom = 1 + int(np.nanargmin(inner))
        bottom_s, depth = estimate_minimum_s(times_s, height, bottom), float(np.nanmax(height) - height[bottom])
    else:
        bottom, bottom_s, depth = last // 2, 0.5 * float(times_s[0] + times_s[-1]), float("nan")
    return RepetitionSpan(first, bottom, last, float(times_s[0]), bottom_s, float(times_s[-1]), depth)


def compute_frame_times_s(start_s: float, bottom_s: float, end_s: float, n_frames: int, align: Alignment) -> FloatArray:
    """(n_frames,) times of a repetition's frames; aligned at the bottom, frame n_frames // 2 is the bottom."""
    if align == "span" or not start_s < bottom_s < end_s:
        return np.linspace(start_s, end_s, n_frames)
    half = n_frames // 2
    down_s = np.linspace(start_s, bottom_s, half, endpoint=False)
    return np.concatenate([down_s, np.linspace(bottom_s, end_s, n_frames - half)])


def _cut_repetition(body: Motion, span: RepetitionSpan, spec: PreprocessSpec) -> Repetition:
    if spec.align == "frames":
        motion = body.frames(span.start, span.end + 1)
    else:
        times_s = compute_frame_times_s(span.start_s, span.bottom_s, span.end_s, spec.n_frames, spec.align)
        motion = resample_to_times(body, times_s)
    never_seen = np.asarray(motion.missing.all(axis=0))
    unseen = [joint for joint, lost in zip(body.skeleton.joints, never_seen, strict=True) if lost]
    warnings = span.warnings
    if unseen:
        warnings += (f"{', '.join(joint.replace('_', ' ') for joint in unseen)} never seen in this repetition",)
    return Repetition(motion, span.start_s, span.bottom_s, span.end_s, warnings)


def _to_plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_plain(item) for item in value]
    return value


def _spec_from(values: Mapping[str, Any]) -> PreprocessSpec:
    plain = dict(values)
    if "repetitions" in plain:
        rule = dict(plain["repetitions"])
        if "canonical" in rule:
            canonical = dict(rule["canonical"])
            if "angles" in canonical:
                canonical["angles"] = tuple(tuple(str(j) for j in triple) for triple in canonical["angles"])
            rule["canonical"] = CanonicalRule(**{k: v for k, v in canonical.items() if k not in _RETIRED})
        plain["repetitions"] = RepetitionRule(**rule)
    if "limbs" in plain:
        limbs = dict(plain["limbs"])
        reference = limbs.get("reference") or ()
        limbs["reference"] = tuple((str(p), str(c), float(length)) for p, c, length in reference)
        plain["limbs"] = LimbSpec(**limbs)
    if "features" in plain:
        blocks = plain["features"]["blocks"]
        plain["features"] = FeatureSpec(
            tuple(BlockSpec(str(block["name"]), dict(block.get("options") or {})) for block in blocks)
        )
    return PreprocessSpec(**plain)
