"""UI-PRMD's deep squats before virtual cameras: correct against incorrect ones, from keypoint files.

    python benchmarks/virtual_cameras.py [UIPRMD_ROOT] [--standard coaching] [--every 1] [--lifter supervised+picture]

Each episode's Kinect joints stand before a camera in front, at 45° and at the side; half a second of standing is added
at both ends, 2 pixels of jitter to every joint, and what is seen is written as OpenPose writes it (BODY_25) and read
back. The set's incorrect deep squat is: trunk not upright, not past parallel, knees falling in, or trunk flexed over
30°.

Prints which measures tell incorrect from correct ones from each view, and how often the standard names a clear fault,
by person. An episode is one repetition; one that is not found has no fault. Ends with one JSON object: `false_alarms`
and `faults_found` (shares of correct and incorrect episodes with a clear fault), `balanced` (mean of what is right of
both), `repetitions_found`, and the same of each view under `by_view`.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from common import run_main
from figures import CONSOLE, area, area_within, dataset_root, print_figures, require_folder, share, show_table
from rich.progress import track as progress

from formnet.conversion import convert_motion
from formnet.exports.keypoints import write_openpose
from formnet.geometry.level import rotation_to_front
from formnet.motion import FloatArray, Motion
from formnet.pipeline import make_judge
from formnet.pose.track import PoseTrack
from formnet.readers.catalogue import read_dataset
from formnet.readers.source import read_pose_source
from formnet.readers.uiprmd import CLASSES, KINECT_FPS
from formnet.skeleton import BODY_25
from formnet.standards.standard import Standard
from formnet.synth.camera import orbit_camera
from formnet.verdict import RepetitionVerdict

VIEWS = {"front": 0.0, "45°": 45.0, "side": 90.0}
STANDING_S, JITTER_PX, PELVIS_M = 0.5, 2.0, 0.95
MEASURES = (
    "thigh", "hip_over_knee", "knee_width", "knee_width_least", "knees_inside_feet", "left_knee_valgus",
    "right_knee_valgus", "trunk_lean", "trunk_minus_shank", "trunk_lean_change",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Case:
    """One episode from one view.

    Attributes:
        label: "correct" or "incorrect".
        track: as read back from the files of joints.
    """

    label: str
    person: str
    view: str
    track: PoseTrack


def film_cases(root: Path, every: int) -> Iterator[Case]:
    """One in `every` episodes of the deep squat, drawn at random, from every view."""
    table = read_dataset("uiprmd", root, movement="m01", allow_damaged=True)
    rows = np.sort(np.random.default_rng(0).permutation(len(table))[: -(-len(table) // every)])
    for row in progress(rows, "filming", console=CONSOLE):
        standing = add_standing(face_camera(table.motions[row]))
        for view, yaw_deg in VIEWS.items():
            seed = zlib.crc32(f"{table.names[row]} {view}".encode())
            image, width, height = film(standing, yaw_deg, np.random.default_rng(seed))
            yield Case(
                table.classes[table.labels[row]], str(table.groups[row]), view, through_files(image, width, height)
            )


def face_camera(motion: Motion) -> Motion:
    """The person on the spot that cameras aim at, facing the one in front."""
    first = motion.frames(0, min(len(motion), 5))
    across = sum(first.joint(f"left_{joint}") - first.joint(f"right_{joint}") for joint in ("hip", "shoulder"))
    rotation = rotation_to_front(np.nanmean(across, axis=0))
    origin = np.nanmean(first.joint("pelvis"), axis=0)
    return motion.replace(positions=(motion.positions - origin) @ rotation.T + np.array([0.0, -PELVIS_M, 0.0]))


def add_standing(motion: Motion, seconds: float = STANDING_S, fps: float = KINECT_FPS) -> Motion:
    """The first and the last frame held for a while."""
    held = round(seconds * fps)
    frames = np.concatenate([np.zeros(held, int), np.arange(len(motion)), np.full(held, len(motion) - 1)])
    return Motion(
        motion.positions[frames], motion.confidence[frames], np.arange(len(frames)) / fps, motion.skeleton, motion.unit
    )


def film(motion: Motion, yaw_deg: float, rng: np.random.Generator) -> tuple[Motion, int, int]:
    """(T, 25, 2) pixels of OpenPose's joints (those that the Kinect has), and the size of the picture."""
    camera = orbit_camera(yaw_deg, distance_m=3.5, height_m=1.1, focal_px=600.0)
    body = convert_motion(motion, BODY_25, allow_missing=True)
    pixels: FloatArray = camera.project(body.positions)
    pixels = pixels + rng.normal(scale=JITTER_PX, size=pixels.shape)
    return body.replace(positions=pixels, unit="pixel"), camera.width, camera.height


