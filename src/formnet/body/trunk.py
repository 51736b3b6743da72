"""Surface of the trunk and neck."""

from __future__ import annotations

import numpy as np

from formnet.body.mesh import Part, per_ring, profile, smoothstep, tube_faces, tube_vertices
from formnet.body.proportions import Proportions, rest_joints
from formnet.body.regions import REGION
from formnet.skeleton import SMPL_24

_SEGMENTS = 32
_X, _BACK = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, -1.0])

# Stations are heights above the pelvis of the average body; they move with the joints of the person.
# Columns: station, half width, depth behind, depth in front, forward shift of the centre (metres).
_TRUNK = np.array([
    [-0.158, 0.020, 0.020, 0.020, -0.010],
    [-0.154, 0.055, 0.050, 0.045, -0.010],
    [-0.142, 0.095, 0.080, 0.062, -0.010],
    [-0.120, 0.140, 0.110, 0.078, -0.008],
    [-0.080, 0.168, 0.126, 0.090, -0.005],
    [-0.030, 0.168, 0.116, 0.098, -0.003],
    [0.030, 0.153, 0.090, 0.104, -0.004],
    [0.100, 0.138, 0.074, 0.106, -0.006],
    [0.160, 0.137, 0.076, 0.104, -0.008],
    [0.230, 0.148, 0.088, 0.106, -0.012],
    [0.300, 0.160, 0.100, 0.114, -0.016],
    [0.360, 0.168, 0.102, 0.112, -0.021],
    [0.405, 0.170, 0.096, 0.096, -0.026],
    [0.440, 0.158, 0.082, 0.076, -0.031],
    [0.465, 0.122, 0.068, 0.060, -0.033],
    [0.485, 0.086, 0.058, 0.054, -0.033],
    [0.500, 0.066, 0.053, 0.050, -0.031],
    [0.504, 0.050, 0.042, 0.040, -0.031],
    [0.506, 0.020, 0.020, 0.020, -0.031],
])  # fmt: skip
# Columns: position from the neck joint (0) to the head joint (1), half width, behind, in front.
_NECK = np.array([
    [-0.60, 0.030, 0.030, 0.030],
    [-0.50, 0.068, 0.056, 0.056],
    [0.00, 0.060, 0.054, 0.056],
    [0.50, 0.054, 0.054, 0.054],
    [1.20, 0.054, 0.056, 0.050],
    [1.40, 0.030, 0.030, 0.030],
])  # fmt: skip
_WAISTBAND = 0.055
_SPINE = ("pelvis", "spine1", "spine2", "spine3", "neck")


def trunk(p: Proportions) -> Part:
    """Trunk from crotch to collar; bends along the whole spine, follows the collar bones near the shoulders."""
    stations = _rings_with_edge(-0.158, 0.506, 44, _WAISTBAND)
    half, behind, front, shift = profile(stations, _TRUNK).T
    centres = np.stack([np.zeros_like(stations), _heights(stations, p), shift * p.scale], axis=-1)
    widths = np.interp(stations, [-0.08, 0.10, 0.30, 0.42], [p.pelvis_width, 1.0, p.chest_width, p.chest_width])
    belly = 1 + (p.belly - 1) * np.exp(-(((stations - 0.09) / 0.13) ** 2))
    radii = np.stack([half * widths * (0.5 + 0.5 * belly), behind, front * belly], axis=-1) * p.girth * p.scale
    vertices = tube_vertices(centres, _X, _BACK, radii, _SEGMENTS, exponent=2.35)
    shirt = np.where(stations > _WAISTBAND, REGION["shirt"], REGION["shorts"])
    weights = _trunk_weights(per_ring(stations, _SEGMENTS), vertices, p)
    return Part(vertices, tube_faces(len(stations), _SEGMENTS), weights, per_ring(shirt, _SEGMENTS))


def neck(p: Proportions) -> Part:
    """Neck, from inside the collar into the skull."""
    joints = rest_joints(p)
    stations = np.linspace(-0.6, 1.4, 14)
    radii = profile(stations, _NECK) * p.scale * (0.5 + 0.5 * p.girth)
    centres = joints["neck"] + stations[:, None] * (joints["head"] - joints["neck"])
    vertices = tube_vertices(centres, _X, _BACK, radii, 18)
    weights = np.zeros((len(stations), 24))
    up = smoothstep((stations - 0.1) / 1.1)
    low = smoothstep((stations + 0.6) / 0.7)
    weights[:, SMPL_24.index("head")] = up
    weights[:, SMPL_24.index("neck")] = (1 - up) * low
    weights[:, SMPL_24.index("spine3")] = (1 - up) * (1 - low)
    regions = np.full(len(stations), REGION["neck"])
    return Part(vertices, tube_faces(len(stations), 18), per_ring(weights, 18), per_ring(regions, 18))


def _rings_with_edge(low: float, high: float, count: int, edge: float) -> np.ndarray:
    """Ring stations, denser at both ends, with two rings at `edge` so that a colour changes sharply there."""
    phase = np.linspace(0, np.pi, count - 2)
    stations = low + (high - low) * (0.55 * (1 - np.cos(phase)) / 2 + 0.45 * phase / np.pi)
    return np.sort(np.concatenate([stations, [edge - 5e-4, edge + 5e-4]]))


def _heights(stations: np.ndarray, p: Proportions) -> np.ndarray:
    """Height (R,) in metres of the stations for this person: they keep their place between the joints."""
    joints, mean = rest_joints(p), rest_joints(Proportions())
    chain = ("left_hip", *_SPINE)
    key = [mean[name][1] for name in chain]
    target = [joints[name][1] for name in chain]
    below, above = np.minimum(stations - key[0], 0), np.maximum(stations - key[-1], 0)
    return np.interp(stations, key, target) + (below + above) * p.scale


def _trunk_weights(stations: np.ndarray, vertices: np.ndarray, p: Proportions) -> np.ndarray:
    """Skinning weights (V, 24): smooth hats along the spine, collars outwards of the upper chest."""
    mean = rest_joints(Proportions())
    weights = np.zeros((len(stations), 24))
    # A bone owns the surface above its joint, so each bend is centred on its joint.
    left = np.ones(len(stations))
    for name, half_range in zip(_SPINE[1:], (0.070, 0.070, 0.060, 0.035), strict=True):
        above = smoothstep((stations - mean[name][1] + half_range) / (2 * half_range))
        below = _SPINE[_SPINE.index(name) - 1]
        weights[:, SMPL_24.index(below)] += left * (1 - above)
        left = left * above
    weights[:, SMPL_24.index("neck")] += left
    outwards = smoothstep((np.abs(vertices[:, 0]) / p.scale - 0.055) / 0.10)
    collar = outwards * smoothstep((stations - 0.31) / 0.11)
    for side, mask in (("left", vertices[:, 0] > 0), ("right", vertices[:, 0] <= 0)):
        weights[:, SMPL_24.index(f"{side}_collar")] += collar * mask
    weights[:, SMPL_24.indices(_SPINE)] *= (1 - collar)[:, None]
    return weights
