"""Draws a moving body as a video: mesh, clothes, light, shadow, room and picture quality.

Smoothly shaded triangles with a depth buffer at twice the resolution, over a room that is drawn once.
About 10 ms a frame of 480 x 640 on one core.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from formnet.body.model import Body, PosedBody
from formnet.body.regions import REGION
from formnet.synth.appearance import Appearance
from formnet.synth.barbell import barbell_mesh, place_on_back
from formnet.synth.camera import Camera
from formnet.synth.raster import (
    FAR,
    OVERSAMPLE,
    blend,
    darken_floor,
    draw_triangles,
    finish,
    shadow_map,
    vertex_normals,
)
from formnet.synth.room import Background, draw_room

_SHADOW_CELLS, _SHADOW_CELL_M = 72, 0.045
_GRAIN_TILE = 256
_GLOSS = {"skin": 0.10, "neck": 0.08, "hair": 0.12, "shoe": 0.08, "eye_white": 0.15, "iris": 0.5}


@dataclass
class Canvas:
    """Buffers that every frame uses again."""

    nearest: np.ndarray
    paint: np.ndarray
    grain: np.ndarray

    @classmethod
    def new(cls, camera: Camera, appearance: Appearance) -> Canvas:
        shape = (camera.height * OVERSAMPLE, camera.width * OVERSAMPLE)
        rng = np.random.default_rng(appearance.seed)
        # Noise of real sensors is partly common to the three colours.
        grain = rng.normal(size=(_GRAIN_TILE, _GRAIN_TILE, 1)) + 0.6 * rng.normal(size=(_GRAIN_TILE, _GRAIN_TILE, 3))
        grain = (grain * (appearance.grain / 1.17)).astype(np.float32)
        columns = np.arange(camera.width + _GRAIN_TILE) % _GRAIN_TILE
        grain = np.ascontiguousarray(grain[:, columns])
        return cls(np.empty(shape, np.float32), np.empty((*shape, 3), np.float32), grain)


def render_frames(posed: PosedBody, body: Body, camera: Camera, appearance: Appearance) -> Iterator[np.ndarray]:
    """Pictures of a moving body.

    Args:
        posed: T frames in the world frame.
        body: what was posed (its triangles and regions).
        camera: fixed for the clip; its width and height are the pictures' size.
        appearance: how everything looks; all randomness comes from its seeds.

    Yields:
        T pictures (H, W, 3), RGB, uint8.
    """
    background = draw_room(camera, appearance.room_seed, appearance.clutter)
    canvas = Canvas.new(camera, appearance)
    faces = np.ascontiguousarray(body.faces, dtype=np.int32)
    albedo = surface_colours(body, appearance)
    gloss = surface_gloss(body)
    bar = barbell_mesh(appearance.plate_radius_m) if appearance.barbell else None
    if bar is not None:
        faces = np.concatenate([faces, bar[1].astype(np.int32) + len(albedo)])
        albedo = np.concatenate([albedo, bar[2]])
        gloss = np.concatenate([gloss, np.full(len(bar[2]), 0.4)])
    rng = np.random.default_rng(appearance.seed)
    for body_vertices, joints in zip(posed.vertices, posed.joints, strict=True):
        vertices = body_vertices
        if bar is not None:
            vertices = np.concatenate([vertices, place_on_back(bar[0], joints).astype(vertices.dtype)])
        picture = background.picture.copy()
        cast_shadow(picture, background, vertices, appearance)
        colours = shade_faces(vertices, faces, albedo, gloss, camera, appearance)
        _draw(picture, canvas, camera.project(vertices), camera, vertices, colours, faces)
        shift = rng.integers(0, _GRAIN_TILE, size=2)
        frame = finish(picture, appearance.blur, canvas.grain, int(shift[0]), int(shift[1]), appearance.exposure)
        yield frame if appearance.jpeg_quality is None else compress(frame, appearance.jpeg_quality)


def surface_colours(body: Body, appearance: Appearance) -> np.ndarray:
    """Colour (V, 3) of each vertex before any light falls on it: regions, stripes and folds of cloth."""
    regions = body.regions
    colours = appearance.colours[regions].copy()
    x, y, z = body.data.template.T
    frequency, contrast = appearance.stripes
    on_shirt = np.isin(regions, [REGION["shirt"], REGION["sleeve"]])
    if contrast > 0:
        colours[on_shirt] *= (1 - contrast * (np.sin(2 * np.pi * frequency * y[on_shirt] / 4) > 0))[:, None]
    cloth = np.isin(regions, [REGION[name] for name in ("shirt", "sleeve", "shorts", "trouser_leg", "forearm_cloth")])
    folds = 0.035 * np.sin(23 * y + 5 * np.sin(17 * x) + 7 * z) + 0.025 * np.sin(41 * x + 31 * y - 29 * z)
    return np.where(cloth[:, None], colours * (1 + folds)[:, None], colours)


def shade_faces(
    vertices: np.ndarray,
    faces: np.ndarray,
    albedo: np.ndarray,
    gloss: np.ndarray,
    camera: Camera,
    appearance: Appearance,
) -> np.ndarray:
    """Colours (V, 3) float32 of the lit surface: one lamp, light from above and around, a little gloss."""
    normals = vertex_normals(np.ascontiguousarray(vertices, dtype=np.float32), faces)
    lamp = np.asarray(appearance.light, dtype=np.float32)
    to_camera = (camera.position - vertices).astype(np.float32)
    to_camera /= np.linalg.norm(to_camera, axis=1, keepdims=True)
    facing = normals @ lamp
    half = to_camera + lamp
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    # Light that wraps a little around the edge, as from large lamps; less light from the floor.
    direct = np.clip((facing + 0.25) / 1.25, 0, None)
    around = 1 - 0.28 * np.clip(normals[:, 1], -0.3, 1)
    # Surfaces seen at a grazing angle look a little darker, which sets limbs off from the trunk.
    rim = 0.80 + 0.20 * np.clip((normals * to_camera).sum(axis=1), 0, 1)
    light = (appearance.ambient * around + appearance.lamp * direct) * rim
    shine = 255 * gloss * np.clip((normals * half).sum(axis=1), 0, 1) ** 24 * appearance.lamp
    return np.clip(albedo * light[:, None] + shine[:, None], 0, 255).astype(np.float32)


def surface_gloss(body: Body) -> np.ndarray:
    """How much each vertex (V,) shines."""
    gloss = np.zeros(len(body.regions))
    for name, value in _GLOSS.items():
        gloss[body.regions == REGION[name]] = value
    return gloss


def cast_shadow(picture: np.ndarray, background: Background, vertices: np.ndarray, appearance: Appearance) -> None:
    """Darkens the floor of `picture` (H, W, 3) under a body; in place."""
    lamp = np.asarray(appearance.light)
    slant = -lamp[[0, 2]] / max(-lamp[1], 0.35)
    low = vertices[vertices[:, 1] > vertices[:, 1].max() - 0.15]
    centre = low[:, [0, 2]].mean(axis=0).astype(np.float64) + 0.4 * slant
    points = np.ascontiguousarray(vertices, dtype=np.float32)
    grid = shadow_map(points, slant, _SHADOW_CELLS, _SHADOW_CELL_M, centre)
    darken_floor(picture, background.floor, grid, _SHADOW_CELL_M, centre, appearance.shadow)


def _draw(
    picture: np.ndarray,
    canvas: Canvas,
    pixels: np.ndarray,
    camera: Camera,
    vertices: np.ndarray,
    colours: np.ndarray,
    faces: np.ndarray,
) -> None:
    """Draws the lit mesh over `picture`, working only on the rectangle that holds it."""
    if np.isnan(pixels).all():
        return
    size = np.array([camera.width, camera.height])
    low = np.clip(np.floor(np.nanmin(pixels, axis=0)).astype(int), 0, size)
    high = np.clip(np.ceil(np.nanmax(pixels, axis=0)).astype(int) + 1, 0, size)
    if (high <= low).any():
        return
    extent = (high - low) * OVERSAMPLE
    nearest = canvas.nearest[: extent[1], : extent[0]]
    paint = canvas.paint[: extent[1], : extent[0]]
    nearest.fill(FAR)
    depth = (vertices @ camera.rotation[2] + camera.translation[2]).astype(np.float32)
    samples = ((np.nan_to_num(pixels) - low) * OVERSAMPLE).astype(np.float32)
    draw_triangles(samples, depth, colours, faces, nearest, paint)
    blend(nearest, paint, int(low[1]), int(low[0]), picture)


def compress(frame: np.ndarray, quality: int) -> np.ndarray:
    """What JPEG of that quality leaves of a picture (H, W, 3)."""
    stream = io.BytesIO()
    Image.fromarray(frame).save(stream, format="JPEG", quality=quality)
    return np.asarray(Image.open(stream))
