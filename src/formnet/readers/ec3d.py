"""EC3D (Zhao et al., ACCV 2022): `data_3D.pickle`, three exercises by four people.

`labels` (N, 5) text: exercise, subject, label, repetition, frame; `poses` (N, 3, 25): BODY_25, centred on the hips and
turned so that the trunk stands upright, so gravity and place are gone; 30 frames/s. The set does not say which side of
the body is filmed as which: left and right are those of its joint order.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion
from formnet.readers.anatomy import axes_from_anatomy
from formnet.readers.collect import Collection, LabelledRepetition, Problem
from formnet.skeleton import BODY_25
from formnet.storage.unpickle import read_pickle

FPS = 30.0
FILE_NAME = "data_3D.pickle"
LABELS = {
    "squat": {"1": "correct", "2": "feet_too_wide", "3": "inward_knees", "4": "shallow", "5": "front_bent"},
    "lunges": {"1": "correct", "4": "shallow", "6": "knees_forward"},
    "plank": {"1": "correct", "7": "arched_back", "8": "hunched_back"},
}


def collect_ec3d(root: Path, exercise: str = "squat") -> Collection:
    """Goes through the pickle (a file, or a folder that holds `data_3D.pickle`).

    Args:
        exercise: "squat", "lunges", "plank", or "all": then classes are named like "squat_correct".

    Raises:
        InputError: for an exercise that does not exist.
    """
    wanted = tuple(LABELS) if exercise == "all" else (exercise.lower(),)
    if not set(wanted) <= set(LABELS):
        raise InputError(f"unknown exercise {exercise!r} of EC3D; use one of {', '.join(LABELS)} or all")
    prefixed = exercise == "all"
    classes = tuple(f"{act}_{name}" if prefixed else name for act in wanted for name in LABELS[act].values())
    path = root if root.is_file() else root / FILE_NAME
    problems: list[Problem] = []
    content = _read_content(path, problems)
    if content is None:
        return Collection("ec3d", (), classes, tuple(problems), "subject", str(root))
    labels, poses = content
    subjects = sorted(set(labels[:, 1]))
    repetitions: list[LabelledRepetition] = []
    columns = np.char.lower(labels[:, 0])
    for act in wanted:
        rows_of_act = np.flatnonzero(columns == act)
        if not len(rows_of_act):
            problems.append(Problem("note", path.name, f"holds no frames of {act}"))
            continue
        turn = _axes(poses[rows_of_act])
        keys, inverse = np.unique(labels[rows_of_act, 1:4], axis=0, return_inverse=True)
        for number, (subject, label, episode) in enumerate(keys):
            name = f"{act}_{subject}_{label}_{episode}"
            rows = rows_of_act[inverse.ravel() == number]
            if label not in LABELS[act]:
                problems.append(Problem("note", name, f"label {label} has no name in the publication: left out"))
                continue
            frames = poses[rows[np.argsort(_frame_numbers(labels[rows, 4]), kind="stable")]]
            if not np.isfinite(frames).all():
                problems.append(Problem("not a number", name, "holds NaN or infinite numbers"))
                continue
            motion = Motion(
                frames.transpose(0, 2, 1) @ turn.T,
                np.ones((len(frames), len(BODY_25))),
                np.arange(len(frames)) / FPS,
                BODY_25,
                "body",
            )
            class_name = f"{act}_{LABELS[act][label]}" if prefixed else LABELS[act][label]
            # The authors train on the first three of their four people and test on the last.
            official = ("test" if subject == subjects[-1] else "train") if len(subjects) == 4 else ""
            repetitions.append(
                LabelledRepetition(name, motion, class_name, subject, subject=subject, official=official)
            )
    return Collection("ec3d", tuple(repetitions), classes, tuple(problems), "subject", str(root))


def _read_content(path: Path, problems: list[Problem]) -> tuple[np.ndarray, FloatArray] | None:
    if not path.is_file():
        problems.append(Problem("missing file", path.name, "the file is not there"))
        return None
    try:
        content = read_pickle(path)
    except InputError as error:
        problems.append(Problem("unreadable", path.name, str(error)))
        return None
    labels, poses = (content.get("labels"), content.get("poses")) if isinstance(content, dict) else (None, None)
    if not isinstance(labels, np.ndarray) or not isinstance(poses, np.ndarray):
        problems.append(Problem("wrong shape", path.name, "expected a dictionary with the arrays 'labels' and 'poses'"))
        return None
    if poses.ndim != 3 or poses.shape[1:] != (3, 25) or poses.dtype.kind not in "fiu":
        problems.append(Problem("wrong shape", path.name, f"expected poses of shape (N, 3, 25), got {poses.shape}"))
        return None
    if labels.shape != (len(poses), 5):
        problems.append(
            Problem("wrong shape", path.name, f"expected labels of shape {(len(poses), 5)}, got {labels.shape}")
        )
        return None
    return labels.astype(np.str_), poses.astype(np.float64)


def _frame_numbers(text: np.ndarray) -> np.ndarray:
    try:
        return text.astype(np.float64)
    except ValueError:
        return np.arange(len(text), dtype=np.float64)


def _axes(poses: FloatArray) -> FloatArray:
    median = np.nan_to_num(np.nanmedian(poses, axis=0))

    def at(*joints: str) -> FloatArray:
        return np.asarray(median[:, BODY_25.indices(joints)].mean(axis=1))

    return axes_from_anatomy(
        up=at("neck") - at("left_ankle", "right_ankle"),
        left=at("left_hip", "left_shoulder") - at("right_hip", "right_shoulder"),
        forward=at("left_foot_index", "right_foot_index") - at("left_heel", "right_heel"),
    )
