"""What passes for a squat: recorded squats and other movements before virtual cameras.

    python benchmarks/gate.py [--uiprmd ROOT] [--utd ROOT] [--every 4] [--lifter supervised+picture]

Kinect skeletons stand before cameras in front, at 45°, at the side and behind, as in `virtual_cameras.py`, but not
through files. UI-PRMD: m01 deep squat, m02 hurdle step, m03 inline lunge, m04 side lunge, m05 sit to stand, the others
arms or one leg. UTD-MHAD (`*_skeleton.mat`): a19 knock, a22 jog, a23 walk, a24 sit to stand, a25 stand to sit, a26
lunge, a27 squat. A set that is not there is left out with a note.

Prints, for every movement and view, how many recordings have a repetition that passes for a squat, and how people
differ. A squat without any repetition counts as neither passed nor refused. Ends with one JSON object:
`squats_refused` (of recorded squats in which a repetition was found) and `others_passed` (of all others), each a share
by set, and `passed`: {MOVEMENT: {VIEW: share}}.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import run_main
from figures import CONSOLE, dataset_root, print_figures, share, show_table
from rich.progress import track as progress
from virtual_cameras import VIEWS, add_standing, face_camera, film

from formnet.errors import InputError
from formnet.gate import keep_squats
from formnet.lifting.lifter import Lifter, create_lifter
from formnet.motion import Motion
from formnet.pipeline import DEFAULT_LIFTER
from formnet.pose.track import PoseTrack
from formnet.preprocess.spec import PreprocessSpec, clean_motion, segment_clip
from formnet.readers.catalogue import read_dataset
from formnet.readers.uiprmd import MOVEMENTS
from formnet.readers.utdmhad import collect_utdmhad

ALL_VIEWS = {**VIEWS, "back": 180.0}
SQUATS = ("m01", "a27")


@dataclass(frozen=True)
class Outcome:
    """One recording from one view: how many repetitions were found, and how many pass for squats."""

    source: str
    movement: str
    person: str
    view: str
    found: int
    passed: int

    @property
    def is_squat(self) -> bool:
        return self.movement in SQUATS


def read_uiprmd(root: Path) -> Iterator[tuple[str, str, str, Motion]]:
    """Movement, person, name and motion of every episode."""
    for movement in MOVEMENTS:
        table = read_dataset("uiprmd", root, movement=movement, allow_damaged=True)
        for group, name, motion in zip(table.groups, table.names, table.motions, strict=True):
            yield movement, str(group), name, motion


def read_utd(root: Path) -> Iterator[tuple[str, str, str, Motion]]:
    """The same of UTD-MHAD."""
    for repetition in collect_utdmhad(root).repetitions:
        yield repetition.name.split("_")[0], repetition.group, f"{repetition.name}_skeleton", repetition.motion


READERS = {"uiprmd": read_uiprmd, "utd": read_utd}


def judge(motion: Motion, name: str, view: str, lifter: Lifter) -> tuple[int, int]:
    """Repetitions found in a recording from one view, and those of them that pass for squats."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {view}".encode()))
    image, width, height = film(add_standing(face_camera(motion)), ALL_VIEWS[view], rng)
    track = PoseTrack(image, None, width, height)
    clean = clean_motion(lifter.lift(track), PreprocessSpec())
    found = segment_clip(clean, PreprocessSpec(), track.image)
    return len(found.spans), len(keep_squats(clean, found, track.image).spans)


def compute_figures(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """`squats_refused` and `others_passed` by set."""
    figures: dict[str, dict[str, float]] = {"squats_refused": {}, "others_passed": {}}
    for source in sorted({outcome.source for outcome in outcomes}):
        own = [outcome for outcome in outcomes if outcome.source == source]
        figures["squats_refused"][source] = share(not o.passed for o in own if o.is_squat and o.found)
        figures["others_passed"][source] = share(o.passed > 0 for o in own if not o.is_squat)
    return figures


def show(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Prints every movement by view; returns shares that pass, of recordings with a repetition where it is a squat."""
    passed, rows = {}, []
    for movement in sorted({outcome.movement for outcome in outcomes}):
        own = [o for o in outcomes if o.movement == movement and (o.found or not o.is_squat)]
        of_view = {view: [o.passed > 0 for o in own if o.view == view] for view in ALL_VIEWS}
        people = [share(o.passed > 0 for o in own if o.person == person) for person in {o.person for o in own}]
        passed[movement] = {view: share(flags) for view, flags in of_view.items()}
        counts = [f"{sum(flags)}/{len(flags)}" for flags in of_view.values()]
        rows.append([movement, *counts, f"{min(people):.0%} to {max(people):.0%}"])
    show_table("recordings that pass for squats", ["movement", *ALL_VIEWS, "of one person"], rows)
    return passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uiprmd", type=Path, default=dataset_root("ui-prmd"), help="a copy of UI-PRMD")
    parser.add_argument("--utd", type=Path, default=dataset_root("utd-mhad"), help="skeletons of UTD-MHAD")
    parser.add_argument("--every", type=int, default=4, help="one in so many of UI-PRMD's recordings")
    parser.add_argument("--lifter", default=DEFAULT_LIFTER, help="what makes joints 3D")
    arguments = parser.parse_args()
    roots = {name: root for name in READERS if (root := getattr(arguments, name)).is_dir()}
    for name in READERS.keys() - roots:
        CONSOLE.print(f"note: left out, {getattr(arguments, name)} is no folder")
    lifter, outcomes = create_lifter(arguments.lifter), []
    for source, root in roots.items():
        every = max(1, arguments.every) if source == "uiprmd" else 1
        recordings = list(READERS[source](root))[::every]
        for movement, person, name, motion in progress(recordings, source, console=CONSOLE):
            for view in ALL_VIEWS:
                outcomes.append(Outcome(source, movement, person, view, *judge(motion, name, view, lifter)))
    if not outcomes:
        raise InputError("there is no recording to judge; give --uiprmd or --utd")
    print_figures({**compute_figures(outcomes), "passed": show(outcomes)})


if __name__ == "__main__":
    run_main(main)
