"""Lifters side by side: how far their joints are from the truth, what they make of real motion, what they cost.

    python benchmarks/lifting.py [--lifters picture supervised …] [--parts rendered virtual simulated cost]

rendered    squats and exercises of unseen people before unseen cameras, through pixels and the real estimator
simulated   the same with simulated joints in the picture, so that the spine's truth is known, too
virtual     UI-PRMD's Kinect skeletons before eight virtual cameras (needs a copy of the set; nothing is trained on it)
cost        time of lifting over time of pose estimation, in one run

Errors are in millimetres: MPJPE about the middle of the hips, PA-MPJPE after rotation, scale and place of each frame.
A lifter is a name (`formnet classify --help`) or NAME=FILE for weights of train.py task=lift; +smpl fits a body.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from common import run_main
from page import REPOSITORY
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from formnet.body import load_body
from formnet.files import atomic_path
from formnet.lifting.joints import assemble_lifted
from formnet.lifting.lifter import Lifter, create_lifter
from formnet.lifting.metrics import (
    Total,
    compute_acceleration_error_mm_s2,
    compute_limb_variation,
    compute_mpjpe_mm,
    compute_pa_mpjpe_mm,
    limb_joints,
    root_joints,
)
from formnet.motion import Motion
from formnet.pose.estimator import create_estimator
from formnet.pose.track import PoseTrack
from formnet.readers.catalogue import read_dataset
from formnet.readers.uiprmd import MOVEMENTS
from formnet.rendered.cache import estimate_all_cached
from formnet.rendered.film import balanced_requests, exercise_requests, film
from formnet.skeleton import BLAZEPOSE_33, LIFTED_32, Skeleton
from formnet.synth.camera import orbit_camera
from formnet.synth.exercises import EXERCISES
from formnet.training.lift.motions import (
    SQUAT,
    UNSEEN_EXERCISES,
    sample_cameras,
    simulate_motions,
)

Case = tuple[str, PoseTrack, Motion]
"""What is measured: a group, what a lifter is given, and the truth in camera axes."""

_SIDED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
LIMBS = Skeleton("limbs", tuple(f"{side}_{joint}" for joint in _SIDED for side in ("left", "right")))
SPINE = ("pelvis", "spine1", "spine2", "spine3", "neck")
FIGURES = ("PA-MPJPE", "MPJPE", "acceleration error", "limb variation")


def rendered_cases(seed: int, per_exercise: int, cache: Path | None, processes: int) -> Iterator[Case]:
    requests = [*exercise_requests(seed, per_exercise), *balanced_requests(seed + 1, 2, is_padded=False)]
    clips = estimate_all_cached(requests, cache, processes)
    bar = progress(clips, "rendering and estimating", total=len(requests), console=Console(stderr=True))
    for request, clip in zip(requests, bar, strict=True):
        if clip.track is None:
            continue
        name = getattr(request, "exercise", SQUAT)
        truth = clip.track.image.replace(positions=clip.landmarks, unit="metre")
        yield name, clip.track, truth.replace(confidence=np.ones(clip.landmarks.shape[:2]))


def virtual_cases(root: Path, every: int) -> Iterator[Case]:
    """Every `every`-th episode of each movement, correct ones and others, from eight sides."""
    for movement in progress(list(MOVEMENTS), "UI-PRMD", console=Console(stderr=True)):
        for motion in read_dataset("uiprmd", root, movement=movement, allow_damaged=True).motions[::every]:
            # In place before the camera, pelvis at the height of a standing person.
            placed = motion.positions - np.nanmean(motion.joint("pelvis"), axis=0) + np.array([0.0, -0.95, 0.0])
            for yaw_deg in range(0, 360, 45):
                camera = orbit_camera(yaw_deg, distance_m=3.5, height_m=1.1, focal_px=600.0)
                picture = motion.replace(positions=camera.project(placed), unit="pixel")
                truth = motion.replace(positions=camera.to_camera(placed))
                yield movement, PoseTrack(picture, None, camera.width, camera.height), truth


def simulated_cases(seed: int, count: int) -> Iterator[Case]:
    """People, cameras and exercises never trained on; joints in the picture with 1 % of jitter."""
    rng = np.random.default_rng([seed, 7])
    motions = simulate_motions(load_body(), count, count * len(EXERCISES), seed, EXERCISES)
    for row, camera in enumerate(sample_cameras(rng, len(motions))):
        landmarks, joints = (camera.to_camera(part[row]) for part in (motions.landmarks, motions.joints))
        solid = assemble_lifted(landmarks, joints)
        pixels = camera.project(motions.landmarks[row])
        size_px = np.ptp(pixels[..., 1])
        times_s = np.arange(len(pixels)) * motions.step_s[row]
        jittered = pixels + rng.normal(scale=0.01 * size_px, size=pixels.shape)
        picture = Motion(jittered, np.full(pixels.shape[:2], 0.9), times_s, BLAZEPOSE_33, "pixel")
        truth = Motion(solid.astype(float), np.ones(solid.shape[:2]), times_s, LIFTED_32)
        yield str(motions.names[row]), PoseTrack(picture, None, camera.width, camera.height), truth


def measure(lifter: Lifter, cases: Sequence[Case], joints: Skeleton) -> dict[str, dict[str, float]]:
    """Figures of each group and of all groups together, every group counting the same."""
    totals: dict[str, dict[str, Total]] = {}
    for group, given, truth in cases:
        lifted = lifter.lift(given).select(joints)
        true = truth.select(joints)
        seen = ~lifted.missing & ~true.missing
        root = root_joints(joints)
        found = {
            "PA-MPJPE": compute_pa_mpjpe_mm(lifted.positions, true.positions, evaluated=seen),
            "MPJPE": compute_mpjpe_mm(lifted.positions, true.positions, root=root, evaluated=seen),
            "acceleration error": compute_acceleration_error_mm_s2(
                lifted.positions, true.positions, true.timestamps, root=root, evaluated=seen
            ),
            "limb variation": compute_limb_variation(lifted.positions, limb_joints(joints), evaluated=seen),
        }
        group_totals = totals.setdefault(group, {})
        for name, total in found.items():
            group_totals[name] = group_totals[name] + total if name in group_totals else total
    groups = {group: {name: total.mean for name, total in part.items()} for group, part in totals.items()}
    groups["all"] = {name: float(np.mean([part[name] for part in groups.values()])) for name in FIGURES}
    known = [group for group in groups if group not in (*UNSEEN_EXERCISES, "all")]
    if len(known) < len(groups) - 1:
        groups["unseen exercises"] = {n: float(np.mean([groups[g][n] for g in UNSEEN_EXERCISES])) for n in FIGURES}
    return groups


def measure_cost(lifters: Sequence[Lifter], seconds: float = 10.0) -> dict[str, float]:
    """Seconds of lifting over seconds of pose estimation for the same clip, each the best of three."""
    request = exercise_requests(77, 1, exercises=["idle"], seconds=seconds)[0]
    frames = list(film(request)[3])
    estimator = create_estimator()
    estimator.estimate(frames[:30])
    estimation_s, track = _best_of_three(lambda: estimator.estimate(frames))
    for lifter in lifters:
        lifter.lift(track)
    shares = {lifter.name: _best_of_three(lambda lifter=lifter: lifter.lift(track))[0] for lifter in lifters}
    return {name: spent_s / estimation_s for name, spent_s in shares.items()}


def _best_of_three(work):
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        answer = work()
        spent.append(time.perf_counter() - start)
    return min(spent), answer


def print_table(title: str, rows: dict[str, dict[str, dict[str, float]]]) -> None:
    groups = list(next(iter(rows.values())))
    table = Table(title=title, title_justify="left")
    for heading in ("lifter", *FIGURES, *[f"PA {group}" for group in groups if group != "all"]):
        table.add_column(heading, justify="left" if heading == "lifter" else "right")
    for name, figures in rows.items():
        cells = [f"{figures['all'][figure]:.3g}" for figure in FIGURES]
        cells += [f"{figures[group]['PA-MPJPE']:.0f}" for group in groups if group != "all"]
        table.add_row(name, *cells)
    Console(stderr=True, width=170).print(table)


def named_lifters(names: Sequence[str]) -> dict[str, Lifter]:
    lifters = {}
    for name in names:
        title, _, source = name.rpartition("=")
        lifters[title or name] = create_lifter(source)
    return lifters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("FORMNET_DATASETS", REPOSITORY.parent / "shared" / "datasets")) / "ui-prmd"
    parser.add_argument("root", type=Path, nargs="?", default=default, help="folder of UI-PRMD")
    parser.add_argument("--lifters", nargs="+", default=["world", "picture", "supervised", "unsupervised"])
    parser.add_argument("--parts", nargs="+", default=["rendered", "simulated", "virtual", "cost"])
    parser.add_argument("--seed", type=int, default=9300, help="of the renders; training never uses these")
    parser.add_argument("--per-exercise", type=int, default=3, help="rendered clips of each exercise")
    parser.add_argument("--every", type=int, default=20, help="UI-PRMD: every so many episodes")
    parser.add_argument("--cache", type=Path, default=None, help="keep the estimator's answers here")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", type=Path, default=None, help="JSON file for the figures")
    arguments = parser.parse_args()
    lifters = named_lifters(arguments.lifters)
    flat = {name: lifter for name, lifter in lifters.items() if not lifter.needs_depth}
    results: dict[str, object] = {}
    if "rendered" in arguments.parts:
        cases = list(rendered_cases(arguments.seed, arguments.per_exercise, arguments.cache, arguments.processes))
        rows = {name: measure(lifter, cases, LIMBS) for name, lifter in lifters.items()}
        print_table("rendered clips through the estimator, 12 joints of the limbs (mm)", rows)
        results["rendered"] = rows
    if "simulated" in arguments.parts:
        cases = list(simulated_cases(arguments.seed, 24))
        for title, joints in (("limbs", LIMBS), ("spine", Skeleton("spine", (*LIMBS.joints, *SPINE)))):
            rows = {name: measure(lifter, cases, joints) for name, lifter in flat.items()}
            print_table(f"simulated people, 1 % jitter, {title} (mm)", rows)
            results[f"simulated, {title}"] = rows
    if "virtual" in arguments.parts:
        if not arguments.root.is_dir():
            print(f"UI-PRMD is not at {arguments.root}; that part is left out", file=sys.stderr)
        else:
            cases = list(virtual_cases(arguments.root, arguments.every))
            rows = {name: measure(lifter, cases, LIMBS) for name, lifter in flat.items()}
            print_table("UI-PRMD before eight virtual cameras, 12 joints of the limbs (mm)", rows)
            results["virtual"] = rows
    if "cost" in arguments.parts:
        results["cost"] = measure_cost(list(lifters.values()))
        Console(stderr=True).print("lifting over pose estimation, 10 s clip:", results["cost"])
    if arguments.write:
        with atomic_path(arguments.write) as temporary:
            temporary.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps({part: _headline(rows) for part, rows in results.items()}))


def _headline(rows):
    return rows if not isinstance(next(iter(rows.values())), dict) else {name: r["all"] for name, r in rows.items()}


if __name__ == "__main__":
    run_main(main)
