"""Ranges of right and wrong form, read from labelled repetitions, and the standard that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import yaml
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.measures.registry import MEASURES
from formnet.standards.standard import Side

PERCENTILES = (5, 25, 50, 75, 95)
_ROUNDS = 200
"""Resamplings of the people for the interval of a cut."""
_LEAST_AUC = 0.75
"""A measure that separates less makes no rule."""
_LEAST_ROWS = 5


@dataclass(frozen=True)
class Separation:
    """How one measure tells one class from good form.

    Attributes:
        measure, fault: names.
        side: on which side of the cut the fault lies.
        auc: area under the ROC curve over all repetitions, 0.5–1.
        auc_by_group: its mean over the people or sessions that show both; NaN where none does.
        cut: of the greatest sum of sensitivity and specificity.
        cut_low, cut_high: 90 % interval of the cut over resampled people or sessions.
        sensitivity, specificity: at the cut.
        good, bad: percentiles 5, 25, 50, 75, 95 of good repetitions and of the fault's.
    """

    measure: str
    fault: str
    side: Side
    auc: float
    auc_by_group: float
    cut: float
    cut_low: float
    cut_high: float
    sensitivity: float
    specificity: float
    good: tuple[float, ...]
    bad: tuple[float, ...]


def separate(
    values: Mapping[str, NDArray[np.float64]],
    labels: Sequence[str],
    groups: Sequence[str],
    good: Sequence[str],
    seed: int = 0,
) -> list[Separation]:
    """Every measure against every class that is not good, the best first within a class.

    Args:
        values: measure → (N,) values, NaN where they could not be read.
        labels, groups: (N,) class, and person or session, of each repetition.
        good: the classes that count as good form.

    Raises:
        InputError: when no repetition is good, or none is anything else.
    """
    classes, people = np.asarray(labels), np.asarray(groups)
    is_good = np.isin(classes, list(good))
    faults = sorted({str(name) for name in classes[~is_good]})
    if not is_good.any() or not faults:
        raise InputError(
            f"ranges need good repetitions and others; the classes are {', '.join(sorted(set(classes)))}: "
            "name the good ones with --good"
        )
    rng = np.random.default_rng(seed)
    found = []
    for fault in faults:
        rows = [
            _separate_one(name, fault, value, is_good, classes == fault, people, rng) for name, value in values.items()
        ]
        found += sorted((row for row in rows if row is not None), key=lambda row: -row.auc)
    return found


def _separate_one(
    name: str,
    fault: str,
    value: NDArray[np.float64],
    is_good: NDArray[np.bool_],
    is_bad: NDArray[np.bool_],
    people: NDArray[np.str_],
    rng: np.random.Generator,
) -> Separation | None:
    known = np.isfinite(value)
    good, bad = value[known & is_good], value[known & is_bad]
    if min(len(good), len(bad)) < _LEAST_ROWS:
        return None
    auc = compute_auc(good, bad)
    sign = 1.0 if auc >= 0.5 else -1.0
    cut, sensitivity, specificity = find_cut(sign * good, sign * bad)
    names = np.unique(people[known & (is_good | is_bad)])
    areas = [
        compute_auc(sign * value[known & is_good & (people == n)], sign * value[known & is_bad & (people == n)])
        for n in names
        if (known & is_good & (people == n)).any() and (known & is_bad & (people == n)).any()
    ]
    low, high = _cut_interval(sign * value, known & is_good, known & is_bad, people, names, rng)
    low, high = sorted((sign * low, sign * high))
    return Separation(
        name, fault, "above" if sign > 0 else "below", max(auc, 1 - auc),
        float(np.mean(areas)) if areas else float("nan"), sign * cut, low, high, sensitivity, specificity,
        _percentiles(good), _percentiles(bad),
    )  # fmt: skip


def compute_auc(good: NDArray[np.float64], bad: NDArray[np.float64]) -> float:
    """Chance that a bad value lies above a good one, ties counting half (Mann–Whitney)."""
    order = np.searchsorted(np.sort(good), bad, side="left"), np.searchsorted(np.sort(good), bad, side="right")
    return float((order[0] + order[1]).mean() / (2 * len(good)))


def find_cut(good: NDArray[np.float64], bad: NDArray[np.float64]) -> tuple[float, float, float]:
    """The cut with the greatest sensitivity + specificity (Youden 1950), bad above it; with both shares."""
    edges = np.unique(np.concatenate([good, bad]))
    cuts = np.concatenate([edges[:1] - 1e-9, (edges[1:] + edges[:-1]) / 2])
    sensitivity = 1 - np.searchsorted(np.sort(bad), cuts, side="right") / len(bad)
    specificity = np.searchsorted(np.sort(good), cuts, side="right") / len(good)
    best = int(np.argmax(sensitivity + specificity))
    return float(cuts[best]), float(sensitivity[best]), float(specificity[best])


def _cut_interval(
    value: NDArray[np.float64],
    is_good: NDArray[np.bool_],
    is_bad: NDArray[np.bool_],
    people: NDArray[np.str_],
    names: NDArray[np.str_],
    rng: np.random.Generator,
) -> tuple[float, float]:
    """5th and 95th percentile of the cut when people are drawn anew with replacement."""
    rows_of = [np.flatnonzero(people == name) for name in names]
    cuts = []
    for _ in range(_ROUNDS):
        rows = np.concatenate([rows_of[k] for k in rng.integers(0, len(names), len(names))])
        good, bad = value[rows[is_good[rows]]], value[rows[is_bad[rows]]]
        if len(good) and len(bad):
            cuts.append(find_cut(good, bad)[0])
    return (float(np.percentile(cuts, 5)), float(np.percentile(cuts, 95))) if cuts else (float("nan"),) * 2


def write_standard_text(separations: Sequence[Separation], name: str, source: str, good: str) -> str:
    """YAML of a standard with one rule for each fault: its best separating measure, cut where the ranges part.

    Raises:
        InputError: when no measure separates any fault.
    """
    best: dict[str, Separation] = {}
    for row in separations:
        if row.auc >= _LEAST_AUC:
            best.setdefault(row.fault, row)
    if not best:
        raise InputError(f"no measure separates any class (AUC {_LEAST_AUC:g} or more): there is no standard to write")
    content = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "description": f"Limits read from labelled repetitions: {source}.",
        "good": good,
        "faults": [
            {
                "fault": fault,
                "when": [{"measure": row.measure, row.side: _short(row.cut), "tolerance": _short(_half_width(row))}],
                "source": f"{source}: AUC {row.auc:.2f}, sensitivity {row.sensitivity:.2f}, "
                f"specificity {row.specificity:.2f}, cut {_short(row.cut_low)} to {_short(row.cut_high)} over people",
                "evidence": "weak",
            }
            for fault, row in best.items()
        ],
        "reported": [measure for measure in MEASURES if measure not in {row.measure for row in best.values()}],
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _half_width(row: Separation) -> float:
    """Half the 90 % interval of the cut as one standard deviation."""
    width = (row.cut_high - row.cut_low) / (2 * 1.645)
    return width if np.isfinite(width) else 0.0


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _percentiles(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in np.percentile(values, PERCENTILES))
