"""Similarity over time as a picture."""

from __future__ import annotations

import io

import numpy as np

from formnet.report.colours import FAULT, GOOD
from formnet.scoring.compare import Comparison


def plot_similarity(result: Comparison, threshold: float) -> bytes:
    """A PNG: the total over the clip's time, the parts below it, worst moments marked."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 5.0), dpi=120, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    for number, chosen in enumerate(result.round_slices):
        times_s = result.times_s[chosen]
        upper.plot(times_s, result.over_time[chosen], color=GOOD, linewidth=2, label="" if number else "total")
    upper.axhline(threshold, color=FAULT, linestyle="--", linewidth=1, label=f"threshold {threshold:.0f}")
    for moment in result.worst:
        upper.annotate(
            moment.part.replace("_", " "),
            (moment.time_s, 3),
            ha="center",
            fontsize=8,
            color=FAULT,
        )
        upper.axvline(moment.time_s, color=FAULT, linewidth=0.8, alpha=0.5)
    upper.set_ylim(0, 102)
    upper.set_ylabel("similarity")
    upper.set_title(f"total {result.total:.1f} of 100")
    upper.legend(loc="lower right", fontsize=8)
    parts = list(result.parts_over_time)
    # One row of colour for each part; the columns are evenly spaced in time so that the axes agree.
    grid_s = np.linspace(result.times_s.min(), result.times_s.max(), 400)
    table = np.full((len(parts), len(grid_s)), np.nan)
    for chosen in result.round_slices:
        times_s = result.times_s[chosen]
        inside = (grid_s >= times_s[0]) & (grid_s <= times_s[-1])
        for row, part in enumerate(parts):
            table[row, inside] = np.interp(grid_s[inside], times_s, result.parts_over_time[part][chosen])
    mesh = lower.imshow(
        table,
        aspect="auto",
        cmap="RdYlGn",
        vmin=0,
        vmax=100,
        extent=(grid_s[0], grid_s[-1], len(parts) - 0.5, -0.5),
        interpolation="nearest",
    )
    lower.set_yticks(range(len(parts)), [part.replace("_", " ") for part in parts], fontsize=8)
    lower.set_xlabel("time in the clip (s)")
    figure.colorbar(mesh, ax=lower, pad=0.01)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()
