"""Which settings have an effect: one that has none is refused, so that nobody believes it had one.

A method uses whole groups of the configuration (`USED_BY_METHOD`); within groups some settings depend on others
(`CONDITIONS`). Only what the user set is held against them: an experiment may say what several methods need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from formnet.checks import say_value
from formnet.errors import InputError

NETWORK = "network"
EVERYWHERE = ("method", "experiment", "seed", "threads", "hydra")
USED_BY_METHOD: dict[str, tuple[str, ...]] = {
    NETWORK: ("data", "preprocess", "features", "model", "augment", "optimiser", "trainer", "logger", "fit", "resume"),
    "squat": ("data", "preprocess"),
    "movement": ("data", "preprocess"),
}
"""Method → groups that it uses, beside `EVERYWHERE`; those of a learner's options are `method` itself."""
USED_BY_TASKS = ("task", "trainer", "logger", "resume", "seed", "threads", "hydra")
_ABSENT = object()
_INSTEAD = {"trainer.max_epochs": "task.epochs", "fit.batch_size": "task.data.batch_size"}
MEASURING = ("data", "experiment", "seed", "threads")
MEASURING_NETWORKS = (
    "trainer", "trainer.accelerator", "trainer.devices", "trainer.num_nodes", "trainer.strategy", "trainer.precision",
    "trainer.deterministic", "fit.batch_size",
)  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """A setting, or all below it, that has an effect only where another one has a certain value.

    Attributes:
        setting: dotted name.
        other: dotted name of what decides.
        holds: whether the setting is used with that value.
        remedy: what to do for it to be used.
    """

    setting: str
    other: str
    holds: Callable[[Any], bool]
    remedy: str


def _among(*values: Any) -> Callable[[Any], bool]:
    return lambda value: value in values


_SPLIT = (
    Condition("data.test_groups", "data.split", _among("groups", None), "set data.split=groups"),
    Condition("data.fold", "data.test_groups", lambda groups: not groups, "name no data.test_groups"),
    Condition("data.fold", "data.split", _among("groups", "group_kfold", "leave_one_group_out"),
              "set data.split=group_kfold"),
    Condition("data.n_folds", "data.test_groups", lambda groups: not groups, "name no data.test_groups"),
    Condition("data.n_folds", "data.split", _among("groups", "group_kfold"), "set data.split=group_kfold"),
)  # fmt: skip
_TRAINED_WITH = "choose method=network"
CONDITIONS: tuple[Condition, ...] = (
    *_SPLIT,
    Condition("data.val_share", "data.val_groups", lambda groups: not groups, "name no data.val_groups"),
    Condition("data.val_share", "method.name", _among(NETWORK), _TRAINED_WITH),
    Condition("data.val_groups", "method.name", _among(NETWORK), _TRAINED_WITH),
    Condition("preprocess.n_frames", "method.name", _among(NETWORK), _TRAINED_WITH),
    Condition("preprocess.cutoff_hz", "preprocess.smoother", _among("butterworth"),
              "set preprocess.smoother=butterworth"),
    Condition("preprocess.limbs.per", "preprocess.limbs.scope", lambda scope: scope != "none",
              "set preprocess.limbs.scope"),
    Condition("preprocess.limbs.reference", "preprocess.limbs.scope", lambda scope: scope != "none",
              "set preprocess.limbs.scope"),
    Condition("fit.members", "model.members", lambda members: not members, "choose model=resnet1d"),
    Condition("fit.monitor", "fit.patience", bool, "set fit.patience to a number of epochs"),
    # Tasks.
    Condition("task.weights", "task.way", _among("unsupervised"), "choose task=lift_unsupervised"),
    Condition("task.data.recorded_share", "task.data.recorded", bool, "set task.data.recorded to a library"),
    Condition("task.fit.clip_norm", "task.way", _among("unsupervised"), "choose task=lift_unsupervised"),
    Condition("task.fit.velocity", "task.way", _among("supervised"), "choose task=lift"),
    Condition("trainer.accumulate_grad_batches", "task.way", _among("supervised"), "choose task=lift"),
    Condition("task.data.rendered", "task.data.source", _among("rendered"), "set task.data.source=rendered"),
    Condition("task.data.pictures", "task.data.source", _among("coco", "mpii"), "set task.data.source=coco or mpii"),
    *(
        Condition(f"task.data.{share}", "task.data.source", _among("coco", "mpii", "penn_action"),
                  "set task.data.rendered." + share.replace("share", "scenes"))
        for share in ("val_share", "test_share")
    ),
    *(
        Condition(f"task.network.{name}", "task.network.kind", _among(*kinds), f"set task.network.kind={kinds[0]}")
        for name, kinds in {
            "depth": ("hourglass",), "stages": ("hourglass", "deconv"), "widths": ("deconv", "rpstn"),
            "blocks": ("deconv", "rpstn"), "lateral": ("deconv", "rpstn"), "patches": ("deconv", "rpstn"),
            "relation": ("rpstn",), "propagate": ("rpstn",), "frames": ("rpstn",),
        }.items()
    ),
    Condition("task.first", "task.network.conditioned", bool, "choose task=pose_conditioned"),
    Condition("task.network.margin", "task.network.conditioned", bool, "choose task=pose_conditioned"),
    Condition("task.network.refine", "task.network.method", _among("heatmaps", "location"),
              "set task.network.method=heatmaps"),
    *(
        Condition(f"task.fit.weights.{name}", "task.network.method", _among(*methods),
                  f"set task.network.method={methods[0]}")
        for name, methods in {
            "heatmaps": ("heatmaps", "location", "fields", "tags", "offsets"), "fields": ("fields",),
            "cells": ("cells",), "pull": ("tags",),
            "push": ("tags",), "discs": ("personlab",), "short": ("personlab",), "mid": ("personlab",),
            "location": ("location",), "seen": ("offsets",), "offsets": ("offsets",),
        }.items()
    ),
)  # fmt: skip
"""Of trainings; where the configuration lacks the other setting, a condition says nothing."""
_MEASURING_CONDITIONS = (
    *_SPLIT,
    Condition("seed", "data.test_groups", lambda groups: not groups, "name no data.test_groups"),
    Condition("seed", "data.split", _among("groups", "group_kfold", "random", None), "set data.split=group_kfold"),
    Condition("data.lifter", "data.name", _among("simulated"), "choose data=simulated"),
)


