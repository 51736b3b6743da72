"""Ranges of right and wrong form as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from formnet.measures.registry import MEASURES
from formnet.report.colours import FAULT, GOOD, SOFT
from formnet.standards.ranges import Separation
from formnet.storage.files import atomic_path

_BEST = 3


def plot_ranges(rows: Sequence[Separation], path: Path) -> None:
    """Writes a PNG: for each class its best measures, good form in green and the class in red, the cut dashed.

    Bars run from the 5th to the 95th percentile, thick between the quartiles, with the median as a dot.

    Raises:
        InputError: the target cannot be written.
    """
    from matplotlib.figure import Figure

    chosen: dict[str, list[Separation]] = {}
    for row in rows:
        if len(of_fault := chosen.setdefault(row.fault, [])) < _BEST:
            of_fault.append(row)
    shown = [row for of_fault in chosen.values() for row in of_fault]
    figure = Figure(figsize=(8.0, 0.9 * len(shown) + 0.6), dpi=110, layout="constrained")
    axes = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    for axis, row in zip(axes, shown, strict=True):
        for height, (low, first, middle, third, high), colour in ((1, row.good, GOOD), (0, row.bad, FAULT)):
            axis.plot([low, high], [height] * 2, color=colour, linewidth=2)
            axis.plot([first, third], [height] * 2, color=colour, linewidth=8, solid_capstyle="butt")
            axis.plot([middle], [height], "o", color="white", markersize=4)
        axis.axvline(row.cut, color=SOFT, linestyle="--", linewidth=1)
        axis.set_yticks([1, 0], ["good", row.fault.replace("_", " ")], fontsize=8)
        axis.set_ylim(-0.7, 1.7)
        measure = MEASURES[row.measure]
        axis.set_title(f"{measure.title} ({measure.unit}), AUC {row.auc:.2f}", fontsize=9, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(axis="x", labelsize=8)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
