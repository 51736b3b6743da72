"""Who stands where before which camera: scenes of one, two or three people who may hide each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from formnet.body import Body
from formnet.errors import InputError
from formnet.synth.appearance import sample_appearance
from formnet.synth.camera import Camera, look_at, orbit_camera
from formnet.synth.dataset import sample_repetitions
from formnet.synth.exercises import EXERCISES, sample_exercises
from formnet.synth.scene import Actor, Mesh, box_mesh, turn_posed

_SQUAT_FRAMES = 48
"""Of a repetition; the pieces that are drawn are cut from it."""
_SQUAT_SHARE = 0.45
_CLOSE_M = (0.35, 0.95)
"""How far apart people stand who cross."""
_WALK_M_S = (0.8, 1.6)
_WALK_NEAR = (0.35, 0.7)
"""Where somebody walks past, in shares of the way from the people to the camera."""


@dataclass(frozen=True, eq=False)
class FilmedScene:
    """People in motion, things in their way, and the camera that films them.

    Attributes:
        strangers: people who are seen, too, but of whom nothing is to be known.
    """

    actors: tuple[Actor, ...]
    things: tuple[Mesh, ...]
    camera: Camera
    strangers: tuple[Actor, ...] = ()


@dataclass(frozen=True, eq=False)
class _Moves:
    """One person's shape (S,), poses (T, 24, 3) and places (T, 3), and whether it is a squat."""

    betas: np.ndarray
    poses: np.ndarray
    translation: np.ndarray
    is_squat: bool


@dataclass(frozen=True)
class SceneOptions:
    """What is drawn.

    Attributes:
        scenes: how many, each with people and a place of its own.
        people: most people in a scene; scenes of one to that many come round evenly.
        least_people: fewest.
        frames: pictures of each scene.
        step_s: time between them.
        height: of the pictures in pixels; scenes of several are broader than high.
        occlusion: share of the scenes with things in front of people (a rack, a bench).
        passing: share of the scenes in which somebody walks past between people and camera, and hides them for a while.
        seed: of everything.
    """

    scenes: int = 100
    people: int = 1
    least_people: int = 1
    frames: int = 1
    step_s: float = 0.12
    height: int = 192
    occlusion: float = 0.4
    passing: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.least_people <= self.people <= 3:
            raise InputError(f"expected scenes of 1 to 3 people, got {self.least_people} to {self.people}")
        if self.scenes < 1 or not 1 <= self.frames <= _SQUAT_FRAMES // 2 or self.height < 32:
            raise InputError(
                f"expected at least one scene, 1 to {_SQUAT_FRAMES // 2} frames of at least 32 pixels, got "
                f"{self.scenes}, {self.frames}, {self.height}"
            )

    def people_in(self, number: int) -> int:
        """How many people scene `number` shows."""
        return self.least_people + number % (self.people - self.least_people + 1)


def sample_scenes(body: Body, options: SceneOptions) -> Iterator[FilmedScene]:
    """Scene after scene; everybody comes once."""
    counts = [options.people_in(number) for number in range(options.scenes)]
    moves, walks = iter(_sample_moves(body, options, sum(counts))), iter(_sample_walks(body, options))
    for number, count in enumerate(counts):
        rng = np.random.default_rng([options.seed, 1, number])
        actors = _place_actors(body, rng, [next(moves) for _ in range(count)])
        camera = _aim_camera(rng, actors, options)
        things = _sample_things(rng, camera) if rng.random() < options.occlusion else ()
        strangers = (_send_past(body, options, next(walks), camera, number),) if _is_passed(options, number) else ()
        yield FilmedScene(actors, things, camera, strangers)


