"""The procedural body: all parts put together in SMPL's format.

Shape components are differences of whole meshes, so a longer thigh moves the knee, the shank and the
shoe with it. Joints are sums of nearby vertices, as in SMPL, found so that they lie on the joint
centres of `proportions.rest_joints` for every shape.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from formnet.body.data import BodyData
from formnet.body.head_parts import face_point, head_parts
from formnet.body.limb_parts import arm, hand_parts, leg, shoe, shoulder_ridge
from formnet.body.mesh import Part, mirrored
from formnet.body.proportions import COMPONENT_NAMES, Proportions, foot_direction, rest_joints, vary
from formnet.body.trunk import neck, trunk
from formnet.skeleton import SMPL_24


@lru_cache(maxsize=1)
def procedural_body() -> BodyData:
    """Builds the procedural body (a few thousand vertices, ten shape components)."""
    mean = Proportions()
    parts = _parts(mean)
    template = _vertices(parts)
    joints = _joint_array(mean)
    directions, joint_directions = [], []
    for component in range(len(COMPONENT_NAMES)):
        unit = np.eye(len(COMPONENT_NAMES))[component]
        above, below = vary(mean, unit), vary(mean, -unit)
        directions.append((_vertices(_parts(above)) - _vertices(_parts(below))) / 2)
        joint_directions.append((_joint_array(above) - _joint_array(below)) / 2)
    shape_directions = np.stack(directions, axis=-1)
    offsets = np.cumsum([0] + [len(part.vertices) for part in parts[:-1]])
    weights = np.concatenate([part.weights for part in parts])
    return BodyData(
        template=template,
        shape_directions=shape_directions,
        joint_regressor=_joint_regressor(template, shape_directions, joints, np.stack(joint_directions, axis=-1)),
        skin_weights=weights,
        pose_directions=None,
        faces=np.concatenate([part.faces + offset for part, offset in zip(parts, offsets, strict=True)]),
        regions=np.concatenate([part.regions for part in parts]),
        landmark_vertices=_landmark_vertices(template, weights, mean),
        shape_names=COMPONENT_NAMES,
    )


def _parts(p: Proportions) -> list[Part]:
    left = [arm(p), shoulder_ridge(p), leg(p), shoe(p), *hand_parts(p)]
    return [trunk(p), neck(p), *head_parts(p), *left, *(mirrored(part, SMPL_24.mirror) for part in left)]


def _vertices(parts: list[Part]) -> np.ndarray:
    return np.concatenate([part.vertices for part in parts])


def _joint_array(p: Proportions) -> np.ndarray:
    joints = rest_joints(p)
    return np.stack([joints[name] for name in SMPL_24.joints])


def _joint_regressor(
    template: np.ndarray, shape_directions: np.ndarray, joints: np.ndarray, joint_directions: np.ndarray
) -> np.ndarray:
    """Weights (24, V), each row summing to 1, that give the joints of every shape from its vertices.

    The least-norm solution over the nearest vertices: it exists because the centre of a ring lies on the
    bone, and being spread over many vertices it is insensitive to any one of them.
    """
    neighbours = 260
    regressor = np.zeros((len(joints), len(template)))
    for number, joint in enumerate(joints):
        near = np.argsort(np.linalg.norm(template - joint, axis=1))[:neighbours]
        system = np.concatenate(
            [np.ones((1, neighbours)), template[near].T, shape_directions[near].reshape(neighbours, -1).T]
        )
        target = np.concatenate([[1.0], joint, joint_directions[number].reshape(-1)])
        regressor[number, near] = np.linalg.lstsq(system, target, rcond=1e-7)[0]
    return regressor


def _landmark_vertices(template: np.ndarray, weights: np.ndarray, p: Proportions) -> dict[str, int]:
    """The vertex nearest to each landmark of face, hands and feet, among those that follow a single bone."""
    joints = rest_joints(p)
    hand, ankle = p.hand, joints["left_ankle"]
    ground = np.array([ankle[0], ankle[1] - p.ankle_height, ankle[2]])
    places = {
        "nose": ("head", face_point(p, 0.0, 0.078, 0.116)),
        "left_eye_inner": ("head", face_point(p, 0.019, 0.112, 0.082)),
        "left_eye": ("head", face_point(p, 0.032, 0.112, 0.090)),
        "left_eye_outer": ("head", face_point(p, 0.046, 0.112, 0.080)),
        "left_ear": ("head", face_point(p, 0.083, 0.098, -0.002)),
        "left_mouth": ("head", face_point(p, 0.024, 0.052, 0.087)),
        "left_pinky": ("left_wrist", joints["left_wrist"] + np.array([0.46, -0.02, -0.17]) * hand),
        "left_index": ("left_wrist", joints["left_wrist"] + np.array([0.46, -0.02, 0.19]) * hand),
        "left_thumb": ("left_wrist", joints["left_wrist"] + np.array([0.30, -0.12, 0.30]) * hand),
        "left_heel": ("left_ankle", ground + foot_direction() * -0.27 * p.foot + (0, 0.025, 0)),
        "left_foot_index": ("left_foot_index", ground + foot_direction() * 0.68 * p.foot + (0, 0.030, 0)),
    }
    found = {}
    for name, (joint, place) in places.items():
        rigid = np.flatnonzero(weights[:, SMPL_24.index(joint)] > 0.999)
        found[name] = int(rigid[np.argmin(np.linalg.norm(template[rigid] - place, axis=1))])
        if name.startswith("left_"):
            # The very same vertex on the other side, so that left and right are exact mirror images.
            twin = template[found[name]] * (-1, 1, 1)
            found["right_" + name.removeprefix("left_")] = int(np.argmin(np.linalg.norm(template - twin, axis=1)))
    return found
