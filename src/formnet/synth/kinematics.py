"""Rotations, two-bone chains and forward kinematics, over any leading batch shape.

All of it in SMPL's frame: x to the person's left, y up, z forwards; rotation matrices act on columns.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_STRETCH = 0.9995
"""A chain is never pulled straighter than this share of its length: a hinge needs a plane to bend in."""


def minimum_jerk(x: Array) -> Array:
    """0 below 0, 1 above 1, 10x³ - 15x⁴ + 6x⁵ between (the minimum-jerk curve of Flash & Hogan 1985)."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * x * (10 + x * (6 * x - 15))


def limit_softly(values: Array, limit: Array, softness: float) -> Array:
    """`values` kept below `limit`, bending into it over about three times `softness`."""
    return values - softness * np.logaddexp(0, (values - limit) / softness)


def rotation_about(axis: int, angle_deg: Array) -> Array:
    """Rotation matrices (..., 3, 3) about x (0), y (1) or z (2) by `angle_deg` (...)."""
    angle = np.radians(angle_deg)
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.zeros((*angle.shape, 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[..., axis, axis] = 1.0
    matrix[..., first, first] = matrix[..., second, second] = cos
    matrix[..., first, second] = -sin
    matrix[..., second, first] = sin
    return matrix


def normalise_vectors(vectors: Array) -> Array:
    """Unit vectors (..., 3); a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)


def dot(a: Array, b: Array) -> Array:
    """Inner product over the last axis."""
    return np.einsum("...i,...i->...", a, b)


def apply(rotation: Array, vectors: Array) -> Array:
    """Rotated vectors (..., 3)."""
    return (rotation @ vectors[..., None])[..., 0]


def bone_frame(direction: Array, hinge: Array) -> Array:
    """Orthonormal frames (..., 3, 3) with columns: along the bone, hinge axis made square to it, their product."""
    hinge = normalise_vectors(hinge - dot(hinge, direction)[..., None] * direction)
    return np.stack([direction, hinge, np.cross(direction, hinge)], axis=-1)


def aim_bones(bones: Array, ways: Array, hinge: Array, *, bends: float = 1.0) -> Array:
    """Rotations (N, T, 2, 3, 3) that turn bones of the rest pose onto ways, with the hinges at their ends.

    Args:
        bones: (N, 2, 3) in the rest pose.
        ways, hinge: (N, T, 2, 3) where they point, and the axis about which they bend.
        bends: 1 where the middle joint points forwards at rest (knees), -1 backwards (elbows).
    """
    rest = normalise_vectors(bones)
    rest_frame = bone_frame(rest, np.cross(np.array([0.0, 0.0, bends]), rest))
    return bone_frame(normalise_vectors(ways), hinge) @ np.swapaxes(rest_frame, -1, -2)[:, None]


class Chain(NamedTuple):
    """The circle on which the middle joint of a two-bone chain may lie.

    Attributes:
        centre: (..., 3).
        radius: (...).
        ahead, aside: (..., 3) unit axes of the circle; `ahead` is the pole made square to the chain.
        along: (..., 3) unit vector from root to end.
        end: (..., 3) the end really reached (nearer than asked where the chain is too short).
    """

    centre: Array
    radius: Array
    ahead: Array
    aside: Array
    along: Array
    end: Array

    def middle(self, swivel_rad: Array) -> Array:
        """Place (..., 3) of the middle joint, turned by `swivel_rad` (...) out of the pole's plane."""
        return self.centre + self.radius[..., None] * self.outward(swivel_rad)

    def outward(self, swivel_rad: Array) -> Array:
        """Unit vector (..., 3) from the chain's axis to the middle joint."""
        return np.cos(swivel_rad)[..., None] * self.ahead + np.sin(swivel_rad)[..., None] * self.aside


def two_bone_chain(root: Array, end: Array, upper_m: Array, lower_m: Array, pole: Array) -> Chain:
    """Where hip and ankle (or shoulder and wrist) leave the knee (or elbow).

    Args:
        root, end: (..., 3) the outer joints.
        upper_m, lower_m: (...) lengths of the two bones.
        pole: (..., 3) direction in which the middle joint points, not parallel to the chain.
    """
    reach = end - root
    longest = _STRETCH * (upper_m + lower_m)
    distance = np.clip(np.linalg.norm(reach, axis=-1), np.abs(upper_m - lower_m) * 1.02 + 0.02 * upper_m, longest)
    along = normalise_vectors(reach)
    offset = (upper_m**2 - lower_m**2 + distance**2) / (2 * distance)
    radius = np.sqrt(np.maximum(upper_m**2 - offset**2, 0.0))
    ahead = normalise_vectors(pole - dot(pole, along)[..., None] * along)
    return Chain(
        centre=root + offset[..., None] * along,
        radius=radius,
        ahead=ahead,
        aside=np.cross(along, ahead),
        along=along,
        end=root + distance[..., None] * along,
    )


def swivel_onto_plane(chain: Chain, normal: Array, offset: Array) -> tuple[Array, Array]:
    """The two swivels at which the middle joint satisfies `normal · place = offset`, nearest where none does.

    Args:
        normal: (..., 3) unit normal of the plane.
        offset: (...) metres.

    Returns:
        Two angles (...) in radians, -π…π.
    """
    a = chain.radius * dot(chain.ahead, normal)
    b = chain.radius * dot(chain.aside, normal)
    share = (offset - dot(chain.centre, normal)) / np.maximum(np.hypot(a, b), 1e-9)
    middle, half = np.arctan2(b, a), np.arccos(np.clip(share, -1.0, 1.0))
    return _wrap(middle + half), _wrap(middle - half)


def _wrap(angle: Array) -> Array:
    return (angle + np.pi) % (2 * np.pi) - np.pi


def compute_axis_angle(rotation: Array) -> Array:
    """Axis-angle vectors (..., 3) of rotation matrices (..., 3, 3), angles below π.

    Uses the antisymmetric part: exact and fast away from half turns, which no joint of a body makes.
    """
    antisymmetric = np.stack(
        [
            rotation[..., 2, 1] - rotation[..., 1, 2],
            rotation[..., 0, 2] - rotation[..., 2, 0],
            rotation[..., 1, 0] - rotation[..., 0, 1],
        ],
        axis=-1,
    )
    double_sin = np.sqrt(dot(antisymmetric, antisymmetric))
    double_cos = np.trace(rotation, axis1=-2, axis2=-1) - 1
    angle = np.arctan2(double_sin, double_cos)
    # angle / (2 sin angle) tends to 1/2 for small angles.
    factor = np.where(double_sin > 1e-7, angle / np.maximum(double_sin, 1e-7), 0.5)
    return antisymmetric * factor[..., None]
