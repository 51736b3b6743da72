"""What a coach reads aloud after a set."""

from __future__ import annotations

from collections import Counter

import numpy as np

from formnet.faults import UNSURE, fault_named
from formnet.verdict import ClipVerdict, RepetitionVerdict

_STEADY = 1.5
"""A value is steady over a set when it scatters by less than this many times its error."""


def summarise(clip: ClipVerdict) -> str:
    """For example "4 of 5 good; shallow in 2; third the slowest; depth steady."."""
    repetitions = clip.repetitions
    parts = [_count_good(repetitions), *_count_faults(repetitions)]
    if len(repetitions) >= 3:
        parts += [part for part in (_name_slowest(repetitions), _say_steadiness(repetitions)) if part]
    sentence = "; ".join(part for part in parts if part)
    return sentence[:1].upper() + sentence[1:] + "."


def seen_faults(repetition: RepetitionVerdict) -> tuple[str, ...]:
    """What a repetition is told: its clear faults, or the class that a network gave it."""
    return repetition.faults or ((repetition.label,) if repetition.kind == "fault" else ())


def _count_good(repetitions: tuple[RepetitionVerdict, ...]) -> str:
    n = len(repetitions)
    good = sum(repetition.kind == "good" for repetition in repetitions)
    unsure = sum(repetition.label == UNSURE for repetition in repetitions)
    if unsure == n > 1:
        return f"{n} of {n} repetitions not judgeable"
    said = f"{good} of {n} repetitions without a clear fault" if n > 1 else ("no clear fault" if good else "")
    return ", ".join(part for part in (said, f"{unsure} not judgeable" if unsure else "") if part)


def _count_faults(repetitions: tuple[RepetitionVerdict, ...]) -> list[str]:
    counts = Counter(fault for repetition in repetitions for fault in seen_faults(repetition))
    n = len(repetitions)
    return [
        fault_named(fault).title.lower() + (f" in {count} of {n}" if n > 1 else "")
        for fault, count in counts.most_common()
    ]


def _name_slowest(repetitions: tuple[RepetitionVerdict, ...]) -> str:
    durations = np.array([repetition.end_s - repetition.start_s for repetition in repetitions])
    slowest = int(np.argmax(durations))
    others = np.delete(durations, slowest)
    return f"repetition {slowest + 1} the slowest" if durations[slowest] > 1.15 * others.max() else ""


def _say_steadiness(repetitions: tuple[RepetitionVerdict, ...]) -> str:
    """Whether the depth stays the same over the set, by its own error."""
    thighs = [r.measures["thigh"] for r in repetitions if "thigh" in r.measures and r.measures["thigh"].is_shown]
    if len(thighs) < 3:
        return ""
    spread = float(np.std([thigh.value for thigh in thighs]))
    return "depth steady" if spread < _STEADY * float(np.mean([thigh.error for thigh in thighs])) else "depth varies"
