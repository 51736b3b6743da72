"""Two trained networks of clips on the same joints of the same people: which finds more, and is that sure?

    python benchmarks/pose_pair.py rpstn rpstn_frames [--work FOLDER]   # after pose_networks.py has trained them

PCK@0.2 of the torso of both, and their difference with its standard error over clips, which are people: two networks
find mostly the same joints, so that their difference is known far better than either figure. For all joints, visible
ones, hidden ones, and hidden ones that an earlier frame of the five shows; of people whom somebody walks past, or with
--pictures single, of people whom nobody does.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common import run_main
from figures import print_figures, show_table
from pose_networks import NETWORKS, WORK, pictures

from formnet.pose.metrics.pck import find_near, measure_people
from formnet.pose.networks.description import PoseNetwork, load_pose_network
from formnet.readers.pictures.base import HIDDEN, VISIBLE
from formnet.training.pose.measure import THRESHOLD, answer_views, find_seen_before
from formnet.training.pose.views import View, list_views

VIDEO = [name for name, row in NETWORKS.items() if row.spec.get("kind") == "rpstn"]
"""Networks of clips, which see the same pieces of five frames."""


def find_joints(network: PoseNetwork, views: Sequence[View]) -> np.ndarray:
    """Which joints (N, J) of the people of all frames a network finds, with the flip test."""
    people = [view.people(frame)[0] for view in views for frame in range(len(view.frames))]
    places = np.stack([found.joints[0] for found in answer_views(network, views, flip=True)])
    joints, boxes = np.stack([p.joints for p in people]), np.stack([p.box for p in people])
    sizes = measure_people(joints, boxes, np.full(len(people), np.nan), network.spec.skeleton, "torso")
    return find_near(places, joints, sizes, THRESHOLD)


def compare(first: np.ndarray, second: np.ndarray, counts: np.ndarray, clips: np.ndarray) -> dict[str, float]:
    """Shares of the joints that count which the two find, their difference, and its standard error over clips.

    Args:
        first, second, counts: (N, J) boolean.
        clips: (N,) number of the clip that each row is of.
    """
    n_counted = counts.sum()
    difference = (first.astype(int) - second)[counts].sum() / n_counted
    by_clip = np.bincount(clips, ((first.astype(int) - second - difference) * counts).sum(axis=1))
    return {
        "first": float(first[counts].mean()),
        "second": float(second[counts].mean()),
        "difference": float(difference),
        "standard_error": float(np.sqrt((by_clip**2).sum()) / n_counted),
        "joints": int(n_counted),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs=2, choices=VIDEO, metavar="NETWORK", help=", ".join(VIDEO))
    parser.add_argument("--work", type=Path, default=WORK, help="of pose_networks.py, where they were trained")
    parser.add_argument("--pictures", choices=("passed", "single"), default="passed", help="of which people")
    arguments = parser.parse_args()
    test = pictures(f"{arguments.pictures}_test", arguments.work)
    networks = [load_pose_network(arguments.work / "runs" / name / "pose.safetensors") for name in arguments.networks]
    pieces = list_views(test, networks[0].spec)
    first, second = (find_joints(network, pieces) for network in networks)
    flags = [np.stack([view.people(frame)[0].flags for frame in range(len(view.frames))]) for view in pieces]
    seen, flat = np.concatenate([find_seen_before(piece) for piece in flags]), np.concatenate(flags)
    clips = np.repeat(np.arange(len(flags)), [len(piece) for piece in flags])
    rows = {
        "all": flat > 0,
        "visible": flat == VISIBLE,
        "hidden": flat == HIDDEN,
        "seen before": (flat == HIDDEN) & seen,
    }
    figures = {name: compare(first, second, counts, clips) for name, counts in rows.items()}
    show_table(
        "PCK@0.2 of the same joints",
        ["joints", *arguments.networks, "difference", "number"],
        [[name, *(f"{row[of]:.4f}" for of in ("first", "second")),
          f"{row['difference']:+.4f} ± {row['standard_error']:.4f}", f"{row['joints']}"]
         for name, row in figures.items()],
    )  # fmt: skip
    print_figures(figures)


if __name__ == "__main__":
    run_main(main)
