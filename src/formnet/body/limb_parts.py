"""Surface of the left arm, hand, leg and shoe (the right side is mirrored)."""

from __future__ import annotations

import numpy as np

from formnet.body.mesh import (
    Part,
    per_ring,
    profile,
    rigid_part,
    rounded_stations,
    smoothstep,
    tube_faces,
    tube_vertices,
)
from formnet.body.proportions import Proportions, foot_direction, rest_joints
from formnet.body.regions import REGION
from formnet.skeleton import SMPL_24

_X, _Y, _Z = np.eye(3)

# Columns: position (0 hip, 1 knee, 2 ankle), half width, depth in front, depth behind (metres).
_LEG = np.array([
    [-0.22, 0.089, 0.090, 0.096],
    [0.00, 0.088, 0.090, 0.095],
    [0.15, 0.087, 0.090, 0.092],
    [0.35, 0.081, 0.086, 0.082],
    [0.60, 0.071, 0.076, 0.070],
    [0.85, 0.060, 0.059, 0.060],
    [1.00, 0.055, 0.053, 0.057],
    [1.12, 0.052, 0.049, 0.059],
    [1.30, 0.055, 0.047, 0.069],
    [1.50, 0.049, 0.043, 0.060],
    [1.75, 0.038, 0.036, 0.044],
    [1.93, 0.034, 0.036, 0.040],
    [2.10, 0.036, 0.038, 0.042],
])  # fmt: skip
# Columns: position (0 shoulder, 1 elbow, 2 wrist), half height, half depth in front, behind.
_ARM = np.array([
    [-0.18, 0.050, 0.052, 0.052],
    [0.00, 0.052, 0.057, 0.057],
    [0.25, 0.051, 0.054, 0.055],
    [0.50, 0.045, 0.048, 0.049],
    [0.85, 0.038, 0.040, 0.041],
    [1.00, 0.036, 0.041, 0.040],
    [1.20, 0.037, 0.044, 0.041],
    [1.50, 0.032, 0.038, 0.035],
    [1.80, 0.024, 0.030, 0.028],
    [2.00, 0.021, 0.029, 0.027],
    [2.08, 0.020, 0.029, 0.027],
])  # fmt: skip
# Columns: position along the shoe (0 heel, 1 toe), half width, height of the upper over the ground.
_SHOE = np.array([
    [0.00, 0.022, 0.052],
    [0.05, 0.031, 0.070],
    [0.20, 0.034, 0.082],
    [0.33, 0.036, 0.086],
    [0.45, 0.039, 0.078],
    [0.60, 0.046, 0.064],
    [0.75, 0.050, 0.054],
    [0.90, 0.044, 0.047],
    [0.97, 0.034, 0.040],
    [1.00, 0.022, 0.034],
])  # fmt: skip
_SHORTS_HEM, _SOCK_EDGE, _SLEEVE_HEM, _CUFF = 0.86, 1.84, 0.58, 1.90
_LEG_SEGMENTS, _ARM_SEGMENTS = 20, 16


def leg(p: Proportions) -> Part:
    """Left leg from the hip to inside the shoe, one tube that bends at the knee."""
    joints = rest_joints(p)
    unit, caps = rounded_stations(42, 0.095, 0.02)
    stations, order = _with_edges(-0.22 + unit * 2.32, _SHORTS_HEM, _SOCK_EDGE)
    caps = np.concatenate([caps, np.ones(4)])[order]
    thickness = profile(stations, _LEG) * caps[:, None]
    # Cloth stands off the skin.
    cloth = 0.010 * smoothstep((stations + 0.1) / 0.5) * (stations < _SHORTS_HEM)
    centres = _path(stations, [joints["left_hip"], joints["left_knee"], joints["left_ankle"]])
    radii = (thickness * p.girth + cloth[:, None]) * p.scale
    vertices = tube_vertices(centres, _X, _Z, radii, _LEG_SEGMENTS)
    regions = np.select(
        [stations < _SHORTS_HEM, stations < _SOCK_EDGE], [REGION["shorts"], REGION["trouser_leg"]], REGION["sock"]
    )
    weights = _chain_weights(stations, ("left_hip", "left_knee", "left_ankle"), (0.0, 0.10, 0.05))
    # The buttock stretches between pelvis and thigh.
    weights[:, SMPL_24.index("pelvis")] = 0.35 * (1 - smoothstep((stations + 0.15) / 0.3))
    weights[:, SMPL_24.index("left_hip")] -= weights[:, SMPL_24.index("pelvis")]
    return _tube_part(vertices, len(stations), _LEG_SEGMENTS, weights, regions)


