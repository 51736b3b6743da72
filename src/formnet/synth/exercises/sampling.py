"""Exercises by the thousand: short stretches for training, longer clips for filming."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.body.model import Body
from formnet.errors import InputError
from formnet.synth.anatomy import describe_anatomy
from formnet.synth.dataset import Clip
from formnet.synth.exercises.gait import plan_walking
from formnet.synth.exercises.lower import plan_hinge, plan_leg_raise, plan_lunge, plan_sit_to_stand
from formnet.synth.exercises.plan import Plan, Scene
from formnet.synth.exercises.solver import solve_plan
from formnet.synth.exercises.upper import plan_free, plan_idle, plan_overhead_reach
from formnet.synth.kinematics import Array
from formnet.synth.rows import Rows, join_rows
from formnet.synth.world import pose_landmarks, to_world

_PLANS: dict[str, Callable[[Scene], Plan]] = {
    "lunge": plan_lunge,
    "hinge": plan_hinge,
    "sit_to_stand": plan_sit_to_stand,
    "overhead_reach": plan_overhead_reach,
    "leg_raise": plan_leg_raise,
    "walking": plan_walking,
    "idle": plan_idle,
    "free": plan_free,
}
EXERCISES: tuple[str, ...] = tuple(_PLANS)
"""All exercises that can be simulated besides the squat."""
UNSEEN_EXERCISES = ("hinge", "sit_to_stand")
"""Nothing is ever trained on or fitted to these, so that a test can tell what becomes of movements nobody knows."""
KNOWN_EXERCISES = tuple(name for name in EXERCISES if name not in UNSEEN_EXERCISES)

_SPREAD = 0.9
"""Spread of the body shapes, that of the squats."""


@dataclass(frozen=True)
class ExerciseMotions(Rows):
    """N stretches of exercises, each sampled at T moments, begun anywhere in a repetition.

    Attributes:
        names: (N,) exercise of each.
        timestamps: (N, T) seconds.
        betas: (N, S) shape of each body.
        poses: (N, T, 24, 3) SMPL pose parameters.
        translation: (N, T, 3) the pelvis in the world, metres.
        joints: (N, T, 24, 3) SMPL joints in the world, metres.
    """

    names: NDArray[np.str_]
    timestamps: Array
    betas: Array
    poses: NDArray[np.float32]
    translation: NDArray[np.float32]
    joints: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.names)

    def landmarks(self, body: Body) -> NDArray[np.float32]:
        """BlazePose landmarks (N, T, 33, 3) in the world, metres."""
        return pose_landmarks(body, self.betas, self.poses, self.translation)


def sample_exercises(
    body: Body,
    rng: np.random.Generator,
    count: int,
    *,
    frames: int = 64,
    fps: float = 30.0,
    exercises: Sequence[str] = EXERCISES,
) -> ExerciseMotions:
    """Draws `count` stretches of exercises of as many people; the exercises come round evenly.

    Raises:
        InputError: for an unknown exercise, nothing to draw, fewer than two frames or no frame rate.
    """
    _check(exercises)
    if count < 1 or frames < 2:
        raise InputError(f"expected at least one motion of two frames, got {count} of {frames}")
    if not fps > 0:
        raise InputError(f"expected a positive frame rate, got {fps:g}")
    betas = body.sample_betas(rng, count, _SPREAD)
    order = np.arange(count) % len(exercises)
    # Each exercise has its own generator, so leaving one out does not change the others' kind of draws.
    groups = [
        (rows, _sample_group(body, own, exercises[number], betas[rows], frames, fps))
        for number, own in enumerate(rng.spawn(len(exercises)))
        if len(rows := np.flatnonzero(order == number))
    ]
    place = np.argsort(np.concatenate([rows for rows, _ in groups]))
    return join_rows([part for _, part in groups]).take(place)


def sample_exercise_clip(body: Body, rng: np.random.Generator, exercise: str, seconds: float, fps: float) -> Clip:
    """A clip of one person doing one exercise for a while, ready to be filmed; it has no repetitions to judge.

    Raises:
        InputError: for an unknown exercise, a frame rate below 5 or a clip shorter than two frames.
    """
    _check((exercise,))
    frames = round(seconds * fps)
    if fps < 5 or frames < 2:
        raise InputError(f"expected at least 5 frames per second and two frames, got {fps:g} for {seconds:g} s")
    motion = _sample_group(body, rng, exercise, body.sample_betas(rng, 1, _SPREAD), frames, fps)
    return Clip(
        motion.timestamps[0], motion.betas[0], motion.poses[0], motion.translation[0], motion.joints[0], (), "free"
    )


def _check(exercises: Sequence[str]) -> None:
    unknown = [name for name in exercises if name not in _PLANS]
    if unknown or not exercises:
        raise InputError(f"expected exercises out of {', '.join(EXERCISES)}, got {', '.join(unknown) or 'none'}")


def _sample_group(
    body: Body, rng: np.random.Generator, exercise: str, betas: Array, frames: int, fps: float
) -> ExerciseMotions:
    anatomy = describe_anatomy(body, betas)
    times = np.tile(np.arange(frames) / fps, (len(betas), 1))
    posture = solve_plan(anatomy, _PLANS[exercise](Scene(anatomy, times, rng)))
    poses, translation, joints = to_world(posture)
    return ExerciseMotions(np.full(len(betas), exercise), times, betas, poses, translation, joints)
