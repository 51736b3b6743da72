"""UTD-MHAD (Chen, Jafari & Kehtarnavaz, ICIP 2015): 27 actions by eight people, four times each; Kinect skeletons.

`aA_sS_tT_skeleton.mat` holds `d_skel`, 20 joints × 3 metres × frames, y up, seen by a Kinect that looks along z.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.motion import Motion
from formnet.readers.collect import Collection, LabelledRepetition, Problem
from formnet.skeleton import KINECT_22

FPS = 30.0
ACTIONS = (
    "swipe left", "swipe right", "wave", "clap", "throw", "arm cross", "basketball shoot", "draw x",
    "draw circle clockwise", "draw circle counter clockwise", "draw triangle", "bowling", "boxing", "baseball swing",
    "tennis swing", "arm curl", "tennis serve", "push", "knock", "catch", "pick up and throw", "jog", "walk",
    "sit to stand", "stand to sit", "lunge", "squat",
)  # fmt: skip
_NAME = re.compile(r"^a(\d+)_s(\d+)_t(\d+)_skeleton\.mat$")
# The set's order; hands are left out.
_JOINTS = (
    "head", "neck", "spine3", "pelvis",
    "left_shoulder", "left_elbow", "left_wrist", "", "right_shoulder", "right_elbow", "right_wrist", "",
    "left_hip", "left_knee", "left_ankle", "left_foot_index",
    "right_hip", "right_knee", "right_ankle", "right_foot_index",
)  # fmt: skip


def read_utdmhad_skeleton(path: Path) -> Motion:
    """One recording as a motion of `kinect22` in metres, y down; joints that this Kinect has not are missing.

    Raises:
        InputError: when the file is none of the set's.
    """
    import scipy.io
    from scipy.io.matlab import MatReadError

    try:
        seen = np.asarray(scipy.io.loadmat(path)["d_skel"], dtype=float)
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError, MatReadError) as error:
        raise InputError(f"{path.name} holds no d_skel ({error}); get the file again") from None
    if seen.ndim != 3 or seen.shape[:2] != (len(_JOINTS), 3) or not np.isfinite(seen).all():
        raise InputError(
            f"{path.name} has the wrong shape or NaN: expected (20, 3, frames), got {seen.shape}; get the file again"
        )
    joints = np.full((seen.shape[2], len(KINECT_22), 3), np.nan)
    for number, joint in enumerate(_JOINTS):
        if joint:
            joints[:, KINECT_22.index(joint)] = seen[number].T * np.array([1.0, -1.0, -1.0])
    return Motion(joints, np.isfinite(joints[..., 0]).astype(float), np.arange(len(joints)) / FPS, KINECT_22)


def collect_utdmhad(root: Path) -> Collection:
    """Goes through a folder of the set's skeleton files; a part of the set is no damage."""
    problems: list[Problem] = []
    repetitions: list[LabelledRepetition] = []
    for path in sorted(root.glob("*.mat")):
        match = _NAME.match(path.name)
        if match is None or not 1 <= int(match[1]) <= len(ACTIONS):
            problems.append(Problem("note", path.name, "the name does not follow aA_sS_tT_skeleton: left out"))
            continue
        try:
            motion = read_utdmhad_skeleton(path)
        except InputError as error:
            problems.append(Problem("unreadable", path.name, str(error)))
            continue
        person = f"s{match[2]}"
        name = path.stem.removesuffix("_skeleton")
        repetitions.append(LabelledRepetition(name, motion, ACTIONS[int(match[1]) - 1], group=person, subject=person))
    if not repetitions and not problems:
        problems.append(Problem("empty", ".", "no aA_sS_tT_skeleton.mat was found"))
    return Collection("utd-mhad", tuple(repetitions), ACTIONS, tuple(problems), "subject", str(root))
