"""Recipe for squats seen by triangulated or single-camera joints: different families vote.

Extremely randomised trees on all summaries, bagged discriminants on summaries that hold over days, a small network on
picture curves, kernel ridge on how much these curves move, and, where it proves itself on rows left out of training, a
memory of single repetitions; the mean of their probabilities is calibrated on the same left-out rows.
`docs/learners.md` says what each part bought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import softmax

from formnet.errors import CheckpointError, InputError
from formnet.judges.parts.calibrate import check_left_out, check_target, fit_calibration, make_inner_folds
from formnet.judges.parts.series import require_rows
from formnet.judges.parts.threads import one_thread
from formnet.judges.protocol import Arrays, take_array
from formnet.judges.squat.curve_network import CurveNetworkOptions, option_names
from formnet.judges.squat.families import (
    FLOOR,
    SHARES,
    Families,
    choose_share,
    fit_families,
    restore_families,
    vote,
)
from formnet.judges.squat.features import SquatFeatures, compute_squat_features
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable
from formnet.skeleton import Skeleton, skeleton_named


@dataclass(frozen=True, eq=False)
class SquatJudge:
    """See `StoredJudge`; `share` of the votes is memory's."""

    skeleton: Skeleton
    n_classes: int
    second_view: float | None
    families: Families
    share: float
    slope: float
    unsure_below: float = 0.0

    @one_thread()
    def probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        if not motions:
            return np.zeros((0, self.n_classes))
        for motion in motions:
            if motion.skeleton != self.skeleton:
                raise InputError(
                    f"this model judges {self.skeleton.name!r} joints, got {motion.skeleton.name!r}; convert them"
                )
        features = compute_squat_features(motions, self.second_view)
        return calibrate(vote(self.families.by_family(features), self.share), self.slope)

    def arrays(self) -> Arrays:
        return {"slope": np.array([self.slope])} | self.families.arrays()

    def describe(self) -> dict[str, Any]:
        return {
            "learner": "squat",
            "skeleton": self.skeleton.name,
            "n_classes": self.n_classes,
            "second_view": self.second_view,
            "networks": self.families.networks.options(),
            "memory": self.share,
        }


