"""Which way and which side: every clip is laid on the mean clip of good repetitions.

The mean, and for each of its clips the turn about gravity and the side (as it is or mirrored), are found alternately,
as in generalised Procrustes analysis (Gower 1975) but with turns about gravity only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formnet.geometry.paths import resample_frames
from formnet.geometry.vectors import mirror_points
from formnet.judges.movement.posture import turn_about_gravity
from formnet.motion import FloatArray, Motion
from formnet.skeleton import Skeleton

N_SHAPE = 50
MOST_ROUNDS = 8
SIDED_MARGIN = 1.0
"""A movement has a side when mirroring changes the distance to the mean by more than this multiple of it."""
_LIMBS_THAT_TELL = ("wrist", "elbow", "knee", "ankle")


@dataclass(frozen=True, eq=False)
class Placement:
    """The mean clip, (N_SHAPE, J, 3), and whether the movement is done with one side.

    Of a movement without a side both orientations of a clip are equally right, and both are used.
    """

    template: FloatArray
    is_sided: bool


def fit_placement(bodies: Sequence[Motion]) -> Placement:
    """Mean clip and sidedness of canonical bodies; rounds start with the busier side on the right."""
    skeleton = bodies[0].skeleton
    shapes = [_both_shapes(body.positions, skeleton) for body in bodies]
    sides = [int(_is_left_busier(body)) for body in bodies]
    turns = [(0.0, 0.0)] * len(bodies)
    for number in range(MOST_ROUNDS):
        laid = [turn_about_gravity(both[s], turn[s]) for both, s, turn in zip(shapes, sides, turns, strict=True)]
        template = np.mean(laid, axis=0)
        fits = [_fit_both(both, template) for both in shapes]
        chosen, turns = [int(fit[1][1] < fit[1][0]) for fit in fits], [fit[0] for fit in fits]
        if number > 1 and chosen == sides:
            break
        sides = chosen
    margins = np.array([fit[1][0] - fit[1][1] for fit in fits])
    least = np.mean([min(fit[1]) for fit in fits])
    return Placement(template, bool(np.sqrt(np.mean(margins**2)) > SIDED_MARGIN * least))


def orient_clip(body: Motion, placement: Placement) -> tuple[FloatArray, ...]:
    """Positions (T, J, 3) as they lie best on the mean clip; without a side the mirrored orientation follows."""
    skeleton = body.skeleton
    turns, distances = _fit_both(_both_shapes(body.positions, skeleton), placement.template)
    side = int(distances[1] < distances[0])
    both = (body.positions, mirror_points(body.positions, skeleton.mirror))
    wanted = (side,) if placement.is_sided else (side, 1 - side)
    return tuple(turn_about_gravity(both[k], turns[k]) for k in wanted)


def fit_turn(moving: FloatArray, fixed: FloatArray) -> float:
    """The angle for `turn_about_gravity` that brings `moving` nearest to `fixed` in least squares (closed form)."""
    x, z, to_x, to_z = moving[..., 0], moving[..., 2], fixed[..., 0], fixed[..., 2]
    return float(np.arctan2((z * to_x - x * to_z).sum(), (x * to_x + z * to_z).sum()))


def _fit_both(shapes: tuple[FloatArray, FloatArray], template: FloatArray) -> tuple[tuple[float, float], list[float]]:
    """Turns and squared distances, as it is and mirrored."""
    turns = (fit_turn(shapes[0], template), fit_turn(shapes[1], template))
    laid = [turn_about_gravity(shape, angle) for shape, angle in zip(shapes, turns, strict=True)]
    return turns, [float(((shape - template) ** 2).sum()) for shape in laid]


def _both_shapes(positions: FloatArray, skeleton: Skeleton) -> tuple[FloatArray, FloatArray]:
    return _shape(positions, skeleton), _shape(mirror_points(positions, skeleton.mirror), skeleton)


def _shape(positions: FloatArray, skeleton: Skeleton) -> FloatArray:
    """(N_SHAPE, J, 3): joints relative to the pelvis, the pelvis itself as it moves."""
    shape = resample_frames(positions, N_SHAPE)
    root = skeleton.index("pelvis")
    relative = shape - shape[:, root : root + 1]
    relative[:, root] = shape[:, root]
    return relative


def _is_left_busier(body: Motion) -> bool:
    relative = body.positions - body.joint("pelvis")[:, None]

    def effort(side: str) -> float:
        joints = body.skeleton.indices(f"{side}_{joint}" for joint in _LIMBS_THAT_TELL)
        return float(np.sqrt(relative[:, joints].var(axis=0).sum(axis=-1)).sum())

    return effort("left") > effort("right")
