"""The back's outline against truth: round and hollow backs of rendered people seen from the side.

    python benchmarks/outline.py [--people 30] [--seed 78] [--turn-deg 25]

Each person squats well, shallow, with a rounding and with a hollow back; standing and bottom are rendered and seen by
BlazePose. The bend of the outline against standing is told by BlazePose's mask and by the renderer's own, beside the
measure `back_bending` of joints lifted from the true joints in the picture (better than any estimator gives).
Repetitions that the outline may not speak of (an arm behind the back, as with a bar on it) are counted, not scored; all
sources are scored on the same ones.

Ends with one JSON object: AUC of round and of hollow backs against good and shallow squats for each source, and counts.
"""

from __future__ import annotations

import argparse

import numpy as np
from common import run_main
from figures import print_figures, show_table
from sklearn.metrics import roc_auc_score

from formnet.body.load import load_body
from formnet.errors import FormnetError
from formnet.lifting.lifter import create_lifter
from formnet.measures import curves
from formnet.measures.performance import make_performance
from formnet.pose.estimator import create_estimator
from formnet.pose.outline import measure_back_bend_deg
from formnet.pose.track import PoseTrack
from formnet.pose.video import Frame
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.synth.appearance import sample_appearance
from formnet.synth.camera import sample_camera
from formnet.synth.dataset import sample_clip
from formnet.synth.raster import FAR
from formnet.synth.scene import Actor, render_scene

GOOD, FAULTS = ("good", "shallow"), {"round_back": 1.0, "warped_back": -1.0}
SOURCES = ("outline, BlazePose's mask", "outline, true mask", "lifted joints")
SIZE = (480, 640)


def see(picture, depth, estimator):
    """Bend by BlazePose's mask and by the true one; NaN where nobody is found."""
    try:
        joints = estimator.estimate([Frame(0.0, picture)]).image.positions[0]
    except FormnetError:
        return np.full(2, np.nan)
    silhouette = estimator.find_silhouette(picture, joints) if np.isfinite(joints).all() else None
    if silhouette is None:
        return np.full(2, np.nan)
    masks = silhouette.in_picture(*SIZE), (depth < FAR)[::2, ::2].astype(float)
    return np.array([measure_back_bend_deg(mask, joints) for mask in masks])


def measure_by_joints(clip, camera, body, lifter) -> float:
    landmarks = clip.landmarks(body)
    image = landmarks.replace(positions=camera.project(landmarks.positions), unit="pixel")
    motion = clean_motion(lifter.lift(PoseTrack(image, None, *SIZE, ())), PreprocessSpec())
    truth = clip.repetitions[0]
    start, bottom, end = truth.frames(clip.timestamps)
    performance = make_performance(motion, start, bottom, end)
    bend = curves.back_bend_deg(performance)
    standing = performance.standing if performance.standing.any() else np.arange(len(bend)) == start
    return float(np.median(bend[performance.at_bottom]) - np.median(bend[standing]))


def measure_repetition(label, rng, turn_deg, body, estimator, lifter) -> list[float]:
    """Change of the bend from standing to the bottom by each of `SOURCES`."""
    clip = sample_clip(body, rng, [label], severity=[float(rng.uniform(0.35, 1.0))], fps=30)
    yaw_deg = rng.choice([90.0, 270.0]) + rng.uniform(-turn_deg, turn_deg)
    camera = sample_camera(rng, yaw_deg=float(yaw_deg), size=SIZE)
    appearance = sample_appearance(rng, barbell=clip.arm_style.startswith("bar"))
    truth = clip.repetitions[0]
    frames = list(truth.frames(clip.timestamps)[:2])
    posed = body.pose(clip.betas, clip.poses[frames], clip.translation[frames])
    standing, bottom = (
        see(drawn.picture, drawn.depth, estimator)
        for drawn in render_scene([Actor(posed, body, appearance)], [], camera)
    )
    return [*(bottom - standing), measure_by_joints(clip, camera, body, lifter)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=30, help="people; four repetitions each")
    parser.add_argument("--seed", type=int, default=78)
    parser.add_argument("--turn-deg", type=float, default=25.0, help="how far from the exact side they are filmed")
    arguments = parser.parse_args()
    body, estimator, lifter = load_body(), create_estimator(), create_lifter("supervised+picture")
    labels, values = [], []
    for person in range(arguments.people):
        for number, label in enumerate((*GOOD, *FAULTS)):
            rng = np.random.default_rng([arguments.seed, person, number])
            labels.append(label)
            values.append(measure_repetition(label, rng, arguments.turn_deg, body, estimator, lifter))
    report(np.array(labels), np.array(values))


def report(labels, values) -> None:
    spoken = np.isfinite(values).all(axis=1)
    figures = {"repetitions": len(labels), "spoken_of": int(spoken.sum())}
    rows = []
    for column, source in enumerate(SOURCES):
        figures[source] = {}
        for fault, sign in FAULTS.items():
            chosen = spoken & np.isin(labels, (*GOOD, fault))
            auc = roc_auc_score(labels[chosen] == fault, sign * values[chosen, column])
            figures[source][fault] = float(auc)
        means = [f"{values[spoken & (labels == one), column].mean():+.0f} ± "
                 f"{values[spoken & (labels == one), column].std():.0f}" for one in (*GOOD, *FAULTS)]  # fmt: skip
        rows.append([source, *(f"{auc:.2f}" for auc in figures[source].values()), *means])
    headings = ["source", "AUC round", "AUC hollow", *(f"{one} °" for one in (*GOOD, *FAULTS))]
    show_table(f"bend of the back: {spoken.sum()} of {len(labels)} repetitions", headings, rows)
    print_figures(figures)


if __name__ == "__main__":
    run_main(main)
