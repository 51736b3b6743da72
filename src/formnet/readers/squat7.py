"""squat7: single squat repetitions in seven classes, two-camera MediaPipe triangulation, 19 joints.

Layout as distributed: `data.csv` (a file name and one-hot labels) and `mediapipe/<file name>.npy` of shape (300, 57),
rows of -1 before and after the repetition. The file name is the time of recording, so the day is the group: nothing in
the set says who is seen. y points down already and people face -z; lengths are arbitrary and differ between days. The
frame rate is not published; 30 frames/s is assumed, and nothing but durations in seconds depends on it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion
from formnet.readers.collect import Collection, LabelledRepetition, Problem
from formnet.skeleton import SQUAT7_19
from formnet.storage.arrays import read_array
from formnet.storage.texts import read_text

ASSUMED_FPS = 30.0
SHAPE = (300, 57)
_DAY = re.compile(r"(?:^|\D)(\d{8})_(\d{6})(?:\D|$)")


def read_squat7_motion(path: Path) -> Motion:
    """One recording as a motion of `squat7` joints in arbitrary lengths, without the padding.

    A joint that stands at (-1, -1, -1) inside the repetition is missing.

    Raises:
        InputError: naming what is wrong with the file.
    """
    table = _read_array(path)
    joints = table.reshape(len(table), len(SQUAT7_19), 3)
    padding = (joints == -1.0).all(axis=-1)
    shown = np.flatnonzero(~padding.all(axis=1))
    if not len(shown):
        raise InputError(f"{path.name} is empty: every row is padding; get the file again")
    joints = np.where(padding[..., None], np.nan, joints)[shown[0] : shown[-1] + 1]
    confidence = np.asarray(~np.isnan(joints[..., 0]), dtype=np.float64)
    return Motion(joints, confidence, np.arange(len(joints)) / ASSUMED_FPS, SQUAT7_19, "body")


def recording_day(name: str) -> str:
    """`recording_20042023_101500` → "20042023"; "" when the name holds no date and time."""
    match = _DAY.search(name)
    return match.group(1) if match else ""


def collect_squat7(root: Path) -> Collection:
    """Goes through a copy: labels without files, files without labels, and what is wrong inside the files."""
    problems: list[Problem] = []
    labels, classes = _read_labels(root / "data.csv", problems)
    folder = root / "mediapipe"
    if not folder.is_dir():
        problems.append(Problem("missing file", "mediapipe", "this folder is not there"))
    files = {path.stem: path for path in sorted(folder.glob("*.npy"))} if folder.is_dir() else {}
    repetitions: list[LabelledRepetition] = []
    for name in sorted({*labels, *files}):
        where = f"mediapipe/{name}.npy"
        if name not in files:
            problems.append(Problem("missing clip", where, "data.csv labels this recording, but the file is not there"))
            continue
        motion = None
        try:
            motion = read_squat7_motion(files[name])
        except InputError as error:
            problems.append(Problem(_kind_of(str(error)), where, str(error)))
        if name not in labels:
            problems.append(Problem("missing label", where, "the file is there, but data.csv has no row for it"))
            continue
        day = recording_day(name)
        if not day:
            problems.append(Problem("bad label", where, "the name holds no date, so its day of recording is unknown"))
            continue
        if motion is not None and labels[name]:
            repetitions.append(LabelledRepetition(name, motion, labels[name], group=day, session=day))
    return Collection("squat7", tuple(repetitions), classes, tuple(problems), "session", str(root))


def _read_array(path: Path) -> FloatArray:
    table = read_array(path, "NumPy array of numbers", "get the file again")
    if table.dtype.kind not in "fiu" or table.shape != SHAPE:
        raise InputError(
            f"{path.name} has the wrong shape: expected {SHAPE} numbers, got {table.shape} of {table.dtype}"
        )
    bad = ~np.isfinite(table)
    if bad.any():
        row = int(np.flatnonzero(bad.any(axis=1))[0])
        raise InputError(
            f"{path.name} holds NaN or infinite numbers in {int(bad.any(axis=1).sum())} rows (first in row {row}); "
            "get the file again"
        )
    return table.astype(np.float64)


def _read_labels(path: Path, problems: list[Problem]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Name → class ("" where the row cannot be used), and the classes in the order of the columns."""
    try:
        lines = io.StringIO(read_text(path, "table of labels"), newline="")
        rows = [row for row in csv.reader(lines) if any(cell.strip() for cell in row)]
    except (InputError, csv.Error) as error:
        problems.append(Problem("missing file", "data.csv", f"the labels cannot be read ({error})"))
        return {}, ()
    if not rows or len(rows[0]) < 3:
        problems.append(Problem("wrong shape", "data.csv", "expected a header: 'filename' and a column for each class"))
        return {}, ()
    classes = tuple(re.sub(r"\W+", "_", title.strip().lower()) for title in rows[0][1:])
    labels: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        name = row[0].strip().removesuffix(".npy")
        label, wrong = _one_hot_label(row[1:], classes)
        if wrong:
            problems.append(Problem("bad label", "data.csv", f"row {number} ({name}) {wrong}"))
        if name in labels and labels[name] != label:
            problems.append(Problem("bad label", "data.csv", f"row {number} gives {name} another class than before"))
        labels.setdefault(name, label)
    twice = [name for name, n in Counter(row[0].strip().removesuffix(".npy") for row in rows[1:]).items() if n > 1]
    problems.extend(Problem("duplicate", "data.csv", f"{name} has more than one row") for name in twice)
    return labels, classes


def _one_hot_label(cells: list[str], classes: tuple[str, ...]) -> tuple[str, str]:
    if len(cells) != len(classes):
        return "", f"has {len(cells)} classes, the header {len(classes)}"
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        return "", "holds something that is no number"
    if sorted(values) != [0.0] * (len(classes) - 1) + [1.0]:
        return "", "names no class or several; expected one 1 and zeros"
    return classes[values.index(1.0)], ""


def _kind_of(message: str) -> str:
    for words, kind in (("NaN", "not a number"), ("wrong shape", "wrong shape"), ("is empty", "empty")):
        if words in message:
            return kind
    return "unreadable"
