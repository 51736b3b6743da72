"""A barbell across the upper back, as a mesh that follows the shoulders."""

from __future__ import annotations

import numpy as np

from formnet.body.mesh import tube_faces, tube_vertices
from formnet.skeleton import SMPL_24

_SEGMENTS = 24
_SHAFT_M, _SLEEVE_M, _COLLAR_M = 0.014, 0.025, 0.036
_GREY = {"steel": (168.0, 170.0, 174.0), "plate": (34.0, 34.0, 38.0)}


def barbell_mesh(plate_radius_m: float = 0.225) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (V, 3) about the bar's middle along x, faces (F, 3), and colours (V, 3) 0-255."""
    big, small = plate_radius_m, 0.85 * plate_radius_m
    # Position along half the bar and radius. Rings close to each edge keep flat sides flat when shaded.
    profile = [
        *((x, _SHAFT_M) for x in np.linspace(0.0, 0.64, 17)),
        (0.641, _COLLAR_M), (0.655, _COLLAR_M), (0.656, _COLLAR_M + 0.004),
        (0.656, big - 0.006), (0.658, big), (0.688, big), (0.690, big - 0.006), (0.690, small + 0.004),
        (0.692, small), (0.712, small), (0.714, small - 0.006), (0.714, _SLEEVE_M + 0.004),
        (0.716, _SLEEVE_M), (0.858, _SLEEVE_M), (0.860, 0.002),
    ]  # fmt: skip
    half = np.array(profile)
    whole = np.concatenate([half[:0:-1] * (-1, 1), half])
    centres = np.stack([whole[:, 0], 0 * whole[:, 0], 0 * whole[:, 0]], axis=-1)
    radii = np.repeat(whole[:, 1:], 3, axis=1)
    vertices = tube_vertices(centres, np.array([0.0, 1, 0]), np.array([0.0, 0, 1]), radii, _SEGMENTS)
    is_plate = np.hypot(vertices[:, 1], vertices[:, 2]) > _COLLAR_M + 0.002
    colours = np.where(is_plate[:, None], _GREY["plate"], _GREY["steel"])
    return vertices, tube_faces(len(whole), _SEGMENTS), colours


def place_on_back(vertices: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """The bar in the world for one frame.

    Args:
        vertices: (V, 3) as from `barbell_mesh`.
        joints: (24, 3) of the person, world.

    Returns:
        (V, 3); the bar is parallel to the shoulders and lies behind the neck on the trapezius.
    """
    place = dict(zip(SMPL_24.joints, joints, strict=True))
    across = place["left_shoulder"] - place["right_shoulder"]
    across /= np.linalg.norm(across)
    up = place["neck"] - place["spine3"]
    up -= across * (up @ across)
    up /= np.linalg.norm(up)
    back = np.cross(up, across)
    middle = 0.5 * (place["left_shoulder"] + place["right_shoulder"]) + 0.085 * back + 0.030 * up
    return middle + vertices @ np.stack([across, up, back])
