"""What each part of a recipe bought: rows for `--ablate`.

The parts are fitted once for each fold and seed; every row puts some of them together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.special import softmax

from formnet.evaluation.benchmark import Method
from formnet.judges.methods import METHODS, register_method
from formnet.judges.movement.features import EXPERTS, Blocks
from formnet.judges.movement.judge import MovementLearner, compute_margins, judge_session, prepare_bodies
from formnet.judges.movement.sessions import fit_spread
from formnet.judges.parts.calibrate import fit_calibration, fit_weights
from formnet.judges.parts.ridge import BlockRidge, RadialRidge
from formnet.judges.squat.families import FAMILIES, MEMORY, choose_share
from formnet.judges.squat.features import compute_squat_features
from formnet.judges.squat.judge import SquatLearner
from formnet.readers.table import RepetitionTable

Parts = dict[str, np.ndarray]
_KEPT: dict[tuple[Any, ...], Parts] = {}

TITLES = {"forest": "trees", "amplitudes": "ridge on amplitudes"}


class Assembled:
    """A classifier that answers with parts.

    Args:
        measure: (training table, test table, seed) → arrays by name; kept, so that rows share them.
        assemble: these arrays → probabilities of the test rows.
    """

    def __init__(self, measure: Callable[..., Parts], assemble: Callable[[Parts], np.ndarray], seed: int) -> None:
        self.measure, self.assemble, self.seed = measure, assemble, seed

    def fit(self, table: RepetitionTable) -> Assembled:
        self._train = table
        return self

    def predict_proba(self, table: RepetitionTable) -> np.ndarray:
        key = (str(self.measure), self._train.names, table.names, self.seed)
        if key not in _KEPT:
            _KEPT[key] = self.measure(self._train, table, self.seed)
        return self.assemble(_KEPT[key])


@dataclass(frozen=True)
class BothKernels:
    """Two experts on the same features; their scores stand side by side, (N, 2·C)."""

    first: RadialRidge | BlockRidge
    second: RadialRidge | BlockRidge

    def scores(self, blocks: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate([self.first.scores(blocks), self.second.scores(blocks)], axis=1)


class WithLinearKernels(MovementLearner):
    """The recipe, and beside every expert the one with a linear kernel, so that features are computed once."""

    def _fit_expert(self, name: str, blocks: Blocks, table: RepetitionTable) -> Any:
        linear = replace(self, width=0.0)
        return BothKernels(
            super()._fit_expert(name, blocks, table), MovementLearner._fit_expert(linear, name, blocks, table)
        )


def measure_experts(train: RepetitionTable, test: RepetitionTable, seed: int) -> Parts:
    """Scores of the three experts of UI-PRMD on the test rows, and on training rows that were left out.

    The last axis has the recipe's scores, then those with linear kernels only.
    """
    learner = WithLinearKernels()
    bodies = prepare_bodies(train.motions)
    left_out = learner.leave_out(train, bodies, seed)
    assert left_out is not None, "there are groups to leave out"
    scores, rows = left_out
    return {
        "scores": learner.fit_experts(train, bodies, seed).scores(prepare_bodies(test.motions)),
        "groups": test.groups,
        "left_out": scores,
        "left_labels": np.asarray(train.labels)[rows],
        "left_groups": train.groups[rows],
    }


def assemble_experts(
    parts: Parts, experts: Sequence[str], weighed: bool = True, together: bool = False, linear: bool = False
) -> np.ndarray:
    """Calibrated probabilities by some experts."""
    chosen, labels = [EXPERTS.index(name) for name in experts], parts["left_labels"]
    n_classes = parts["scores"].shape[2] // 2
    columns = slice(n_classes, None) if linear else slice(n_classes)
    left_out = parts["left_out"][chosen][:, :, columns]
    weights = fit_weights(left_out, labels) if weighed else np.full(len(chosen), 1.0 / len(chosen))
    known, scores = (np.tensordot(weights, part, axes=1) for part in (left_out, parts["scores"][chosen][:, :, columns]))
    if not together:
        return np.asarray(softmax(fit_calibration(known, labels, 0.0)[0] * scores, axis=1))
    spread = fit_spread(compute_margins(known), labels, parts["left_groups"])
    probabilities = np.zeros(scores.shape)
    for group in np.unique(parts["groups"]):
        rows = parts["groups"] == group
        probabilities[rows] = judge_session(scores[rows], spread)
    return probabilities


def measure_families(train: RepetitionTable, test: RepetitionTable, seed: int, learner: SquatLearner) -> Parts:
    """Probabilities of the families of squat7 on the test rows, and the share of the votes that memory is given."""
    inside, outside = (compute_squat_features(table.motions, learner.second_view) for table in (train, test))
    labels, n_classes = np.asarray(train.labels), len(train.classes)
    left_out = learner.leave_out(inside, labels, train.groups, n_classes, seed)
    assert left_out is not None, "there are rows to leave out"
    answers, rows, parts = left_out
    families = learner.fit_families(inside, labels, train.groups, n_classes, seed)
    return families.by_family(outside) | {"share": np.array(choose_share(answers, labels[rows], parts))}


def assemble_families(parts: Parts, families: Sequence[str], share: float | None = 0.0) -> np.ndarray:
    """The mean of some families and memory with its share of the votes (None: as chosen), not calibrated."""
    share = float(parts["share"]) if share is None else share
    others = np.asarray(np.mean([parts[name] for name in families], axis=0))
    return (1.0 - share) * others + share * parts[MEMORY] if share else others


def register_experts(modules: Sequence[str]) -> list[str]:
    """Rows for UI-PRMD; their names."""
    rows: dict[str, dict[str, Any]] = {name: {"experts": [name]} for name in EXPERTS}
    rows |= {f"without {name}": {"experts": [other for other in EXPERTS if other != name]} for name in EXPERTS}
    rows["all, weights equal"] = {"experts": list(EXPERTS), "weighed": False}
    rows["all, linear kernel of motion"] = {"experts": list(EXPERTS), "linear": True}
    rows["all (formnet)"] = {"experts": list(EXPERTS)}
    rows["all, repetitions of a session judged together"] = {"experts": list(EXPERTS), "together": True}
    return [_register(title, measure_experts, assemble_experts, row, modules) for title, row in rows.items()]


def register_families(modules: Sequence[str], learner: SquatLearner) -> list[str]:
    """Rows for squat7; their names."""
    rows: dict[str, dict[str, Any]] = {TITLES.get(name, name): {"families": [name]} for name in (*FAMILIES, MEMORY)}
    rows |= {
        f"without {TITLES.get(name, name)}": {"families": [other for other in FAMILIES if other != name]}
        for name in FAMILIES
    }
    rows["all four, no memory"] = {"families": list(FAMILIES)}
    rows["all four, memory half of the votes"] = {"families": list(FAMILIES), "share": 0.5}
    rows[f"all four, memory as left-out {learner.left_out} want it (formnet)"] = {
        "families": list(FAMILIES), "share": None
    }  # fmt: skip
    measure = partial(measure_families, learner=learner)
    return [_register(title, measure, assemble_families, row, modules) for title, row in rows.items()]


def _register(
    title: str, measure: Callable[..., Parts], assemble: Callable[..., np.ndarray], row: Mapping[str, Any],
    modules: Sequence[str],
) -> str:  # fmt: skip
    name = "ablate-" + "-".join(re.findall(r"\w+", title))
    make = partial(Assembled, measure, partial(assemble, **row))
    METHODS.pop(name, None)
    register_method(Method(name, title, make, modules=("ablations", *modules), options=dict(row)))
    return name
