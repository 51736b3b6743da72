"""Small tables with known answers for the learners."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from formnet.conversion import convert_motion
from formnet.motion import Motion
from formnet.readers.table import RepetitionTable
from formnet.skeleton import BLAZEPOSE_33, Skeleton
from tests.preprocess.squats import squats


def person(
    peak_deg: float = 110.0, size: float = 1.0, noise: float = 0.0, seed: int = 0, away_m: float = 4.0
) -> Motion:
    """One squat in front of the camera at 30 frames a second; the body faces +x."""
    motion = squats((1.2,), 2.4, 30.0, peak_deg=peak_deg)
    rng = np.random.default_rng(seed)
    positions = size * motion.positions + rng.normal(0, noise, motion.positions.shape) + np.array([0.0, 0.0, away_m])
    return motion.replace(positions=positions)


@cache
def make_people(
    skeleton: Skeleton = BLAZEPOSE_33,
    n_people: int = 4,
    n_each: int = 3,
    classes: tuple[str, ...] = ("good", "shallow"),
) -> RepetitionTable:
    """Deep (class 0) and shallow (class 1) squats of people of different size."""
    rng = np.random.default_rng(0)
    motions, labels, groups = [], [], []
    for number in range(n_people):
        size = rng.uniform(0.85, 1.15)
        for k in range(2 * n_each):
            motion = person((rng.normal(115, 5), rng.normal(70, 5))[k % 2], size, 0.004, 100 * number + k)
            motions.append(convert_motion(motion, skeleton, allow_missing=True))
            labels.append(k % 2)
            groups.append(f"s{number + 1:02d}")
    names = tuple(f"r{i}" for i in range(len(labels)))
    return RepetitionTable(tuple(motions), np.array(labels), classes, np.array(groups), names)


def turned(motion: Motion, angle_rad: float) -> Motion:
    """The person turned about the vertical through the origin."""
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    rotation = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
    return motion.replace(positions=motion.positions @ rotation.T)


def only(table: RepetitionTable, *groups: str) -> RepetitionTable:
    """The rows of some groups."""
    return table.select(np.isin(table.groups, groups))


def without(table: RepetitionTable, *groups: str) -> RepetitionTable:
    """The rows of all other groups."""
    return table.select(~np.isin(table.groups, groups))


def relabelled(table: RepetitionTable, label: int) -> RepetitionTable:
    return replace(table, labels=np.full(len(table), label))
