"""Repetitions on real clips, and whether they are squats at all.

    python benchmarks/repetitions.py [FOLDER] [--lifter supervised]

FOLDER holds clips and `truth.csv` (file, exercise, repetitions, bottoms_s; empty where unknown). Prints one line for
every clip and ends with one JSON object: `repetitions_exact` (share of the squat clips with the true number, where it
is known), `others_judged` (share of the clips of other movements in which anything passes as a squat), `bottoms_within`
(share of the known bottoms with a found one within 0.2 s) and `bottom_bias_s` (median of found minus known).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import run_main, say

from formnet.errors import FormnetError, InputError
from formnet.gate import Recognition, recognise_all
from formnet.lifting.lifter import Lifter, create_lifter
from formnet.pose.estimator import PoseEstimator, create_estimator, estimate_pose
from formnet.preprocess.repetitions import RepetitionSpan
from formnet.preprocess.spec import PreprocessSpec, clean_motion, segment_clip
from formnet.storage.files import cache_dir

WITHIN_S = 0.2


@dataclass(frozen=True)
class Truth:
    """A row of `truth.csv`; `repetitions` None where nobody counted."""

    file: str
    exercise: str
    repetitions: int | None
    bottoms_s: tuple[float, ...]

    @property
    def is_squat(self) -> bool:
        return self.exercise == "squat"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("../shared/clips/real"), help="clips with truth.csv"
    )
    parser.add_argument("--lifter", default="supervised", help="what makes 3D of the picture (default: %(default)s)")
    arguments = parser.parse_args()
    truths = read_truth(arguments.folder / "truth.csv")
    estimator, lifter = create_estimator(), create_lifter(arguments.lifter)
    exact, others, errors_s = [], [], []
    for truth in truths:
        try:
            spans, recognitions, notes = look_at(arguments.folder / truth.file, estimator, lifter)
        except FormnetError as error:
            spans, recognitions, notes = (), (), (str(error),)
        bottoms_s = [span.bottom_s for span, what in zip(spans, recognitions, strict=True) if what.is_squat]
        print(describe(truth, bottoms_s, recognitions, notes), flush=True)
        if truth.is_squat and truth.repetitions is not None:
            exact.append(len(bottoms_s) == truth.repetitions)
        if not truth.is_squat:
            others.append(bool(bottoms_s))
        errors_s += [min((b - t for b in bottoms_s), key=abs, default=math.inf) for t in truth.bottoms_s]
    found_s = [error for error in errors_s if abs(error) < 1]
    figures = {
        "clips": len(truths),
        "repetitions_exact": _share(exact),
        "others_judged": _share(others),
        "bottoms_within": _share([abs(error) <= WITHIN_S + 1e-9 for error in errors_s]),
        "bottom_bias_s": round(float(np.median(found_s)), 3) if found_s else None,
    }
    say(f"{sum(exact)} of {len(exact)} squat clips counted exactly; {sum(others)} of {len(others)} others judged")
    print(json.dumps(figures))


def read_truth(path: Path) -> list[Truth]:
    """Raises `InputError` where there is no such table."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [
                Truth(
                    row["file"],
                    row["exercise"],
                    int(row["repetitions"]) if row["repetitions"] else None,
                    tuple(float(word) for word in row["bottoms_s"].split()),
                )
                for row in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read ({error}); expected columns file, exercise, repetitions, bottoms_s"
        ) from None


def look_at(
    path: Path, estimator: PoseEstimator, lifter: Lifter
) -> tuple[tuple[RepetitionSpan, ...], tuple[Recognition, ...], tuple[str, ...]]:
    """The dips of a clip, what each looks like, and what is worth saying. Poses are kept between runs."""
    track = estimate_pose(path, estimator=estimator, cache=cache_dir() / "poses")
    spec = PreprocessSpec()
    motion = clean_motion(lifter.lift(track), spec)
    found = segment_clip(motion, spec, track.image)
    return found.spans, recognise_all(motion, found.spans), found.warnings


def describe(
    truth: Truth, bottoms_s: list[float], recognitions: tuple[Recognition, ...], notes: tuple[str, ...]
) -> str:
    """One line: what is true, what was found, and why the rest was not."""
    expected = truth.repetitions if truth.is_squat else 0
    mark = " " if expected is None or expected == len(bottoms_s) else "X"
    looks = sorted({what.name for what in recognitions if not what.is_squat})
    return (
        f"{mark} {truth.file:36.36s} {truth.exercise:14.14s} true {'?' if expected is None else expected:>2} "
        f"found {len(bottoms_s):2d}  at {' '.join(f'{b:.1f}' for b in bottoms_s) or '-'}"
        f"{'  looks like ' + ', '.join(looks) if looks else ''}{'  ' + notes[0] if notes and not bottoms_s else ''}"
    )


def _share(answers: list[bool]) -> float | None:
    return round(sum(answers) / len(answers), 4) if answers else None


if __name__ == "__main__":
    run_main(main)
