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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from common import run_main
from page import REPOSITORY
from rich.console import Console
from rich.progress import track as progress
from torchmetrics import MetricCollection

from formnet.body import load_body
from formnet.lifting.joints import assemble_lifted
from formnet.lifting.lifter import LIFTERS, Lifter, create_lifter
from formnet.lifting.torch_metrics import make_lifting_metrics
from formnet.motion import Motion
from formnet.pose.estimator import create_estimator
from formnet.pose.model_bundle import Eyes
from formnet.pose.track import PoseTrack
from formnet.readers.catalogue import read_dataset
from formnet.readers.uiprmd import MOVEMENTS
from formnet.rendered.cache import estimate_all_cached
from formnet.rendered.film import balanced_requests, exercise_requests, film
from formnet.skeleton import BLAZEPOSE_33, LIFTED_32, Skeleton
from formnet.storage.files import atomic_path
from formnet.synth.camera import orbit_camera
from formnet.synth.exercises import EXERCISES, UNSEEN_EXERCISES
from formnet.training.lift.motions import (
    SQUAT,
    sample_cameras,
    simulate_motions,
)

Case = tuple[str, PoseTrack, Motion]
"""What is measured: a group, what a lifter is given, and the truth in camera axes."""

_SIDED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
LIMBS = Skeleton("limbs", tuple(f"{side}_{joint}" for joint in _SIDED for side in ("left", "right")))
WITH_SPINE = Skeleton("limbs and spine", (*LIMBS.joints, "pelvis", "spine1", "spine2", "spine3", "neck"))
_BEGIN, _END = "<!-- table: benchmarks/lifting.py --write -->", "<!-- end of table -->"
FIGURES = {
    "PA-MPJPE": "pa_mpjpe_mm", "MPJPE": "mpjpe_mm", "N-MPJPE": "n_mpjpe_mm", "PCK 150": "pck",
    "acceleration mm/s²": "acceleration_error_mm_s2", "limb variation": "limb_variation", "swapped": "swap_rate",
}  # fmt: skip
"""Heading → name in `make_lifting_metrics`."""


def rendered_cases(
    seed: int, per_exercise: int, cache: Path | None, processes: int, eyes: Eyes = Eyes.STANDARD
) -> Iterator[Case]:
    requests = [*exercise_requests(seed, per_exercise), *balanced_requests(seed + 1, 2, is_padded=False)]
    clips = estimate_all_cached(requests, cache, processes, eyes)
    bar = progress(clips, "rendering and estimating", total=len(requests), console=Console(stderr=True))
    for request, clip in zip(requests, bar, strict=True):
        if clip.track is None:
            continue
        name = getattr(request, "exercise", SQUAT)
        truth = clip.track.image.replace(positions=clip.landmarks, unit="metre")
        yield name, clip.track, truth.replace(confidence=np.ones(clip.landmarks.shape[:2]))


def virtual_cases(root: Path, every: int, people: Sequence[str] | None) -> Iterator[Case]:
    """Every `every`-th episode of each movement, correct ones and others, of all or some people, from eight sides."""
    for movement in progress(list(MOVEMENTS), "UI-PRMD", console=Console(stderr=True)):
        table = read_dataset("uiprmd", root, movement=movement, allow_damaged=True)
        table = table if people is None else table.select(np.isin(table.groups, people))
        for motion in table.motions[::every]:
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


def measure(answers: Sequence[Motion], cases: Sequence[Case], joints: Skeleton) -> dict[str, dict[str, float]]:
    """Figures of each group and of all groups together, every group counting the same."""
    totals: dict[str, MetricCollection] = {}
    for answer, (group, _, truth) in zip(answers, cases, strict=True):
        lifted, true = answer.select(joints), truth.select(joints)
        seen = ~lifted.missing & ~true.missing
        arrays = {"predicted": lifted.positions, "truth": true.positions, "evaluated": seen}
        tensors = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        if group not in totals:
            totals[group] = make_lifting_metrics(joints)
        totals[group].update(**tensors, timestamps=torch.from_numpy(np.array(true.timestamps)))
    groups = {
        group: {name: float(part.compute()[figure]) for name, figure in FIGURES.items()}
        for group, part in totals.items()
    }
    groups["all"] = {name: float(np.mean([part[name] for part in groups.values()])) for name in FIGURES}
    known = [group for group in groups if group not in (*UNSEEN_EXERCISES, "all")]
    if len(known) < len(groups) - 1:
        groups["unseen exercises"] = {n: float(np.mean([groups[g][n] for g in UNSEEN_EXERCISES])) for n in FIGURES}
    return groups


def measure_cost(lifters: Mapping[str, Lifter], seconds: float = 10.0) -> dict[str, float]:
    """Seconds of lifting over seconds of pose estimation for the same clip, each the best of three."""
    request = exercise_requests(77, 1, exercises=["idle"], seconds=seconds)[0]
    frames = list(film(request)[3])
    estimator = create_estimator()
    estimator.estimate(frames[:30])
    estimation_s, track = _best_of_three(lambda: estimator.estimate(frames))
    spent_s = {}
    for name, lifter in lifters.items():
        lifter.lift(track)
        spent_s[name] = _best_of_three(lambda lifter=lifter: lifter.lift(track))[0]
    return {name: seconds / estimation_s for name, seconds in spent_s.items()}


