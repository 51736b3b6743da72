"""Motions as tables: CSV with units, and TRC markers for OpenSim."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from formnet.errors import InputError
from formnet.motion import FloatArray, Motion
from formnet.preprocess.resample import resample_to_fps
from formnet.storage.files import atomic_path

UNIT_SYMBOL = {"pixel": "px", "metre": "m", "body": "body"}


def write_csv(path: Path, motion: Motion) -> None:
    """One row for each frame: frame, time_s, then x, y(, z) with the unit in the name and confidence of each joint.

    A missing joint has empty coordinates and confidence 0.
    """
    axes = "xyz"[: motion.n_dimensions]
    unit = UNIT_SYMBOL[motion.unit]
    header = ["frame", "time_s"]
    for name in motion.skeleton.joints:
        header += [f"{name}_{axis}_{unit}" for axis in axes] + [f"{name}_confidence"]
    with atomic_path(path) as temporary, temporary.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for frame in range(len(motion)):
            row: list[object] = [frame, f"{motion.timestamps[frame]:.9g}"]
            for joint in range(len(motion.skeleton)):
                position = motion.positions[frame, joint]
                row += ["" if np.isnan(value) else f"{value:.6g}" for value in position]
                row.append(f"{motion.confidence[frame, joint]:.4f}")
            writer.writerow(row)


def to_opensim_axes(positions: FloatArray) -> FloatArray:
    """Positions (…, 3) of formnet (x right, y down, z away) in axes with y up: half a turn about x, no reflection."""
    return positions * np.array([1.0, -1.0, -1.0])


def write_trc(path: Path, world: Motion) -> None:
    """Marker file of OpenSim in metres, y up, at a constant rate; missing markers are left empty.

    Raises:
        InputError: a motion that is not 3D in metres, or of one frame.
    """
    world = at_constant_rate(world, "TRC")
    positions = to_opensim_axes(world.positions)
    rate = f"{world.fps:.6g}"
    n_frames, joints = len(world), world.skeleton.joints
    numbers = range(1, len(joints) + 1)
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{n_frames}\t{len(joints)}\tm\t{rate}\t1\t{n_frames}",
        "Frame#\tTime\t" + "\t\t\t".join(joints) + "\t\t",
        "\t\t" + "\t".join(f"X{n}\tY{n}\tZ{n}" for n in numbers),
        "",
    ]
    for frame in range(n_frames):
        values = ("" if np.isnan(value) else f"{value:.6f}" for value in positions[frame].ravel())
        lines.append(f"{frame + 1}\t{world.timestamps[frame]:.6f}\t" + "\t".join(values))
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n")


def at_constant_rate(world: Motion, form: str) -> Motion:
    """The motion at its median rate; OpenSim takes no other.

    Raises:
        InputError: a motion that is not 3D in metres, or of one frame.
    """
    require_world(world, form)
    steps_s = np.diff(world.timestamps)
    return world if np.allclose(steps_s, steps_s[0], rtol=1e-4) else resample_to_fps(world, world.fps)


def require_world(world: Motion, form: str) -> Motion:
    """The motion itself; raises `InputError` where it is not 3D in metres, or has one frame."""
    if world.n_dimensions != 3 or world.unit != "metre":
        raise InputError(
            f"{form} needs positions in metres in 3D; this source is {world.n_dimensions}D in {world.unit}s"
        )
    if len(world) < 2:
        raise InputError(f"{form} needs two frames or more; this source has one")
    return world
