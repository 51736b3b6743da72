"""Two motions from anywhere become comparable: checks, common joints, gaps, smoothing, common number of frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from formnet.checks import join_words
from formnet.conversion import convert_motion, underivable_joints
from formnet.errors import InputError, PoseError, SkeletonError
from formnet.geometry.paths import find_runs
from formnet.motion import Motion
from formnet.preprocess.gaps import fill_gaps
from formnet.preprocess.limbs import normalise_limbs
from formnet.preprocess.resample import resample_to_frames
from formnet.preprocess.smoothers import Smoother, smooth_motion
from formnet.skeleton import BLAZEPOSE_33, SMPL_24, Skeleton

LimbLengths = Literal["raw", "smpl", "unit"]
LIMB_JOINTS = tuple(
    f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")
)
# A motion of fewer frames has no course that could be aligned.
MIN_FRAMES = 5
# Whole-body alignment is quadratic in the frames; 30 s at 30 frames/s stay as they are.
MAX_FRAMES = 900
_SPINE = {"spine1", "spine2", "spine3"}


@dataclass(frozen=True)
class PrepareOptions:
    """How motions are made comparable.

    Attributes:
        max_gap_s: longest absence of the person inside a motion that is bridged; longer ones are refused.
        cutoff_hz: of the low-pass filter "butterworth"; None is none.
        allow_missing: score without joints that one side never shows instead of refusing.
        smoother: see `formnet.preprocess.smoothers`.
    """

    max_gap_s: float = 0.5
    cutoff_hz: float | None = 6.0
    allow_missing: bool = False
    smoother: Smoother = "butterworth"


def share_joints(first: Skeleton, second: Skeleton, *, allow_missing: bool = False) -> Skeleton:
    """The joints that both sets have or can derive.

    Raises:
        SkeletonError: naming the joints of arms and legs that one of them cannot give.
    """
    if first.joints == second.joints:
        return first
    wanted = tuple(dict.fromkeys((*SMPL_24.joints, *BLAZEPOSE_33.joints)))
    everything = Skeleton("everything", wanted)
    lost = set(underivable_joints(first, everything)) | set(underivable_joints(second, everything))
    # A back that is mixed from shoulders and hips shows no bending: it counts only where both have it.
    mixed = {joint for joint in _SPINE if joint not in first or joint not in second}
    # A head that stands in for a nose, or an eye for an eye's corner, would compare different places.
    mixed |= {joint for joint in ("nose", "head_top") if joint not in first or joint not in second}
    shared = tuple(joint for joint in wanted if joint not in lost | mixed)
    absent = [joint for joint in LIMB_JOINTS if joint not in shared]
    if (absent and not allow_missing) or not shared:
        raise SkeletonError(
            f"the joint sets {first.name!r} and {second.name!r} do not both have {', '.join(absent)}; use poses with "
            "these joints or score without them (--allow-missing)"
        )
    return Skeleton(f"shared by {first.name} and {second.name}", shared)


def match_dimensions(first: Motion, second: Motion) -> None:
    """Raises `InputError` when one motion is flat and the other is not."""
    if first.n_dimensions != second.n_dimensions:
        raise InputError(
            f"one motion has {first.n_dimensions} dimensions and the other {second.n_dimensions}; compare both in the "
            "picture (--flat) or get both in 3D"
        )


def check_motion(motion: Motion, name: str, options: PrepareOptions) -> tuple[Motion, tuple[str, ...]]:
    """Cuts unseen beginnings and ends and refuses what cannot be scored.

    Args:
        name: how messages call the motion.

    Returns:
        the motion from the first to the last frame with the person, and warnings.

    Raises:
        PoseError: nobody, too few frames, an absence longer than allowed, or joints that are never seen (named).
    """
    there = ~motion.missing.all(axis=1)
    if not there.any():
        raise PoseError(f"{name} never shows a person; film the whole body")
    first, last = int(np.flatnonzero(there)[0]), int(np.flatnonzero(there)[-1])
    times_s = motion.timestamps
    lost_s = [float(times_s[first] - times_s[0]), float(times_s[-1] - times_s[last])]
    warnings = _judge_ends(motion, name, lost_s, times_s[last])
    motion = motion.frames(first, last + 1)
    if len(motion) < MIN_FRAMES:
        raise PoseError(
            f"{name} has only {_count(len(motion), 'frame')}, too short a movement to compare; use `formnet match` for "
            "single pictures"
        )
    _refuse_absences(motion, name, options.max_gap_s)
    never = np.asarray(motion.missing.all(axis=0))
    if never.any():
        lost = [joint for joint, is_lost in zip(motion.skeleton.joints, never, strict=True) if is_lost]
        joints = join_words([joint.replace("_", " ") for joint in lost])
        if not options.allow_missing:
            raise PoseError(f"{name} never shows {joints}; film the whole body or score without (--allow-missing)")
        warnings += (f"{name} never shows {joints}: scored without",)
    return motion, warnings


def _judge_ends(motion: Motion, name: str, lost_s: Sequence[float], last_s: float) -> tuple[str, ...]:
    span_s = float(motion.timestamps[-1] - motion.timestamps[0])
    if lost_s[1] > max(0.2 * span_s, 1e-9):
        raise PoseError(
            f"in {name} the person leaves the picture at {last_s:.1f} s and does not come back; cut the clip there"
        )
    where = [f"{lost:.1f} s at its {end}" for lost, end in zip(lost_s, ("start", "end"), strict=True) if lost > 0.1]
    return (f"{name} shows nobody for {' and '.join(where)}: left out",) if where else ()


def _refuse_absences(motion: Motion, name: str, max_gap_s: float) -> None:
    step_s = 1.0 / motion.fps
    for start, stop in find_runs(np.asarray(motion.missing.all(axis=1))):
        absent_s = float(motion.timestamps[stop] - motion.timestamps[start - 1]) - step_s
        if absent_s > max_gap_s:
            raise PoseError(
                f"in {name} the person leaves the picture from {motion.timestamps[start]:.1f} to "
                f"{motion.timestamps[stop]:.1f} s; cut the clip or allow it with --max-gap {absent_s + 0.1:.1f}"
            )


def bridge_gaps(motion: Motion, options: PrepareOptions) -> Motion:
    """Short gaps bridged by cubic interpolation."""
    return fill_gaps(motion, options.max_gap_s, "cubic")


def smooth_alike(clip: Motion, reference: Motion, options: PrepareOptions) -> tuple[Motion, Motion]:
    """Two motions of equal frames, both smoothed in the reference's time.

    A movement done twice as fast has all its frequencies doubled; filtered in its own time it would lose more of
    itself than the slow one, and the same movement would not look the same.
    """
    assert len(clip) == len(reference), "frames are equalised first"
    borrowed = clip.replace(timestamps=reference.timestamps)
    first, second = (smooth_motion(motion, options.smoother, options.cutoff_hz) for motion in (borrowed, reference))
    return first.replace(timestamps=clip.timestamps), second


def normalise_lengths(motion: Motion, lengths: LimbLengths) -> Motion:
    """The body rebuilt with other limb lengths, directions kept; "raw" leaves it as it is.

    Raises:
        InputError: a flat motion, whose limbs have no true lengths, or an unknown name.
    """
    if lengths not in get_args(LimbLengths):
        raise InputError(f"unknown limb lengths {lengths!r}; use one of {', '.join(get_args(LimbLengths))}")
    if lengths == "raw":
        return motion
    if motion.n_dimensions != 3:
        raise InputError("limbs in the picture have no true lengths; normalise them in 3D only")
    if lengths == "unit":
        return normalise_limbs(motion, "full", "clip")
    # The body brings torch along, which nothing else here needs.
    from formnet.body.limbs import reference_limb_lengths

    return normalise_limbs(motion, "full", "clip", reference_limb_lengths())


def equalise_frames(first: Motion, second: Motion) -> tuple[Motion, Motion]:
    """Both with the frames of the longer one (at most `MAX_FRAMES`), so that pace does not decide how finely a
    movement is sampled."""
    n_frames = min(max(len(first), len(second)), MAX_FRAMES)
    return _with_frames(first, n_frames), _with_frames(second, n_frames)


def _with_frames(motion: Motion, n_frames: int) -> Motion:
    return motion if len(motion) == n_frames else resample_to_frames(motion, n_frames, "cubic")


def to_shared_joints(first: Motion, second: Motion, *, allow_missing: bool) -> tuple[Motion, Motion]:
    """Both motions on the joints they share (see `share_joints`)."""
    target = share_joints(first.skeleton, second.skeleton, allow_missing=allow_missing)
    return convert_motion(first, target), convert_motion(second, target)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
