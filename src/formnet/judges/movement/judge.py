"""Recipe for a movement of any kind: three experts on placed curves, weighed on people they have not seen.

The expert of *motion* sees log amplitudes and MiniRocket (Dempster et al. 2021) through a radial kernel, that of
*coordination* the log-Euclidean correlations of the angles, that of *posture* the curves themselves; each is a kernel
ridge. Their weights and the calibration come from groups that were left out of everything, also of the mean clip and
the standardisation. `docs/learners.md` says what each part bought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

from formnet.errors import CheckpointError, InputError
from formnet.evaluation.risk_coverage import choose_unsure_below
from formnet.judges.movement.features import (
    EXPERTS,
    Blocks,
    MovementFeatures,
    fit_features,
    restore_features,
    sample_curves,
)
from formnet.judges.movement.sessions import SessionSpread, fit_spread, judge_together
from formnet.judges.parts.body import prepare_body
from formnet.judges.parts.calibrate import check_left_out, check_target, fit_calibration, fit_weights, make_inner_folds
from formnet.judges.parts.ridge import BlockRidge, RadialRidge, fit_radial, fit_ridge, restore_radial, restore_ridge
from formnet.judges.parts.series import require_rows
from formnet.judges.parts.threads import one_thread
from formnet.judges.protocol import Arrays, take_array
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable
from formnet.skeleton import skeleton_named

GOOD = ("correct", "good")
"""Classes whose repetitions make the mean clip; without one of them all repetitions do."""
RADIAL = "motion"
"""The expert with a radial kernel: of people who move like nobody in training it says little, and the others decide."""

Experts = dict[str, RadialRidge | BlockRidge]


@dataclass(frozen=True, eq=False)
class Opinions:
    """Features and experts that were fitted on the same rows."""

    features: MovementFeatures
    experts: Experts

    def scores(self, bodies: Sequence[Motion]) -> FloatArray:
        """(E, N, C) of each expert, about +1 for the class it is and -1 for the others."""
        blocks = self.features.describe(bodies)
        return np.stack(
            [average_orientations(expert.scores(blocks[name]), len(bodies)) for name, expert in self.experts.items()]
        )


@dataclass(frozen=True, eq=False)
class MovementJudge:
    """See `StoredJudge`; `weights` (E,) are those of the experts.

    With a `spread` the motions of one call are one session: one person, one day.
    """

    n_classes: int
    opinions: Opinions
    weights: FloatArray
    slope: float
    unsure_below: float = 0.0
    spread: SessionSpread | None = None

    @one_thread()
    def probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        scores = self.scores(motions)
        if self.spread is not None:
            return judge_session(scores, self.spread)
        return np.asarray(softmax(self.slope * scores, axis=1))

    def scores(self, motions: Sequence[Motion]) -> FloatArray:
        """(N, C), about +1 for the class it is and -1 for the others."""
        if not motions:
            return np.zeros((0, self.n_classes))
        skeleton = self.opinions.features.skeleton
        for motion in motions:
            if motion.skeleton != skeleton:
                raise InputError(
                    f"this model judges {skeleton.name!r} joints, got {motion.skeleton.name!r}; convert them"
                )
        scores = self.opinions.scores([prepare_body(motion) for motion in motions])
        return np.asarray(np.tensordot(self.weights, scores, axes=1))

    def arrays(self) -> Arrays:
        arrays = self.opinions.features.arrays() | {"weights": self.weights, "slope": np.array([self.slope])}
        for name, expert in self.opinions.experts.items():
            arrays |= expert.arrays(f"{name}.")
        return arrays | ({"spread": np.array(astuple(self.spread))} if self.spread else {})

    def describe(self) -> dict[str, Any]:
        return {
            "learner": "movement",
            "skeleton": self.opinions.features.skeleton.name,
            "n_classes": self.n_classes,
            "is_sided": self.opinions.features.placement.is_sided,
            "experts": list(self.opinions.experts),
            "together": self.spread is not None,
        }


@dataclass(frozen=True)
class MovementRecipe:
    """The recipe; the defaults are those of `docs/learners.md`.

    Attributes:
        experts: some of `EXPERTS`.
        n_features: about how many features MiniRocket has.
        alpha: of the ridges.
        width: of the radial kernel; 0 gives that expert a linear one.
        clip: standardised features count at most this much.
        inner_folds: parts of the training groups that are left out in turn, at most one for each group; on them experts
            are weighed and probabilities calibrated. With 0 all experts count the same.
        left_out: what these parts are, which must be what the model will meet: "groups" (people never seen) or
            "repetitions" (others of the same people).
        target_accuracy: share of right answers among those given that the left-out rows must show; the learner's
            `unsure_below` is chosen for it. 0 answers always.
        together: judge the repetitions of a session together (`formnet.judges.movement.sessions`). For sessions in
            which both classes may well occur; two classes only.
    """

    experts: Sequence[str] = EXPERTS
    n_features: int = 4000
    alpha: float = 0.3
    width: float = 0.3
    clip: float = 4.0
    inner_folds: int = 10
    left_out: str = "groups"
    target_accuracy: float = 0.0
    together: bool = False

    def __post_init__(self) -> None:
        check_target(self.target_accuracy, self.inner_folds)
        check_left_out(self.left_out)
        if self.together and not self.inner_folds:
            raise InputError("sessions judged together need groups left out of training; set inner_folds to 2 or more")
        if not self.experts or len(set(self.experts)) < len(self.experts) or set(self.experts) - set(EXPERTS):
            raise InputError(f"expected experts of {', '.join(EXPERTS)}, each once, got {', '.join(self.experts)}")
        least = {"n_features": 84, "width": 0, "inner_folds": 0}
        low = [f"{name} of {value} or more" for name, value in least.items() if not getattr(self, name) >= value]
        low += [f"{name} above 0" for name in ("alpha", "clip") if not getattr(self, name) > 0]
        if low:
            raise InputError(f"expected {', '.join(low)}; correct the options of the learner")

    @one_thread()
    def fit(self, table: RepetitionTable, seed: int = 0) -> MovementJudge:
        require_rows(table)
        n_classes, n_experts = len(table.classes), len(self.experts)
        if self.together and n_classes != 2:
            raise InputError(f"sessions are judged together of two classes, got {n_classes}; set together=false")
        bodies = [prepare_body(motion) for motion in table.motions]
        opinions = self.fit_experts(table, bodies, seed)
        left_out = self.leave_out(table, bodies, seed)
        if left_out is None:
            return MovementJudge(n_classes, opinions, np.full(n_experts, 1.0 / n_experts), 1.0)
        opinions_of_others, rows = left_out
        labels, groups = np.asarray(table.labels)[rows], table.groups[rows]
        weights = fit_weights(opinions_of_others, labels)
        scores = np.tensordot(weights, opinions_of_others, axes=1)
        slope, unsure_below = fit_calibration(scores, labels, self.target_accuracy)
        if not self.together:
            return MovementJudge(n_classes, opinions, weights, slope, unsure_below)
        spread = fit_spread(compute_margins(scores), labels, groups)
        probabilities = np.zeros(scores.shape)
        for group in np.unique(groups):
            probabilities[groups == group] = judge_session(scores[groups == group], spread)
        unsure_below = choose_unsure_below(probabilities, labels, self.target_accuracy)
        return MovementJudge(n_classes, opinions, weights, slope, unsure_below, spread)

    def fit_experts(self, table: RepetitionTable, bodies: Sequence[Motion], seed: int) -> Opinions:
        """Everything but weights and calibration; `bodies` are the prepared rows."""
        skeleton, rng = table.motions[0].skeleton, np.random.default_rng(seed)
        features, blocks = fit_features(bodies, skeleton, find_good_rows(table), self.n_features, rng)
        return Opinions(features, {name: self._fit_expert(name, blocks, table) for name in self.experts})

    def _fit_expert(self, name: str, blocks: Blocks, table: RepetitionTable) -> RadialRidge | BlockRidge:
        own, n_classes = blocks[name], len(table.classes)
        labels = np.tile(np.asarray(table.labels), len(own[0]) // len(table))
        if name == RADIAL and self.width:
            return fit_radial(own, labels, n_classes, self.alpha, self.clip, self.width)
        return fit_ridge(own, labels, n_classes, self.alpha, self.clip)

    def leave_out(
        self, table: RepetitionTable, bodies: Sequence[Motion], seed: int
    ) -> tuple[FloatArray, np.ndarray] | None:
        """Scores (E, N, C) by experts that did not see what was left out with a row, and numbers (N,) of rows."""
        scores, rows = [], []
        folds = make_inner_folds(table.groups, seed, self.inner_folds, self.left_out) if self.inner_folds else []
        for out in folds:
            # What remains must still show two classes to learn anything.
            if len(np.unique(table.labels[~out])) > 1:
                inside, outside = ([bodies[row] for row in np.flatnonzero(side).tolist()] for side in (~out, out))
                scores.append(self.fit_experts(table.select(~out), inside, seed).scores(outside))
                rows.append(np.flatnonzero(out))
        return (np.concatenate(scores, axis=1), np.concatenate(rows)) if rows else None


def restore_movement(options: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> MovementJudge:
    """What `MovementJudge.arrays` and `.describe` gave; raises `CheckpointError` for what does not fit."""
    skeleton, n_classes = skeleton_named(str(options["skeleton"])), int(options["n_classes"])
    features = restore_features(skeleton, bool(options["is_sided"]), arrays)
    blocks = features.describe_curves(sample_curves(skeleton))
    experts: Experts = {}
    for name in options["experts"]:
        is_radial = f"{name}.width" in arrays
        experts[name] = (restore_radial if is_radial else restore_ridge)(arrays, n_classes, f"{name}.")
        wanted, sizes = [block.shape[1] for block in blocks[name]], experts[name].scale.sizes.tolist()
        if sizes != wanted:
            raise CheckpointError(f"expected {wanted} features of {name} in the stored learner, got {sizes}")
    weights = take_array(arrays, "weights", (len(experts),))
    slope = float(take_array(arrays, "slope", (1,))[0])
    spread = SessionSpread(*take_array(arrays, "spread", (3,)).tolist()) if options["together"] else None
    if spread and min(astuple(spread)) <= 0:
        raise CheckpointError("'spread' of the stored learner must be above 0; train the model again")
    return MovementJudge(n_classes, Opinions(features, experts), weights, slope, spread=spread)


def judge_session(scores: FloatArray, spread: SessionSpread) -> FloatArray:
    """(N, 2) probabilities of the repetitions of one session from their scores (N, 2)."""
    second = judge_together(compute_margins(scores), spread)
    return np.stack([1.0 - second, second], axis=1)


def compute_margins(scores: FloatArray) -> FloatArray:
    """(N,) from scores (N, 2): above 0 for the second class."""
    return np.asarray(0.5 * (scores[:, 1] - scores[:, 0]))


def find_good_rows(table: RepetitionTable) -> np.ndarray:
    """Rows of the class that is done right; all rows where no class is named so."""
    good = [number for number, name in enumerate(table.classes) if name in GOOD]
    rows = np.flatnonzero(np.isin(table.labels, good))
    return rows if len(rows) else np.arange(len(table))


def average_orientations(scores: FloatArray, n_rows: int) -> FloatArray:
    """Scores (k·N, C) of k orientations, one after the other → (N, C)."""
    return np.asarray(scores.reshape(-1, n_rows, scores.shape[1]).mean(axis=0))