def check_task_usage(settings: Sequence[str], task: str) -> None:
    """Refuses settings that belong to other trainings, before the task's own configuration is composed.

    Args:
        settings: dotted names, or groups, that the user set.
        task: as in `task=lift`.

    Raises:
        InputError: naming a setting that has no effect, and what to do instead.
    """
    for name in settings:
        if name in _INSTEAD:
            raise InputError(f"{name} is not used by task={task}; set {_INSTEAD[name]}")
        if not _is_below(name, USED_BY_TASKS):
            raise InputError(f"{name} is not used by task={task}; leave it out, its own settings begin with 'task.'")


def check_usage(settings: Sequence[str], plain: Mapping[str, Any]) -> None:
    """Refuses settings without an effect on the training that a composed configuration describes.

    Args:
        settings: dotted names, or groups, that the user set.
        plain: the composed configuration.

    Raises:
        InputError: naming a setting that has no effect, and what to do instead.
    """
    for name in settings:
        if name in ("method.name", "task.name"):
            group = name.split(".")[0]
            raise InputError(f"{name} cannot be set; choose {group}=NAME")
        if "method" in plain:
            _check_method(name, plain["method"])
        _check_conditions(name, plain, CONDITIONS)


def check_measuring_usage(settings: Sequence[str], plain: Mapping[str, Any], *, is_learner: bool) -> None:
    """Refuses settings without an effect on a measurement; else as `check_usage`."""
    used = MEASURING if is_learner else (*MEASURING, *MEASURING_NETWORKS)
    for name in settings:
        if not (name in used or name.startswith("data.")) or name in ("data.val_share", "data.val_groups"):
            kind = "a learner" if is_learner else "a network"
            raise InputError(
                f"{name} does not change how {kind} is measured; leave it out, there are data.…, {', '.join(used[2:])}"
            )
        _check_conditions(name, plain, _MEASURING_CONDITIONS)


def _check_method(name: str, method: Mapping[str, Any]) -> None:
    chosen = str(method["name"])
    used = (*EVERYWHERE, *USED_BY_METHOD[chosen])
    if name == "resume" and "resume" not in used:
        raise InputError(f"resume is not used by method={chosen}, which is fitted in one go; leave it out")
    if not _is_below(name, used):
        raise InputError(f"{name} is not used by method={chosen}; leave it out or choose method={NETWORK}")
    group, _, rest = name.partition(".")
    if group == "preprocess" and rest.split(".")[0] in (method.get("preprocess") or {}):
        raise InputError(f"{name} is not used by method={chosen}, which has its own; set method.{name}")


def _check_conditions(name: str, plain: Mapping[str, Any], conditions: Sequence[Condition]) -> None:
    for condition in conditions:
        if not _is_below(name, (condition.setting,)):
            continue
        value = _look_up(plain, condition.other)
        if value is not _ABSENT and not condition.holds(value):
            other = condition.other.removesuffix(".name")
            shown = value if isinstance(value, str) else say_value(value)
            raise InputError(f"{name} is not used with {other}={shown}; leave it out or {condition.remedy}")


def _is_below(name: str, settings: Sequence[str]) -> bool:
    return any(name == setting or name.startswith(f"{setting}.") for setting in settings)


def _look_up(plain: Mapping[str, Any], name: str) -> Any:
    value: Any = plain
    for part in name.split("."):
        value = value.get(part, _ABSENT) if isinstance(value, Mapping) else _ABSENT
    return value
