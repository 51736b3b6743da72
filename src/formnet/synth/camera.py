"""A pinhole camera that films a person.

World: metres, y down, floor at y = 0, the person stands around the origin and faces -z. Camera: x right,
y down, z away from it. Yaw 0 is the front view; positive yaw walks towards the person's left, so 90 is
the left side and 180 the back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_FIT_TRIES = 60


@dataclass(frozen=True)
class Camera:
    """A fixed camera; camera point = rotation @ world point + translation.

    Attributes:
        rotation: (3, 3) world → camera.
        translation: (3,) metres.
        focal_px: focal length in pixels, the same in both directions.
        width, height: picture size in pixels; the optical axis meets its centre.
    """

    rotation: np.ndarray
    translation: np.ndarray
    focal_px: float
    width: int
    height: int

    @property
    def position(self) -> np.ndarray:
        """Place (3,) of the camera in the world, metres."""
        return -self.rotation.T @ self.translation

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) in the camera's frame, metres."""
        return points @ self.rotation.T + self.translation

    def project(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) → pixels (..., 2), x right and y down from the top left corner.

        Points behind the camera have no picture and become NaN.
        """
        seen = self.to_camera(np.asarray(points, dtype=float))
        depth = np.where(seen[..., 2:] > 1e-6, seen[..., 2:], np.nan)
        return self.focal_px * seen[..., :2] / depth + np.array([self.width, self.height]) / 2


def look_at(position: np.ndarray, target: np.ndarray, roll_deg: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) and translation (3,) of a camera at `position` whose axis runs through `target`.

    Args:
        position, target: (3,) world, metres; not one above the other.
        roll_deg: turns the picture clockwise about its centre.
    """
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(np.array([0.0, 1.0, 0.0]), forward)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cos, sin = np.cos(np.radians(roll_deg)), np.sin(np.radians(roll_deg))
    rotation = np.stack([cos * right - sin * down, sin * right + cos * down, forward])
    return rotation, -rotation @ position


def orbit_camera(
    yaw_deg: float,
    distance_m: float = 3.2,
    height_m: float = 1.1,
    *,
    aim: tuple[float, float] = (0.0, 0.9),
    roll_deg: float = 0.0,
    focal_px: float = 500.0,
    size: tuple[int, int] = (480, 640),
) -> Camera:
    """A camera on a circle around the person.

    Args:
        yaw_deg: 0 front, 90 the person's left, 180 back.
        distance_m, height_m: from the vertical axis through the origin, and over the floor.
        aim: where the axis meets the plane through the origin: metres to the right, metres over the floor.
        size: picture width and height, pixels.
    """
    yaw = np.radians(yaw_deg)
    outwards = np.array([np.sin(yaw), 0.0, -np.cos(yaw)])
    right = np.array([np.cos(yaw), 0.0, np.sin(yaw)])
    position = outwards * distance_m + np.array([0.0, -height_m, 0.0])
    target = right * aim[0] + np.array([0.0, -aim[1], 0.0])
    rotation, translation = look_at(position, target, roll_deg)
    return Camera(rotation, translation, focal_px, *size)


def sample_camera(
    rng: np.random.Generator,
    *,
    yaw_deg: float | None = None,
    size: tuple[int, int] = (480, 640),
    person_height_m: float = 1.75,
    distance_m: tuple[float, float] = (2.0, 5.0),
    height_m: tuple[float, float] = (0.4, 1.8),
) -> Camera:
    """A phone somewhere around the person, with the whole person in the picture.

    Args:
        yaw_deg: direction it films from (see `orbit_camera`); any if None.
        size: picture width and height, pixels.
        person_height_m: how much must be seen; arms forward or to the side are allowed for.
        distance_m, height_m: ranges of distance and of the phone's height over the floor.
    """
    yaw = float(rng.uniform(0, 360)) if yaw_deg is None else yaw_deg
    # Video modes of phones crop to about 24-34 mm (36 mm wide frame).
    lens = max(size) * float(rng.uniform(24, 34)) / 36
    # Whoever stands far away zooms in, so that the person fills a good part of the picture.
    least = float(rng.uniform(0.42, 0.62)) * size[1] / person_height_m
    reach, top = 0.5, -person_height_m - 0.12
    box = np.array([[x, y, z] for x in (-reach, reach) for y in (top, 0.06) for z in (-reach, reach)])
    for number in range(_FIT_TRIES):
        # The longer nothing fits, the further away and the better aimed.
        care = number / _FIT_TRIES
        low = distance_m[0] + care * (distance_m[1] - distance_m[0])
        loose = 1 - care
        away = float(rng.uniform(low, distance_m[1]))
        camera = orbit_camera(
            yaw,
            away,
            float(rng.uniform(*height_m)),
            aim=(float(rng.normal(scale=0.12 * loose)), 0.5 * person_height_m + float(rng.normal(scale=0.12 * loose))),
            roll_deg=float(rng.normal(scale=1.5)),
            focal_px=max(lens, least * away),
            size=size,
        )
        pixels = camera.project(box)
        if (pixels > 0).all() and (pixels < np.array(size)).all():
            return camera
    while True:
        low *= 1.1
        camera = orbit_camera(
            yaw, low, float(np.mean(height_m)), aim=(0, person_height_m / 2), focal_px=lens, size=size
        )
        pixels = camera.project(box)
        if (pixels > 0).all() and (pixels < np.array(size)).all():
            return camera
