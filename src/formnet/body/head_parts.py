"""Surface of the head: skull, face, ears and hair. Everything moves with the head joint.

The face is what tells an observer, and a pose estimator, front from back: eyes with whites and irises,
brows, nose and lips are pieces of their own with their own colours.
"""

from __future__ import annotations

import numpy as np

from formnet.body.mesh import Part, ellipsoid_vertices, per_ring, profile, rigid_part, smoothstep, tube_vertices
from formnet.body.proportions import Proportions, rest_joints
from formnet.body.regions import REGION

_X, _BACK = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, -1.0])
_SEGMENTS = 26
_CHIN_BELOW_JOINT = 0.046

# Columns: height over the chin, half width, depth behind, depth in front, forward shift of the centre.
_SKULL = np.array([
    [0.000, 0.014, 0.014, 0.014, 0.060],
    [0.003, 0.026, 0.030, 0.024, 0.056],
    [0.012, 0.040, 0.056, 0.036, 0.046],
    [0.030, 0.053, 0.075, 0.050, 0.034],
    [0.055, 0.062, 0.084, 0.066, 0.022],
    [0.085, 0.068, 0.092, 0.074, 0.016],
    [0.110, 0.072, 0.098, 0.076, 0.012],
    [0.135, 0.075, 0.101, 0.083, 0.008],
    [0.160, 0.075, 0.100, 0.083, 0.004],
    [0.185, 0.067, 0.088, 0.073, 0.001],
    [0.205, 0.051, 0.066, 0.055, -0.001],
    [0.217, 0.032, 0.042, 0.036, -0.002],
    [0.223, 0.012, 0.016, 0.014, -0.002],
])  # fmt: skip
# Name: region, centre over the chin and beside the midline (x, y, z), half axes.
_FEATURES: dict[str, tuple[str, tuple[float, float, float], tuple[float, float, float]]] = {
    "nose_bridge": ("skin", (0.0, 0.096, 0.084), (0.0105, 0.034, 0.019)),
    "nose_tip": ("skin", (0.0, 0.079, 0.096), (0.0130, 0.013, 0.018)),
    "nostril": ("skin", (0.009, 0.0755, 0.089), (0.0085, 0.009, 0.011)),
    "upper_lip": ("lips", (0.0, 0.0535, 0.0875), (0.0240, 0.0055, 0.0065)),
    "lower_lip": ("lips", (0.0, 0.0455, 0.0860), (0.0200, 0.0060, 0.0065)),
    "chin": ("skin", (0.0, 0.016, 0.073), (0.0240, 0.017, 0.014)),
    "eye": ("eye_white", (0.032, 0.112, 0.0795), (0.0150, 0.0085, 0.0080)),
    "iris": ("iris", (0.032, 0.112, 0.0850), (0.0068, 0.0068, 0.0040)),
    "brow": ("brow", (0.033, 0.130, 0.0830), (0.0200, 0.0040, 0.0070)),
    "ear": ("skin", (0.0745, 0.098, -0.006), (0.0090, 0.031, 0.018)),
}


def face_point(p: Proportions, x: float, y: float, z: float) -> np.ndarray:
    """A place (3,) on the head: metres of the average head, left of the midline, over the chin, in front."""
    joint = rest_joints(p)["head"]
    return joint + (np.array([0.0, -_CHIN_BELOW_JOINT, 0.0]) + np.array([x, y, z])) * p.scale * p.head


def head_parts(p: Proportions) -> list[Part]:
    """All pieces of the head, both sides."""
    parts = [_skull(p), _hair(p)]
    for name, (region, centre, half) in _FEATURES.items():
        for side in (1, -1) if centre[0] else (1,):
            place = face_point(p, side * centre[0], centre[1], centre[2])
            rings, segments = (8, 12) if name in ("nose_tip", "nose_bridge") else (6, 10)
            vertices = ellipsoid_vertices(place, np.asarray(half) * p.scale * p.head, rings, segments)
            parts.append(rigid_part(vertices, rings, segments, "head", region))
    return parts


def _skull(p: Proportions) -> Part:
    heights = _heights()
    vertices = _shell(p, heights, np.ones((len(heights), _SEGMENTS)))
    part = rigid_part(vertices, len(heights), _SEGMENTS, "head", "skin")
    low = per_ring(heights, _SEGMENTS) < 0.066
    angle = np.concatenate([np.tile(_angles(), len(heights)), [0.0, 0.0]])
    jaw = low & (np.sin(angle) < 0.55)
    return Part(part.vertices, part.faces, part.weights, np.where(jaw, REGION["beard"], part.regions))


def _hair(p: Proportions) -> Part:
    """A shell that stands off the skull where hair grows and hides under the skin elsewhere."""
    heights = _heights()
    front = -np.sin(_angles())
    # The hairline runs from the forehead over the temples and behind the ears down to the nape.
    hairline = np.interp(front, [-1.0, -0.35, 0.0, 0.35, 0.75, 1.0], [0.035, 0.045, 0.095, 0.150, 0.172, 0.176])
    grows = smoothstep((heights[:, None] - hairline) / 0.014 + 0.5)
    vertices = _shell(p, heights, 0.93 + grows * 0.17)
    vertices[-1, 1] += 0.008 * p.scale * p.head
    return rigid_part(vertices, len(heights), _SEGMENTS, "head", "hair")


def _heights() -> np.ndarray:
    return np.concatenate([[0.0, 0.003, 0.008], np.linspace(0.016, 0.200, 22), [0.207, 0.213, 0.218, 0.2215, 0.223]])


def _angles() -> np.ndarray:
    return 2 * np.pi * np.arange(_SEGMENTS) / _SEGMENTS


def _shell(p: Proportions, heights: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Skull-shaped tube; `factor` (R, segments) moves the surface outwards."""
    half, behind, front, shift = profile(heights, _SKULL).T
    centres = np.stack([0 * heights, heights, shift], axis=-1)
    vertices = tube_vertices(centres, _X, _BACK, np.stack([half, behind, front], axis=-1), _SEGMENTS, exponent=2.15)
    axis = np.repeat(centres, _SEGMENTS, axis=0)
    vertices[:-2] = axis + (vertices[:-2] - axis) * factor.reshape(-1, 1)
    # Also upwards, or the crown would have no hair.
    vertices[:-2, 1] += (np.maximum(factor - 1, 0) * np.interp(heights, [0.16, 0.223], [0, 0.08])[:, None]).reshape(-1)
    return face_point(p, 0, 0, 0) + vertices * p.scale * p.head