def _best_of_three(work):
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        answer = work()
        spent.append(time.perf_counter() - start)
    return min(spent), answer


COLUMNS = {
    "rendered: PA-MPJPE": ("rendered", "all", "PA-MPJPE"),
    "MPJPE": ("rendered", "all", "MPJPE"),
    "acceleration error (m/s²)": ("rendered", "all", "acceleration mm/s²"),
    "squats: PA": ("rendered", SQUAT, "PA-MPJPE"),
    "unseen exercises: PA": ("rendered", "unseen exercises", "PA-MPJPE"),
    "simulated: PA": ("simulated", "all", "PA-MPJPE"),
    "MPJPE ": ("simulated", "all", "MPJPE"),
    "with spine: PA": ("simulated with spine", "all", "PA-MPJPE"),
    "UI-PRMD: PA": ("virtual", "all", "PA-MPJPE"),
}
"""Heading → part, group and figure."""


def render_table(results: dict[str, dict], names: Sequence[str]) -> str:
    """All parts as one table in Markdown; – where a lifter needs a depth that the part has not."""
    lines = ["| lifter | " + " | ".join(heading.strip() for heading in COLUMNS) + " | cost |"]
    lines.append("|---" * (len(COLUMNS) + 2) + "|")
    for name in names:
        cells = []
        for part, group, figure in COLUMNS.values():
            value = results.get(part, {}).get(name, {}).get(group, {}).get(figure)
            scale = 1e-3 if "mm/s²" in figure else 1.0
            cells.append("–" if value is None else f"{value * scale:.1f}")
        cost = results.get("cost", {}).get(name)
        cells.append("–" if cost is None else f"{100 * cost:.2g} %")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_results(results: dict[str, dict]) -> None:
    """Into lifting.json, beside what stands there of other lifters and parts; the page shows all of it."""
    path = REPOSITORY / "benchmarks" / "lifting.json"
    merged = json.loads(path.read_text()) if path.is_file() else {}
    for part, rows in results.items():
        merged[part] = {**merged.get(part, {}), **rows}
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(merged, indent=1) + "\n")
    # In the order of the lifters on offer; trained files come last.
    names = list(dict.fromkeys(name for rows in merged.values() for name in rows))
    known = [name + fitted for name in LIFTERS for fitted in ("", "+smpl")]
    write_page(render_table(merged, sorted(names, key=lambda n: known.index(n) if n in known else len(known))))


def write_page(table: str) -> None:
    """Puts the table between the marks of docs/lifting.md."""
    page = REPOSITORY / "docs" / "lifting.md"
    before, rest = page.read_text().split(_BEGIN)
    with atomic_path(page) as temporary:
        temporary.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{rest.split(_END)[1]}")


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
    parser.add_argument(
        "--people", nargs="+", default=None, help="UI-PRMD: only these (s07); for lifters that saw others"
    )
    parser.add_argument("--cache", type=Path, default=None, help="keep the estimator's answers here")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--eyes", type=Eyes, default=Eyes.STANDARD, choices=list(Eyes), help="what sees the renders")
    parser.add_argument(
        "--write", action="store_true", help="write lifting.json and docs/lifting.md; others there stay"
    )
    arguments = parser.parse_args()
    if arguments.write and arguments.eyes is not Eyes.STANDARD:
        parser.error("--write is for the standard eyes, with which the table was made")
    lifters = named_lifters(arguments.lifters)
    flat = {name: lifter for name, lifter in lifters.items() if not lifter.needs_depth}
    parts: dict[str, tuple[dict[str, Lifter], list[Case]]] = {}
    if "rendered" in arguments.parts:
        cases = list(rendered_cases(arguments.seed, arguments.per_exercise, arguments.cache, arguments.processes,
                                    arguments.eyes))  # fmt: skip
        parts["rendered"] = (lifters, cases)
    if "simulated" in arguments.parts:
        parts["simulated"] = (flat, list(simulated_cases(arguments.seed, 12)))
    if "virtual" in arguments.parts and not arguments.root.is_dir():
        print(f"UI-PRMD is not at {arguments.root}; that part is left out", file=sys.stderr)
    elif "virtual" in arguments.parts:
        parts["virtual"] = (flat, list(virtual_cases(arguments.root, arguments.every, arguments.people)))
    results: dict[str, dict] = {}
    for part, (able, cases) in parts.items():
        for name, lifter in able.items():
            bar = progress(cases, f"{part}: {name}", console=Console(stderr=True))
            answers = [lifter.lift(given) for _, given, _ in bar]
            results.setdefault(part, {})[name] = measure(answers, cases, LIMBS)
            if part == "simulated":
                results.setdefault(f"{part} with spine", {})[name] = measure(answers, cases, WITH_SPINE)
    if "cost" in arguments.parts:
        results["cost"] = measure_cost(lifters)
    print(render_table(results, list(lifters)))
    if arguments.write:
        write_results(results)
    print(json.dumps({part: rows if part == "cost" else _headline(rows) for part, rows in results.items()}))


def _headline(rows):
    return {name: {"all": groups["all"], "PA-MPJPE by group": {g: f["PA-MPJPE"] for g, f in groups.items()}}
            for name, groups in rows.items()}  # fmt: skip


if __name__ == "__main__":
    run_main(main)
