"""A repetition of any movement as numbers: what three experts look at.

Each repetition is put into canonical form and laid on the mean of the good training repetitions (turn and side). Of a
movement without a side both orientations are described.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from formnet.judges.movement.curves import N_FRAMES, Curves, compute_curves
from formnet.judges.movement.placement import N_SHAPE, Placement, fit_placement, orient_clip
from formnet.judges.movement.posture import average_limb_lengths, canonicalise_body
from formnet.judges.movement.rocket import read_plan, rocket_arrays
from formnet.judges.parts.blocks import compute_correlations, compute_log_amplitudes, compute_tangents, fit_whitening
from formnet.judges.parts.body import complete_skeleton
from formnet.judges.parts.rocket import RocketPlan, fit_plan, transform_rocket
from formnet.judges.protocol import Arrays, take_array
from formnet.motion import FloatArray, Motion
from formnet.skeleton import Skeleton

PREFIX = "rocket."
EXPERTS = ("motion", "coordination", "posture")
"""How much and in which shapes the body moves; which angles move together; where every limb points at every moment."""
EVERY = 2
"""Frames from one to the next that the posture keeps."""

Blocks = dict[str, list[FloatArray]]
"""For each expert its blocks of features, (k·N, d) each: k orientations, one after the other."""


@dataclass(frozen=True, eq=False)
class MovementFeatures:
    """What has to be learnt before a repetition can be described.

    Attributes:
        skeleton: of the recordings.
        lengths: (J,) limb lengths of the common skeleton.
        placement: the mean clip.
        whitening: of the correlations.
        plan: of MiniRocket.
    """

    skeleton: Skeleton
    lengths: FloatArray
    placement: Placement
    whitening: FloatArray
    plan: RocketPlan

    def describe(self, bodies: Sequence[Motion]) -> Blocks:
        """Blocks of bodies from `prepare_body`."""
        return self.describe_curves(_curves_of(bodies, self.skeleton, self.lengths, self.placement))

    def describe_curves(self, curves: Curves) -> Blocks:
        """Blocks of curves of placed clips."""
        plain = np.concatenate([curves.directions, curves.angles], axis=1)
        everything = np.concatenate([plain, curves.positions], axis=1)
        return {
            "motion": [compute_log_amplitudes(everything), transform_rocket(compute_rocket_input(curves), self.plan)],
            "coordination": [compute_tangents(compute_correlations(curves.angles), self.whitening)],
            "posture": [plain[:, :, ::EVERY].reshape(len(plain), -1)],
        }

    def arrays(self) -> Arrays:
        own = {"lengths": self.lengths, "template": self.placement.template, "whitening": self.whitening}
        return own | rocket_arrays(self.plan, PREFIX)


def fit_features(
    bodies: Sequence[Motion], skeleton: Skeleton, good: np.ndarray, n_features: int, rng: np.random.Generator
) -> tuple[MovementFeatures, Blocks]:
    """What there is to learn, and the blocks of the bodies it was learnt from.

    Args:
        bodies: from `prepare_body`.
        skeleton: of the recordings.
        good: numbers of the bodies that make the mean clip.
        n_features: about how many features MiniRocket has.
    """
    lengths = average_limb_lengths(bodies)
    placement = fit_placement([canonicalise_body(bodies[row], lengths) for row in good])
    curves = _curves_of(bodies, skeleton, lengths, placement)
    whitening = fit_whitening(compute_correlations(curves.angles))
    plan = fit_plan(compute_rocket_input(curves), n_features, rng)
    features = MovementFeatures(skeleton, lengths, placement, whitening, plan)
    return features, features.describe_curves(curves)


def restore_features(skeleton: Skeleton, is_sided: bool, arrays: Mapping[str, np.ndarray]) -> MovementFeatures:
    """What `MovementFeatures.arrays` gave; raises `CheckpointError` for what does not fit."""
    joints = complete_skeleton(skeleton)
    flat = sample_curves(skeleton)
    n_angles, n_channels = flat.angles.shape[1], compute_rocket_input(flat).shape[1]
    return MovementFeatures(
        skeleton,
        take_array(arrays, "lengths", (len(joints),)),
        Placement(take_array(arrays, "template", (N_SHAPE, len(joints), 3)), is_sided),
        take_array(arrays, "whitening", (n_angles, n_angles)),
        read_plan(arrays, PREFIX, n_channels, N_FRAMES),
    )


def sample_curves(skeleton: Skeleton) -> Curves:
    """Curves of a body that does not move, to learn how many there are."""
    joints = complete_skeleton(skeleton)
    return compute_curves([np.zeros((4, len(joints), 3))], joints)


def compute_rocket_input(curves: Curves) -> FloatArray:
    """(N, 2·channels, T): directions and angles as they are, and relative to their first three frames."""
    plain = np.concatenate([curves.directions, curves.angles], axis=1)
    return np.ascontiguousarray(np.concatenate([plain, plain - plain[:, :, :3].mean(axis=2, keepdims=True)], axis=1))


def _curves_of(bodies: Sequence[Motion], skeleton: Skeleton, lengths: FloatArray, placement: Placement) -> Curves:
    """Curves of all clips in their best orientation, then (without a side) of all in the other one."""
    oriented = [orient_clip(canonicalise_body(body, lengths), placement) for body in bodies]
    clips = [own[k] for k in range(len(oriented[0])) for own in oriented]
    return compute_curves(clips, complete_skeleton(skeleton))
