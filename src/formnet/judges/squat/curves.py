"""Named curves of a squat in the person's own frame (left, forward, up), lengths in shins, angles in degrees.

A curve whose joints the joint set lacks is NaN throughout; learners leave such features out.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from formnet.geometry.angles import compute_joint_angle_deg
from formnet.geometry.joints import Joints
from formnet.geometry.vectors import compute_length, compute_unit_vectors
from formnet.judges.squat.phases import Phases, find_phases
from formnet.motion import FloatArray
from formnet.skeleton import Skeleton, mirror_name

LEFT, FORWARD, UP = 0, 1, 2
NamedCurves = dict[str, FloatArray]

# Distances that are measured as logarithms of their ratio to standing; on the left they stand for both sides.
_RATIOS = (
    ("left_wrist", "right_wrist"), ("left_wrist", "left_shoulder"), ("left_wrist", "left_hip"), ("nose", "left_hip"),
    ("nose", "left_shoulder"), ("left_shoulder", "left_knee"), ("left_shoulder", "left_ankle"),
    ("left_hip", "left_ankle"), ("left_hip", "left_foot_index"), ("left_knee", "left_foot_index"),
    ("left_knee", "left_heel"), ("left_knee", "right_knee"), ("left_ankle", "right_ankle"),
    ("left_foot_index", "right_foot_index"), ("left_heel", "right_heel"), ("left_elbow", "right_elbow"),
    ("left_elbow", "left_hip"), ("left_shoulder", "left_hip"), ("left_shoulder", "right_hip"),
    ("left_heel", "left_foot_index"), ("left_ankle", "left_foot_index"), ("left_ankle", "left_heel"),
    ("left_knee", "right_ankle"),
)  # fmt: skip


def compute_squat_curves(body: FloatArray, skeleton: Skeleton) -> tuple[NamedCurves, Phases]:
    """Curves (T,) by name of (T, J, 3) components (left, forward, up), and the phases of the squat.

    Curves of two sides become their mean (`mean …`) and absolute difference (`gap …`), so mirroring changes nothing.
    """
    joints = Joints(body, skeleton, absent="nan")
    phases = find_phases(joints.middle("hip")[:, UP] - np.median(joints.middle("ankle")[:, UP]))
    curves: NamedCurves = {}
    left, right = (_side_curves(joints, side, phases) for side in ("left", "right"))
    for name, curve in left.items():
        curves[f"mean {name}"] = 0.5 * (curve + right[name])
        curves[f"gap {name}"] = np.abs(curve - right[name])
    curves |= _trunk_curves(joints) | _width_curves(joints) | _place_curves(joints, phases)
    curves |= _ratio_curves(joints, phases)
    return curves, phases


def _side_curves(joints: Joints, side: str, phases: Phases) -> NamedCurves:
    outward = 1.0 if side == "left" else -1.0
    shoulder, elbow, wrist, hip, knee, ankle, heel, toe = joints.side(
        side, "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index"
    )
    foot, thigh, shin = toe - heel, knee - hip, knee - ankle
    # A right angle where a limb has no length.
    angle_deg = partial(compute_joint_angle_deg, degenerate_deg=90.0)
    curves: NamedCurves = {
        "knee": angle_deg(hip, knee, ankle),
        "hip": angle_deg(shoulder, hip, knee),
        "ankle": angle_deg(knee, ankle, toe),
        "elbow": angle_deg(shoulder, elbow, wrist),
        "shoulder": angle_deg(elbow, shoulder, hip),
        "heel": angle_deg(knee, ankle, heel),
        "foot pitch": np.degrees(np.arctan2(foot[:, UP], np.hypot(foot[:, LEFT], foot[:, FORWARD]))),
        "toe out": np.degrees(np.arctan2(outward * foot[:, LEFT], foot[:, FORWARD])),
        "ankle over heel": (ankle - heel)[:, UP],
        "toe over ankle": (toe - ankle)[:, UP],
        "knee before ankle": (knee - ankle)[:, FORWARD],
        "hip over knee": (hip - knee)[:, UP],
        "thigh out": np.degrees(np.arctan2(outward * thigh[:, LEFT], np.abs(thigh[:, FORWARD]) + 0.1)),
        "shin out": np.degrees(np.arctan2(outward * shin[:, LEFT], shin[:, UP])),
        "shin lean": np.degrees(np.arctan2(shin[:, FORWARD], shin[:, UP])),
    }
    for name, path in (("heel", heel), ("toe", toe), ("ankle", ankle)):
        moved = path - np.median(path[phases.standing], axis=0)
        curves[f"{name} lifted"], curves[f"{name} pushed"] = moved[:, UP], moved[:, FORWARD]
    for name, path in (("wrist", wrist), ("elbow", elbow)):
        arm = path - shoulder
        curves |= {f"{name} up": arm[:, UP], f"{name} forward": arm[:, FORWARD], f"{name} out": outward * arm[:, LEFT]}
    return curves


def _trunk_curves(joints: Joints) -> NamedCurves:
    """Lean of the trunk and the head; hands and head in the trunk's own axes."""
    shoulders, eyes, nose = joints.middle("shoulder"), joints.middle("eye"), joints["nose"]
    trunk = shoulders - joints.middle("hip")
    along = compute_unit_vectors(trunk, degenerate=0.0)
    across = compute_unit_vectors(joints.across("shoulder"), degenerate=0.0)
    ahead = compute_unit_vectors(np.cross(across, along), degenerate=0.0)
    curves = {
        "trunk lean": np.degrees(np.arctan2(trunk[:, FORWARD], trunk[:, UP])),
        "trunk aside": np.degrees(np.arctan2(trunk[:, LEFT], trunk[:, UP])),
        "trunk length": np.linalg.norm(trunk, axis=1),
        "head pitch": np.degrees(np.arctan2((nose - eyes)[:, UP], (nose - eyes)[:, FORWARD])),
    }
    for name, path in (
        ("wrists", joints.middle("wrist")), ("elbows", joints.middle("elbow")), ("nose", nose), ("eyes", eyes)
    ):  # fmt: skip
        away = path - shoulders
        curves |= {
            f"{name} along trunk": (away * along).sum(axis=1),
            f"{name} before trunk": (away * ahead).sum(axis=1),
            f"{name} over shoulders": away[:, UP],
            f"{name} before shoulders": away[:, FORWARD],
        }
    return curves


