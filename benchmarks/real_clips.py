"""Real clips with known exercise, repetitions and form, from video to verdict.

    python benchmarks/real_clips.py [FOLDER] [--standard coaching] [--eyes standard] [--cache DIR] [--only NAME …]

FOLDER holds clips and `truth.csv`: file, exercise, repetitions, bottoms_s (seconds, separated by blanks), judged (good
or bad); what is not known is empty. A clip whose exercise is not "squat" should get no verdict at all.

Clips go the way of `formnet classify`. Prints every clip and every clear finding, and the totals with clips beside
repetitions. Ends with one JSON object of shares: `good_with_clear_fault` (of repetitions that were found in good
clips), `bad_found` (of the repetitions of bad clips, with a clear fault), `others_judged` (of clips of other exercises,
with any verdict), `repetitions_exact` (of squat clips whose number is known).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import run_main
from figures import CONSOLE, print_figures, require_folder, share, show_table
from page import REPOSITORY
from rich.progress import track as progress

from formnet.errors import FormnetError, InputError
from formnet.pipeline import make_judge
from formnet.pose.estimator import create_estimator
from formnet.pose.model_bundle import Eyes
from formnet.reading import read_track
from formnet.standards import DEFAULT_STANDARD
from formnet.verdict import RepetitionVerdict

SQUAT = "squat"
NEAR_S = 0.2


@dataclass(frozen=True)
class Truth:
    """A row of truth.csv; None and empty where it is not known."""

    file: Path
    exercise: str
    count: int | None
    bottoms_s: tuple[float, ...]
    judged: str

    @property
    def is_squat(self) -> bool:
        return self.exercise == SQUAT


@dataclass(frozen=True)
class Outcome:
    """What formnet said of a clip: its repetitions, or why there is no verdict."""

    truth: Truth
    repetitions: tuple[RepetitionVerdict, ...]
    refusal: str = ""

    @property
    def clear(self) -> list[bool]:
        """For each repetition, whether it shows a clear fault."""
        return [bool(repetition.faults) for repetition in self.repetitions]

    @property
    def bottom_errors_s(self) -> list[float]:
        """How far each true bottom is from the nearest that was found; infinite where none was."""
        found = [repetition.bottom_s for repetition in self.repetitions]
        return [min((abs(true_s - s) for s in found), default=float("inf")) for true_s in self.truth.bottoms_s]


def read_truth(folder: Path) -> list[Truth]:
    """The rows of truth.csv; raises `InputError` for a file that is none, or that names clips that are not there."""
    path = folder / "truth.csv"
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        truths = [
            Truth(
                folder / row["file"],
                row["exercise"].strip().lower(),
                int(row["repetitions"]) if row["repetitions"].strip() else None,
                tuple(float(number) for number in row["bottoms_s"].split()),
                row["judged"].strip().lower(),
            )
            for row in rows
        ]
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path} cannot be read as a table of file, exercise, repetitions, bottoms_s, judged ({error!r})"
        ) from None
    if absent := [truth.file.name for truth in truths if not truth.file.is_file()]:
        raise InputError(f"{path} names clips that are not there: {', '.join(absent[:5])}; correct the table")
    return truths


def judge_clips(
    truths: Sequence[Truth], standard: str, lifter: str | None, cache: Path | None, eyes: Eyes | None = None
) -> list[Outcome]:
    """The whole way of every clip: video, poses, repetitions, verdict."""
    judge, estimator, outcomes = make_judge(standard, lifter), create_estimator(eyes=eyes), []
    for truth in progress(truths, "judging", console=CONSOLE):
        try:
            track = read_track(truth.file, estimator=estimator, cache=cache)
            outcomes.append(Outcome(truth, judge.judge(track, truth.file.name).repetitions))
        except FormnetError as error:
            outcomes.append(Outcome(truth, (), str(error)))
    return outcomes


def compute_figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The shares of the JSON object."""
    squats = [outcome for outcome in outcomes if outcome.truth.is_squat]
    others = [outcome for outcome in outcomes if not outcome.truth.is_squat]
    bad = [outcome for outcome in squats if outcome.truth.judged == "bad"]
    there = [max(outcome.truth.count or 0, len(outcome.repetitions)) for outcome in bad]
    return {
        "good_with_clear_fault": share(flag for o in squats if o.truth.judged == "good" for flag in o.clear),
        "bad_found": sum(sum(outcome.clear) for outcome in bad) / sum(there) if sum(there) else float("nan"),
        "others_judged": share(bool(outcome.repetitions) for outcome in others),
        "repetitions_exact": share(len(o.repetitions) == o.truth.count for o in squats if o.truth.count is not None),
    }


