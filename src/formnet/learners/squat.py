"""Recipe for squats seen by triangulated or single-camera joints: four different families vote.

Extremely randomised trees on all summaries, bagged discriminants on summaries that hold over days, a small network on
picture curves, and kernel ridge on how much these curves move; the mean of their probabilities is calibrated on groups
left out of training.
`docs/learners.md` says what each part bought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.special import softmax

from formnet.baselines.base import require_rows
from formnet.errors import CheckpointError, InputError
from formnet.learners.base import Arrays, require_range, take_array
from formnet.learners.calibrate import check_target, fit_calibration, make_inner_folds
from formnet.learners.cells import compute_cell_weights
from formnet.learners.curve_network import CurveNetworks, NetworkOptions, fit_networks, option_names, restore_networks
from formnet.learners.discriminant import Discriminants, fit_discriminants, restore_discriminants
from formnet.learners.forest import Forest, fit_forest, restore_forest
from formnet.learners.ridge import BlockRidge, fit_ridge, restore_ridge
from formnet.learners.squat_features import SquatFeatures, compute_squat_features
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable
from formnet.skeleton import Skeleton, skeleton_named

SHARPNESS = 4.0
"""Scores of the ridge (about ±1) become probabilities as sure as those of the other families."""
FLOOR = 1e-4
"""Probabilities count at least this much before their logarithm is calibrated."""


@dataclass(frozen=True, eq=False)
class Families:
    """The four families, fitted on the same rows.

    Attributes:
        kept: (F',) columns of the summaries that are used; medians: (F',) stand in for what is missing.
    """

    kept: np.ndarray
    medians: FloatArray
    forest: Forest
    discriminants: Discriminants
    networks: CurveNetworks
    ridge: BlockRidge

    def probabilities(self, features: SquatFeatures) -> FloatArray:
        """(N, C), the mean over families."""
        return np.asarray(np.mean(list(self.by_family(features).values()), axis=0))

    def by_family(self, features: SquatFeatures) -> dict[str, FloatArray]:
        """(N, C) of each family."""
        summaries = fill_with(features.summaries[:, self.kept], self.medians)
        return {
            "forest": self.forest.probabilities(summaries),
            "discriminants": self.discriminants.probabilities(summaries),
            "networks": self.networks.probabilities(features.curves),
            "amplitudes": softmax(SHARPNESS * self.ridge.scores(self._known(features.amplitudes)), axis=1),
        }

    def _known(self, blocks: Sequence[FloatArray]) -> list[FloatArray]:
        """Blocks with the mean of training for what is missing."""
        everything = fill_with(np.concatenate(blocks, axis=1), self.ridge.scale.means)
        return np.split(everything, np.cumsum(self.ridge.scale.sizes)[:-1], axis=1)


@dataclass(frozen=True, eq=False)
class FittedSquat:
    """See `FittedLearner`."""

    skeleton: Skeleton
    n_classes: int
    second_view: float | None
    families: Families
    slope: float
    unsure_below: float = 0.0

    def estimate_probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        if not motions:
            return np.zeros((0, self.n_classes))
        for motion in motions:
            if motion.skeleton != self.skeleton:
                raise InputError(
                    f"this model judges {self.skeleton.name!r} joints, got {motion.skeleton.name!r}; convert them"
                )
        features = compute_squat_features(motions, self.second_view)
        return calibrate(self.families.probabilities(features), self.slope)

    def arrays(self) -> Arrays:
        parts = self.families
        own = {"kept": parts.kept, "medians": parts.medians, "slope": np.array([self.slope])}
        return (
            own | parts.forest.arrays() | parts.discriminants.arrays() | parts.networks.arrays() | parts.ridge.arrays()
        )

    def options(self) -> dict[str, Any]:
        return {
            "skeleton": self.skeleton.name,
            "n_classes": self.n_classes,
            "second_view": self.second_view,
            "networks": self.families.networks.options(),
        }


@dataclass(frozen=True)
class SquatLearner:
    """The recipe; the defaults are those of `docs/learners.md`.

    Attributes:
        second_view: `slope` of the second camera's rays; None where there is no second camera.
        trees: of the forest.
        members: of the bagged discriminants.
        network: options of the networks by name; see `NetworkOptions`.
        alpha: of the ridge on amplitudes.
        inner_folds: parts of the training groups that calibration leaves out in turn; 0 leaves it out.
        target_accuracy: share of right answers among those given that the calibration rows must show; the learner's
            `unsure_below` is chosen for it. 0 answers always.
    """

    second_view: float | None = None
    trees: int = 300
    members: int = 15
    network: Mapping[str, Any] = field(default_factory=dict)
    alpha: float = 1.0
    inner_folds: int = 4
    target_accuracy: float = 0.0

    def __post_init__(self) -> None:
        check_target(self.target_accuracy, self.inner_folds)
        unknown = sorted(set(self.network) - set(option_names()))
        if unknown:
            raise InputError(f"the network has no option {', '.join(unknown)}; it has {', '.join(option_names())}")
        if not (self.trees >= 1 and self.members >= 1 and self.alpha > 0 and self.inner_folds >= 0):
            raise InputError(
                "expected trees and members of 1 or more, alpha above 0 and inner_folds of 0 or more, "
                f"got {self.trees}, {self.members}, {self.alpha}, {self.inner_folds}"
            )

    def fit(self, table: RepetitionTable, seed: int = 0) -> FittedSquat:
        require_rows(table)
        features = compute_squat_features(table.motions, self.second_view)
        labels, n_classes = np.asarray(table.labels), len(table.classes)
        families = self.fit_families(features, labels, table.groups, n_classes, seed)
        slope, unsure_below = self._calibrate(features, labels, table.groups, n_classes, seed)
        return FittedSquat(table.motions[0].skeleton, n_classes, self.second_view, families, slope, unsure_below)

    def fit_families(
        self, features: SquatFeatures, labels: np.ndarray, groups: np.ndarray, n_classes: int, seed: int
    ) -> Families:
        """All families on all rows."""
        kept, medians = choose_columns(features.summaries)
        summaries = fill_with(features.summaries[:, kept], medians)
        weights = compute_cell_weights(labels, groups)
        options = NetworkOptions(**dict(self.network))
        amplitudes = [fill_with(block, known_medians(block)) for block in features.amplitudes]
        ridge = fit_ridge(amplitudes, labels, n_classes, self.alpha, weights=weights / weights.mean())
        return Families(
            kept,
            medians,
            fit_forest(summaries, labels, weights, n_classes, seed, trees=self.trees),
            fit_discriminants(summaries, labels, groups, n_classes, seed, members=self.members),
            fit_networks(features.curves, labels, weights, n_classes, seed, options),
            ridge,
        )

    def _calibrate(
        self, features: SquatFeatures, labels: np.ndarray, groups: np.ndarray, n_classes: int, seed: int
    ) -> tuple[float, float]:
        """Slope and `unsure_below` by answers on groups that were left out, by families of a third of the size."""
        if not self.inner_folds:
            return 1.0, 0.0
        smaller = replace(self, trees=max(1, self.trees // 3), network={**self.network, "members": 1})
        answers, truth = [], []
        for out in make_inner_folds(groups, seed, self.inner_folds):
            # What remains must still show two classes to learn anything.
            if len(np.unique(labels[~out])) < 2:
                continue
            families = smaller.fit_families(features.select(~out), labels[~out], groups[~out], n_classes, seed)
            answers.append(families.probabilities(features.select(out)))
            truth.append(labels[out])
        if not answers:
            return 1.0, 0.0
        scores = np.log(np.maximum(np.concatenate(answers), FLOOR))
        return fit_calibration(scores, np.concatenate(truth), self.target_accuracy)


def restore_squat(options: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> FittedSquat:
    """What `FittedSquat.arrays` and `.options` gave; raises `CheckpointError` for what does not fit."""
    skeleton, n_classes = skeleton_named(str(options["skeleton"])), int(options["n_classes"])
    second_view = None if options["second_view"] is None else float(options["second_view"])
    sample = compute_squat_features([_sample_motion(skeleton)], second_view)
    kept = take_array(arrays, "kept", (None,), "i")
    require_range(kept, "kept", 0, sample.summaries.shape[1])
    ridge = restore_ridge(arrays, n_classes)
    if ridge.scale.sizes.tolist() != [block.shape[1] for block in sample.amplitudes]:
        raise CheckpointError("'ridge.sizes' of the stored learner are not those of its joint set; get the model again")
    families = Families(
        kept,
        take_array(arrays, "medians", (len(kept),)),
        restore_forest(arrays, len(kept), n_classes),
        restore_discriminants(arrays, len(kept), n_classes),
        restore_networks(options["networks"], arrays, sample.curves.shape[2], n_classes),
        ridge,
    )
    slope = float(take_array(arrays, "slope", (1,))[0])
    if not slope > 0:
        raise CheckpointError("'slope' of the stored learner must be above 0; train the model again")
    return FittedSquat(skeleton, n_classes, second_view, families, slope)


def calibrate(probabilities: FloatArray, slope: float) -> FloatArray:
    """Probabilities (N, C) with their logarithms multiplied by `slope`; their order never changes."""
    return np.asarray(softmax(slope * np.log(np.maximum(probabilities, FLOOR)), axis=1))


def choose_columns(summaries: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Columns that vary and are known in at least half of the rows, and their medians."""
    known = np.isfinite(summaries)
    often = np.flatnonzero(known.mean(axis=0) >= 0.5)
    medians = known_medians(summaries[:, often])
    varies = fill_with(summaries[:, often], medians).std(axis=0) > 1e-6
    if not varies.any():
        raise InputError("all repetitions are the same; there is nothing to learn from")
    return often[varies].astype(np.int64), medians[varies]


def known_medians(values: FloatArray) -> FloatArray:
    """(F,) medians of what is known; 0 where nothing is."""
    known = np.isfinite(values)
    return np.array(
        [np.median(column[seen]) if seen.any() else 0.0 for column, seen in zip(values.T, known.T, strict=True)]
    )


def fill_with(summaries: FloatArray, medians: FloatArray) -> FloatArray:
    """Summaries (N, F) with what is missing replaced by (F,)."""
    return np.asarray(np.where(np.isfinite(summaries), summaries, medians))


def _sample_motion(skeleton: Skeleton) -> Motion:
    """Any motion of the joint set, to learn how many features there are."""
    positions = np.random.default_rng(0).normal(0.0, 1.0, (8, len(skeleton), 3))
    return Motion(positions, np.ones(positions.shape[:2]), np.arange(8) / 30.0, skeleton)
