"""UI-PRMD's deep squats before virtual cameras: correct against incorrect ones, from keypoint files.

    python benchmarks/virtual_cameras.py [UIPRMD_ROOT] [--every 1] [--lifter supervised]

Each episode's Kinect joints stand before a camera in front, at 45° and at the side; half a second of standing is added
at both ends, 2 pixels of jitter to every joint, and what is seen is written as OpenPose writes it (BODY_25) and read
back. The set's incorrect deep squat is: trunk not upright, not past parallel, knees falling in, or trunk flexed over
30°.

Prints which measures tell incorrect from correct ones from each view, people being the unit. Ends with one JSON object:
`auc/VIEW/MEASURE`, and `found`, the share of repetitions that were found.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from common import run_main
from figures import CONSOLE, dataset_root, print_figures, require_folder, share
from measured import Labelled, show_areas
from rich.progress import track as progress

from formnet.conversion import convert_motion
from formnet.exports.keypoints import write_openpose
from formnet.geometry.level import rotation_to_front
from formnet.lifting.lifter import Lifter, create_lifter
from formnet.measures.performance import Performance, make_performance
from formnet.motion import FloatArray, Motion
from formnet.pose.track import PoseTrack
from formnet.preprocess.repetitions import find_repetitions
from formnet.preprocess.spec import PreprocessSpec, clean_motion
from formnet.readers.catalogue import read_dataset
from formnet.readers.source import read_pose_source
from formnet.readers.uiprmd import KINECT_FPS
from formnet.reading import track_of
from formnet.skeleton import BODY_25
from formnet.synth.camera import orbit_camera

VIEWS = {"front": 0.0, "45°": 45.0, "side": 90.0}
STANDING_S, JITTER_PX, PELVIS_M = 0.5, 2.0, 0.95
MEASURES = ("thigh", "hip_over_knee", "knee_width_least", "knees_inside_feet", "trunk_lean", "trunk_minus_shank")


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
        track = track_of(read_pose_source(Path(folder) / "clip", fps=image.fps))
    return PoseTrack(track.image, track.world, width, height, track.warnings)


def perform(track: PoseTrack, lifter: Lifter) -> Performance | None:
    """The deepest repetition that is found, as measures see it."""
    motion = clean_motion(lifter.lift(track), PreprocessSpec())
    spans = find_repetitions(motion, PreprocessSpec().repetitions).spans
    if not spans:
        return None
    span = max(spans, key=lambda span: span.depth)
    return make_performance(motion, span.start, span.bottom, span.end, span.bottom_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, nargs="?", default=dataset_root("ui-prmd"), help="a copy of UI-PRMD")
    parser.add_argument("--every", type=int, default=1, help="one in so many episodes")
    parser.add_argument("--lifter", default="supervised", help="what makes joints 3D")
    arguments = parser.parse_args()
    lifter = create_lifter(arguments.lifter)
    seen = [
        (case, perform(case.track, lifter))
        for case in film_cases(require_folder(arguments.root, "a copy of UI-PRMD"), max(1, arguments.every))
    ]
    figures = {"found": share(performance is not None for _, performance in seen)}
    for view in VIEWS:
        rows = [Labelled(c.label, c.person, p) for c, p in seen if c.view == view and p is not None]
        areas = show_areas(f"UI-PRMD deep squats, {view}", rows, ("correct",), {"incorrect": MEASURES}, "person")
        figures |= {f"auc/{view}/{name.removeprefix('incorrect/')}": value for name, value in areas.items()}
    print_figures(figures)


if __name__ == "__main__":
    run_main(main)
