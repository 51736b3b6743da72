"""What each part of the measuring judge buys, on real people: the judge as shipped, and with one part changed.

    python benchmarks/judging.py [--clips FOLDER] [--datasets FOLDER] [--every 4] [--variants …] [--cache DIR]

shipped             geometry, and the network where `SEEN_BY_NETWORK` takes it
geometry alone      no network
network alone       every measure and view that the network knows comes from it
without levelling   the camera's own vertical instead of the person's standing
narrow nature       errors fitted on simulated people of narrow nature with one fault each
at the bottom       bending forward read at the bottom instead of the greatest lean that is held

Prints for each the shares of good repetitions with a clear fault and of bad ones with one on real clips, squat7's good
ones (joints in 3D, which neither lifter nor network touches), and UI-PRMD's deep squats before virtual cameras. Ends
with one JSON object: {VARIANT: {figure: share}}.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import real_clips
import transfer
import virtual_cameras
from common import run_main
from figures import CONSOLE, dataset_root, print_figures, require_folder, show_table
from measured import Labelled, find_all
from page import REPOSITORY
from rich.progress import track as progress

from formnet.errors import FormnetError
from formnet.measures.calibration import VIEWS, Calibration, calibration_for
from formnet.measures.registry import MEASURES
from formnet.pipeline import make_judge
from formnet.pipeline.measured import MeasuringJudge
from formnet.pose.estimator import create_estimator, estimate_pose
from formnet.pose.track import PoseTrack
from formnet.standards.standard import Standard
from formnet.synth.dataset import sample_repetitions
from formnet.training.measures.errors import SOURCES, fit_source
from formnet.training.measures.simulated import simulate_views

_BOTTOM = {f"{name}_greatest": name for name in ("trunk_lean", "trunk_minus_shank", "trunk_lean_change")}
Change = Callable[[MeasuringJudge], MeasuringJudge]
Around = Callable[[], contextlib.AbstractContextManager[Any]]


@dataclass(frozen=True)
class Variant:
    """A judge with one part changed.

    Attributes:
        change: of the judge.
        around: what holds while performances are made and measured.
    """

    change: Change = lambda judge: judge
    around: Around = contextlib.nullcontext


@dataclass(frozen=True, eq=False)
class People:
    """What all variants judge: tracks of real clips, UI-PRMD's cases, and how squat7's rows are made."""

    clips: Sequence[tuple[real_clips.Truth, PoseTrack | None]]
    cases: Sequence[virtual_cameras.Case]
    squat7: Path


def without_levelling() -> contextlib.AbstractContextManager[Any]:
    return mock.patch("formnet.measures.performance._up_of", return_value=None)


@contextlib.contextmanager
def with_narrow_errors(people: int = 700) -> Iterator[None]:
    """Lines of both sources of the shipped lifter, fitted on `sample_repetitions`."""
    lines = {
        source: Calibration(
            source, fit_source(simulate_views(people, seed=1, views=2, draw=sample_repetitions, **SOURCES[source]))
        )
        for source in ("supervised+picture", "supervised+picture keypoints")
    }
    # What single faults never vary has no line of its own.
    whole = {
        source: replace(known, lines={**calibration_for(source).lines, **known.lines})
        for source, known in lines.items()
    }
    with mock.patch(
        "formnet.pipeline.measured.calibration_for", lambda source: whole.get(source) or calibration_for(source)
    ):
        yield


def read_at_bottom(standard: Standard) -> Standard:
    """The same limits on the values at the bottom."""
    rules = [
        replace(rule, criteria=tuple(replace(c, measure=_BOTTOM.get(c.measure, c.measure)) for c in rule.criteria))
        for rule in standard.rules
    ]
    return replace(standard, rules=tuple(rules))


VARIANTS: dict[str, Variant] = {
    "shipped": Variant(),
    "geometry alone": Variant(lambda judge: replace(judge, network=None)),
    "network alone": Variant(lambda judge: replace(judge, seen_by_network=dict.fromkeys(MEASURES, tuple(VIEWS)))),
    "without levelling": Variant(around=without_levelling),
    "narrow nature": Variant(around=with_narrow_errors),
    "at the bottom": Variant(lambda judge: replace(judge, standard=read_at_bottom(judge.standard))),
}


def watch(clips: Path, cache: Path | None) -> list[tuple[real_clips.Truth, PoseTrack | None]]:
    """The poses of all clips of squats; None where there is none."""
    estimator, seen = create_estimator(), []
    truths = [truth for truth in real_clips.read_truth(clips) if truth.is_squat]
    for truth in progress(truths, "watching clips", console=CONSOLE):
        track: PoseTrack | None = None
        with contextlib.suppress(FormnetError):
            track = estimate_pose(truth.file, estimator=estimator, cache=cache)
        seen.append((truth, track))
    return seen


def measure_variant(variant: Variant, people: People) -> dict[str, float]:
    """All figures of one variant."""
    judge = variant.change(make_judge())
    with variant.around():
        outcomes = [
            real_clips.Outcome(truth, () if track is None else judge.judge_repetitions(track)[0])
            for truth, track in people.clips
        ]
        rates = virtual_cameras.compute_rates([(case, judge.judge_repetitions(case.track)[0]) for case in people.cases])
        rows = [row for row in transfer.read_rows(people.squat7) if row.label in transfer.GOOD]
        clips = real_clips.compute_figures(outcomes)
        return {
            "clips/good_with_clear_fault": clips["good_with_clear_fault"],
            "clips/bad_found": clips["bad_found"],
            "squat7/good_with_clear_fault": _share_faulty(rows, judge.standard),
            "virtual/false_alarms": rates["false_alarms"],
            "virtual/faults_found": rates["faults_found"],
            "virtual/balanced": rates["balanced"],
        }


def _share_faulty(rows: Sequence[Labelled], standard: Standard) -> float:
    found = find_all(rows, standard, "solid")
    return float(np.mean([any(finding.state == "clear" for finding in findings) for findings in found]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=REPOSITORY.parent / "shared" / "clips" / "real")
    parser.add_argument("--datasets", type=Path, default=dataset_root("."), help="the folder of ui-prmd and squat7")
    parser.add_argument("--every", type=int, default=4, help="one in so many of UI-PRMD's episodes")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--cache", type=Path, default=None, help="keep poses of clips here")
    arguments = parser.parse_args()
    people = People(
        watch(require_folder(arguments.clips, "a folder of clips with truth.csv"), arguments.cache),
        list(virtual_cameras.film_cases(require_folder(arguments.datasets / "ui-prmd", "a copy of UI-PRMD"),
                                        max(1, arguments.every))),
        require_folder(arguments.datasets / "squat7", "a copy of squat7"),
    )  # fmt: skip
    found = {name: measure_variant(VARIANTS[name], people) for name in arguments.variants}
    columns = list(next(iter(found.values())))
    show_table(
        "the judge with one part changed",
        ["variant", *columns],
        [[name, *(f"{figures[column]:.1%}" for column in columns)] for name, figures in found.items()],
    )
    print_figures(found)


if __name__ == "__main__":
    run_main(main)