def _sample_moves(body: Body, options: SceneOptions, count: int) -> list[_Moves]:
    """Squats of all classes and all other exercises, in a random order; all at once, since solving one costs as much
    as solving a hundred."""
    rng = np.random.default_rng([options.seed, 0])
    n_squats = round(_SQUAT_SHARE * count)
    moves = []
    if n_squats:
        squats = sample_repetitions(body, rng, n_squats, frames=_SQUAT_FRAMES)
        for i, times_s in enumerate(squats.timestamps):
            step = max(1, round(options.step_s / float(np.diff(times_s).mean())))
            step = min(step, (_SQUAT_FRAMES - 1) // max(1, options.frames - 1))
            start = int(rng.integers(_SQUAT_FRAMES - step * (options.frames - 1)))
            rows = start + step * np.arange(options.frames)
            moves.append(_Moves(squats.betas[i], squats.poses[i, rows], squats.translation[i, rows], True))
    if n_others := count - n_squats:
        frames = max(2, options.frames)
        others = sample_exercises(body, rng, n_others, frames=frames, fps=1 / options.step_s, exercises=EXERCISES)
        for i in range(n_others):
            place = others.translation[i, : options.frames].copy()
            # Whoever walks has gone anywhere by now.
            place[:, [0, 2]] -= place[0, [0, 2]]
            moves.append(_Moves(others.betas[i], others.poses[i, : options.frames], place, False))
    return [moves[i] for i in rng.permutation(count)]


def _is_passed(options: SceneOptions, number: int) -> bool:
    """Whether somebody walks through scene `number`; evenly over the scenes, of any number of people."""
    return int((number + 1) * options.passing) > int(number * options.passing)


def _sample_walks(body: Body, options: SceneOptions) -> list[_Moves]:
    """Of those who walk past, on the spot."""
    count = sum(_is_passed(options, number) for number in range(options.scenes))
    if not count:
        return []
    rng, frames = np.random.default_rng([options.seed, 2]), max(2, options.frames)
    walks = sample_exercises(body, rng, count, frames=frames, fps=1 / options.step_s, exercises=("walking",))
    place = walks.translation[:, : options.frames] * (0, 1, 0)
    return [_Moves(*walk, False) for walk in zip(walks.betas, walks.poses[:, : options.frames], place, strict=True)]


def _send_past(body: Body, options: SceneOptions, walk: _Moves, camera: Camera, number: int) -> Actor:
    """Somebody who walks across the camera's line of sight, at some time about that of the pictures."""
    rng = np.random.default_rng([options.seed, 3, number])
    times_s = options.step_s * np.arange(options.frames)
    crossing_s = rng.uniform(-0.5, times_s[-1] + 0.5)
    gone = rng.uniform(*_WALK_M_S) * (times_s - crossing_s)
    posed = body.pose(walk.betas, walk.poses, walk.translation + gone[:, None] * np.array([0, 0, 1]))
    x, z = camera.position[[0, 2]] * rng.uniform(*_WALK_NEAR)
    turn_deg = np.degrees(np.arctan2(z, -x)) + rng.choice([0, 180]) + rng.normal(scale=15)
    return Actor(turn_posed(posed, float(turn_deg), (float(x), float(z))), body, sample_appearance(rng, barbell=False))


def _place_actors(body: Body, rng: np.random.Generator, moves: list[_Moves]) -> tuple[Actor, ...]:
    turns_deg, around = rng.uniform(0, 360, len(moves)), rng.uniform(0, 2 * np.pi, len(moves))
    # People who cross stand about the first one, near enough to hide each other from most sides.
    away = np.concatenate([[0.0], rng.uniform(*_CLOSE_M, len(moves) - 1)])
    actors = []
    for move, turn_deg, angle, distance in zip(moves, turns_deg, around, away, strict=True):
        posed = body.pose(move.betas, move.poses, move.translation)
        posed = turn_posed(posed, float(turn_deg), (distance * np.cos(angle), distance * np.sin(angle)))
        actors.append(Actor(posed, body, sample_appearance(rng, barbell=bool(move.is_squat and rng.random() < 0.35))))
    return tuple(actors)


def _aim_camera(rng: np.random.Generator, actors: tuple[Actor, ...], options: SceneOptions) -> Camera:
    """Any side, height and distance; all people fill most of the picture, now and then a little too much of it."""
    points = np.concatenate([actor.posed.vertices[:, ::7].reshape(-1, 3) for actor in actors])
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    width = round(options.height * (5 / 6 if len(actors) == 1 else 4 / 3))
    view = orbit_camera(
        float(rng.uniform(0, 360)), float(rng.uniform(2.2, 5.0)) + 0.4 * (len(actors) - 1),
        float(rng.uniform(0.4, 1.8)), aim=(0.0, -float(centre[1])), roll_deg=float(rng.normal(scale=2.0)),
        focal_px=1.0, size=(0, 0),
    )  # fmt: skip
    pixels = view.project(points)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    focal_px = float(min(width / (high - low)[0], options.height / (high - low)[1]) * rng.uniform(0.72, 1.02))
    # Turned until the middle of the people lies near the middle of the picture.
    aim = (low + high) / 2 + rng.normal(scale=0.03, size=2) / focal_px * options.height
    forward = np.array([*aim, 1.0]) @ view.rotation
    roll_deg = float(np.degrees(np.arctan2(view.rotation[0, 1], view.rotation[1, 1])))
    rotation, translation = look_at(view.position, view.position + forward, roll_deg)
    return Camera(rotation, translation, focal_px, width, options.height)


def _sample_things(rng: np.random.Generator, camera: Camera) -> tuple[Mesh, ...]:
    """A rack's posts or a bench between camera and people."""
    spot = _sample_spot(rng, camera)
    return _make_rack(rng, spot) if rng.random() < 0.5 else _make_bench(rng, spot)


def sample_rack(rng: np.random.Generator, camera: Camera) -> tuple[Mesh, ...]:
    """Two posts as high as people, between the camera and who stands at the origin."""
    return _make_rack(rng, _sample_spot(rng, camera))


def sample_bench(rng: np.random.Generator, camera: Camera) -> tuple[Mesh, ...]:
    """A box as high as a shin or a thigh, between the camera and who stands at the origin."""
    return _make_bench(rng, _sample_spot(rng, camera))


class _Spot(NamedTuple):
    """A place on the floor (3,) on the way to the camera, the direction across that way (3,), and a colour (3,)."""

    place: np.ndarray
    aside: np.ndarray
    colour: np.ndarray


def _sample_spot(rng: np.random.Generator, camera: Camera) -> _Spot:
    towards = camera.position * (1, 0, 1) / np.linalg.norm(camera.position[[0, 2]])
    place = towards * rng.uniform(0.55, 0.95)
    colour = np.clip(rng.uniform(30, 220) + rng.normal(scale=12, size=3), 10, 240)
    return _Spot(place, np.array([towards[2], 0.0, -towards[0]]), colour)


def _make_rack(rng: np.random.Generator, spot: _Spot) -> tuple[Mesh, ...]:
    height, half = rng.uniform(1.6, 2.2), rng.uniform(0.025, 0.05)
    middles = [spot.place + spot.aside * side * rng.uniform(0.15, 0.6) for side in (-1, 1)]
    posts = [(m - np.array([half, height, half]), m + np.array([half, 0.0, half])) for m in middles]
    return tuple(box_mesh(low, high, spot.colour) for low, high in posts)


def _make_bench(rng: np.random.Generator, spot: _Spot) -> tuple[Mesh, ...]:
    reach = np.array([rng.uniform(0.15, 0.5), 0.0, rng.uniform(0.12, 0.25)])
    middle = spot.place + spot.aside * rng.uniform(-0.4, 0.4)
    return (box_mesh(middle - reach - (0, rng.uniform(0.35, 0.8), 0), middle + reach, spot.colour),)