def through_files(image: Motion, width: int, height: int) -> PoseTrack:
    """What formnet reads from the files that OpenPose would have written."""
    with TemporaryDirectory() as folder:
        write_openpose(Path(folder) / "clip", image, BODY_25)
        track = read_pose_source(Path(folder) / "clip", fps=image.fps)
    return PoseTrack(track.image, track.world, width, height, track.warnings)


def compute_rates(seen: Sequence[tuple[Case, tuple[RepetitionVerdict, ...]]]) -> dict[str, float]:
    """How often a clear fault is named in correct and incorrect episodes."""
    named = {
        label: share(any(r.faults for r in repetitions) for case, repetitions in seen if case.label == label)
        for label in CLASSES
    }
    return {
        "false_alarms": named["correct"],
        "faults_found": named["incorrect"],
        "balanced": 0.5 * (1.0 - named["correct"] + named["incorrect"]),
        "repetitions_found": share(bool(repetitions) for _, repetitions in seen),
    }


def show_rates(seen: Sequence[tuple[Case, tuple[RepetitionVerdict, ...]]], standard: Standard) -> None:
    """Rates by view and by person, and which faults are named."""
    people = sorted({case.person for case, _ in seen})
    parts = {
        **{view: [entry for entry in seen if entry[0].view == view] for view in VIEWS},
        **{person: [entry for entry in seen if entry[0].person == person] for person in people},
        "all": seen,
    }
    show_table(
        f"UI-PRMD deep squats, {standard.name}: shares with a clear fault, and each fault in correct / incorrect ones",
        ["part", "correct", "incorrect", "balanced", "found", *standard.faults],
        [[part, *(f"{rate:.1%}" for rate in compute_rates(of).values()),
          *(_named(of, fault) for fault in standard.faults)] for part, of in parts.items()],
    )  # fmt: skip


def _named(seen: Sequence[tuple[Case, tuple[RepetitionVerdict, ...]]], fault: str) -> str:
    shares = [
        share(any(fault in r.faults for r in repetitions) for case, repetitions in seen if case.label == label)
        for label in CLASSES
    ]
    return " / ".join(f"{value:.0%}" for value in shares)


def show_measures(seen: Sequence[tuple[Case, tuple[RepetitionVerdict, ...]]]) -> None:
    """How well each measure that a verdict rests on tells incorrect from correct, by view."""
    table = []
    for view in VIEWS:
        here = [(case, repetitions[0]) for case, repetitions in seen if case.view == view and repetitions]
        incorrect = np.array([case.label == "incorrect" for case, _ in here])
        people = np.array([case.person for case, _ in here])
        for name in MEASURES:
            values = np.array([repetition.measures[name].value for _, repetition in here])
            either = area(values[incorrect], values[~incorrect])
            side = 1.0 if either >= 0.5 else -1.0
            within = area_within(side * values, incorrect, ~incorrect, people)
            table.append(
                [view, name, "above" if side > 0 else "below", f"{max(either, 1 - either):.2f}", f"{within:.2f}"]
            )
    show_table(
        "single measures, incorrect against correct", ["view", "measure", "side", "AUC", "mean by person"], table
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, nargs="?", default=dataset_root("ui-prmd"), help="a copy of UI-PRMD")
    parser.add_argument("--standard", default="coaching", help="what counts as a fault")
    parser.add_argument("--every", type=int, default=1, help="one in so many episodes")
    parser.add_argument("--lifter", default=None, help="what makes joints 3D; default: that of formnet classify")
    arguments = parser.parse_args()
    judge = make_judge(arguments.standard, arguments.lifter)
    seen = [
        (case, judge.judge_repetitions(case.track)[0])
        for case in film_cases(require_folder(arguments.root, "a copy of UI-PRMD"), max(1, arguments.every))
    ]
    show_measures(seen)
    show_rates(seen, judge.standard)
    by_view = {view: compute_rates([entry for entry in seen if entry[0].view == view]) for view in VIEWS}
    print_figures({**compute_rates(seen), "by_view": by_view})


if __name__ == "__main__":
    run_main(main)
