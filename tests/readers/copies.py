"""Tiny copies of public sets in their own layouts, and real ones where they are."""

from __future__ import annotations

import csv
import gzip
import json
import pickle
from pathlib import Path

import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable
from formnet.skeleton import BODY_25, HMR_19, KINECT_22, SQUAT7_19, Skeleton

SQUAT7_CLASSES = ("bending forward", "no depth", "knees caving")


def standing_body(skeleton: Skeleton) -> FloatArray:
    """(J, 3) a person of 1.7 m facing the camera: the person's left at +x, y down, the back at +z."""
    heights = {
        "head_top": 1.7, "head": 1.6, "eye": 1.6, "ear": 1.58, "nose": 1.55, "neck": 1.4, "collar": 1.38,
        "shoulder": 1.38, "spine3": 1.25, "spine2": 1.15, "spine1": 1.05, "elbow": 1.1, "wrist": 0.85, "hand": 0.8,
        "pelvis": 0.9, "hip": 0.88, "knee": 0.48, "ankle": 0.08, "heel": 0.03, "foot_index": 0.02, "small_toe": 0.02,
    }  # fmt: skip
    widths = {"shoulder": 0.2, "collar": 0.1, "elbow": 0.25, "wrist": 0.28, "hand": 0.28, "eye": 0.03, "ear": 0.07}
    depths = {"nose": -0.1, "eye": -0.08, "foot_index": -0.15, "small_toe": -0.13, "heel": 0.06, "knee": -0.04}
    body = np.zeros((len(skeleton), 3))
    for number, joint in enumerate(skeleton.joints):
        side = {"left": 1.0, "right": -1.0}.get(joint.split("_")[0], 0.0)
        part = joint.removeprefix("left_").removeprefix("right_")
        body[number] = (side * widths.get(part, 0.1), -heights[part], depths.get(part, 0.0))
    return body


def squat_joints(skeleton: Skeleton, n_frames: int = 40, depth: float = 0.35) -> FloatArray:
    """(T, J, 3) feet on the spot, the rest goes down by `depth` metres and up; knees half as far and forwards."""
    fall = depth * np.sin(np.linspace(0, np.pi, n_frames)) ** 2
    joints = np.repeat(standing_body(skeleton)[None], n_frames, axis=0)
    for number, joint in enumerate(skeleton.joints):
        part = joint.removeprefix("left_").removeprefix("right_")
        if part in ("ankle", "heel", "foot_index", "small_toe"):
            continue
        share = 0.3 if part == "knee" else 1.0
        joints[:, number, 1] += share * fall
        joints[:, number, 2] += -0.8 * fall if part == "knee" else 0.5 * fall
    return joints


def squat_motion(skeleton: Skeleton = SQUAT7_19, n_frames: int = 40, depth: float = 0.35) -> Motion:
    joints = squat_joints(skeleton, n_frames, depth)
    return Motion(joints, np.ones(joints.shape[:2]), np.arange(n_frames) / 30.0, skeleton)


def make_table(groups: list[str], labels: list[int], classes: tuple[str, ...] = ("good", "shallow")) -> RepetitionTable:
    """One squat for each row; class 0 goes deep, every other class less so."""
    rng = np.random.default_rng(0)
    motions = [squat_motion(n_frames=int(rng.integers(30, 50)), depth=0.4 / (1 + 2 * label)) for label in labels]
    noisy = [m.replace(positions=m.positions + rng.normal(0, 0.004, m.positions.shape)) for m in motions]
    names = tuple(f"row{number:03d}" for number in range(len(groups)))
    return RepetitionTable(tuple(noisy), np.array(labels), classes, np.array(groups), names)


def write_squat7(root: Path, days: tuple[str, ...] = ("02052023", "03052023"), per_day: int = 3) -> list[str]:
    """A copy with one recording of each class and day; returns the names."""
    (root / "mediapipe").mkdir(parents=True)
    names = []
    rows = []
    for day in days:
        for number in range(per_day):
            name = f"recording_{day}_10{number:02d}00"
            table = np.full((300, 57), -1.0)
            table[3:43] = squat_joints(SQUAT7_19, 40).reshape(40, -1) * 100
            np.save(root / "mediapipe" / f"{name}.npy", table)
            rows.append([name, *(float(number % len(SQUAT7_CLASSES) == c) for c in range(len(SQUAT7_CLASSES)))])
            names.append(name)
    with (root / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["filename", *SQUAT7_CLASSES], *rows])
    return names


def kinect_offsets(n_frames: int = 30) -> FloatArray:
    """(T, 22, 3) of an upright body in the set's own convention: offsets from the parent, cm, y up, z towards us."""
    body = standing_body(KINECT_22) * np.array([100.0, -100.0, -100.0]) + np.array([0.0, 0.0, -250.0])
    offsets = np.array(body)
    for number, joint in enumerate(KINECT_22.joints):
        parent = KINECT_22.parent(joint)
        if parent is not None:
            offsets[number] = body[number] - body[KINECT_22.index(parent)]
    return np.repeat(offsets[None], n_frames, axis=0)


def write_numbers(path: Path, values: FloatArray, gzipped: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(",".join(f"{value:.6f}" for value in row) for row in values) + "\n"
    if gzipped:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)


def write_uiprmd(
    root: Path, subjects: tuple[int, ...] = (1, 2), episodes: int = 2, movement: int = 1, gzipped: bool = True
) -> None:
    """Kinect files of one movement, upright and still."""
    offsets = kinect_offsets().reshape(30, -1)
    for folder, ending in (("Segmented Movements", ""), ("Incorrect Segmented Movements", "_inc")):
        for subject in subjects:
            for episode in range(1, episodes + 1):
                stem = f"m{movement:02d}_s{subject:02d}_e{episode:02d}"
                base = root / folder / "Kinect"
                write_numbers(base / "Positions" / f"{stem}_positions{ending}.txt", offsets, gzipped)
                write_numbers(base / "Angles" / f"{stem}_angles{ending}.txt", np.zeros((30, 66)), gzipped)


def write_ec3d(path: Path, subjects: tuple[str, ...] = ("Ana", "Bo", "Cy", "Di")) -> None:
    """Two squats (correct, too shallow) and one lunge of each person; axes as in the set (lateral, front, up)."""
    labels, poses = [], []
    for subject in subjects:
        for act, label in (("SQUAT", "1"), ("SQUAT", "4"), ("Lunges", "6")):
            joints = squat_joints(BODY_25, 12) * 0.3
            joints -= joints[:, BODY_25.indices(["pelvis"])]
            poses.append(np.stack([joints[..., 0], -joints[..., 2], -joints[..., 1]], axis=1))
            labels += [[act, subject, label, "1", str(len(labels) + frame)] for frame in range(12)]
    with path.open("wb") as file:
        pickle.dump({"labels": np.array(labels), "poses": np.concatenate(poses)}, file, protocol=4)


def distances_of(joints: FloatArray) -> FloatArray:
    """(T, J, 3) → (T, J·(J-1)/2), the slow obvious way."""
    n = joints.shape[1]
    pairs = [np.linalg.norm(joints[:, i] - joints[:, j], axis=-1) for i in range(n) for j in range(i + 1, n)]
    return np.stack(pairs, axis=1)


def write_waseda_distances(root: Path, folders: tuple[str, ...]) -> None:
    rows = distances_of(squat_joints(HMR_19, 8))
    for folder in folders:
        path = root / folder / "1115_3djoints_index" / f"0918_squat_00000{len(folder) % 10}.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({str(number): row.tolist() for number, row in enumerate(rows)}))
