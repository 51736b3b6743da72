"""People before a phone at 45°: acceptable squats against half squats, bent over, valgus, varus, knees over toes.

    python benchmarks/postures.py [ROOT] [--standard coaching] [--lifter supervised+picture]

ROOT is a copy of squat-postures. A repetition is what one person shows of one class, with that person's own standing
before and after it. Joints of the picture are lifted as those of any clip are.

Prints for every class which measures tell it from the acceptable ones and what the standard says of it, people being
the unit. Ends with one JSON object: `good_with_clear_fault` (share of acceptable ones) and `auc/FAULT`, the area under
the ROC curve of that fault's finding: half squats (shallow), bent over (bending_forward), valgus (inward_knees).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import run_main
from figures import dataset_root, print_figures, require_folder
from measured import Labelled, find_all, name_faults, show_areas, show_findings
from posture_rows import STANDING, make_clip, read_people

from formnet.lifting.lifter import Lifter, create_lifter
from formnet.measures.performance import make_performance
from formnet.preprocess.repetitions import compute_hip_height
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.standards import DEFAULT_STANDARD
from formnet.standards.reading import load_standard

GOOD = ("acc",)
FAULTS = {
    "hs": ("thigh", "hip_over_knee"),
    "bo": ("trunk_lean", "trunk_lean_change", "trunk_minus_shank"),
    "kvg": ("knees_inside_feet", "knee_width_least", "knee_width_change"),
    "kvr": ("knee_width", "knees_inside_feet"),
    "ak": ("knee_past_toes", "shank_lean", "heel_rise"),
}
"""Half squat, bent over, valgus, varus, knees over the toes → the measures that should show it."""
NAMES = {
    "hs": ("shallow", "no_depth"),
    "bo": ("bending_forward",),
    "kvg": ("inward_knees", "knees_caving"),
    "ak": ("knees_forward",),
}
"""Class → what standards call it."""


def read_rows(root: Path, lifter: Lifter) -> list[Labelled]:
    people = read_people(root)
    rows = []
    for label, shown in people.items():
        for number, (own, standing) in enumerate(zip(shown, people[STANDING], strict=True)):
            if label != STANDING:
                track, first, last = make_clip(own, standing)
                # Rows of several repetitions follow each other: there is nothing to smooth over.
                motion = clean_motion(lifter.lift(track), PreprocessSpec(cutoff_hz=None))
                bottom = first + int(np.nanargmin(compute_hip_height(motion)[first : last + 1]))
                performance = make_performance(motion, first - 1, bottom, last + 1)
                rows.append(Labelled(label, f"person {number + 1}", performance))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, nargs="?", default=dataset_root("squat-postures"), help="a copy of the set")
    parser.add_argument("--standard", default=DEFAULT_STANDARD, help="what counts as a fault")
    parser.add_argument("--lifter", default="supervised+picture", help="what makes joints 3D")
    arguments = parser.parse_args()
    standard, lifter = load_standard(arguments.standard), create_lifter(arguments.lifter)
    faults = name_faults(standard, NAMES)
    rows = read_rows(require_folder(arguments.root, "a copy of squat-postures"), lifter)
    show_areas(f"squat-postures, {lifter.name}: single measures", rows, GOOD, FAULTS, "person")
    title = f"squat-postures, {lifter.name}, {standard.name}"
    print_figures(show_findings(title, rows, find_all(rows, standard, lifter.name), GOOD, faults, "person"))


if __name__ == "__main__":
    run_main(main)