def arm(p: Proportions) -> Part:
    """Left arm from the shoulder to the wrist, one tube that bends at the elbow."""
    joints = rest_joints(p)
    unit, caps = rounded_stations(36, 0.085, 0.02)
    stations, order = _with_edges(-0.18 + unit * 2.26, _SLEEVE_HEM, _CUFF)
    caps = np.concatenate([caps, np.ones(4)])[order]
    cloth = 0.007 * smoothstep((stations + 0.1) / 0.4) * (stations < _SLEEVE_HEM)
    radii = (profile(stations, _ARM) * (0.25 + 0.75 * p.girth) + cloth[:, None]) * caps[:, None] * p.scale
    centres = _path(stations, [joints["left_shoulder"], joints["left_elbow"], joints["left_wrist"]])
    vertices = tube_vertices(centres, _Y, _Z, radii, _ARM_SEGMENTS)
    regions = np.select(
        [stations < _SLEEVE_HEM, stations < _CUFF], [REGION["sleeve"], REGION["forearm_cloth"]], REGION["skin"]
    )
    weights = _chain_weights(stations, ("left_shoulder", "left_elbow", "left_wrist"), (0.0, 0.11, 0.05))
    weights[:, SMPL_24.index("left_collar")] = 0.4 * (1 - smoothstep((stations + 0.2) / 0.3))
    weights[:, SMPL_24.index("left_shoulder")] -= weights[:, SMPL_24.index("left_collar")]
    return _tube_part(vertices, len(stations), _ARM_SEGMENTS, weights, regions)


def shoulder_ridge(p: Proportions) -> Part:
    """The slope from the neck to the tip of the left shoulder; follows the collar bone."""
    joints = rest_joints(p)
    unit, caps = rounded_stations(16, 0.12, 0.22)
    low = joints["left_shoulder"]
    start = low * (0.10, 1, 1) + np.array([0, 0.024, 0.002]) * p.scale
    end = low + np.array([0.016, 0.003, 0]) * p.scale
    centres = start + unit[:, None] * (end - start)
    table = np.array([[0.0, 0.046, 0.044, 0.054], [0.4, 0.047, 0.047, 0.053], [0.8, 0.045, 0.050, 0.052],
                      [1.0, 0.043, 0.048, 0.050]])  # fmt: skip
    radii = profile(unit, table) * caps[:, None] * p.scale * (0.4 + 0.6 * p.girth)
    weights = np.zeros((len(unit), 24))
    inner = 1 - smoothstep(unit / 0.5)
    weights[:, SMPL_24.index("spine3")] = inner
    weights[:, SMPL_24.index("left_collar")] = 1 - inner
    vertices = tube_vertices(centres, _Y, _Z, radii, _ARM_SEGMENTS)
    return _tube_part(vertices, len(unit), _ARM_SEGMENTS, weights, np.full(len(unit), REGION["shirt"]))


def hand_parts(p: Proportions) -> list[Part]:
    """Left palm, four fingers and thumb, palm down. The palm belongs to the wrist, the fingers to the hand."""
    joints = rest_joints(p)
    wrist, size = joints["left_wrist"], p.hand * p.scale
    unit, caps = rounded_stations(14, 0.10, 0.12)
    width = np.interp(unit, [0, 0.15, 0.6, 1], [0.155, 0.17, 0.23, 0.22])
    thick = np.interp(unit, [0, 0.3, 1], [0.095, 0.085, 0.065])
    radii = np.stack([thick, width, width], axis=-1) * caps[:, None] * size
    centres = wrist + np.stack([-0.04 + unit * 0.56, -0.02 * unit, 0.01 + 0 * unit], axis=-1) * size
    palm = tube_vertices(centres, _Y, _Z, radii, 14)
    parts = [rigid_part(palm, 14, 14, "left_wrist", "skin")]
    # Root over the palm, length, thickness: index to little finger, as fractions of the hand.
    fingers = ((0.165, 0.40, 0.050), (0.055, 0.45, 0.052), (-0.055, 0.42, 0.050), (-0.160, 0.33, 0.044))
    for root, length, radius in fingers:
        start = wrist + np.array([0.47, -0.01, 0.01 + root]) * size
        way = np.array([1.0, -0.22, root * 0.35]) / np.hypot(1.0, 0.22)
        parts.append(_finger(start, way * length * size, radius * size, "left_hand"))
    start = wrist + np.array([0.10, -0.03, 0.13]) * size
    parts.append(_finger(start, np.array([0.33, -0.12, 0.27]) * size, 0.062 * size, "left_wrist"))
    return parts


