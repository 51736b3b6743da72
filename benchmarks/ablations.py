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
from formnet.judges.movement.judge import MovementRecipe, compute_margins, judge_session
from formnet.judges.movement.sessions import fit_spread
from formnet.judges.parts.body import prepare_body
from formnet.judges.parts.calibrate import fit_calibration, fit_weights
from formnet.judges.parts.ridge import BlockRidge, RadialRidge
from formnet.judges.squat.families import FAMILIES, MEMORY, choose_share
from formnet.judges.squat.features import compute_squat_features
from formnet.judges.squat.judge import SquatRecipe
from formnet.motion import Motion
from formnet.readers.table import RepetitionTable

Parts = dict[str, np.ndarray]
FitParts = Callable[[RepetitionTable, int], Callable[[Sequence[Motion]], Parts]]
_KEPT: dict[tuple[Any, ...], Callable[[Sequence[Motion]], Parts]] = {}

TITLES = {"forest": "trees", "amplitudes": "ridge on amplitudes"}


class Assembled:
    """A recipe and its judge, which answers with parts.

    Args:
        fit_parts: (training table, seed) → a function of motions that gives arrays by name; kept, so that rows share
            what was fitted, and what was answered.
        assemble: these arrays → probabilities.
    """

    def __init__(self, fit_parts: FitParts, assemble: Callable[[Parts], np.ndarray]) -> None:
        self.fit_parts, self.assemble = fit_parts, assemble

    def fit(self, table: RepetitionTable, seed: int = 0) -> Assembled:
        key = (str(self.fit_parts), table.names, seed)
        if key not in _KEPT:
            _KEPT[key] = remember(self.fit_parts(table, seed))
        self._answer, self.n_classes = _KEPT[key], len(table.classes)
        return self

    def probabilities(self, motions: Sequence[Motion]) -> np.ndarray:
        return self.assemble(self._answer(motions))

    def describe(self) -> dict[str, Any]:
        return {"learner": "ablation"}


def remember(answer: Callable[[Sequence[Motion]], Parts]) -> Callable[[Sequence[Motion]], Parts]:
    """The same function, which computes every answer once; motions are told apart by where they are in memory."""
    known: dict[tuple[int, ...], tuple[Sequence[Motion], Parts]] = {}

    def answer_once(motions: Sequence[Motion]) -> Parts:
        key = tuple(map(id, motions))
        if key not in known:
            # The motions are kept, too, so that none of them gives its place to another.
            known[key] = (motions, answer(motions))
        return known[key][1]

    return answer_once


@dataclass(frozen=True)
class BothKernels:
    """Two experts on the same features; their scores stand side by side, (N, 2·C)."""

    first: RadialRidge | BlockRidge
    second: RadialRidge | BlockRidge

    def scores(self, blocks: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate([self.first.scores(blocks), self.second.scores(blocks)], axis=1)


class WithLinearKernels(MovementRecipe):
    """The recipe, and beside every expert the one with a linear kernel, so that features are computed once."""

    def _fit_expert(self, name: str, blocks: Blocks, table: RepetitionTable) -> Any:
        linear = replace(self, width=0.0)
        return BothKernels(
            super()._fit_expert(name, blocks, table), MovementRecipe._fit_expert(linear, name, blocks, table)
        )


def fit_experts(train: RepetitionTable, seed: int) -> Callable[[Sequence[Motion]], Parts]:
    """The three experts of UI-PRMD: their scores of motions, and of training rows that were left out.

    The last axis has the recipe's scores, then those with linear kernels only.
    """
    recipe = WithLinearKernels()
    bodies = [prepare_body(motion) for motion in train.motions]
    left_out = recipe.leave_out(train, bodies, seed)
    assert left_out is not None, "there are groups to leave out"
    scores, rows = left_out
    opinions = recipe.fit_experts(train, bodies, seed)
    known = {"left_out": scores, "left_labels": np.asarray(train.labels)[rows], "left_groups": train.groups[rows]}
    return lambda motions: {"scores": opinions.scores([prepare_body(motion) for motion in motions]), **known}


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
    return judge_session(scores, fit_spread(compute_margins(known), labels, parts["left_groups"]))


def fit_families(train: RepetitionTable, seed: int, recipe: SquatRecipe) -> Callable[[Sequence[Motion]], Parts]:
    """The families of squat7: their probabilities of motions, and the share of the votes that memory is given."""
    features = compute_squat_features(train.motions, recipe.second_view)
    labels, n_classes = np.asarray(train.labels), len(train.classes)
    left_out = recipe.leave_out(features, labels, train.groups, n_classes, seed)
    assert left_out is not None, "there are rows to leave out"
    answers, rows, parts = left_out
    share = np.array(choose_share(answers, labels[rows], parts))
    families = recipe.fit_families(features, labels, train.groups, n_classes, seed)
    return lambda motions: families.by_family(compute_squat_features(motions, recipe.second_view)) | {"share": share}


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
    return [_register(title, fit_experts, assemble_experts, row, modules) for title, row in rows.items()]


def register_families(modules: Sequence[str], learner: SquatRecipe) -> list[str]:
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
    fit_parts = partial(fit_families, recipe=learner)
    return [_register(title, fit_parts, assemble_families, row, modules) for title, row in rows.items()]


def _register(
    title: str, fit_parts: FitParts, assemble: Callable[..., np.ndarray], row: Mapping[str, Any],
    modules: Sequence[str],
) -> str:  # fmt: skip
    name = "ablate-" + "-".join(re.findall(r"\w+", title))
    make = partial(Assembled, fit_parts, partial(assemble, **row))
    METHODS.pop(name, None)
    register_method(Method(name, title, make, modules=("ablations", *modules), options=dict(row)))
    return name
