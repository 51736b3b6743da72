"""What a body consists of: the arrays of SMPL's format, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.skeleton import SMPL_24

PARENTS: tuple[int, ...] = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
"""SMPL's kinematic tree, joint number → parent number, in the order of `SMPL_24`."""


@dataclass(frozen=True)
class BodyData:
    """Arrays of a body in SMPL's format; rest pose is a T with x left, y up, z forwards, metres.

    Attributes:
        template: (V, 3) vertices of the average body.
        shape_directions: (V, 3, S) displacement of the vertices by one unit of each shape coefficient.
        joint_regressor: (24, V) joints as sums of vertices.
        skin_weights: (V, 24).
        pose_directions: (V, 3, 207) corrective displacements, or None for none.
        faces: (F, 3), counter-clockwise seen from outside.
        regions: (V,) index into `regions.REGIONS`.
        landmark_vertices: BlazePose landmark → vertex, for those that lie on the surface.
        shape_names: (S,) what each shape coefficient does.
    """

    template: np.ndarray
    shape_directions: np.ndarray
    joint_regressor: np.ndarray
    skin_weights: np.ndarray
    pose_directions: np.ndarray | None
    faces: np.ndarray
    regions: np.ndarray
    landmark_vertices: dict[str, int]
    shape_names: tuple[str, ...]

    def __post_init__(self) -> None:
        vertices, joints = len(self.template), len(SMPL_24)
        assert self.template.shape == (vertices, 3)
        assert self.shape_directions.shape[:2] == (vertices, 3)
        assert self.joint_regressor.shape == (joints, vertices)
        assert self.skin_weights.shape == (vertices, joints)
        assert self.regions.shape == (vertices,)
        assert self.shape_directions.shape[2] == len(self.shape_names)
