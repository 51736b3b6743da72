"""Simulated exercises besides the squat: the variety of human motion a lifter must know."""

from formnet.synth.exercises.sampling import (
    EXERCISES,
    KNOWN_EXERCISES,
    UNSEEN_EXERCISES,
    ExerciseMotions,
    sample_exercise_clip,
    sample_exercises,
)

__all__ = [
    "EXERCISES",
    "KNOWN_EXERCISES",
    "UNSEEN_EXERCISES",
    "ExerciseMotions",
    "sample_exercise_clip",
    "sample_exercises",
]
