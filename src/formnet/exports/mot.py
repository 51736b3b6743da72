"""Joint angles for OpenSim: a MOT file with the coordinate names and signs of the Rajagopal (2016) model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from formnet.conversion import convert_motion
from formnet.exports.tables import at_constant_rate, to_opensim_axes
from formnet.geometry.angles import compute_angle_between_deg, compute_joint_angle_deg
from formnet.geometry.paths import interpolate_gaps, sample_frames
from formnet.geometry.vectors import compute_unit_vectors
from formnet.motion import FloatArray, Motion
from formnet.skeleton import LIFTED_32, Skeleton
from formnet.storage.files import atomic_path

_SIDES = (("left", "l"), ("right", "r"))
_LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_NEEDED = Skeleton("mot", ("pelvis", "spine2", "neck", *(f"{side}_{joint}" for joint in _LIMBS for side, _ in _SIDES)))
_FEET = Skeleton("mot_feet", tuple(f"{side}_{joint}" for side, _ in _SIDES for joint in ("heel", "foot_index")))


def write_mot(path: Path, world: Motion, standing: NDArray[np.bool_] | None = None) -> None:
    """Coordinates over time in degrees and metres (see `compute_coordinates`).

    Raises:
        InputError: a motion that is not 3D in metres, or of one frame.
        SkeletonError: joints of trunk, arms or legs that cannot be derived.
    """
    even = at_constant_rate(world, "MOT")
    if standing is not None and len(even) != len(world):
        at = np.interp(even.timestamps, world.timestamps, np.arange(len(world)))
        standing = sample_frames(standing.astype(float), at) > 0.5
    table = compute_coordinates(even, standing)
    lines = [
        path.stem,
        "version=1",
        f"nRows={len(even)}",
        f"nColumns={len(table) + 1}",
        "inDegrees=yes",
        "endheader",
        "\t".join(["time", *table]),
    ]
    for frame, time_s in enumerate(even.timestamps):
        lines.append("\t".join([f"{time_s:.6f}", *(f"{column[frame]:.6f}" for column in table.values())]))
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n")


def compute_coordinates(world: Motion, standing: NDArray[np.bool_] | None = None) -> dict[str, FloatArray]:
    """Coordinate name → (T,) angles in degrees and places in metres; docs/exports.md says what each is.

    The pelvis is turned by the line of the hips and the lower half of the spine, the trunk by the line of the shoulders
    and the upper half. Joint centres do not tell how either is tilted in its bones: the spine of the person's own
    standing counts as straight. Without a spine, or with one that was lifted from a picture (against motion capture it
    bends the wrong way, 28° off where no bending at all is 24°), pelvis and trunk lean alike: lumbar_extension and
    lumbar_bending are 0, lumbar_rotation is that of the shoulders. Gaps are bridged by straight lines, ends hold the
    nearest value.

    Args:
        world: (T, J, 3) metres, y down; the person faces +x for the pelvis' angles to be those that one expects.
        standing: (T,) frames of standing upright; None where there is none.
    """
    motion = convert_motion(world, _NEEDED)
    motion = motion.replace(positions=to_opensim_axes(motion.positions))
    pelvis, spine, neck = (motion.joint(name) for name in ("pelvis", "spine2", "neck"))
    if world.skeleton == LIFTED_32:
        spine = 0.5 * (pelvis + neck)
    whole = _make_axes(neck - pelvis, _across(motion, "hip"))
    pelvis_axes = _make_axes(_untilt(spine - pelvis, whole, standing), _across(motion, "hip"))
    trunk_axes = _make_axes(_untilt(neck - spine, whole, standing), _across(motion, "shoulder"))
    table = dict(zip(("pelvis_tilt", "pelvis_list", "pelvis_rotation"), _to_euler_deg(pelvis_axes), strict=True))
    table["pelvis_rotation"] = np.degrees(np.unwrap(np.radians(interpolate_gaps(table["pelvis_rotation"]))))
    table |= {f"pelvis_t{axis}": pelvis[:, number] for number, axis in enumerate("xyz")}
    for side, letter in _SIDES:
        table |= _compute_limbs(motion, side, letter, pelvis_axes, trunk_axes)
        table[f"ankle_angle_{letter}"] = _compute_ankle_deg(world, motion, side, standing)
    lumbar = _to_euler_deg(np.swapaxes(pelvis_axes, -1, -2) @ trunk_axes)
    table |= dict(zip(("lumbar_extension", "lumbar_bending", "lumbar_rotation"), lumbar, strict=True))
    return {name: interpolate_gaps(values, unseen=0.0) for name, values in table.items() if np.isfinite(values).any()}


def _compute_limbs(
    motion: Motion, side: str, letter: str, pelvis_axes: FloatArray, trunk_axes: FloatArray
) -> dict[str, FloatArray]:
    shoulder, elbow, wrist, hip, knee, ankle = (motion.joint(f"{side}_{joint}") for joint in _LIMBS)
    thigh, shank, arm = (compute_unit_vectors(limb) for limb in (knee - hip, ankle - knee, elbow - shoulder))
    sign = 1.0 if side == "right" else -1.0
    # The thigh's own way outwards: the hips' line, made square to the thigh.
    outwards = sign * pelvis_axes[..., 2]
    outwards = compute_unit_vectors(outwards - (outwards * thigh).sum(axis=-1, keepdims=True) * thigh)
    return {
        f"hip_flexion_{letter}": _flexion(thigh, pelvis_axes),
        f"hip_adduction_{letter}": -sign * _rise_deg(thigh, pelvis_axes[..., 2]),
        f"knee_angle_{letter}": 180.0 - compute_joint_angle_deg(hip, knee, ankle),
        f"knee_adduction_{letter}": -_rise_deg(shank, outwards),
        f"arm_flex_{letter}": _flexion(arm, trunk_axes),
        f"arm_add_{letter}": -sign * _rise_deg(arm, trunk_axes[..., 2]),
        f"elbow_flex_{letter}": 180.0 - compute_joint_angle_deg(shoulder, elbow, wrist),
    }


def _compute_ankle_deg(world: Motion, motion: Motion, side: str, standing: NDArray[np.bool_] | None) -> FloatArray:
    """(T,) 0 where the shank is square to the sole, positive with the toes up; NaN without heels and toes.

    The line from heel to toe is not the sole: its slope while the person stands tells by how much.
    """
    feet = convert_motion(world, _FEET, allow_missing=True)
    foot = to_opensim_axes(feet.joint(f"{side}_foot_index") - feet.joint(f"{side}_heel"))
    shank = motion.joint(f"{side}_knee") - motion.joint(f"{side}_ankle")
    slope_deg = np.degrees(np.arctan2(foot[:, 1], np.hypot(foot[:, 0], foot[:, 2])))
    own_deg = slope_deg[standing] if standing is not None else slope_deg[:0]
    own_deg = own_deg[np.isfinite(own_deg)]
    flat_deg = float(np.median(own_deg)) if len(own_deg) else 0.0
    return np.asarray(90.0 - compute_angle_between_deg(shank, foot) - flat_deg)


def _across(motion: Motion, joint: str) -> FloatArray:
    return motion.joint(f"right_{joint}") - motion.joint(f"left_{joint}")


def _untilt(line: FloatArray, axes: FloatArray, standing: NDArray[np.bool_] | None) -> FloatArray:
    """Part of the spine (T, 3), turned about the line of the hips so that in standing it is in line with the trunk.

    Args:
        axes: (T, 3, 3) of the whole trunk.
    """
    if standing is None or not standing.any():
        return line
    forward, up, right = np.moveaxis((line[:, None] @ axes)[:, 0], -1, 0)
    own = np.arctan2(forward, up)[standing]
    own = own[np.isfinite(own)]
    if not len(own):
        return line
    c, s = np.cos(angle := np.median(own)), np.sin(angle)
    turned = np.stack([c * forward - s * up, s * forward + c * up, right], axis=-1)
    return np.asarray((axes @ turned[..., None])[..., 0])


def _make_axes(up: FloatArray, right: FloatArray) -> FloatArray:
    """(T, 3, 3) with the columns forward, up and right of a body; `up` is kept, `right` made square to it."""
    up = compute_unit_vectors(up)
    right = compute_unit_vectors(right - (right * up).sum(axis=-1, keepdims=True) * up)
    return np.stack([np.cross(up, right), up, right], axis=-1)


def _to_euler_deg(axes: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Turns about z, x and y, in the order in which OpenSim's pelvis and back make them: R = Rz · Rx · Ry."""
    return (
        np.degrees(np.arctan2(-axes[:, 0, 1], axes[:, 1, 1])),
        np.degrees(np.arcsin(np.clip(axes[:, 2, 1], -1.0, 1.0))),
        np.degrees(np.arctan2(-axes[:, 2, 0], axes[:, 2, 2])),
    )


def _flexion(limb: FloatArray, axes: FloatArray) -> FloatArray:
    """Angle of a limb in a body's sagittal plane, 0 hanging down, positive forwards."""
    along, across = (limb * axes[..., 0]).sum(axis=-1), -(limb * axes[..., 1]).sum(axis=-1)
    return np.degrees(np.arctan2(along, across))


def _rise_deg(limb: FloatArray, direction: FloatArray) -> FloatArray:
    """Angle of a limb out of the plane that is square to a direction, positive along it."""
    return np.degrees(np.arcsin(np.clip((limb * direction).sum(axis=-1), -1.0, 1.0)))
