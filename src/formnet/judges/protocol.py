"""What every learner offers, and learners by name.

A learner is fitted on a table and stored as named arrays and plain options; no object is ever pickled. Names are looked
up here and never imported, so a model file cannot run code of its choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from formnet.errors import CheckpointError, InputError
from formnet.motion import FloatArray, Motion
from formnet.readers.table import RepetitionTable

Arrays = dict[str, np.ndarray]


class FittedLearner(Protocol):
    """A learner that has learnt; immutable."""

    @property
    def n_classes(self) -> int:
        """Columns of the probabilities."""

    @property
    def unsure_below(self) -> float:
        """Least probability at which a class should be named; known after fitting, kept in the model's description."""

    def estimate_probabilities(self, motions: Sequence[Motion]) -> FloatArray:
        """(N, C) calibrated probabilities of single repetitions; each is judged alone."""

    def arrays(self) -> Arrays:
        """All that was learnt, by name."""

    def options(self) -> dict[str, Any]:
        """Plain values that say what the arrays are; `restore_learner` needs both."""


class Learner(Protocol):
    """A recipe with its options set."""

    def fit(self, table: RepetitionTable, seed: int = 0) -> FittedLearner:
        """Learns from all rows. Calibration and choices are made on groups left out inside the table.

        Raises:
            DataError: with fewer than two classes.
            SkeletonError: when the joint set lacks what the recipe needs.
        """


@dataclass(frozen=True)
class LearnerKind:
    """Where a learner lives: `module.make` takes its options, `module.restore` takes (options, arrays)."""

    module: str
    make: str
    restore: str


LEARNERS: dict[str, LearnerKind] = {
    "movement": LearnerKind("formnet.judges.movement.judge", "MovementLearner", "restore_movement"),
    "squat": LearnerKind("formnet.judges.squat.judge", "SquatLearner", "restore_squat"),
}


def build_learner(config: Mapping[str, Any]) -> Learner:
    """The learner that a plain dictionary describes: `name` and its options.

    Raises:
        InputError: for an unknown name or option.
    """
    options = dict(config)
    name = str(options.pop("name", ""))
    make: Callable[..., Learner] = getattr(_module_of(name), LEARNERS[name].make)
    try:
        return make(**options)
    except TypeError as error:
        raise InputError(f"the learner {name!r} cannot be built ({error}); correct its options") from error


def restore_learner(name: str, options: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> FittedLearner:
    """A learner as it was stored.

    Raises:
        InputError: for an unknown name.
        CheckpointError: when options and arrays do not fit.
    """
    restore: Callable[..., FittedLearner] = getattr(_module_of(name), LEARNERS[name].restore)
    try:
        return restore(options, arrays)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise CheckpointError(f"the stored {name} learner lacks part of itself ({error!r}); get it again") from error


def _module_of(name: str) -> Any:
    if name not in LEARNERS:
        raise InputError(f"unknown learner {name!r}; use one of {', '.join(sorted(LEARNERS))}")
    return import_module(LEARNERS[name].module)


def take_array(
    arrays: Mapping[str, np.ndarray], name: str, shape: tuple[int | None, ...], kind: str = "f"
) -> np.ndarray:
    """The stored array of this name, checked: its number of dimensions and sizes (None: any), kind and finiteness.

    Args:
        kind: "f" for floating-point, "i" for whole numbers, "b" for booleans.

    Raises:
        CheckpointError: naming what does not fit.
    """
    if name not in arrays:
        raise CheckpointError(f"the stored learner has no {name!r}; get the model again")
    array = np.asarray(arrays[name])
    fits = array.ndim == len(shape) and all(
        want is None or want == got for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype.kind != kind:
        wanted = tuple("any" if size is None else size for size in shape)
        raise CheckpointError(
            f"expected {name!r} of shape {wanted} and kind {kind!r} in the stored learner, got {array.shape} of "
            f"{array.dtype.kind!r}; get the model again"
        )
    if kind == "f" and not np.isfinite(array).all():
        raise CheckpointError(f"{name!r} of the stored learner holds what is no number; train the model again")
    return array


def require_range(array: np.ndarray, name: str, low: int, high: int) -> None:
    """Raises `CheckpointError` unless every whole number lies in low…high-1: they are used as indices."""
    if array.size and not ((array >= low) & (array < high)).all():
        raise CheckpointError(f"{name!r} of the stored learner points outside {low}…{high - 1}; get the model again")
