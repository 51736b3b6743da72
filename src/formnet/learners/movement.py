"""Recipe for a movement of any kind: placed curves, three blocks of features, kernel ridge.

Each repetition is put into canonical form, laid on the mean of the good training repetitions (turn and side), and
described by log amplitudes, the log-Euclidean covariance of its angles, and MiniRocket (Dempster et al. 2021) on plain
curves and curves relative to their start. Of a movement without a side both orientations are learnt and averaged.
`docs/learners.md` says what each part bought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import softmax

from formnet.baselines.base import require_rows
from formnet.baselines.minirocket import RocketPlan, fit_plan, transform_rocket
from formnet.errors import CheckpointError, InputError
from formnet.learners.base import Arrays, take_array
from formnet.learners.blocks import compute_covariances, compute_log_amplitudes, compute_tangents, fit_whitening
from formnet.learners.body import complete_skeleton, prepare_body
from formnet.learners.calibrate import check_target, fit_calibration, make_inner_folds
from formnet.learners.curves import N_FRAMES, Curves, compute_curves
from formnet.learners.placement import N_SHAPE, Placement, fit_placement, orient_clip
from formnet.learners.posture import average_limb_lengths, canonicalise_body
from formnet.learners.ridge import BlockRidge, fit_ridge, restore_ridge
from formnet.learners.rocket import read_plan, rocket_arrays
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable
from formnet.skeleton import Skeleton, skeleton_named

GOOD = ("correct", "good")
"""Classes whose repetitions make the mean clip; without one of them all repetitions do."""


@dataclass(frozen=True, eq=False)
class FittedMovement:
    """See `FittedLearner`."""

    skeleton: Skeleton
    n_classes: int
    lengths: FloatArray
    placement: Placement
    whitening: FloatArray
    plans: tuple[RocketPlan, ...]
    ridge: BlockRidge
    slope: float
    unsure_below: float = 0.0

    def estimate_probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        return np.asarray(softmax(self.slope * self.scores(motions), axis=1))

    def scores(self, motions: Sequence[Motion]) -> FloatArray:
        """(N, C), about +1 for the class it is and -1 for the others."""
        if not motions:
            return np.zeros((0, self.n_classes))
        clips = _orient_all(motions, self.skeleton, self.lengths, self.placement)
        blocks = compute_blocks(compute_curves(clips, complete_skeleton(self.skeleton)), self.whitening, self.plans)
        return average_orientations(self.ridge.scores(blocks), len(motions))

    def arrays(self) -> Arrays:
        arrays = {"lengths": self.lengths, "template": self.placement.template, "whitening": self.whitening}
        for number, plan in enumerate(self.plans):
            arrays |= rocket_arrays(plan, f"rocket{number}.")
        return arrays | self.ridge.arrays() | {"slope": np.array([self.slope])}

    def options(self) -> dict[str, Any]:
        return {
            "skeleton": self.skeleton.name,
            "n_classes": self.n_classes,
            "is_sided": self.placement.is_sided,
            "n_draws": len(self.plans),
        }


@dataclass(frozen=True)
class MovementLearner:
    """The recipe; the defaults are those of `docs/learners.md`.

    Attributes:
        n_features: about how many features each draw of MiniRocket has.
        n_draws: independent draws of MiniRocket, each a block.
        alpha: of the ridge.
        clip: standardised features count at most this much.
        inner_folds: parts of the training groups that calibration leaves out in turn; 0 leaves it out.
        target_accuracy: share of right answers among those given that the calibration rows must show; the learner's
            `unsure_below` is chosen for it. 0 answers always.
    """

    n_features: int = 4000
    n_draws: int = 2
    alpha: float = 0.3
    clip: float = 4.0
    inner_folds: int = 4
    target_accuracy: float = 0.0

    def __post_init__(self) -> None:
        check_target(self.target_accuracy, self.inner_folds)
        if not (
            self.n_features >= 84 and self.n_draws >= 1 and self.alpha > 0 and self.clip > 0 and self.inner_folds >= 0
        ):
            raise InputError(
                "expected n_features of 84, n_draws of 1, inner_folds of 0 or more, and alpha and clip above 0, "
                f"got {self.n_features}, {self.n_draws}, {self.inner_folds}, {self.alpha} and {self.clip}"
            )

    def fit(self, table: RepetitionTable, seed: int = 0) -> FittedMovement:
        require_rows(table)
        slope, unsure_below = self._calibrate(table, seed)
        return replace(self._fit_all(table, seed), slope=slope, unsure_below=unsure_below)

    def _fit_all(self, table: RepetitionTable, seed: int) -> FittedMovement:
        """Everything but the calibration."""
        skeleton, n_classes = table.motions[0].skeleton, len(table.classes)
        prepared = [prepare_body(motion) for motion in table.motions]
        lengths = average_limb_lengths(prepared)
        bodies = [canonicalise_body(body, lengths) for body in prepared]
        placement = fit_placement([bodies[row] for row in find_good_rows(table)])
        clips = _orient_all(table.motions, skeleton, lengths, placement)
        labels = np.tile(np.asarray(table.labels), len(clips) // len(table))
        curves = compute_curves(clips, complete_skeleton(skeleton))
        whitening = fit_whitening(compute_covariances(curves.angles))
        series = compute_rocket_input(curves)
        rng = np.random.default_rng(seed)
        plans = tuple(fit_plan(series, self.n_features, rng) for _ in range(self.n_draws))
        blocks = compute_blocks(curves, whitening, plans)
        ridge = fit_ridge(blocks, labels, n_classes, self.alpha, self.clip)
        return FittedMovement(skeleton, n_classes, lengths, placement, whitening, plans, ridge, 1.0)

    def _calibrate(self, table: RepetitionTable, seed: int) -> tuple[float, float]:
        """Slope and `unsure_below`, on groups left out of everything, also of mean clip and standardisation."""
        scores, truth = [], []
        for out in make_inner_folds(table.groups, seed, self.inner_folds) if self.inner_folds else []:
            # What remains must still show two classes to learn anything.
            if len(np.unique(table.labels[~out])) > 1:
                held_out = table.select(out)
                scores.append(self._fit_all(table.select(~out), seed).scores(held_out.motions))
                truth.append(held_out.labels)
        if not scores:
            return 1.0, 0.0
        return fit_calibration(np.concatenate(scores), np.concatenate(truth), self.target_accuracy)


def restore_movement(options: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> FittedMovement:
    """What `FittedMovement.arrays` and `.options` gave; raises `CheckpointError` for what does not fit."""
    skeleton, n_classes = skeleton_named(str(options["skeleton"])), int(options["n_classes"])
    joints = complete_skeleton(skeleton)
    flat = compute_curves([np.zeros((4, len(joints), 3))], joints)
    n_angles, n_channels = flat.angles.shape[1], compute_rocket_input(flat).shape[1]
    plans = tuple(
        read_plan(arrays, f"rocket{number}.", n_channels, N_FRAMES) for number in range(int(options["n_draws"]))
    )
    whitening = take_array(arrays, "whitening", (n_angles, n_angles))
    ridge = restore_ridge(arrays, n_classes)
    wanted = sum(block.shape[1] for block in compute_blocks(flat, whitening, plans))
    if wanted != len(ridge.means):
        raise CheckpointError(f"expected weights of {wanted} features in the stored learner, got {len(ridge.means)}")
    placement = Placement(take_array(arrays, "template", (N_SHAPE, len(joints), 3)), bool(options["is_sided"]))
    lengths = take_array(arrays, "lengths", (len(joints),))
    slope = float(take_array(arrays, "slope", (1,))[0])
    return FittedMovement(skeleton, n_classes, lengths, placement, whitening, plans, ridge, slope)


def find_good_rows(table: RepetitionTable) -> np.ndarray:
    """Rows of the class that is done right; all rows where no class is named so."""
    good = [number for number, name in enumerate(table.classes) if name in GOOD]
    rows = np.flatnonzero(np.isin(table.labels, good))
    return rows if len(rows) else np.arange(len(table))


def compute_rocket_input(curves: Curves) -> FloatArray:
    """(N, 2·channels, T): directions and angles as they are, and relative to their first three frames."""
    plain = np.concatenate([curves.directions, curves.angles], axis=1)
    return np.ascontiguousarray(np.concatenate([plain, plain - plain[:, :, :3].mean(axis=2, keepdims=True)], axis=1))


def compute_blocks(curves: Curves, whitening: FloatArray, plans: Sequence[RocketPlan]) -> list[FloatArray]:
    """The blocks of features: log amplitudes, covariance, and one of MiniRocket for each plan."""
    everything = np.concatenate([curves.directions, curves.angles, curves.positions], axis=1)
    series = compute_rocket_input(curves)
    return [
        compute_log_amplitudes(everything),
        compute_tangents(compute_covariances(curves.angles), whitening),
        *(transform_rocket(series, plan) for plan in plans),
    ]


def average_orientations(scores: FloatArray, n_rows: int) -> FloatArray:
    """Scores (k·N, C) of k orientations, one after the other → (N, C)."""
    return np.asarray(scores.reshape(-1, n_rows, scores.shape[1]).mean(axis=0))


def _orient_all(
    motions: Sequence[Motion], skeleton: Skeleton, lengths: FloatArray, placement: Placement
) -> list[FloatArray]:
    """All clips in their best orientation, then (without a side) all in the other one."""
    for motion in motions:
        if motion.skeleton != skeleton:
            raise InputError(f"this model judges {skeleton.name!r} joints, got {motion.skeleton.name!r}; convert them")
    oriented = [orient_clip(canonicalise_body(prepare_body(motion), lengths), placement) for motion in motions]
    return [clips[k] for k in range(len(oriented[0])) for clips in oriented]
