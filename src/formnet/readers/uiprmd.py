"""UI-PRMD (Vakanski et al., Data 2018): ten rehabilitation movements, done correctly and incorrectly.

The Kinect `Positions` are not positions in the room: the waist is absolute, in centimetres; every other joint is an
offset in its parent's frame. `Angles` are local Euler angles in degrees. Forward kinematics with R = Rz·Rx·Ry,
chained through the whole tree, gives joints whose feet stay within 2 cm in a squat.

The Vicon `Positions` are absolute, 39 markers of the Plug-in Gait set at 100 frames/s, millimetres.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion
from formnet.readers.anatomy import axes_from_anatomy
from formnet.readers.collect import Collection, LabelledRepetition, Problem
from formnet.readers.textfile import read_number_table
from formnet.skeleton import KINECT_22, SKELETONS, UIPRMD_VICON_22

KINECT_FPS = 30.0
VICON_FPS = 100.0
CLASSES = ("correct", "incorrect")
MOVEMENTS = {
    "m01": "deep squat",
    "m02": "hurdle step",
    "m03": "inline lunge",
    "m04": "side lunge",
    "m05": "sit to stand",
    "m06": "standing active straight leg raise",
    "m07": "shoulder abduction",
    "m08": "shoulder extension",
    "m09": "shoulder rotation",
    "m10": "scaption",
}
_FOLDERS = {"correct": "Segmented Movements", "incorrect": "Incorrect Segmented Movements"}
_NAME = re.compile(r"^m(\d+)_s(\d+)_e(\d+)_(positions|angles)(_inc)?\.txt(\.gz)?$", re.IGNORECASE)

# Plug-in Gait markers in the order of the set's files (Vakanski et al. 2018, table 2).
VICON_MARKERS = (
    "LFHD", "RFHD", "LBHD", "RBHD", "C7", "T10", "CLAV", "STRN", "RBAK",
    "LSHO", "LUPA", "LELB", "LFRM", "LWRA", "LWRB", "LFIN",
    "RSHO", "RUPA", "RELB", "RFRM", "RWRA", "RWRB", "RFIN",
    "LASI", "RASI", "LPSI", "RPSI",
    "LTHI", "LKNE", "LTIB", "LANK", "LHEE", "LTOE",
    "RTHI", "RKNE", "RTIB", "RANK", "RHEE", "RTOE",
)  # fmt: skip
_MARKERS_OF = {
    "head": ("LFHD", "RFHD", "LBHD", "RBHD"),
    "neck": ("C7", "CLAV"),
    "spine3": ("T10", "STRN"),
    "pelvis": ("LASI", "RASI", "LPSI", "RPSI"),
    **{
        f"{side}_{joint}": tuple(side[0].upper() + marker for marker in markers)
        for side in ("left", "right")
        for joint, markers in {
            "shoulder": ("SHO",), "elbow": ("ELB",), "wrist": ("WRA", "WRB"), "hand": ("FIN",),
            "hip": ("ASI", "PSI"), "knee": ("KNE",), "ankle": ("ANK",), "heel": ("HEE",), "foot_index": ("TOE",),
        }.items()
    },
}  # fmt: skip


def compute_kinect_joints(offsets_cm: FloatArray, angles_deg: FloatArray) -> FloatArray:
    """Forward kinematics of the Kinect files: (T, 22, 3) offsets and local angles → joints in the source's axes, cm.

    Angles are stored (x, y, z) and composed as Rz·Rx·Ry; a child's position is its parent's plus the parent's
    accumulated rotation times the offset.
    """
    rotations = rotation_zxy(angles_deg)
    joints = np.array(offsets_cm, dtype=np.float64)
    for number, joint in enumerate(KINECT_22.joints):
        parent = KINECT_22.parent(joint)
        if parent is None:
            continue
        above = KINECT_22.index(parent)
        assert above < number, "parents come before their children"
        joints[:, number] = joints[:, above] + np.einsum("tij,tj->ti", rotations[:, above], offsets_cm[:, number])
        rotations[:, number] = rotations[:, above] @ rotations[:, number]
    return joints


def rotation_zxy(angles_deg: FloatArray) -> FloatArray:
    """Rotation matrices (…, 3, 3) = Rz·Rx·Ry of angles (…, 3) about x, y, z in degrees."""
    x, y, z = np.moveaxis(np.radians(angles_deg), -1, 0)
    sx, cx, sy, cy, sz, cz = np.sin(x), np.cos(x), np.sin(y), np.cos(y), np.sin(z), np.cos(z)
    rows = (
        (cz * cy - sz * sx * sy, -sz * cx, cz * sy + sz * sx * cy),
        (sz * cy + cz * sx * sy, cz * cx, sz * sy - cz * sx * cy),
        (-cx * sy, sx, cx * cy),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def read_kinect_episode(positions: Path, angles: Path) -> Motion:
    """One episode of the Kinect files as a motion of `kinect22` in metres.

    Raises:
        InputError: naming what is wrong with the files.
    """
    offsets, local = _read_joints(positions, 22), _read_joints(angles, 22)
    if len(offsets) != len(local):
        raise InputError(
            f"{positions.name} has {len(offsets)} frames but {angles.name} has {len(local)}; get both files again"
        )
    joints = compute_kinect_joints(offsets, local) / 100.0
    # The source has y up and looks along -z: the camera stands at z = 0 and people at negative z.
    joints[..., 1:] *= -1.0
    return _motion(joints, KINECT_FPS, "kinect22")


def read_vicon_episode(positions: Path) -> Motion:
    """One episode of the Vicon files as a motion of `uiprmd_vicon22` in metres.

    Joints are means of the markers around them, so hips lie at the rim of the pelvis. The set does not say which
    axis is up, so it is taken from the body (see `axes_from_anatomy`). A marker that was not seen (0, 0, 0) is missing.

    Raises:
        InputError: naming what is wrong with the file.
    """
    markers = _read_joints(positions, len(VICON_MARKERS))
    markers[(markers == 0).all(axis=-1)] = np.nan
    number = {marker: index for index, marker in enumerate(VICON_MARKERS)}
    joints = np.stack(
        [markers[:, [number[m] for m in _MARKERS_OF[joint]]].mean(axis=1) for joint in UIPRMD_VICON_22.joints], axis=1
    )

    def middle(*names: str) -> FloatArray:
        return np.nanmedian(joints[:, UIPRMD_VICON_22.indices(names)], axis=(0, 1))

    up = middle("head", "neck") - middle("left_ankle", "right_ankle")
    left = middle("left_hip", "left_ankle") - middle("right_hip", "right_ankle")
    forward = middle("left_foot_index", "right_foot_index") - middle("left_heel", "right_heel")
    return _motion(joints @ axes_from_anatomy(up, left, forward).T / 1000.0, VICON_FPS, "uiprmd_vicon22")


def collect_uiprmd(root: Path, movement: str | int | Sequence[str] = "m01", device: str = "kinect") -> Collection:
    """Goes through a copy in the set's own folders (`Segmented Movements/Kinect/Positions/m01_s01_e01_positions.txt`,
    `Incorrect Segmented Movements/…_positions_inc.txt`; gzipped or not).

    Args:
        movement: "m01"…"m10" or 1…10, several of them, or "all".
        device: "kinect" or "vicon".

    Raises:
        InputError: for a movement or device that does not exist.
    """
    movements = _movement_names(movement)
    if device not in ("kinect", "vicon"):
        raise InputError(f"expected device kinect or vicon, got {device!r}")
    problems: list[Problem] = []
    repetitions: list[LabelledRepetition] = []
    for label, folder in _FOLDERS.items():
        base = root / folder / device.capitalize()
        if not base.is_dir():
            problems.append(Problem("missing file", f"{folder}/{device.capitalize()}", "this folder is not there"))
            continue
        files = {kind: _find_files(base / kind, root, movements, problems) for kind in ("Positions", "Angles")}
        if device == "vicon":
            files["Angles"] = {}
        _report_gaps(sorted({*files["Positions"], *files["Angles"]}), label, problems)
        for key in sorted({*files["Positions"], *files["Angles"]}):
            name = f"m{key[0]:02d}_s{key[1]:02d}_e{key[2]:02d}" + ("_inc" if label == "incorrect" else "")
            absent = [kind for kind in files if key not in files[kind] and (device == "kinect" or kind == "Positions")]
            if absent:
                there = files["Angles" if absent[0] == "Positions" else "Positions"][key]
                problems.append(
                    Problem(
                        "missing file",
                        f"{folder}/{device.capitalize()}/{absent[0]}",
                        f"the {absent[0].lower()} file of {name} is missing (its {there.name} is there)",
                    )
                )
                continue
            position = files["Positions"][key]
            try:
                motion = (
                    read_kinect_episode(position, files["Angles"][key])
                    if device == "kinect"
                    else read_vicon_episode(position)
                )
            except InputError as error:
                problems.append(Problem(_kind_of(str(error)), str(position.relative_to(root)), str(error)))
                continue
            subject = f"s{key[1]:02d}"
            repetitions.append(LabelledRepetition(name, motion, label, group=subject, subject=subject))
    if not repetitions and not problems:
        problems.append(Problem("empty", ".", f"no {device} file of {', '.join(movements)} was found"))
    return Collection("uiprmd", tuple(repetitions), CLASSES, tuple(problems), "subject", str(root))


def _movement_names(movement: str | int | Sequence[str]) -> tuple[str, ...]:
    if movement == "all":
        return tuple(MOVEMENTS)
    wanted = [movement] if isinstance(movement, str | int) else list(movement)
    names = []
    for entry in wanted:
        digits = re.fullmatch(r"m?0*(\d+)", str(entry).strip().lower())
        name = f"m{int(digits.group(1)):02d}" if digits else str(entry)
        name = next((key for key, title in MOVEMENTS.items() if title == name.replace("_", " ")), name)
        if name not in MOVEMENTS:
            raise InputError(f"unknown movement {entry!r} of UI-PRMD; use one of {', '.join(MOVEMENTS)} or all")
        names.append(name)
    return tuple(names)


def _find_files(
    folder: Path, root: Path, movements: tuple[str, ...], problems: list[Problem]
) -> dict[tuple[int, int, int], Path]:
    found: dict[tuple[int, int, int], Path] = {}
    for path in sorted(folder.glob("*.txt*")) if folder.is_dir() else []:
        match = _NAME.match(path.name)
        if match is None:
            where = str(path.relative_to(root))
            problems.append(Problem("note", where, "the name does not follow mNN_sNN_eNN: left out"))
            continue
        key = (int(match[1]), int(match[2]), int(match[3]))
        if f"m{key[0]:02d}" not in movements:
            continue
        if key in found:
            problems.append(
                Problem("note", str(path.relative_to(root)), f"stands beside {found[key].name}: the plain text is read")
            )
            continue
        found[key] = path
    return found


def _report_gaps(keys: list[tuple[int, int, int]], label: str, problems: list[Problem]) -> None:
    """Missing episode numbers are worth knowing, but a part of the set is no damaged set."""
    episodes: dict[tuple[int, int], set[int]] = defaultdict(set)
    for movement, subject, episode in keys:
        episodes[movement, subject].add(episode)
    for (movement, subject), there in episodes.items():
        absent = sorted(set(range(1, max(there) + 1)) - there)
        if absent:
            numbers = ", ".join(f"e{episode:02d}" for episode in absent)
            where = f"m{movement:02d}_s{subject:02d}"
            problems.append(Problem("note", where, f"the {label} episodes {numbers} are not in this copy"))


def _read_joints(path: Path, n_joints: int) -> FloatArray:
    table = read_number_table(path)
    if table.shape[1] != 3 * n_joints:
        raise InputError(f"{path.name} has the wrong shape: expected {3 * n_joints} columns, got {table.shape[1]}")
    if not np.isfinite(table).all():
        row = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
        raise InputError(f"{path.name} holds NaN or infinite numbers (first in row {row + 1}); get the file again")
    return table.reshape(len(table), n_joints, 3)


def _motion(joints: FloatArray, fps: float, skeleton: str) -> Motion:
    confidence = np.asarray(~np.isnan(joints).any(axis=-1), dtype=np.float64)
    return Motion(joints, confidence, np.arange(len(joints)) / fps, SKELETONS[skeleton], "metre")


def _kind_of(message: str) -> str:
    if "NaN" in message:
        return "not a number"
    if "shape" in message or "frames but" in message or "in its first row" in message:
        return "wrong shape"
    return "empty" if "is empty" in message else "unreadable"
