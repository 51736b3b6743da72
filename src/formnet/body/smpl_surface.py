"""Landmarks and clothing on the surface of the original SMPL mesh, which comes without either."""

from __future__ import annotations

import numpy as np
from smplx.vertex_ids import vertex_ids

from formnet.body.regions import REGION
from formnet.skeleton import SMPL_24

_KNOWN = {
    "nose": "nose",
    "left_eye": "leye",
    "right_eye": "reye",
    "left_ear": "lear",
    "right_ear": "rear",
    "left_heel": "LHeel",
    "right_heel": "RHeel",
    "left_foot_index": "LBigToe",
    "right_foot_index": "RBigToe",
}
# Landmark without a published vertex: where to look, from a known vertex (left side; metres).
_NEAR = {
    "left_eye_inner": ("left_eye", (-0.014, 0.0, 0.0)),
    "left_eye_outer": ("left_eye", (0.014, 0.0, -0.006)),
    "left_mouth": ("nose", (0.024, -0.045, -0.020)),
}


def surface_landmarks(template: np.ndarray, regressor: np.ndarray) -> dict[str, int]:
    """BlazePose landmark → vertex of the SMPL mesh (6890, 3)."""
    ids = vertex_ids["smplh"]
    found = {name: int(ids[key]) for name, key in _KNOWN.items()}
    joints = regressor @ template
    for side, mirror in (("left", 1.0), ("right", -1.0)):
        places = {
            name.replace("left", side): template[found[base.replace("left", side)]] + np.array(offset) * (mirror, 1, 1)
            for name, (base, offset) in _NEAR.items()
        }
        wrist, hand = (joints[SMPL_24.index(f"{side}_{name}")] for name in ("wrist", "hand"))
        tips = {name: template[ids[side[0] + name]] for name in ("pinky", "index", "thumb")}
        # Knuckles lie a little beyond the hand joint or half way to the finger tip, the thumb's at two thirds.
        places[f"{side}_pinky"] = wrist + 0.52 * (tips["pinky"] - wrist)
        places[f"{side}_index"] = hand + 0.25 * (tips["index"] - hand)
        places[f"{side}_thumb"] = wrist + 0.66 * (tips["thumb"] - wrist)
        for name, place in places.items():
            found[name] = int(np.argmin(np.linalg.norm(template - place, axis=1)))
    return found


def surface_regions(
    template: np.ndarray, regressor: np.ndarray, weights: np.ndarray, landmarks: dict[str, int]
) -> np.ndarray:
    """Dresses the SMPL mesh: region (6890,) of each vertex by its strongest bone and its place."""
    joints = dict(zip(SMPL_24.joints, regressor @ template, strict=True))
    bone = np.array(SMPL_24.joints)[np.argmax(weights, axis=1)]
    regions = np.full(len(template), REGION["skin"])
    x, y, z = template.T

    def dress(region: str, bones: tuple[str, ...], where: np.ndarray | bool = True) -> None:
        regions[np.isin(bone, bones) & where] = REGION[region]

    def both(name: str) -> tuple[str, str]:
        return f"left_{name}", f"right_{name}"

    dress("shirt", ("spine1", "spine2", "spine3", *both("collar")))
    dress("shorts", ("pelvis", *both("hip")))
    dress("sleeve", both("shoulder"))
    dress("forearm_cloth", both("elbow"))
    dress("trouser_leg", both("knee"))
    dress("shoe", (*both("ankle"), *both("foot_index")))
    dress("neck", ("neck",))
    half_sleeve = 0.5 * (joints["left_shoulder"][0] + joints["left_elbow"][0])
    dress("forearm_cloth", both("shoulder"), np.abs(x) > half_sleeve)
    eye, ear = template[landmarks["left_eye"]], template[landmarks["left_ear"]]
    hair = (y > eye[1] + 0.055) | ((z < ear[2] - 0.01) & (y > ear[1] - 0.03))
    dress("hair", ("head",), hair)
    for side in ("left", "right"):
        place = template[landmarks[f"{side}_eye"]]
        distance = np.linalg.norm(template - place, axis=1)
        regions[distance < 0.014] = REGION["eye_white"]
        regions[distance < 0.006] = REGION["iris"]
        brow = place + np.array([0.0, 0.020, 0.0])
        regions[(np.abs(x - brow[0]) < 0.018) & (np.abs(y - brow[1]) < 0.005) & (z > brow[2] - 0.03)] = REGION["brow"]
    mouth = 0.5 * (template[landmarks["left_mouth"]] + template[landmarks["right_mouth"]])
    lips = (np.abs(x) < 0.024) & (np.abs(y - mouth[1]) < 0.008) & (z > mouth[2] - 0.01)
    regions[lips & (bone == "head")] = REGION["lips"]
    return regions
