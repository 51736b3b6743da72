"""The verdict as a table for spreadsheets: one row a repetition."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from formnet.measures.registry import MEASURES
from formnet.report.view import shown_name
from formnet.storage.files import atomic_path
from formnet.verdict import RepetitionVerdict, Verdict


def write_verdict_csv(verdict: Verdict, path: Path) -> None:
    """Writes clip, times, label, clear faults, and value and error of every measure; empty where it is not shown.

    Raises:
        InputError: when the file cannot be written.
    """
    heads = [head for name in MEASURES for head in (name, f"{name}_error")]
    with (
        atomic_path(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(["clip", "repetition", "start_s", "bottom_s", "end_s", "label", "faults", *heads])
        for clip in verdict.clips:
            for number, repetition in enumerate(clip.repetitions, start=1):
                rows.writerow(
                    [
                        _as_text(shown_name(clip.path)), number, *(round(t, 3) for t in _times(repetition)),
                        repetition.label, " ".join(repetition.faults), *_values(repetition),
                    ]
                )  # fmt: skip


def _as_text(name: str) -> str:
    """A name that a spreadsheet takes for text and not for a formula to run."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


def _times(repetition: RepetitionVerdict) -> tuple[float, float, float]:
    return repetition.start_s, repetition.bottom_s, repetition.end_s


def _values(repetition: RepetitionVerdict) -> list[float | str]:
    cells: list[float | str] = []
    for name in MEASURES:
        measurement = repetition.measures.get(name)
        if measurement is None or not measurement.is_shown or not math.isfinite(measurement.value):
            cells += ["", ""]
        else:
            cells += [round(measurement.value, 3), round(measurement.error, 3)]
    return cells
