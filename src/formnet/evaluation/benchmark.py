"""The same folds for every method, in the same run: out-of-fold answers, metrics, one table.

Answers of all folds are pooled before a metric is
computed, because a fold of whole days need not show every class.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from formnet.errors import InputError
from formnet.evaluation.judge import Recipe, judge_groups
from formnet.evaluation.metrics import METRICS, compute_metrics
from formnet.evaluation.risk_coverage import compute_risk_coverage
from formnet.evaluation.splits import Fold
from formnet.motion import FloatArray
from formnet.readers.table import RepetitionTable
from formnet.storage.files import atomic_path
from formnet.storage.texts import read_json

HEADINGS = ("balanced accuracy", "accuracy", "macro F1", "calibration error", "AURC")
CURVE_POINTS = 101


@dataclass(frozen=True)
class Method:
    """One row of the table.

    Attributes:
        name: by which it is asked for.
        title: as printed.
        make: its recipe.
        is_seeded: False when every seed gives the same answer, so one run is enough.
        modules: modules and packages whose source decides its answers; who keeps answers must know when they are old.
        options: plain values that decide them, too.
    """

    name: str
    title: str
    make: Callable[[], Recipe]
    is_seeded: bool = True
    modules: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Answers:
    """Out-of-fold answers of one method with one seed.

    Attributes:
        probabilities: for each fold those of its test rows, (n, C), by a classifier that saw only its training rows.
        seconds: processor time of learning and answering, all folds together.
    """

    probabilities: tuple[FloatArray, ...]
    seconds: float


Answer = Callable[[Method, RepetitionTable, Sequence[Fold], int], Answers]
"""From a method, a table, folds and a seed to answers."""


@dataclass(frozen=True)
class MethodRow:
    """What one method did.

    Attributes:
        runs: metric → its value for each seed (of the answers of all folds together).
        folds: fold → metric → mean over seeds.
        recalls: class → mean recall over seeds.
        seconds: mean processor time of one seed over all folds, learning and answering.
        curve: "coverage", "risk" and "confidence" of the first seed's answers, at most `CURVE_POINTS` points.
    """

    name: str
    title: str
    runs: Mapping[str, tuple[float, ...]]
    folds: Mapping[str, Mapping[str, float]]
    recalls: Mapping[str, float]
    seconds: float
    curve: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def mean(self, metric: str) -> float:
        return float(np.mean(self.runs[metric]))

    def spread(self, metric: str) -> float:
        """Standard deviation over seeds (0 for one)."""
        return float(np.std(self.runs[metric], ddof=1)) if len(self.runs[metric]) > 1 else 0.0


@dataclass(frozen=True)
class Result:
    """A finished benchmark, with what it was run on."""

    title: str
    rows: tuple[MethodRow, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)


def thin_curve(probabilities: FloatArray, labels: np.ndarray) -> dict[str, list[float]]:
    """The risk–coverage curve on at most `CURVE_POINTS` of its points, for a file."""
    curve = compute_risk_coverage(probabilities, labels)
    at = np.unique(np.linspace(0, len(curve.risk) - 1, CURVE_POINTS).round().astype(np.intp))
    return {name: getattr(curve, name)[at].round(6).tolist() for name in ("coverage", "risk", "confidence")}


def measure_answers(method: Method, table: RepetitionTable, folds: Sequence[Fold], seed: int) -> Answers:
    """Learns and answers, fold after fold."""
    started = time.process_time()
    answers = [
        judge_groups(method.make().fit(table.select(fold.train), seed), table.select(fold.test)) for fold in folds
    ]
    return Answers(tuple(answers), time.process_time() - started)


def run_method(
    method: Method,
    table: RepetitionTable,
    folds: Sequence[Fold],
    seeds: Sequence[int],
    answer: Answer = measure_answers,
) -> MethodRow:
    """All folds for all seeds of one method."""
    used = list(seeds) if method.is_seeded else list(seeds)[:1]
    labels = np.concatenate([table.labels[fold.test] for fold in folds])
    runs: dict[str, list[float]] = {metric: [] for metric in METRICS}
    by_fold: dict[str, list[dict[str, float]]] = {fold.name: [] for fold in folds}
    recalls: dict[str, list[float]] = {}
    curve: dict[str, list[float]] = {}
    seconds = 0.0
    for seed in used:
        answers = answer(method, table, folds, seed)
        seconds += answers.seconds / len(used)
        pooled = np.concatenate(answers.probabilities)
        curve = curve or thin_curve(pooled, labels)
        for metric, value in compute_metrics(pooled, labels).items():
            runs[metric].append(value)
        for number in np.unique(labels):
            recall = float((pooled.argmax(axis=1)[labels == number] == number).mean())
            recalls.setdefault(table.classes[number], []).append(recall)
        for fold, probabilities in zip(folds, answers.probabilities, strict=True):
            by_fold[fold.name].append(compute_metrics(probabilities, table.labels[fold.test]))
    return MethodRow(
        method.name,
        method.title,
        {metric: tuple(values) for metric, values in runs.items()},
        {fold: {m: float(np.mean([run[m] for run in runs_])) for m in METRICS} for fold, runs_ in by_fold.items()},
        {name: float(np.mean(values)) for name, values in recalls.items()},
        seconds,
        curve,
    )


def run_benchmark(
    title: str,
    table: RepetitionTable,
    folds: Sequence[Fold],
    methods: Sequence[Method],
    seeds: Sequence[int],
    provenance: Mapping[str, Any] | None = None,
    report: Callable[[str], None] = lambda text: None,
    answer: Answer = measure_answers,
) -> Result:
    """Runs methods one after the other on the same folds.

    Args:
        answer: measures, or remembers what was measured on the same folds.
    """
    rows = []
    for method in methods:
        rows.append(run_method(method, table, folds, seeds, answer))
        report(f"{title}: {rows[-1].title}: balanced accuracy {rows[-1].mean('balanced_accuracy'):.3f}")
    warnings = {fold.name: list(fold.warnings) for fold in folds if fold.warnings}
    facts = {
        "rows": len(table),
        "classes": list(table.classes),
        "groups": len(set(table.groups.tolist())),
        "folds": {fold.name: {"groups": list(fold.test_groups), "rows": len(fold.test)} for fold in folds},
        "warnings": warnings,
        "seeds": list(seeds),
        **(provenance or {}),
    }
    return Result(title, tuple(rows), facts)


def average_results(title: str, results: Sequence[Result]) -> Result:
    """The mean of several benchmarks (UI-PRMD: over its movements), seed by seed."""
    rows = []
    for parts in zip(*(result.rows for result in results), strict=True):
        runs = {m: tuple(np.mean([part.runs[m] for part in parts], axis=0).tolist()) for m in METRICS}
        folds = {result.title: {m: part.mean(m) for m in METRICS} for result, part in zip(results, parts, strict=True)}
        rows.append(MethodRow(parts[0].name, parts[0].title, runs, folds, {}, sum(part.seconds for part in parts)))
    shared = {key: value for key, value in results[0].provenance.items() if key in ("seeds", "is_timed")}
    return Result(title, tuple(rows), {"mean_of": [result.title for result in results], **shared})


def render_markdown(result: Result) -> str:
    """The table of one benchmark: mean ± standard deviation over seeds, best balanced accuracy last.

    Without seconds where the provenance says `is_timed=False`, since rows share their work.
    """
    lines = [f"### {result.title}", ""]
    facts = result.provenance
    seeds = ", ".join(str(seed) for seed in facts.get("seeds", ()))
    is_timed = facts.get("is_timed", True)
    if "mean_of" in facts and seeds:
        lines += [f"Seeds {seeds}.", ""]
    if "rows" in facts:
        n_folds = len(facts["folds"])
        lines += [
            f"{facts['rows']} repetitions, {len(facts['classes'])} classes, {facts['groups']} groups, "
            f"{n_folds} fold{'s' * (n_folds != 1)}, seeds {seeds}.",
            "",
        ]
    headings = (*HEADINGS, *(["processor s"] if is_timed else []))
    lines += [f"| method | {' | '.join(headings)} |", f"|{'---|' * (len(headings) + 1)}"]
    for row in sorted(result.rows, key=lambda row: row.mean("balanced_accuracy")):
        spread = [f" ± {row.spread(m):.3f}" if len(row.runs[m]) > 1 else "" for m in METRICS]
        cells = [f"{row.mean(m):.3f}{more}" for m, more in zip(METRICS, spread, strict=True)]
        cells += [f"{row.seconds:.0f}"] if is_timed else []
        lines.append(f"| {row.title} | {' | '.join(cells)} |")
    for fold, warnings in facts.get("warnings", {}).items():
        lines += ["", f"Note on {fold}: {'; '.join(warnings)}."]
    return "\n".join(lines) + "\n"


def write_results(path: Path, results: Sequence[Result]) -> None:
    """All results as JSON, atomically; `read_results` gives them back."""
    content = [
        {"title": result.title, "provenance": dict(result.provenance), "rows": [vars(row) for row in result.rows]}
        for result in results
    ]
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, default=_plain) + "\n", encoding="utf-8")


def read_results(path: Path) -> tuple[Result, ...]:
    """What `write_results` wrote; raises `InputError` for anything else."""
    try:
        return tuple(
            Result(
                entry["title"],
                tuple(
                    MethodRow(**{**row, "runs": {m: tuple(v) for m, v in row["runs"].items()}}) for row in entry["rows"]
                ),
                entry["provenance"],
            )
            for entry in read_json(path, "file of results")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} holds no results of a benchmark ({error}); run it again") from None


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
