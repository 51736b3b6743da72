"""Joint angles for OpenSim: a MOT file with the coordinate names and signs of the Rajagopal (2016) model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from formnet.conversion import convert_motion
from formnet.exports.tables import at_constant_rate, to_opensim_axes
from formnet.geometry.angles import compute_joint_angle_deg
from formnet.geometry.paths import interpolate_gaps
from formnet.geometry.vectors import compute_unit_vectors
from formnet.motion import FloatArray, Motion
from formnet.skeleton import Skeleton
from formnet.storage.files import atomic_path

_SIDES = (("left", "l"), ("right", "r"))
_NEEDED = Skeleton(
    "mot",
    (
        "pelvis", "neck",
        *(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side, _ in _SIDES),
    ),
)  # fmt: skip


def write_mot(path: Path, world: Motion) -> None:
    """Coordinates over time in degrees and metres (see `compute_coordinates`).

    Raises:
        InputError: a motion that is not 3D in metres, or of one frame.
        SkeletonError: joints of trunk, arms or legs that cannot be derived.
    """
    world = at_constant_rate(world, "MOT")
    table = compute_coordinates(world)
    lines = [
        path.stem,
        "version=1",
        f"nRows={len(world)}",
        f"nColumns={len(table) + 1}",
        "inDegrees=yes",
        "endheader",
        "\t".join(["time", *table]),
    ]
    times_s = world.timestamps - world.timestamps[0]
    for frame, time_s in enumerate(times_s):
        lines.append("\t".join([f"{time_s:.6f}", *(f"{column[frame]:.6f}" for column in table.values())]))
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n")


def compute_coordinates(world: Motion) -> dict[str, FloatArray]:
    """Coordinate name → (T,) angles in degrees and places in metres.

    Joint centres do not tell how the pelvis is tilted against the trunk: pelvis and trunk count as one body here
    (pelvis_tilt is the trunk's lean, lumbar_extension is 0), hip angles are relative to it. Knee, hip and elbow
    flexion are positive. Gaps are bridged by straight lines, ends hold the nearest value.
    """
    motion = convert_motion(world, _NEEDED)
    motion = motion.replace(positions=to_opensim_axes(motion.positions))
    pelvis, neck = motion.joint("pelvis"), motion.joint("neck")
    up = compute_unit_vectors(neck - pelvis)
    right = motion.joint("right_hip") - motion.joint("left_hip")
    right = compute_unit_vectors(right - (right * up).sum(axis=-1, keepdims=True) * up)
    forward = np.cross(up, right)
    table = {
        "pelvis_tilt": _degrees(np.hypot(forward[:, 0], forward[:, 2]), forward[:, 1]),
        "pelvis_list": _degrees(np.hypot(right[:, 0], right[:, 2]), right[:, 1]),
        "pelvis_rotation": np.degrees(np.unwrap(np.nan_to_num(np.arctan2(-forward[:, 2], forward[:, 0])))),
        "pelvis_tx": pelvis[:, 0],
        "pelvis_ty": pelvis[:, 1],
        "pelvis_tz": pelvis[:, 2],
    }
    for side, letter in _SIDES:
        outwards = right if side == "right" else -right
        joints = {
            joint: motion.joint(f"{side}_{joint}") for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        }
        thigh, arm = (
            compute_unit_vectors(joints["knee"] - joints["hip"]),
            compute_unit_vectors(joints["elbow"] - joints["shoulder"]),
        )
        table |= {
            f"hip_flexion_{letter}": _flexion(thigh, up, forward),
            f"hip_adduction_{letter}": -_outwards(thigh, up, outwards),
            f"knee_angle_{letter}": 180.0 - compute_joint_angle_deg(joints["hip"], joints["knee"], joints["ankle"]),
            f"arm_flex_{letter}": _flexion(arm, up, forward),
            f"arm_add_{letter}": -_outwards(arm, up, outwards),
            f"elbow_flex_{letter}": 180.0
            - compute_joint_angle_deg(joints["shoulder"], joints["elbow"], joints["wrist"]),
        }
    table["lumbar_extension"] = np.zeros(len(motion))
    return {name: interpolate_gaps(values, unseen=0.0) for name, values in table.items()}


def _degrees(across: FloatArray, along: FloatArray) -> FloatArray:
    return np.degrees(np.arctan2(along, across))


def _flexion(limb: FloatArray, up: FloatArray, forward: FloatArray) -> FloatArray:
    """Angle of a limb in the body's sagittal plane, 0 hanging down, positive forwards."""
    return _degrees(-(limb * up).sum(axis=-1), (limb * forward).sum(axis=-1))


def _outwards(limb: FloatArray, up: FloatArray, outwards: FloatArray) -> FloatArray:
    """Angle of a limb out of the sagittal plane, positive away from the body."""
    side = (limb * outwards).sum(axis=-1)
    return np.degrees(np.arcsin(np.clip(side, -1.0, 1.0)))
