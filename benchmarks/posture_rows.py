"""Reads `squat-postures`: BlazePose landmarks of people filmed from 45°, the bottom part of squats of several kinds.

Layout: `CLASS/CLASS-*.csv[.gz]` with rows of index, frame height and width, then for each landmark its number, x, y, z,
visibility (shares of width, height and width). The class `others` holds people standing, in the same order as in every
other file. Who is who is not said: the frame's size changes, or the feet jump.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion
from formnet.pose.track import PoseTrack
from formnet.skeleton import BLAZEPOSE_33

STANDING = "others"
STANDING_ROWS = 120
"""Rows of standing for each person."""
_FEET = BLAZEPOSE_33.indices(
    [f"{side}_{joint}" for joint in ("ankle", "heel", "foot_index") for side in ("left", "right")]
)
_NEAREST_ROWS = 20
_LEAST_ROWS = 8
_FPS = 30.0
_HEIGHT_M = 1.35
"""From ankles to shoulders; only gives the estimator's depth a unit."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What one person shows of one class.

    Attributes:
        landmarks: (T, 33, 4) x, y, z in pixels and visibility.
        width, height: of the frame.
    """

    landmarks: FloatArray
    width: int
    height: int


def read_people(root: Path) -> dict[str, list[Rows]]:
    """Class → the rows of each person, people in the same order everywhere.

    Raises:
        InputError: for a folder that is no copy of the set, or a file in which people cannot be told apart.
    """
    files = {path.name: sorted(path.glob("*.csv*")) for path in sorted(root.iterdir()) if path.is_dir()}
    files = {name: found for name, found in files.items() if found}
    if STANDING not in files or len(files) < 2:
        raise InputError(f"{root} holds no {STANDING}/*.csv beside other classes; give a copy of squat-postures")
    tables = {name: [_read_table(path) for path in found] for name, found in files.items()}
    people: dict[str, list[Rows]] = {name: [] for name in tables}
    for part, (_, size) in enumerate(tables[STANDING]):
        counts = [max(1, round((end - begin) / STANDING_ROWS)) for begin, end in _runs(size)]
        for name in tables:
            if part < len(tables[name]):
                people[name] += _split_people(*tables[name][part], counts, files[name][part])
    return people


def make_clip(rows: Rows, standing: Rows) -> tuple[PoseTrack, int, int]:
    """One clip of a person: standing, the class's rows, standing; and the first and last frame of the class's rows.

    Standing is the part of it in which the feet are where they are in the class's rows.
    """
    feet = np.median(rows.landmarks[:, _FEET, :2], axis=0)
    away = np.abs(standing.landmarks[:, _FEET, :2] - feet).max(axis=(1, 2))
    own = standing.landmarks[np.sort(np.argsort(away)[:_NEAREST_ROWS])]
    points = np.concatenate([own, rows.landmarks, own])
    times_s, sure = np.arange(len(points)) / _FPS, np.clip(points[..., 3], 0.0, 1.0)
    image = Motion(points[..., :2], sure, times_s, BLAZEPOSE_33, "pixel")
    metres = points[..., :3] * _HEIGHT_M / _standing_px(own)
    hips = metres[:, BLAZEPOSE_33.indices(["left_hip", "right_hip"])].mean(axis=1, keepdims=True)
    world = Motion(metres - hips, sure, times_s, BLAZEPOSE_33, "metre")
    return PoseTrack(image, world, rows.width, rows.height), len(own), len(own) + len(rows.landmarks) - 1


def _standing_px(points: FloatArray) -> float:
    def middle(joint: str) -> FloatArray:
        return np.asarray(points[:, BLAZEPOSE_33.indices([f"left_{joint}", f"right_{joint}"]), :2].mean(axis=1))

    return float(np.median(np.linalg.norm(middle("shoulder") - middle("ankle"), axis=1)))


def _read_table(path: Path) -> tuple[FloatArray, FloatArray]:
    """(N, 33, 4) landmarks in shares and (N, 2) height and width of the frame."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as file:
            header, *lines = list(csv.reader(file))
        names = [f"{axis}_{number}" for number in range(len(BLAZEPOSE_33)) for axis in ("x", "y", "z", "visibility")]
        columns = [header.index(name) for name in ("frame_height", "frame_width", *names)]
        numbers = np.array([[float(line[column]) for column in columns] for line in lines])
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path} holds no BlazePose landmarks in columns ({error}); get the file again") from None
    return numbers[:, 2:].reshape(len(numbers), len(BLAZEPOSE_33), 4), numbers[:, :2]


def _runs(size: FloatArray) -> list[tuple[int, int]]:
    """First and last row + 1 of each stretch with one size of the frame."""
    changes = np.flatnonzero((np.diff(size, axis=0) != 0).any(axis=1)) + 1
    edges = [0, *(int(change) for change in changes), len(size)]
    return list(pairwise(edges))


def _split_people(landmarks: FloatArray, size: FloatArray, counts: list[int], path: Path) -> list[Rows]:
    runs = _runs(size)
    if len(runs) != len(counts):
        raise InputError(
            f"{path} changes the frame's size {len(runs) - 1} times and {STANDING} {len(counts) - 1} times, so people "
            "cannot be told apart; get the files again"
        )
    people = []
    for (begin, end), count in zip(runs, counts, strict=True):
        height, width = size[begin]
        pixels = landmarks[begin:end] * [width, height, width, 1.0]
        edges = [0, *_find_jumps(pixels[:, _FEET, :2].reshape(end - begin, -1), count - 1), end - begin]
        people += [Rows(pixels[first:last], int(width), int(height)) for first, last in pairwise(edges)]
    return people


def _find_jumps(feet: FloatArray, count: int) -> list[int]:
    """Where a run (T, D) is best cut into count + 1 parts, each as still as can be; one cut after the other."""
    cuts: list[int] = []
    for _ in range(count):
        edges = [0, *sorted(cuts), len(feet)]
        gains = {
            cut: _scatter(feet[first:last]) - _scatter(feet[first:cut]) - _scatter(feet[cut:last])
            for first, last in pairwise(edges)
            for cut in range(first + _LEAST_ROWS, last - _LEAST_ROWS + 1)
        }
        if not gains:
            raise InputError("too few rows to tell people apart; get the files again")
        cuts.append(max(gains, key=lambda cut: gains[cut]))
    return sorted(cuts)


def _scatter(feet: FloatArray) -> float:
    """Squared distances (T, D) from their mean, summed."""
    return float(((feet - feet.mean(axis=0)) ** 2).sum())
