"""One kind of body for all learners: 30 frames a second, no gaps, with pelvis and neck, whatever the joint set."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from formnet.conversion import convert_motion
from formnet.errors import InputError, SkeletonError
from formnet.geometry.paths import interpolate_gaps
from formnet.motion import Motion
from formnet.preprocess.resample import resample_to_fps
from formnet.skeleton import Skeleton

WORKING_FPS = 30.0
MOST_FRAMES = 3000
REQUIRED = tuple(
    f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)


def prepare_body(motion: Motion) -> Motion:
    """The motion at `WORKING_FPS`, gaps filled, with `pelvis` and `neck`.

    A joint that is never seen lies at its parent, so its limb has no direction.

    Raises:
        InputError: for a motion without depth or with fewer than four frames.
        SkeletonError: when the joint set lacks shoulders, elbows, wrists, hips, knees or ankles.
    """
    require_body(motion)
    body = complete_body(fill_motion(at_working_rate(motion)))
    positions = body.positions.copy()
    for joint in parents_first(body.skeleton):
        number = body.skeleton.index(joint)
        if np.isnan(positions[:, number]).any():
            parent = body.skeleton.parent(joint)
            positions[:, number] = 0.0 if parent is None else positions[:, body.skeleton.index(parent)]
    return body.replace(positions=positions)


def require_body(motion: Motion) -> None:
    """Raises what `prepare_body` raises."""
    if motion.n_dimensions != 3:
        raise InputError("this model judges joints in 3D, got a motion in 2D; use a pose source with depth")
    if len(motion) < 4:
        raise InputError(f"expected a repetition of four frames or more, got {len(motion)}; check the recording")
    absent = [joint for joint in REQUIRED if joint not in motion.skeleton]
    if absent:
        raise SkeletonError(
            f"the joint set {motion.skeleton.name!r} has no {', '.join(absent)}, which this model needs; "
            "use a joint set with both arms and legs"
        )


def at_working_rate(motion: Motion) -> Motion:
    """Itself when its steps are those of `WORKING_FPS` (within 2 %), else resampled linearly."""
    steps_s = np.diff(motion.timestamps)
    if np.allclose(steps_s, 1.0 / WORKING_FPS, rtol=0.02, atol=0.0):
        return motion
    span_s = float(motion.timestamps[-1] - motion.timestamps[0])
    if span_s * WORKING_FPS > MOST_FRAMES:
        raise InputError(f"expected one repetition, got a motion of {span_s:.0f} s; cut it into repetitions first")
    # A repetition of three slow frames or of less than a tenth of a second still needs frames to be looked at.
    return resample_to_fps(motion, max(WORKING_FPS, 8.0 / span_s))


def fill_motion(motion: Motion) -> Motion:
    """Missing joints interpolated in time and held at the ends; joints that are never seen stay missing."""
    if not motion.missing.any():
        return motion
    return motion.replace(positions=interpolate_gaps(motion.positions))


def complete_body(motion: Motion) -> Motion:
    """The motion with `pelvis` and `neck` put in front of its joints where they are not there."""
    return convert_motion(motion, complete_skeleton(motion.skeleton))


@lru_cache(maxsize=64)
def complete_skeleton(skeleton: Skeleton) -> Skeleton:
    """The joint set with pelvis and neck, so that its tree has one root."""
    added = tuple(joint for joint in ("pelvis", "neck") if joint not in skeleton)
    return Skeleton(f"{skeleton.name}+", added + skeleton.joints) if added else skeleton


@lru_cache(maxsize=64)
def parents_first(skeleton: Skeleton) -> tuple[str, ...]:
    """Joints in an order in which parents come before their children."""

    def depth(joint: str) -> int:
        parent = skeleton.parent(joint)
        return 0 if parent is None else 1 + depth(parent)

    return tuple(sorted(skeleton.joints, key=depth))
