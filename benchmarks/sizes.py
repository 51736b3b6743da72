"""What a larger or smaller pose model is worth: rendered people seen by each of the three sizes.

    python benchmarks/sizes.py [--people 30] [--seed 9400] [--lifter supervised+picture]

Every squat (several faults at once, cameras anywhere) is rendered once and seen by all sizes; the lifter makes it 3D,
and measures are read at the true times and corrected as for the standard size, whose errors are the fitted ones.

Prints for each size the error of joints after rotation, scale and place of each frame (shoulders to ankles, mm), the
root mean square error of measures, how many truths lie within one and two of the stated errors, and processor time a
frame. Ends with one JSON object: {SIZE: {pa_mpjpe_mm, rmse: {measure: value}, within_one, within_two, ms_a_frame}}.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from common import run_main
from figures import CONSOLE, print_figures, root_mean_square, share, show_table
from occlusion import JOINTS
from pixels import read_truth
from rich.progress import track as progress

from formnet.body.load import load_body
from formnet.errors import FormnetError
from formnet.lifting.lifter import Lifter, create_lifter
from formnet.lifting.metrics import compute_pa_mpjpe_mm
from formnet.measures.calibration import calibration_for, measure_repetition
from formnet.measures.measurement import Measurement
from formnet.measures.performance import make_performance
from formnet.measures.registry import MEASURES
from formnet.pose.estimator import PoseEstimator, create_estimator
from formnet.pose.model_bundle import Eyes
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.rendered.film import VariedRequest, film
from formnet.skeleton import BLAZEPOSE_33, LIFTED_32

SHOWN = ("thigh", "knee_flexion", "trunk_lean_greatest", "knee_width_least", "knees_inside_feet", "heel_rise")


@dataclass(frozen=True, eq=False)
class Look:
    """What one size made of one squat."""

    pa_mpjpe_mm: float
    measured: dict[str, Measurement]
    truth: dict[str, float]
    ms_a_frame: float


def look(request: VariedRequest, estimators: dict[Eyes, PoseEstimator], lifter: Lifter) -> dict[Eyes, Look]:
    """One squat through every size that finds the person."""
    body = load_body()
    clip, camera, _, pictures = film(request, body)
    frames, truth, when = list(pictures), read_truth(request), clip.repetitions[0]
    true = camera.to_camera(clip.landmarks(body).positions)[:, BLAZEPOSE_33.indices(JOINTS)]
    looks = {}
    for eyes, estimator in estimators.items():
        start_s = time.process_time()
        try:
            track = estimator.estimate(frames)
        except FormnetError:
            continue
        ms = 1000.0 * (time.process_time() - start_s) / len(frames)
        lifted = lifter.lift(track)
        ours = lifted.positions[:, LIFTED_32.indices(JOINTS)]
        seen = np.isfinite(ours).all(axis=(1, 2))
        error = compute_pa_mpjpe_mm(ours[seen], true[seen]).mean
        clean = clean_motion(lifted, PreprocessSpec())
        performance = make_performance(clean, *when.frames(clean.timestamps), when.bottom_s)
        looks[eyes] = Look(error, measure_repetition(performance, calibration_for(lifter.name)), truth, ms)
    return looks


def summarise(looks: Sequence[Look]) -> dict[str, object]:
    """The figures of one size."""
    shown = [
        (name, measured.value - look.truth[name], measured.error)
        for look in looks
        for name, measured in look.measured.items()
        if measured.is_shown and math.isfinite(measured.value - look.truth[name]) and name in MEASURES
    ]
    return {
        "pa_mpjpe_mm": float(np.mean([look.pa_mpjpe_mm for look in looks])),
        "rmse": {name: root_mean_square(error for other, error, _ in shown if other == name) for name in SHOWN},
        "within_one": share(abs(error) <= stated for _, error, stated in shown),
        "within_two": share(abs(error) <= 2 * stated for _, error, stated in shown),
        "ms_a_frame": float(np.median([look.ms_a_frame for look in looks])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=30, help="squats of as many people")
    parser.add_argument("--seed", type=int, default=9400, help="of people and cameras; training never uses these")
    parser.add_argument("--lifter", default="supervised+picture", help="what makes joints 3D")
    arguments = parser.parse_args()
    lifter, estimators = create_lifter(arguments.lifter), {eyes: create_estimator(eyes=eyes) for eyes in Eyes}
    looks: dict[Eyes, list[Look]] = {eyes: [] for eyes in Eyes}
    for number in progress(range(arguments.people), "rendering and looking", console=CONSOLE):
        for eyes, one in look(VariedRequest((arguments.seed, number)), estimators, lifter).items():
            looks[eyes].append(one)
    figures = {str(eyes): summarise(of) for eyes, of in looks.items()}
    show_table(
        f"sizes of the pose model, {arguments.people} rendered people",
        ["size", "PA-MPJPE mm", *(MEASURES[name].title for name in SHOWN), "within one, two", "ms a frame"],
        [[size, f"{row['pa_mpjpe_mm']:.0f}", *(f"{row['rmse'][name]:.3g}" for name in SHOWN),
          f"{row['within_one']:.0%}, {row['within_two']:.0%}", f"{row['ms_a_frame']:.0f}"]
         for size, row in figures.items()],
    )  # fmt: skip
    print_figures(figures)


if __name__ == "__main__":
    run_main(main)