def _width_curves(joints: Joints) -> NamedCurves:
    def width(joint: str) -> FloatArray:
        return np.asarray(compute_length(joints.across(joint)))

    return {
        "knees apart": np.abs(joints.across("knee")[:, LEFT]),
        "ankles apart": np.abs(joints.across("ankle")[:, LEFT]),
        "knees over ankles": width("knee") / (width("ankle") + 0.05),
        "ankles over hips": width("ankle") / (width("hip") + 0.05),
        "wrists over shoulders": width("wrist") / (width("shoulder") + 0.05),
        "elbows over shoulders": width("elbow") / (width("shoulder") + 0.05),
    }


def _place_curves(joints: Joints, phases: Phases) -> NamedCurves:
    """Where hips, knees, shoulders and hands are over and before the feet."""
    hip, knee, ankle, shoulder, wrist, toe, heel = (
        joints.middle(joint) for joint in ("hip", "knee", "ankle", "shoulder", "wrist", "foot_index", "heel")
    )
    return {
        "hip height": phases.height,
        "hips over knees": (hip - knee)[:, UP],
        "hips before ankles": (hip - ankle)[:, FORWARD],
        "shoulders before ankles": (shoulder - ankle)[:, FORWARD],
        "hips before toes": (hip - toe)[:, FORWARD],
        "knees before ankles": (knee - ankle)[:, FORWARD],
        "shoulders over hips": (shoulder - hip)[:, UP],
        "wrists before ankles": (wrist - ankle)[:, FORWARD],
        "shoulders lowered": shoulder[:, UP] - np.median(shoulder[phases.standing, UP]),
        "foot length": np.linalg.norm(toe - heel, axis=1),
    }


def _ratio_curves(joints: Joints, phases: Phases) -> NamedCurves:
    curves = {}
    for first, second in _RATIOS:
        mirrored = (mirror_name(first), mirror_name(second))
        for a, b in [(first, second)] if set(mirrored) == {first, second} else [(first, second), mirrored]:
            distance = np.linalg.norm(joints[a] - joints[b], axis=1) + 0.02
            curves[f"ratio {a} {b}"] = np.log(distance / np.median(distance[phases.standing]))
    return curves