def show(outcomes: Sequence[Outcome], figures: dict[str, float]) -> None:
    """Every clip, then the totals."""
    show_table(
        "clips",
        ["clip", "truth", "found/true", "bottoms s", "clear findings, or why there is no verdict"],
        [
            [
                o.truth.file.name,
                f"{o.truth.judged} {o.truth.exercise}"[:24].strip(),
                f"{len(o.repetitions)}/{'?' if o.truth.count is None else o.truth.count}"
                + ("" if o.truth.count in (None, len(o.repetitions)) else " !"),
                f"{max(o.bottom_errors_s):.2f}" if o.bottom_errors_s else "",
                o.refusal or _describe(o.repetitions),
            ]
            for o in outcomes
        ],
    )
    squats = [outcome for outcome in outcomes if outcome.truth.is_squat]
    errors = np.array([error for outcome in squats for error in outcome.bottom_errors_s])
    clips = {
        judged: [any(o.clear) for o in squats if o.truth.judged == judged and (o.repetitions or judged == "bad")]
        for judged in ("good", "bad")
    }
    unsure = [r.kind == "unsure" for o in squats if o.truth.judged == "good" for r in o.repetitions]
    show_table(
        "totals",
        ["figure", "share", "of"],
        [
            ["good repetitions with a clear fault", f"{figures['good_with_clear_fault']:.1%}",
             f"{len(unsure)} repetitions"],
            ["good clips with one", f"{share(clips['good']):.1%}", f"{len(clips['good'])} clips"],
            ["good repetitions that stay unsure", f"{share(unsure):.1%}", f"{len(unsure)} repetitions"],
            ["bad repetitions with a clear fault", f"{figures['bad_found']:.1%}", ""],
            ["bad clips with one", f"{share(clips['bad']):.1%}", f"{len(clips['bad'])} clips"],
            ["other exercises with a verdict", f"{figures['others_judged']:.1%}",
             f"{sum(not o.truth.is_squat for o in outcomes)} clips"],
            ["number of repetitions exact", f"{figures['repetitions_exact']:.1%}",
             f"{sum(o.truth.count is not None for o in squats)} clips"],
            [f"bottoms within {NEAR_S} s", f"{share(errors <= NEAR_S):.1%}", f"{len(errors)} bottoms"],
        ],
    )  # fmt: skip


def _describe(repetitions: Sequence[RepetitionVerdict]) -> str:
    """One line for all repetitions that show the same, with the numbers of the first."""
    groups: dict[tuple[tuple[str, ...], ...], list[RepetitionVerdict]] = {}
    for repetition in repetitions:
        states = tuple((f.fault, f.state) for f in repetition.findings if f.state in ("clear", "borderline"))
        groups.setdefault(states, []).append(repetition)
    return "\n".join(_describe_alike(alike) for alike in groups.values())


def _describe_alike(alike: Sequence[RepetitionVerdict]) -> str:
    first = alike[0]
    clear = [finding for finding in first.findings if finding.state == "clear"]
    said = "; ".join(f"{finding.fault}: {finding.describe()}" for finding in clear) or first.label
    near = [finding.fault for finding in first.findings if finding.state == "borderline"]
    times = ", ".join(f"{repetition.bottom_s:.1f}" for repetition in alike)
    return f"{times} s {said}" + (f" (borderline: {', '.join(near)})" if near else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = REPOSITORY.parent / "shared" / "clips" / "real"
    parser.add_argument("folder", type=Path, nargs="?", default=default, help="folder of clips with truth.csv")
    parser.add_argument("--standard", default=DEFAULT_STANDARD, help="what counts as a fault")
    parser.add_argument("--lifter", default=None, help="what makes joints 3D; default: that of formnet classify")
    parser.add_argument("--eyes", type=Eyes, default=None, choices=list(Eyes), help="size of the pose model")
    parser.add_argument("--cache", type=Path, default=None, help="keep poses here, by content and estimator")
    parser.add_argument("--only", nargs="+", default=[], help="only clips whose names hold one of these")
    arguments = parser.parse_args()
    truths = read_truth(require_folder(arguments.folder, "a folder of clips with truth.csv"))
    chosen = [t for t in truths if not arguments.only or any(part in t.file.name for part in arguments.only)]
    outcomes = judge_clips(chosen, arguments.standard, arguments.lifter, arguments.cache, arguments.eyes)
    figures = compute_figures(outcomes)
    show(outcomes, figures)
    print_figures(figures)


if __name__ == "__main__":
    run_main(main)