def shoe(p: Proportions) -> Part:
    """Left shoe: flat sole, heel, instep and toe; the toes bend at the ball of the foot."""
    ankle = rest_joints(p)["left_ankle"] / p.scale
    ground = ankle[1] - p.ankle_height
    unit, caps = rounded_stations(22, 0.10, 0.13)
    along = foot_direction()
    across = np.cross(_Y, along)
    half, top = profile(unit, _SHOE).T
    half, top = half * caps**0.7, top * (0.35 + 0.65 * caps)
    length = p.foot + 0.018
    # The lower half of every ring is squashed onto the ground plane to make a flat sole.
    centres = (ankle * (1, 0, 1) + (unit[:, None] - 0.25) * along * length) + np.array([0, ground + 0.022, 0])
    below = np.full_like(unit, 0.022) * (0.5 + 0.5 * caps)
    vertices = tube_vertices(centres, across, _Y, np.stack([half, top - 0.022, below], axis=-1), 18, exponent=2.6)
    sole = vertices[:, 1] < ground + 0.016
    regions = np.where(sole, REGION["sole"], REGION["shoe"])
    toe = smoothstep((per_ring(unit, 18) - 0.66) / 0.10)
    weights = np.zeros((len(vertices), 24))
    weights[:, SMPL_24.index("left_ankle")] = 1 - toe
    weights[:, SMPL_24.index("left_foot_index")] = toe
    return Part(vertices * p.scale, tube_faces(len(unit), 18), weights, regions)


def _finger(start: np.ndarray, way: np.ndarray, radius: float, joint: str) -> Part:
    unit, caps = rounded_stations(9, 0.12, 0.12)
    along = way / np.linalg.norm(way)
    u = np.cross(along, _Y)
    u /= np.linalg.norm(u)
    centres = start + unit[:, None] * way + (-0.10 * np.linalg.norm(way) * unit[:, None] ** 2) * _Y
    radii = (caps * (1 - 0.25 * unit) * radius)[:, None].repeat(3, axis=1)
    return rigid_part(tube_vertices(centres, u, np.cross(along, u), radii, 6), len(unit), 6, joint, "skin")


def _tube_part(vertices: np.ndarray, rings: int, segments: int, weights: np.ndarray, regions: np.ndarray) -> Part:
    return Part(vertices, tube_faces(rings, segments), per_ring(weights, segments), per_ring(regions, segments))


def _with_edges(stations: np.ndarray, *edges: float) -> tuple[np.ndarray, np.ndarray]:
    """Adds two rings at each edge, so that colour and cloth thickness change sharply; also the sorting order."""
    extra = [edge + side for edge in edges for side in (-2e-3, 2e-3)]
    joined = np.concatenate([stations, extra])
    order = np.argsort(joined)
    return joined[order], order


def _path(stations: np.ndarray, joints: list[np.ndarray]) -> np.ndarray:
    """Points (R, 3) on the polyline through the joints; before and after it goes straight on."""
    points = np.stack(joints)
    piece = np.clip(np.floor(stations).astype(int), 0, len(points) - 2)
    return points[piece] + (stations - piece)[:, None] * (points[piece + 1] - points[piece])


def _chain_weights(stations: np.ndarray, names: tuple[str, ...], half_ranges: tuple[float, ...]) -> np.ndarray:
    """Skinning weights (R, 24) along a limb; bone k takes over at station k within its half range."""
    weights = np.zeros((len(stations), 24))
    left = np.ones(len(stations))
    for number in range(1, len(names)):
        above = smoothstep((stations - number) / (2 * half_ranges[number]) + 0.5)
        weights[:, SMPL_24.index(names[number - 1])] += left * (1 - above)
        left = left * above
    weights[:, SMPL_24.index(names[-1])] += left
    return weights
