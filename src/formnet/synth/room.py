"""The place where a clip is filmed: floor, walls and the things around, drawn once a clip.

Every pixel's ray is followed to the first surface of a box-shaped room and of a few boxes in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.synth.camera import Camera
from formnet.synth.raster import FAR

_CLEAR_M = 1.25
"""Nothing stands nearer than this to the person."""


@dataclass(frozen=True)
class Background:
    """The empty room as a camera sees it.

    Attributes:
        picture: (H, W, 3) float32, 0-255.
        floor: (H, W, 2) float32, x and z in metres of the floor seen in each pixel; `FAR` elsewhere.
    """

    picture: np.ndarray
    floor: np.ndarray


def draw_room(camera: Camera, seed: int, clutter: int) -> Background:
    """Draws the room that belongs to `seed`.

    Args:
        camera: where it is filmed from; the room is large enough to hold it.
        seed: the same room for the same seed, whatever the camera.
        clutter: number of things on the walls and on the floor.
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: camera.height, : camera.width]
    rays = np.stack(
        [
            (columns + 0.5 - camera.width / 2) / camera.focal_px,
            (rows + 0.5 - camera.height / 2) / camera.focal_px,
            np.ones((camera.height, camera.width)),
        ],
        axis=-1,
    )
    rays = rays @ camera.rotation
    rays = np.where(np.abs(rays) < 1e-9, 1e-9, rays)
    start = camera.position
    reach = 1.0 + np.abs(start[[0, 2]]).max()
    low = np.array([-max(reach, rng.uniform(1.8, 4)), -rng.uniform(2.5, 3.6), -max(reach, rng.uniform(1.8, 4))])
    high = np.array([max(reach, rng.uniform(1.8, 4)), 0.0, max(reach, rng.uniform(1.8, 4))])
    # Inside a box a ray leaves through the nearest of the three walls it runs towards.
    exits = np.where(rays > 0, (high - start) / rays, (low - start) / rays)
    axis = np.argmin(exits, axis=-1)
    distance = np.min(exits, axis=-1)
    hit = start + distance[..., None] * rays
    picture = np.zeros((camera.height, camera.width, 3))
    is_floor = (axis == 1) & (rays[..., 1] > 0)
    picture[is_floor] = _surface(
        rng, hit[is_floor][:, [0, 2]], kind=str(rng.choice(["planks", "tiles", "mat", "plain"]))
    )
    ceiling = (axis == 1) & ~is_floor
    picture[ceiling] = 215 + rng.normal(scale=8, size=3)
    for wall_axis, along in ((0, 2), (2, 0)):
        base, kind = _paint(rng), str(rng.choice(["plain", "plain", "bricks", "panels"]))
        for forward in (True, False):
            on = (axis == wall_axis) & ((rays[..., wall_axis] > 0) == forward)
            places = hit[on][:, [along, 1]]
            colour = _surface(rng, places, kind=kind, base=base * rng.uniform(0.85, 1.05))
            colour = _hang(rng, colour, places, clutter // 3)
            # Walls darken towards floor and ceiling, and have a skirting board.
            colour *= (0.86 + 0.14 * np.clip(-places[:, 1:] / 1.2, 0, 1)) * (1 - 0.35 * (places[:, 1:] > -0.08))
            picture[on] = colour
    for _ in range(clutter - clutter // 3):
        _stand(rng, start, rays, distance, picture, is_floor)
    floor = np.where(is_floor[..., None], hit[..., [0, 2]], FAR)
    shade = 1 - 0.012 * distance[..., None] ** 1.5
    return Background(np.clip(picture * shade, 0, 255).astype(np.float32), floor.astype(np.float32))


def _paint(rng: np.random.Generator) -> np.ndarray:
    grey = rng.uniform(70, 235)
    return np.clip(grey + rng.normal(scale=14, size=3), 20, 245)


def _surface(rng: np.random.Generator, places: np.ndarray, kind: str, base: np.ndarray | None = None) -> np.ndarray:
    """Colours (n, 3) of points (n, 2), metres, on a surface of a kind."""
    base = _paint(rng) * 0.85 if base is None else base
    size = {"planks": (0.14, 1.6), "tiles": (0.45, 0.45), "mat": (1.0, 1.0), "bricks": (0.24, 0.09)}.get(
        kind, (1.2, 3.0)
    )
    contrast = {"plain": 0.0, "planks": 0.10, "tiles": 0.05, "mat": 0.03, "bricks": 0.10, "panels": 0.04}[kind]
    row = np.floor(places[:, 1] / size[1])
    shifted = places[:, 0] / size[0] + (0.5 * (row % 2) if kind in ("bricks", "planks") else 0)
    column = np.floor(shifted)
    # A fixed pseudo-random number for each tile.
    grain = np.modf(np.abs(np.sin(column * 12.9898 + row * 78.233 + rng.uniform(0, 9)) * 43758.5))[0]
    factor = 1 + contrast * (2 * grain - 1)
    if kind != "plain":
        near_edge = np.minimum(shifted - column, 1 - (shifted - column)) * size[0]
        near_row = np.minimum(places[:, 1] / size[1] - row, 1 - (places[:, 1] / size[1] - row)) * size[1]
        factor = factor * np.where(np.minimum(near_edge, near_row) < 0.006, 0.78, 1.0)
    wave = np.sin(places @ rng.normal(scale=1.3, size=2) + rng.uniform(0, 6)) * 0.04
    fine = np.sin(places[:, 0] * 61 + 3 * np.sin(places[:, 1] * 47)) * 0.005
    return base * (factor + wave + fine)[:, None]


def _hang(rng: np.random.Generator, colour: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """Posters, windows and shelves on a wall."""
    for _ in range(count):
        half = rng.uniform((0.15, 0.1), (0.8, 0.6))
        middle = np.array([rng.uniform(-2.5, 2.5), -rng.uniform(0.9, 2.2)])
        inside = np.abs(places - middle) < half
        on = inside.all(axis=1)
        rim = on & (np.abs(places - middle) > half - 0.03).any(axis=1)
        colour[on] = _paint(rng) * (1 + 0.25 * (places[on, 1:] - middle[1]) / half[1])
        colour[rim] = _paint(rng) * 0.5
    return colour


def _stand(
    rng: np.random.Generator,
    start: np.ndarray,
    rays: np.ndarray,
    distance: np.ndarray,
    picture: np.ndarray,
    is_floor: np.ndarray,
) -> None:
    """A box on the floor (bench, rack, cupboard, plant pot) beside or behind the person; in place."""
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(_CLEAR_M + 0.4, 3.2)
    half = rng.uniform((0.06, 0.15), (0.45, 0.4))[[0, 1]] / 2
    tall = rng.uniform(0.2, 1.9)
    centre = np.array([np.sin(angle), np.cos(angle)]) * away
    colour = _paint(rng) * rng.uniform(0.3, 1.0)
    towards = start[[0, 2]]
    # Never between the camera and the person, nor around the camera.
    if centre @ towards / np.linalg.norm(towards) > 0.3:
        return
    low = np.array([centre[0] - half[0], -tall, centre[1] - half[1]])
    high = np.array([centre[0] + half[0], 0.0, centre[1] + half[1]])
    first, second = (low - start) / rays, (high - start) / rays
    entry_of = np.minimum(first, second)
    entry, leave = entry_of.max(axis=-1), np.maximum(first, second).min(axis=-1)
    on = (entry < leave) & (entry > 0) & (entry < distance)
    side = np.argmax(entry_of, axis=-1)
    picture[on] = colour * np.array([0.8, 1.1, 0.95])[side[on]][:, None]
    distance[on] = entry[on]
    is_floor[on] = False
