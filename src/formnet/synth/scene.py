"""Draws several people and things in one room, with the depth of what is seen.

`formnet.synth.render` draws one person faster; here all share one depth buffer, so they hide each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from formnet.body.model import Body, PosedBody
from formnet.synth.appearance import Appearance
from formnet.synth.barbell import barbell_mesh, place_on_back
from formnet.synth.camera import Camera
from formnet.synth.raster import FAR, OVERSAMPLE, blend, draw_triangles, finish
from formnet.synth.render import Canvas, cast_shadow, compress, shade_faces, surface_colours, surface_gloss
from formnet.synth.room import draw_room


@dataclass(frozen=True, eq=False)
class Actor:
    """One person of a scene.

    Attributes:
        posed: T frames in the world.
        body: what was posed.
        appearance: clothes and bar; light, room and picture quality are those of the scene's first actor.
    """

    posed: PosedBody
    body: Body
    appearance: Appearance


@dataclass(frozen=True, eq=False)
class Mesh:
    """A coloured surface that may shine: vertices (V, 3) in the world, faces (F, 3), colours (V, 3), gloss (V,)."""

    vertices: np.ndarray
    faces: np.ndarray
    colours: np.ndarray
    gloss: np.ndarray


@dataclass(frozen=True, eq=False)
class DrawnFrame:
    """A picture (H, W, 3) uint8 and the depth (2H, 2W) in metres of what each of its samples shows, `FAR` for none."""

    picture: np.ndarray
    depth: np.ndarray


def render_scene(actors: Sequence[Actor], things: Sequence[Mesh], camera: Camera) -> Iterator[DrawnFrame]:
    """Pictures of people and things that stand in each other's way, one for each of the actors' T frames."""
    stage = actors[0].appearance
    background = draw_room(camera, stage.room_seed, stage.clutter)
    canvas = Canvas.new(camera, stage)
    rng = np.random.default_rng(stage.seed)
    dressed = [_dress(actor) for actor in actors]
    for frame in range(len(actors[0].posed)):
        picture = background.picture.copy()
        canvas.nearest.fill(FAR)
        meshes = [part for actor, suit in zip(actors, dressed, strict=True) for part in _pose(actor, suit, frame)]
        for actor in actors:
            cast_shadow(picture, background, actor.posed.vertices[frame], stage)
        for mesh in (*meshes, *things):
            _draw(mesh, canvas, camera, stage)
        blend(canvas.nearest, canvas.paint, 0, 0, picture)
        shift = rng.integers(0, len(canvas.grain), size=2)
        finished = finish(picture, stage.blur, canvas.grain, int(shift[0]), int(shift[1]), stage.exposure)
        if stage.jpeg_quality is not None:
            finished = compress(finished, stage.jpeg_quality)
        yield DrawnFrame(finished, canvas.nearest.copy())


def find_hidden(depth: np.ndarray, camera: Camera, points: np.ndarray, thickness_m: np.ndarray) -> np.ndarray:
    """Which joints are hidden (J,): something is nearer to the camera than the joint's own body part reaches.

    Args:
        depth: (2H, 2W) of a `DrawnFrame`.
        points: (J, 3) in the world.
        thickness_m: (J,) from a joint to the surface of its own part.

    Joints outside the picture count as hidden.
    """
    at = np.floor(camera.project(points) * OVERSAMPLE).astype(int)
    inside = ((at >= 0) & (at < np.array(depth.shape)[::-1])).all(axis=1)
    hidden = ~inside
    columns, rows = at[inside].T
    away = camera.to_camera(points)[inside, 2]
    hidden[inside] = away - depth[rows, columns] > thickness_m[inside]
    return hidden


def box_mesh(low: np.ndarray, high: np.ndarray, colour: np.ndarray) -> Mesh:
    """An upright box between two corners (3,); its sides have corners of their own, so that they shade flat."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    # Each side's corners run clockwise in a frame whose y points down, which is counter-clockwise from outside.
    sides = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    vertices = low + corners[sides.ravel()] * (high - low)
    first = 4 * np.arange(6)[:, None]
    faces = np.concatenate([first + np.array(corner) for corner in ([0, 1, 2], [0, 2, 3])])
    return Mesh(vertices, faces.astype(np.int32), np.tile(colour, (len(vertices), 1)), np.full(len(vertices), 0.1))


def turn_posed(posed: PosedBody, turn_deg: float, place: tuple[float, float]) -> PosedBody:
    """The same motion turned about the vertical through the origin, then moved by x and z metres."""
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    rotation = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)
    shift = np.array([place[0], 0, place[1]], np.float32)
    names = ("vertices", "joints", "landmarks")
    return replace(posed, **{name: getattr(posed, name) @ rotation.T + shift for name in names})


def _dress(actor: Actor) -> tuple[Mesh, Mesh | None]:
    """The body's surface and the bar, with places that are still to be filled in."""
    body, look = actor.body, actor.appearance
    faces = np.ascontiguousarray(body.faces, dtype=np.int32)
    suit = Mesh(np.empty(0), faces, surface_colours(body, look), surface_gloss(body))
    if not look.barbell:
        return suit, None
    vertices, bar_faces, colours = barbell_mesh(look.plate_radius_m)
    return suit, Mesh(vertices, bar_faces.astype(np.int32), colours, np.full(len(vertices), 0.4))


def _pose(actor: Actor, suit: tuple[Mesh, Mesh | None], frame: int) -> list[Mesh]:
    body, bar = suit
    parts = [replace(body, vertices=actor.posed.vertices[frame])]
    if bar is not None:
        parts.append(replace(bar, vertices=place_on_back(bar.vertices, actor.posed.joints[frame])))
    return parts


def _draw(mesh: Mesh, canvas: Canvas, camera: Camera, stage: Appearance) -> None:
    vertices = mesh.vertices.astype(np.float32)
    depth = (vertices @ camera.rotation[2] + camera.translation[2]).astype(np.float32)
    samples = (np.nan_to_num(camera.project(vertices)) * OVERSAMPLE).astype(np.float32)
    colours = shade_faces(vertices, mesh.faces, mesh.colours, mesh.gloss, camera, stage)
    draw_triangles(samples, depth, colours, mesh.faces, canvas.nearest, canvas.paint)
