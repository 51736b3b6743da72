"""Real squats that no part of formnet was trained on: squat7's, measured on their own joints in 3D.

    python benchmarks/transfer.py [ROOT] [--standard coaching]

Every recording is one repetition. Its two cameras stretch and shear space differently from day to day, so each body is
its own calibration object first (`fit_metric`); no lifter and no network is in between. Files without a label, and what
cannot be read, are left out with a note.

Prints for every class which measures tell it from good squats (Olympic and powerlifting) and what the standard says of
it, over all repetitions and by day. Ends with one JSON object: `good_with_clear_fault` (share of good squats) and
`auc/FAULT`, the area under the ROC curve of that fault's finding, its class against the good ones.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from common import run_main
from figures import CONSOLE, dataset_root, print_figures, require_folder
from measured import Labelled, find_all, name_faults, perform_whole, show_areas, show_findings
from rich.progress import track as progress

from formnet.errors import InputError
from formnet.judges.squat.selfcalibration import fit_metric
from formnet.motion import Motion
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.readers.squat7 import collect_squat7
from formnet.standards import DEFAULT_STANDARD
from formnet.standards.reading import load_standard

GOOD = ("olympic_squat", "powerlifting_squat")
FAULTS = {
    "bending_forward": ("trunk_lean", "trunk_minus_shank", "trunk_lean_change"),
    "heels_lifting": ("heel_height", "heel_rise", "shank_lean"),
    "knees_caving": ("knee_width_least", "knee_width", "knees_inside_feet"),
    "no_depth": ("thigh", "hip_over_knee", "knee_flexion"),
    "toes_lifting": ("toe_rise",),
}
"""Class → the measures that should show it."""
NAMES = {
    "no_depth": ("shallow", "no_depth"),
    "knees_caving": ("inward_knees", "knees_caving"),
    "heels_lifting": ("heels_lifting",),
    "bending_forward": ("bending_forward",),
    "toes_lifting": ("toes_lifting",),
}
"""Class → what standards call it."""


def undistort(motion: Motion) -> Motion:
    """The recording in a space in which limbs keep their lengths, in shins."""
    return motion.replace(positions=motion.positions @ fit_metric(motion.positions, motion.skeleton).T)


def read_rows(root: Path) -> list[Labelled]:
    """All labelled recordings of a copy; what is wrong with it is said."""
    copy = collect_squat7(root)
    for kind, count in Counter(problem.kind for problem in copy.damage).items():
        first = next(str(problem) for problem in copy.damage if problem.kind == kind)
        CONSOLE.print(f"note: left out, {kind}: {count} (first: {first})")
    if not copy.repetitions:
        raise InputError(f"{root} holds no labelled recording; give the folder with data.csv and mediapipe/")
    rows = []
    for repetition in progress(copy.repetitions, "measuring", console=CONSOLE):
        clean = clean_motion(repetition.motion, PreprocessSpec())
        performance = perform_whole(undistort(clean), PreprocessSpec(cutoff_hz=None))
        rows.append(Labelled(repetition.label, repetition.group, performance))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, nargs="?", default=dataset_root("squat7"), help="a copy of squat7")
    parser.add_argument("--standard", default=DEFAULT_STANDARD, help="what counts as a fault")
    arguments = parser.parse_args()
    standard = load_standard(arguments.standard)
    faults = name_faults(standard, NAMES)
    rows = read_rows(require_folder(arguments.root, "a copy of squat7"))
    show_areas("squat7: single measures", rows, GOOD, FAULTS, "day")
    print_figures(
        show_findings(f"squat7, {standard.name}", rows, find_all(rows, standard, "solid"), GOOD, faults, "day")
    )


if __name__ == "__main__":
    run_main(main)
