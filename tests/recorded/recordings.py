"""Recordings whose angles are known: simulated people in the layout and with the joints of a data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from formnet.body import load_body
from formnet.conversion import convert_motion
from formnet.motion import FloatArray, Motion
from formnet.readers.uiprmd import KINECT_FPS
from formnet.skeleton import KINECT_22, SMPL_24
from formnet.synth.exercises import sample_exercises
from tests.readers.copies import write_numbers

IN_FRONT_M = np.array([0.0, 0.0, 2.5])


def simulate(exercise: str, seed: int = 0, frames: int = 90) -> Motion:
    """Somebody who does an exercise before a Kinect, in its joints (T, 22, 3), y down, the floor at 0."""
    drawn = sample_exercises(
        load_body(), np.random.default_rng(seed), 1, frames=frames, fps=KINECT_FPS, exercises=[exercise]
    )
    joints = drawn.joints[0].astype(float) + IN_FRONT_M
    motion = Motion(joints, np.ones(joints.shape[:2]), drawn.timestamps[0], SMPL_24)
    return convert_motion(motion, KINECT_22)


def write_recording(root: Path, joints: FloatArray, subject: int = 1, episode: int = 1, movement: int = 1) -> None:
    """Joints (T, 22, 3) as UI-PRMD's files of a correct episode: offsets from the parent, cm, y up, angles of zero."""
    up = joints * np.array([100.0, -100.0, -100.0])
    offsets = np.array(up)
    for number, joint in enumerate(KINECT_22.joints):
        if (parent := KINECT_22.parent(joint)) is not None:
            offsets[:, number] = up[:, number] - up[:, KINECT_22.index(parent)]
    stem = f"m{movement:02d}_s{subject:02d}_e{episode:02d}"
    base = root / "Segmented Movements" / "Kinect"
    write_numbers(base / "Positions" / f"{stem}_positions.txt", offsets.reshape(len(offsets), -1))
    write_numbers(base / "Angles" / f"{stem}_angles.txt", np.zeros((len(offsets), 66)))
    (root / "Incorrect Segmented Movements" / "Kinect").mkdir(parents=True, exist_ok=True)
