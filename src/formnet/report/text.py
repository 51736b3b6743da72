"""The verdict as a table on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from formnet.faults import fault_named
from formnet.report.clock import format_time
from formnet.verdict import ClipVerdict, RepetitionKind, RepetitionVerdict

_BAR_WIDTH = 5
_STYLES: dict[RepetitionKind, str] = {"good": "green", "fault": "red", "unsure": "yellow"}


def render_clip(clip: ClipVerdict) -> RenderableType:
    """A table of the repetitions, the coach's sentence for each fault seen, and the warnings."""
    table = Table(title=f"{clip.path}  ({format_time(clip.duration_s)}, {clip.fps:.0f} frames/s)", title_justify="left")
    table.add_column("#", justify="right")
    for heading in ("start", "bottom", "end"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    table.add_column("sure", justify="right")
    table.add_column("next most likely")
    for number, repetition in enumerate(clip.repetitions, start=1):
        style = _STYLES[repetition.kind]
        table.add_row(
            str(number),
            format_time(repetition.start_s),
            format_time(repetition.bottom_s),
            format_time(repetition.end_s),
            Text(repetition.title, style=style),
            Text(f"{_bar(repetition.probability)} {repetition.probability:4.0%}", style=style),
            _runner_up(repetition),
        )
    lines: list[RenderableType] = [table]
    for label in dict.fromkeys(repetition.label for repetition in clip.repetitions if repetition.kind != "good"):
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


def _bar(share: float) -> str:
    filled = round(share * _BAR_WIDTH)
    return "█" * filled + "░" * (_BAR_WIDTH - filled)


def _runner_up(repetition: RepetitionVerdict) -> str:
    ranked = sorted(repetition.probabilities.items(), key=lambda item: -item[1])
    others = [(name, share) for name, share in ranked if name != repetition.label]
    if not others or others[0][1] < 0.01:
        return ""
    name, share = others[0]
    return f"{fault_named(name).title} {share:.0%}"
