"""The back's outline against truth: round and hollow backs of rendered people seen from the side.

    python benchmarks/outline.py [--people 12] [--seed 902] [--turn-deg 40] [--cache FOLDER]

Each person squats well, shallow, with a rounding and with a hollow back, filmed from the side, and is seen by BlazePose
as in `formnet classify`. `back_bending` is told by the lifted joints alone, by the outline where it may speak, and by
both, weighted by their errors, beside the truth of the spine. Sources are compared on the same repetitions, those of
which the outline speaks; what it does not speak of is counted by reason.

Ends with one JSON object: AUC of round and of hollow backs against good and shallow squats, RMS off the truth, the
shares within one and two stated errors, counts; and `lines`, which these people would give the outline (offset, gain,
error, reliability of `formnet.measures.outline`).
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
from common import run_main
from figures import print_figures, show_table

from formnet.body.load import load_body
from formnet.errors import FormnetError
from formnet.geometry.paths import nearest_frame
from formnet.lifting.lifter import create_lifter
from formnet.measures.calibration import calibration_for, view_name
from formnet.measures.outline import NAME, VIEW, read_outline, see_outline
from formnet.measures.performance import make_performance
from formnet.measures.registry import MEASURES
from formnet.motion import Motion
from formnet.pipeline import DEFAULT_LIFTER
from formnet.pose.estimator import create_estimator
from formnet.pose.video import Frame
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.rendered.cache import read_rendered, write_rendered
from formnet.rendered.film import PICTURE_SIZES, RenderedClip, RenderRequest
from formnet.skeleton import SMPL_24
from formnet.standards.ranges import compute_auc
from formnet.synth.appearance import sample_appearance
from formnet.synth.camera import sample_camera
from formnet.synth.render import render_frames
from formnet.training.measures.errors import fit_line

GOOD, FAULTS = ("good", "shallow"), {"round_back": 1.0, "warped_back": -1.0}
LABELS = ("good", "round_back", "shallow", "warped_back")
SOURCES = ("joints", "outline", "both")
FPS = 15.0


def film_from_side(label, rng, turn_deg, body, estimator) -> tuple[RenderedClip, Motion]:
    """A repetition as BlazePose saw it, and the true joints, on the same times."""
    clip = RenderRequest((0,), (label,), (float(rng.uniform(0.35, 1.0)),), FPS, is_padded=False).sample(body, rng)
    yaw_deg = float(rng.choice([90.0, 270.0]) + rng.uniform(-turn_deg, turn_deg))
    camera = sample_camera(rng, yaw_deg=yaw_deg, size=PICTURE_SIZES[int(rng.integers(len(PICTURE_SIZES)))])
    appearance = sample_appearance(rng, barbell=clip.arm_style.startswith("bar"))
    posed = body.pose(clip.betas, clip.poses, clip.translation)
    pictures = render_frames(posed, body, camera, appearance)
    try:
        track = estimator.estimate(Frame(float(t), p) for t, p in zip(clip.timestamps, pictures, strict=True))
    except FormnetError:
        track = None
    return RenderedClip(clip.repetitions, yaw_deg, clip.joints, track)


def perform(motion, truth):
    start, bottom, end = (nearest_frame(motion.timestamps, t) for t in (truth.start_s, truth.bottom_s, truth.end_s))
    return make_performance(motion, start, bottom, end, truth.bottom_s)


def measure(clip: RenderedClip, lifter):
    """The truth; (value, error) of each source, NaN where it does not speak; why the outline does not; its bends."""
    if clip.track is None:
        return np.nan, np.full((3, 2), np.nan), "nobody was found", (np.nan, np.nan)
    truth, times_s = clip.repetitions[0], clip.track.image.timestamps
    joints = Motion(clip.landmarks, np.ones(clip.landmarks.shape[:2]), times_s, SMPL_24)
    performance = perform(clean_motion(lifter.lift(clip.track), PreprocessSpec()), truth)
    lifted = calibration_for(DEFAULT_LIFTER).correct(NAME, MEASURES[NAME].read(performance), performance.view_deg)
    seen = see_outline(replace(lifted, is_shown=False), performance, clip.track)
    if view_name(performance.view_deg) != VIEW:
        reason, reading = "not from the side", (np.nan, np.nan)
    else:
        told = read_outline(performance, clip.track)
        reason, reading = told.reason, (told.bottom_deg, told.standing_deg)
    values = np.array([(lifted.value, lifted.error), (seen.value, seen.error) if seen.is_shown else (np.nan, np.nan)])
    weights = values[:, 1] ** -2.0
    both = ((weights * values[:, 0]).sum() / weights.sum(), weights.sum() ** -0.5)
    return MEASURES[NAME].read(perform(joints, truth)).value, np.vstack([values, both]), reason, reading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=12, help="people; four repetitions each")
    parser.add_argument("--seed", type=int, default=902)
    parser.add_argument("--turn-deg", type=float, default=40.0, help="how far from the exact side they are filmed")
    parser.add_argument("--cache", type=Path, help="folder that keeps what BlazePose saw")
    arguments = parser.parse_args()
    body, estimator, lifter = load_body(), create_estimator(), create_lifter(DEFAULT_LIFTER)
    labels, rows = [], []
    for person in range(arguments.people):
        for number, label in enumerate(LABELS):
            seed = [arguments.seed, len(LABELS) * person + number]
            kept = arguments.cache and arguments.cache / f"{'-'.join(map(str, seed))}-{arguments.turn_deg:g}.npz"
            clip = read_rendered(kept) if kept else None
            if clip is None:
                clip = film_from_side(label, np.random.default_rng(seed), arguments.turn_deg, body, estimator)
                if kept:
                    write_rendered(clip, kept)
            labels.append(label)
            rows.append(measure(clip, lifter))
    report(np.array(labels), *map(np.array, zip(*rows, strict=True)))


def report(labels, truths, values, reasons, readings) -> None:
    """
    Args:
        labels, truths, reasons: (N,).
        values: (N, 3, 2) value and error by `SOURCES`.
        readings: (N, 2) bend of the outline at the bottom and standing.
    """
    spoken = np.isfinite(values).all(axis=(1, 2)) & np.isfinite(truths)
    figures = {"repetitions": len(labels), "spoken_of": int(spoken.sum())}
    rows = []
    for column, source in enumerate(SOURCES):
        found, error = values[spoken, column].T
        off = found - truths[spoken]
        of_fault = {
            fault: compute_auc(sign * found[np.isin(labels[spoken], GOOD)], sign * found[labels[spoken] == fault])
            for fault, sign in FAULTS.items()
        }
        within = [float((np.abs(off) <= times * error).mean()) for times in (1, 2)]
        figures[source] = {**of_fault, "rms": float(np.sqrt((off**2).mean())), "within1": within[0],
                           "within2": within[1]}  # fmt: skip
        rows.append([source, *(f"{value:.2f}" for value in of_fault.values()), f"{figures[source]['rms']:.1f}°",
                     *(f"{share:.0%}" for share in within)])  # fmt: skip
    headings = ["source", "AUC round", "AUC hollow", "off the truth", "within one error", "within two"]
    show_table(f"bending of the back: {spoken.sum()} of {len(labels)} repetitions", headings, rows)
    figures["silent"] = dict(Counter(str(reason) for reason in reasons if reason))
    change, bottom = readings[:, 0] - readings[:, 1], readings[:, 0]
    lines = {"CHANGE": fit_line(change, truths), "BOTTOM": fit_line(bottom, truths)}
    figures["lines"] = {name: list(astuple(line)) for name, line in lines.items() if line}
    print_figures(figures)


if __name__ == "__main__":
    run_main(main)
