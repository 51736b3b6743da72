"""Labelled repetitions as measures see them, and how well each measure alone tells their classes apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from figures import area, area_within, show_table

from formnet.measures.performance import Performance, make_performance
from formnet.measures.registry import MEASURES, read_values
from formnet.motion import FloatArray, Motion
from formnet.preprocess.spec import PreprocessSpec, clean_motion


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


def _spread(values: FloatArray) -> str:
    if not np.isfinite(values).any():
        return "–"
    low, middle, high = np.nanpercentile(values, [5, 50, 95])
    digits = 0 if max(abs(low), abs(high)) >= 10 else 2
    return f"{low:.{digits}f}, {middle:.{digits}f}, {high:.{digits}f}"
