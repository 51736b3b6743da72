"""The verdict as a table on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from formnet.faults import fault_named
from formnet.report.clock import format_time
from formnet.report.summary import seen_faults, summarise
from formnet.terminal.streams import one_line
from formnet.verdict import ClipVerdict, RepetitionKind

_STYLES: dict[RepetitionKind, str] = {"good": "green", "fault": "red", "unsure": "yellow"}


def render_clip(clip: ClipVerdict) -> RenderableType:
    """A sentence, a table of the repetitions, the coach's sentence for each fault seen, and the warnings."""
    heading = Text(f"{one_line(clip.path)}  ({format_time(clip.duration_s)}, {clip.fps:.0f} frames/s)")
    table = Table(title=heading, title_justify="left")
    table.add_column("#", justify="right")
    for column in ("start", "bottom", "end"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    table.add_column("rests on")
    for number, repetition in enumerate(clip.repetitions, start=1):
        others = [fault_named(fault).title for fault in repetition.faults[1:]]
        title = ", ".join([repetition.title, *(title.lower() for title in others)])
        table.add_row(
            str(number),
            format_time(repetition.start_s),
            format_time(repetition.bottom_s),
            format_time(repetition.end_s),
            Text(title, style=_STYLES[repetition.kind]),
            Text(repetition.basis),
        )
    lines: list[RenderableType] = [table, Text(summarise(clip))]
    for label in dict.fromkeys(label for repetition in clip.repetitions for label in seen_faults(repetition)):
        fault = fault_named(label)
        lines.append(Text(f"{fault.title}: {fault.advice}"))
    lines += [Text(f"note: {warning}", style="yellow") for warning in all_warnings(clip)]
    return Group(*lines)


def all_warnings(clip: ClipVerdict) -> list[str]:
    """The clip's warnings, then those of its repetitions with their numbers; the same one once."""
    by_text: dict[str, list[int]] = {}
    for number, repetition in enumerate(clip.repetitions, start=1):
        for warning in repetition.warnings:
            by_text.setdefault(warning, []).append(number)
    of_repetitions = [
        warning if len(numbers) == len(clip.repetitions) else f"repetition {', '.join(map(str, numbers))}: {warning}"
        for warning, numbers in by_text.items()
        if warning not in clip.warnings
    ]
    return [*clip.warnings, *of_repetitions]
