"""Building blocks of the body mesh: closed tubes with superelliptic cross sections.

Every block has the same topology for every set of proportions, so that differences of vertices between
two bodies are meaningful (that is what shape components are made of).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from formnet.body.regions import REGION
from formnet.skeleton import SMPL_24


@dataclass(frozen=True)
class Part:
    """A closed piece of surface.

    Attributes:
        vertices: (V, 3) metres.
        faces: (F, 3) counter-clockwise seen from outside.
        weights: (V, 24) skinning weights, rows sum to 1.
        regions: (V,) index into `regions.REGIONS`.
    """

    vertices: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    regions: np.ndarray


def smoothstep(x: np.ndarray | float) -> np.ndarray:
    """0 below 0, 1 above 1, 3x²-2x³ between."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3 - 2 * x)


def profile(stations: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Monotone cubic interpolation of a profile table.

    Args:
        stations: (R,) positions, increasing.
        table: (K, 1 + C) key rows, position first.

    Returns:
        (R, C) interpolated columns.
    """
    keys = np.asarray(table, dtype=float)
    return PchipInterpolator(keys[:, 0], keys[:, 1:], axis=0)(np.clip(stations, keys[0, 0], keys[-1, 0]))


def tube_vertices(
    centres: np.ndarray, u: np.ndarray, v: np.ndarray, radii: np.ndarray, segments: int, exponent: float = 2.0
) -> np.ndarray:
    """Vertices of a tube: R rings and one pole at each end.

    Args:
        centres: (R, 3) ring centres.
        u, v: (R, 3) or (3,) axes of the cross sections; u × v points along the tube.
        radii: (R, 3) half width along ±u, along +v and along -v.
        exponent: 2 is an ellipse, more is squarer.

    Returns:
        (R * segments + 2, 3).
    """
    angle = 2 * np.pi * np.arange(segments) / segments
    cos, sin = np.cos(angle), np.sin(angle)
    x = np.sign(cos) * np.abs(cos) ** (2 / exponent)
    y = np.sign(sin) * np.abs(sin) ** (2 / exponent)
    u, v = np.broadcast_to(u, centres.shape), np.broadcast_to(v, centres.shape)
    depth = np.where(sin > 0, radii[:, 1:2], radii[:, 2:3])
    rings = (
        centres[:, None]
        + (radii[:, :1] * x)[..., None] * u[:, None]
        + (depth * y)[..., None] * v[:, None]
    )  # fmt: skip
    return np.concatenate([rings.reshape(-1, 3), centres[:1], centres[-1:]])


def tube_faces(rings: int, segments: int) -> np.ndarray:
    """Triangles (F, 3) of `tube_vertices`, closed by fans at both poles."""
    ring = np.arange(rings - 1)[:, None] * segments
    here, after = np.arange(segments), (np.arange(segments) + 1) % segments
    a, b = ring + here, ring + after
    sides = np.stack([a, b, b + segments, a, b + segments, a + segments], axis=-1).reshape(-1, 3)
    first, last = rings * segments, rings * segments + 1
    top = (rings - 1) * segments
    bottom_fan = np.stack([np.full(segments, first), after, here], axis=-1)
    top_fan = np.stack([np.full(segments, last), top + here, top + after], axis=-1)
    return np.concatenate([sides, bottom_fan, top_fan])


def per_ring(values: np.ndarray, segments: int) -> np.ndarray:
    """Spreads one value a ring, (R, ...), over the vertices of a tube, (R * segments + 2, ...)."""
    return np.concatenate([np.repeat(values, segments, axis=0), values[:1], values[-1:]])


def ellipsoid_vertices(centre: np.ndarray, half: np.ndarray, rings: int = 8, segments: int = 12) -> np.ndarray:
    """Vertices of an ellipsoid with half axes `half` (3,), poles along y, in the order of `tube_vertices`."""
    polar = np.pi * (np.arange(rings) + 0.5) / rings
    height, radius = -np.cos(polar), np.sin(polar)
    centres = centre + height[:, None] * np.array([0.0, half[1], 0.0])
    radii = radius[:, None] * np.array([half[0], half[2], half[2]])
    vertices = tube_vertices(centres, np.array([1.0, 0, 0]), np.array([0, 0, -1.0]), radii, segments)
    vertices[-2:] = centre + np.array([[0, -half[1], 0], [0, half[1], 0]])
    return vertices


def rounded_stations(count: int, cap_start: float, cap_end: float) -> tuple[np.ndarray, np.ndarray]:
    """Ring positions of a unit tube with hemispherical ends, and the factor on its radii.

    Args:
        count: rings in all.
        cap_start, cap_end: lengths of the rounded ends as fractions of the tube.

    Returns:
        Stations (count,) in 0..1 and factors (count,), nearly 0 at the ends and 1 between the caps.
    """
    caps = 4
    phi = (np.arange(caps) + 0.35) / caps * np.pi / 2
    middle = np.linspace(cap_start, 1 - cap_end, count - 2 * caps)
    stations = np.concatenate([cap_start * (1 - np.cos(phi)), middle, 1 - cap_end * (1 - np.cos(phi[::-1]))])
    factors = np.concatenate([np.sin(phi), np.ones(len(middle)), np.sin(phi[::-1])])
    return stations, factors


def mirrored(part: Part, mirror_joints: np.ndarray) -> Part:
    """The part on the other side of the body (x → -x).

    Args:
        part: a left part.
        mirror_joints: (24,) permutation that swaps left and right joints.
    """
    return Part(part.vertices * (-1, 1, 1), part.faces[:, ::-1].copy(), part.weights[:, mirror_joints], part.regions)


def rigid_part(vertices: np.ndarray, rings: int, segments: int, joint: str, region: str) -> Part:
    """A tube (V, 3) that moves with one joint and has one colour."""
    weights = np.zeros((len(vertices), 24))
    weights[:, SMPL_24.index(joint)] = 1
    return Part(vertices, tube_faces(rings, segments), weights, np.full(len(vertices), REGION[region]))
