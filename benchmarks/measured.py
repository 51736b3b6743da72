"""Labelled repetitions as measures see them: how well each measure, and each finding, tells their classes apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from figures import area, area_within, share, show_table

from formnet.errors import InputError
from formnet.measures.calibration import calibration_for, measure_repetition
from formnet.measures.performance import Performance, make_performance
from formnet.measures.registry import MEASURES, read_values
from formnet.motion import FloatArray, Motion
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.standards.finding import Finding, find_faults
from formnet.standards.standard import Standard

Findings = Sequence[Finding]
_UNJUDGED = -1e9
"""What cannot be judged ranks below all that was."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """One repetition with what is known of it.

    Attributes:
        label: the set's class.
        group: person or day.
        performance: as measures see it.
    """

    label: str
    group: str
    performance: Performance


def perform_whole(motion: Motion, spec: PreprocessSpec | None = None) -> Performance:
    """A recording that is one repetition; its bottom is where the hips are lowest over the ankles."""
    clean = clean_motion(motion, spec or PreprocessSpec())
    hips, ankles = (
        0.5 * (clean.joint(f"left_{joint}") + clean.joint(f"right_{joint}"))[:, 1] for joint in ("hip", "ankle")
    )
    bottom = int(np.nanargmin((ankles - hips)[1:-1])) + 1
    return make_performance(clean, 0, bottom, len(clean) - 1)


def read_all(rows: Sequence[Labelled]) -> dict[str, FloatArray]:
    """Measure → (N,) values of all rows."""
    values = [read_values(row.performance) for row in rows]
    return {name: np.array([value[name] for value in values]) for name in MEASURES}


def show_areas(
    title: str,
    rows: Sequence[Labelled],
    good: Collection[str],
    faults: Mapping[str, Sequence[str]],
    unit: str,
) -> dict[str, float]:
    """Prints how each measure alone tells classes from the good ones, and returns the areas as "class/measure".

    Args:
        good: labels that count as good.
        faults: class → measures to show first for it; the best of all others is named beside them.
        unit: what the groups are ("person", "day").
    """
    values = read_all(rows)
    labels, groups = np.array([row.label for row in rows]), np.array([row.group for row in rows])
    is_good = np.isin(labels, list(good))
    areas, table = {}, []
    for label, measures in faults.items():
        is_faulty = labels == label
        ranked = {name: area(x[is_faulty], x[is_good]) for name, x in values.items()}
        others = sorted(
            (name for name, a in ranked.items() if np.isfinite(a) and name not in measures),
            key=lambda name: -abs(ranked[name] - 0.5),
        )
        for name in (*measures, *others[:3]):
            x = values[name]
            side = 1.0 if ranked[name] >= 0.5 else -1.0
            within = area_within(side * x, is_faulty, is_good, groups)
            areas[f"{label}/{name}"] = max(ranked[name], 1 - ranked[name])
            table.append([
                label, name + ("" if name in measures else " *"), "above" if side > 0 else "below",
                f"{areas[f'{label}/{name}']:.2f}", f"{within:.2f}", _spread(x[is_good]), _spread(x[is_faulty]),
            ])  # fmt: skip
    show_table(
        f"{title} (* the best of all other measures)",
        ["class", "measure", "side", "AUC", f"mean by {unit}", "good: 5, 50, 95 %", "class: 5, 50, 95 %"],
        table,
    )
    return areas


def find_all(rows: Sequence[Labelled], standard: Standard, source: str) -> list[Findings]:
    """The findings of every row; `source` names the errors of its joints (see `Calibration`)."""
    calibration = calibration_for(source)
    return [find_faults(standard, measure_repetition(row.performance, calibration)) for row in rows]


def name_faults(standard: Standard, pairs: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Class → the fault of the standard that means it: the first of its possible names that the standard has."""
    found = {label: next((n for n in names if n in standard.faults), None) for label, names in pairs.items()}
    named = {label: name for label, name in found.items() if name is not None}
    if not named:
        known = sorted({name for names in pairs.values() for name in names})
        raise InputError(f"standard {standard.name!r} has none of {', '.join(known)}; choose another --standard")
    return named


def show_findings(
    title: str,
    rows: Sequence[Labelled],
    findings: Sequence[Findings],
    good: Collection[str],
    faults: Mapping[str, str],
    unit: str,
) -> dict[str, float]:
    """Prints what the standard says of every class, and returns `good_with_clear_fault` and `auc/FAULT`.

    Args:
        faults: class → the fault that means it. A finding is ranked by how far it lies beyond its limit.
    """
    labels, groups = np.array([row.label for row in rows]), np.array([row.group for row in rows])
    is_good = np.isin(labels, list(good))
    names = [finding.fault for finding in findings[0]]
    states = {name: np.array([_finding(of, name).state for of in findings]) for name in names}
    any_clear = np.any([state == "clear" for state in states.values()], axis=0)
    show_table(
        f"{title}: share with a clear finding",
        ["class", "repetitions", f"{unit}s", "any", f"{unit}s with any", *names],
        [
            [
                label, str(int(of.sum())), str(len(set(groups[of]))), f"{any_clear[of].mean():.0%}",
                f"{share(any_clear[of & (groups == g)].any() for g in set(groups[of])):.0%}",
                *(f"{(states[name][of] == 'clear').mean():.0%}" for name in names),
            ]
            for label, of in [*((label, labels == label) for label in dict.fromkeys(labels)), ("good", is_good)]
        ],
    )  # fmt: skip
    figures, table = {"good_with_clear_fault": float(any_clear[is_good].mean())}, []
    for label, name in faults.items():
        excess = np.array([_rank(_finding(of, name)) for of in findings])
        is_faulty = labels == label
        figures[f"auc/{name}"] = area(excess[is_faulty], excess[is_good])
        counts = [(states[name][is_faulty] == state).mean() for state in ("clear", "borderline", "not judgeable")]
        table.append([
            label, name, f"{figures[f'auc/{name}']:.3f}", f"{area_within(excess, is_faulty, is_good, groups):.3f}",
            *(f"{count:.0%}" for count in counts),
        ])  # fmt: skip
    show_table(
        f"{title}: findings against good ones",
        ["class", "finding", "AUC", f"mean by {unit}", "clear", "borderline", "not judgeable"],
        table,
    )
    return figures


def _finding(findings: Findings, name: str) -> Finding:
    return next(finding for finding in findings if finding.fault == name)


def _rank(finding: Finding) -> float:
    return _UNJUDGED if finding.state == "not judgeable" else finding.excess


def _spread(values: FloatArray) -> str:
    if not np.isfinite(values).any():
        return "–"
    low, middle, high = np.nanpercentile(values, [5, 50, 95])
    digits = 0 if max(abs(low), abs(high)) >= 10 else 2
    return f"{low:.{digits}f}, {middle:.{digits}f}, {high:.{digits}f}"
