"""One run and one measurement of a learner; the counterpart of `formnet.training.run` for networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from formnet.evaluation.judge import judge_groups
from formnet.evaluation.metrics import describe_answers
from formnet.judges.checkpoint import FormnetModel, ModelDescription, current_versions, load_model, save_model
from formnet.judges.protocol import build_recipe
from formnet.preprocess.spec import PreprocessSpec
from formnet.readers.table import RepetitionTable
from formnet.training.arrays import Progress, cut_repetitions
from formnet.training.data import SplitOptions, split_table
from formnet.training.figures import write_metrics


@dataclass(frozen=True)
class LearnerRun:
    """Everything about a run besides its data.

    Attributes:
        spec: from recordings to repetitions.
        learner: `name` and options for `build_recipe`.
        split: the validation side goes back into training, where the learner leaves groups out itself.
        seed: of the learner.
    """

    spec: PreprocessSpec
    learner: Mapping[str, Any]
    split: SplitOptions = field(default_factory=SplitOptions)
    seed: int = 0


def learner_preprocess(preprocess: Mapping[str, Any], method: Mapping[str, Any]) -> dict[str, Any]:
    """The group `preprocess` with what the learner wants otherwise."""
    return {**preprocess, **dict(method.get("preprocess") or {})}


def learner_options(method: Mapping[str, Any]) -> dict[str, Any]:
    """The group `method` without what concerns preprocessing."""
    return {key: value for key, value in method.items() if key != "preprocess"}


def resolve_left_out(learner: Mapping[str, Any], train_groups: np.ndarray, test_groups: np.ndarray) -> dict[str, Any]:
    """The learner's options with `left_out` as the data were split, where it is not given.

    "repetitions" when every test row is of a group that is trained on, as on a random split; else "groups".
    """
    is_known = len(test_groups) > 0 and np.isin(test_groups, train_groups).all()
    left_out = learner.get("left_out") or ("repetitions" if is_known else "groups")
    return {**learner, "left_out": left_out}


def run_learner_training(
    table: RepetitionTable, options: LearnerRun, out: Path, *, record: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Fits, stores and measures what was stored.

    Writes `model.safetensors` with `model.json`, and `metrics.json`, into `out`.

    Args:
        record: plain values kept in the model file, from which `evaluate.py` finds the data again.

    Returns:
        The figures on the test side.

    Raises:
        DataError, InputError, SkeletonError: see the parts.
    """
    sides = split_table(table, replace(options.split, val_groups=(), val_share=0.0))
    config = resolve_left_out(options.learner, table.groups[sides.train], table.groups[sides.test])
    learner = build_recipe(config)
    train = cut_repetitions(table.select(sides.train), options.spec, progress)
    test = cut_repetitions(table.select(sides.test), options.spec, progress)
    fitted = learner.fit(train, options.seed)
    description = ModelDescription(
        options.spec,
        table.classes,
        fitted.describe(),
        n_dimensions=train.motions[0].n_dimensions,
        training={
            **(record or {}),
            "learner": config,
            "split": sides.describe({"train": len(train), "val": 0, "test": len(test)}),
        },
        versions=current_versions(),
        unsure_below=fitted.unsure_below,
    )
    path = save_model(out / "model.safetensors", fitted, description)
    figures = _measure(load_model(path), test)
    save_model(path, fitted, replace(description, metrics=figures))
    write_metrics(out, figures)
    return figures


def run_learner_evaluation(
    model: FormnetModel, table: RepetitionTable, split: SplitOptions, progress: Progress | None = None
) -> dict[str, Any]:
    """Figures of a stored learner on the test side of a table; raises as `run_learner_training`."""
    sides = split_table(table, replace(split, val_groups=(), val_share=0.0))
    return _measure(model, cut_repetitions(table.select(sides.test), model.spec, progress))


def _measure(model: FormnetModel, test: RepetitionTable) -> dict[str, Any]:
    return describe_answers(judge_groups(model.judge, test), test.labels, model.classes)
