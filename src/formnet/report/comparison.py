"""A comparison as one page to open and print, and as a table for spreadsheets."""

from __future__ import annotations

import base64
import csv
from collections.abc import Sequence
from pathlib import Path

from formnet.measures.measurement import describe_value
from formnet.measures.registry import MEASURES
from formnet.pipeline.differences import Difference
from formnet.report.clock import format_time
from formnet.report.html import write_page
from formnet.report.view import shown_name
from formnet.scoring.compare import Comparison
from formnet.storage.files import atomic_path

COLUMNS = ("measure", "unit", "value", "reference", "difference", "error", "beyond_error")


def write_differences_csv(differences: Sequence[Difference], path: Path) -> None:
    """Writes one row for every measure of both: values, their difference and whether it lies beyond its error.

    Raises:
        InputError: when the file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        rows.writerows({**one.to_dict(), "beyond_error": "yes" if one.excess > 1 else "no"} for one in differences)


def write_comparison_html(
    names: tuple[str, str],
    result: Comparison,
    differences: Sequence[Difference],
    notes: Sequence[str],
    path: Path,
    *,
    threshold: float,
    video: str | None = None,
    plot: bytes | None = None,
) -> None:
    """Writes the page.

    Args:
        names: of the performance and the reference, as given.
        differences: of all measures that both show.
        notes: one sentence each.
        threshold: parts that score below are marked.
        video: the comparison's video, as a link relative to the page.
        plot: a PNG of the similarity over time, put into the page.

    Raises:
        InputError: when the file cannot be written.
    """
    write_page(
        path,
        "comparison.html",
        clip=shown_name(names[0]),
        reference=shown_name(names[1]),
        total=result.total,
        parts=[
            (part.replace("_", " "), score, score < threshold)
            for part, score in sorted(result.parts.items(), key=lambda item: item[1])
        ],
        moments=[
            (format_time(m.time_s), format_time(m.reference_time_s), m.part.replace("_", " "), m.score)
            for m in result.worst
        ],
        sentences=[one.describe() for one in sorted(differences, key=lambda d: -d.excess) if one.excess > 1],
        measures=[_row(one) for one in differences],
        notes=notes,
        video=video,
        plot=None if plot is None else base64.b64encode(plot).decode(),
    )


def _row(one: Difference) -> tuple[str, str, str, str, bool]:
    measure = MEASURES[one.measure]
    value, reference = (describe_value(value, measure.unit) for value in (one.value, one.reference))
    return measure.title, value, reference, describe_value(one.difference, measure.unit, one.error), one.excess > 1