@dataclass(frozen=True)
class SquatRecipe:
    """The recipe; the defaults are those of `docs/learners.md`.

    Attributes:
        second_view: `slope` of the second camera's rays; None where there is no second camera.
        trees: of the forest.
        members: of the bagged discriminants.
        network: options of the networks by name; see `CurveNetworkOptions`.
        alpha: of the ridge on amplitudes.
        inner_folds: parts of the training rows that are left out in turn, to choose the share of memory and to
            calibrate; 0 leaves both out, and memory has no vote.
        left_out: what these parts are, which must be what the model will meet: "groups" (people or days that were
            never seen) or "repetitions" (others of the same people and days).
        target_accuracy: share of right answers among those given that the left-out rows must show; the learner's
            `unsure_below` is chosen for it. 0 answers always.
    """

    second_view: float | None = None
    trees: int = 300
    members: int = 15
    network: Mapping[str, Any] = field(default_factory=dict)
    alpha: float = 1.0
    inner_folds: int = 4
    left_out: str = "groups"
    target_accuracy: float = 0.0

    def __post_init__(self) -> None:
        check_target(self.target_accuracy, self.inner_folds)
        check_left_out(self.left_out)
        unknown = sorted(set(self.network) - set(option_names()))
        if unknown:
            raise InputError(f"the network has no option {', '.join(unknown)}; it has {', '.join(option_names())}")
        if not (self.trees >= 1 and self.members >= 1 and self.alpha > 0 and self.inner_folds >= 0):
            raise InputError(
                "expected trees and members of 1 or more, alpha above 0 and inner_folds of 0 or more, "
                f"got {self.trees}, {self.members}, {self.alpha}, {self.inner_folds}"
            )

    @one_thread()
    def fit(self, table: RepetitionTable, seed: int = 0) -> SquatJudge:
        require_rows(table)
        features = compute_squat_features(table.motions, self.second_view)
        labels, n_classes = np.asarray(table.labels), len(table.classes)
        share, slope, unsure_below = 0.0, 1.0, 0.0
        left_out = self.leave_out(features, labels, table.groups, n_classes, seed)
        if left_out is not None:
            answers, rows, parts = left_out
            share = choose_share(answers, labels[rows], parts)
            scores = np.log(np.maximum(vote(answers, share), FLOOR))
            slope, unsure_below = fit_calibration(scores, labels[rows], self.target_accuracy)
        families = self.fit_families(features, labels, table.groups, n_classes, seed, with_memory=share > 0)
        return SquatJudge(table.motions[0].skeleton, n_classes, self.second_view, families, share, slope, unsure_below)

    def fit_families(
        self, features: SquatFeatures, labels: np.ndarray, groups: np.ndarray, n_classes: int, seed: int, *,
        with_memory: bool = True,
    ) -> Families:  # fmt: skip
        """All families on all rows."""
        return fit_families(
            features, labels, groups, n_classes, seed, trees=self.trees, members=self.members,
            network=CurveNetworkOptions(**dict(self.network)), alpha=self.alpha, with_memory=with_memory,
        )  # fmt: skip

    def leave_out(
        self, features: SquatFeatures, labels: np.ndarray, groups: np.ndarray, n_classes: int, seed: int
    ) -> tuple[dict[str, FloatArray], np.ndarray, np.ndarray] | None:
        """Answers (N, C) of families of a third of the size that did not see a row's part, rows (N,) and parts (N,)."""
        if not self.inner_folds:
            return None
        smaller = replace(self, trees=max(1, self.trees // 3), network={**self.network, "members": 1})
        answers, rows, parts = [], [], []
        for number, out in enumerate(make_inner_folds(groups, seed, self.inner_folds, self.left_out)):
            # What remains must still show two classes to learn anything.
            if len(np.unique(labels[~out])) > 1:
                families = smaller.fit_families(features.select(~out), labels[~out], groups[~out], n_classes, seed)
                answers.append(families.by_family(features.select(out)))
                rows.append(np.flatnonzero(out))
                parts.append(np.full(len(rows[-1]), number))
        if not rows:
            return None
        together = {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}
        return together, np.concatenate(rows), np.concatenate(parts)


def restore_squat(options: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> SquatJudge:
    """What `SquatJudge.arrays` and `.describe` gave; raises `CheckpointError` for what does not fit."""
    skeleton, n_classes = skeleton_named(str(options["skeleton"])), int(options["n_classes"])
    second_view = None if options["second_view"] is None else float(options["second_view"])
    share = float(options["memory"])
    if share not in (0.0, *SHARES):
        raise CheckpointError(f"the stored learner gives memory {share} of the votes; get the model again")
    sample = _compute_sample_features(skeleton, second_view)
    families = restore_families(options["networks"], arrays, sample, n_classes, share > 0)
    slope = float(take_array(arrays, "slope", (1,))[0])
    if not slope > 0:
        raise CheckpointError("'slope' of the stored learner must be above 0; train the model again")
    return SquatJudge(skeleton, n_classes, second_view, families, share, slope)


def calibrate(probabilities: FloatArray, slope: float) -> FloatArray:
    """Probabilities (N, C) with their logarithms multiplied by `slope`; their order never changes."""
    return np.asarray(softmax(slope * np.log(np.maximum(probabilities, FLOOR)), axis=1))


@lru_cache(maxsize=8)
def _compute_sample_features(skeleton: Skeleton, second_view: float | None) -> SquatFeatures:
    """Those of any motion of the joint set, to learn how many features there are."""
    positions = np.random.default_rng(0).normal(0.0, 1.0, (8, len(skeleton), 3))
    motion = Motion(positions, np.ones(positions.shape[:2]), np.arange(8) / 30.0, skeleton)
    return compute_squat_features([motion], second_view)
