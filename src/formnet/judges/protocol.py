"""One way to judge: `Recipe.fit(table, seed)` gives a judge, `Judge.probabilities(motions)` its answers.

A judge that is stored is named arrays and plain values; no object is ever pickled. Names are looked up here and never
imported, so a model file cannot run code of its choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from formnet.errors import CheckpointError, InputError
from formnet.evaluation.judge import Judge as Judge
from formnet.evaluation.judge import Recipe as Recipe
from formnet.judges.plain import NOT_STORED, PLAIN
from formnet.readers.table import RepetitionTable

Arrays = dict[str, np.ndarray]


class StoredJudge(Judge, Protocol):
    """A judge that can be written to a model file, as `describe()` and named arrays; immutable."""

    @property
    def unsure_below(self) -> float:
        """Least probability at which a class should be named; known after fitting, kept in the model's description."""

    def arrays(self) -> Arrays:
        """All that was learnt, by name; `restore_judge` needs both."""


class StoredRecipe(Recipe, Protocol):
    """A recipe whose judges can be written to a model file."""

    def fit(self, table: RepetitionTable, seed: int = 0) -> StoredJudge: ...


@dataclass(frozen=True)
class JudgeKind:
    """Where a judge lives: `module.make` takes the options of its recipe, `module.restore` takes (values, arrays)."""

    module: str
    make: str
    restore: str


JUDGES: dict[str, JudgeKind] = {
    "movement": JudgeKind("formnet.judges.movement.judge", "MovementRecipe", "restore_movement"),
    "squat": JudgeKind("formnet.judges.squat.judge", "SquatRecipe", "restore_squat"),
}


def build_recipe(config: Mapping[str, Any]) -> StoredRecipe:
    """The recipe that a plain dictionary describes: `name` and its options.

    Raises:
        InputError: for an unknown name or option.
    """
    options = dict(config)
    name = str(options.pop("name", ""))
    make: Callable[..., StoredRecipe] = getattr(_module_of(name), JUDGES[name].make)
    try:
        return make(**options)
    except TypeError as error:
        raise InputError(f"the learner {name!r} cannot be built ({error}); correct its options") from error


def restore_judge(described: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> StoredJudge:
    """A judge as it was stored, from what it described and its arrays.

    Raises:
        InputError: for an unknown name.
        CheckpointError: when values and arrays do not fit.
    """
    name = str(described.get("learner"))
    restore: Callable[..., StoredJudge] = getattr(_module_of(name), JUDGES[name].restore)
    try:
        return restore(described, arrays)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise CheckpointError(f"the stored {name} learner lacks part of itself ({error!r}); get it again") from error


def _module_of(name: str) -> Any:
    if name in PLAIN:
        raise InputError(NOT_STORED.format(name=name))
    if name not in JUDGES:
        raise InputError(f"unknown learner {name!r}; use one of {', '.join(sorted(JUDGES))}")
    return import_module(JUDGES[name].module)


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
