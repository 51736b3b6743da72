"""Named curves of a squat in one picture: nothing of the noise along the line of sight enters them.

Picture coordinates are turned so that the standing person is upright, and measured in shins (a standing person from
ankles to shoulders is 3.35 of them).
"""

from __future__ import annotations

import numpy as np

from formnet.geometry.joints import Joints
from formnet.geometry.vectors import compute_unit_vectors
from formnet.judges.squat.curves import NamedCurves
from formnet.judges.squat.phases import Phases
from formnet.motion import FloatArray
from formnet.skeleton import Skeleton

SHINS_TO_SHOULDERS = 3.35
ASIDE, UP = 0, 1
_PAIRS = ("heel", "foot_index", "ankle", "knee", "hip", "shoulder", "wrist", "elbow")
_FEET = ("heel", "foot_index", "ankle")


def compute_image_curves(picture: FloatArray, skeleton: Skeleton, phases: Phases) -> NamedCurves:
    """Curves (T,) by name of picture coordinates (T, J, 2), y down."""
    joints = Joints(_stand_upright(picture, skeleton, phases), skeleton, absent="nan")
    standing = phases.standing
    curves: NamedCurves = {}
    for name in _PAIRS:
        middle, apart = joints.middle(name), joints.across(name)
        curves[f"{name} up"], curves[f"{name} aside"] = middle[:, UP], middle[:, ASIDE]
        curves[f"{name} width"] = np.hypot(apart[:, ASIDE], apart[:, UP])
    for side in ("left", "right"):
        curves |= _foot_curves(joints, side, standing)
    for name in _FEET:
        lifts = [curves[f"{side} {name} lifted"] for side in ("left", "right")]
        curves[f"{name} lifted"], curves[f"{name} lifted most"] = 0.5 * (lifts[0] + lifts[1]), np.maximum(*lifts)
    curves["foot pitch"] = 0.5 * (curves["left foot pitch"] + curves["right foot pitch"])
    curves["hips over knees"] = curves["hip up"] - curves["knee up"]
    curves["hips over knees in shins"] = curves["hips over knees"] / (curves["knee up"] - curves["ankle up"] + 0.1)
    curves["knees over ankles"] = curves["knee width"] / (curves["ankle width"] + 0.05)
    curves["hips of standing"] = curves["hip up"] / np.median(curves["hip up"][standing])
    trunk = curves["shoulder up"] - curves["hip up"]
    curves["trunk of standing"] = trunk / np.median(trunk[standing])
    curves["nose over shoulders"] = joints["nose"][:, UP] - curves["shoulder up"]
    for name in ("wrist", "elbow"):
        curves[f"{name}s over shoulders"] = curves[f"{name} up"] - curves["shoulder up"]
    return curves


def log_distance_ratios(picture: FloatArray, standing: np.ndarray, most: float = 1.5) -> FloatArray:
    """(T, J, 2) → (T, J·(J-1)/2): logarithms of all distances over those when standing, at most ±`most`."""
    first, second = np.triu_indices(picture.shape[1], 1)
    distances = np.linalg.norm(picture[:, first] - picture[:, second], axis=2)
    # The floor is a share of the body, so that neither unit nor distance to the camera matters.
    distances = distances + 0.005 * np.nanmedian(np.nanmax(distances, axis=1))
    return np.asarray(np.clip(np.log(distances / np.median(distances[standing], axis=0)), -most, most))


def _stand_upright(picture: FloatArray, skeleton: Skeleton, phases: Phases) -> FloatArray:
    joints = Joints(picture, skeleton, absent="nan")
    ankles = joints.middle("ankle")
    body = np.median((joints.middle("shoulder") - ankles)[phases.standing], axis=0)
    shin = max(float(np.linalg.norm(body)), 1e-9) / SHINS_TO_SHOULDERS
    up = compute_unit_vectors(body, degenerate=0.0)
    axes = np.stack([np.array([-up[1], up[0]]), up])
    return np.asarray((picture - np.median(ankles[phases.standing], axis=0)) / shin @ axes.T)


def _foot_curves(joints: Joints, side: str, standing: np.ndarray) -> NamedCurves:
    heel, toe, ankle = joints.side(side, *_FEET)
    curves: NamedCurves = {}
    for name, path in zip(_FEET, (heel, toe, ankle), strict=True):
        moved = path - np.median(path[standing], axis=0)
        curves[f"{side} {name} lifted"], curves[f"{side} {name} slid"] = moved[:, UP], moved[:, ASIDE]
    foot = toe - heel
    own = np.median(foot[standing], axis=0)
    curves[f"{side} foot pitch"] = foot[:, UP] - own[UP]
    curves[f"{side} foot length"] = np.hypot(*foot.T) / max(float(np.hypot(*own)), 1e-9)
    for name, part in (("toe over ankle", toe - ankle), ("heel over ankle", heel - ankle)):
        curves[f"{side} {name}"] = part[:, UP] - np.median(part[standing, UP])
    return curves
