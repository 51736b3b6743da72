"""What a configuration may say: values of known groups, never what is to be run.

Hydra would import and call whatever stands behind `_target_`, in a configuration file as on the command line, and its
own settings (callbacks, launchers, logging) name classes, too. formnet builds everything from short names, so such
keys have no use here, and a configuration that somebody hands over must not have any effect but training.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep
from omegaconf import DictConfig, OmegaConf

from formnet.checks import say_value
from formnet.errors import InputError
from formnet.judges.plain import NOT_STORED, PLAIN
from formnet.training.usage import check_task_usage, check_usage

GROUPS = (
    "task", "data", "preprocess", "features", "model", "method", "augment", "optimiser", "trainer", "logger", "fit",
)  # fmt: skip
VALUES = ("seed", "threads", "resume")
_HYDRAS = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.verbose")
_FLAGS = ("-m", "--multirun", "--resolve", "-h", "--help")
_FLAGS_WITH_VALUE = ("-c", "--cfg", "-p", "--package")
_MAX_CHOICES = 64
_MAX_RUNS = 1000
"""Of a sweep; each is a training."""


def modernise(arguments: Sequence[str]) -> list[str]:
    """Arguments in today's words: `learner=NAME` was what is `method=NAME`, and its `none` is the network."""
    return [
        "method=network" if argument == "learner=none" else re.sub(r"^([+~]*)learner(?=[.=])", r"\1method", argument)
        for argument in arguments
        if argument != "task=classify"
    ]


def choose_root(arguments: Sequence[str], configs: Path) -> str:
    """The root configuration: that of the task, lift for `task=lift_unsupervised`, or "train" where none is named.

    Raises:
        InputError: for an unknown task, or several.
    """
    named = [argument.split("=", 1)[1] for argument in arguments if argument.startswith("task=")]
    if not named:
        return "train"
    tasks = sorted(path.stem for path in (configs / "task").glob("*.yaml"))
    if len(named) > 1 or named[0] not in tasks:
        raise InputError(f"there is no task {', '.join(named)}; choose one of {', '.join(tasks)}, or leave it out")
    return named[0].split("_")[0]


def check_arguments(arguments: Sequence[str], configs: Path) -> None:
    """Refuses what would run code before, or instead of, a training, and what would have no effect on it; nothing is
    executed to find out.

    Args:
        arguments: of `train.py`.
        configs: folder of the configurations.

    Raises:
        InputError: for an option of Hydra that reads other configurations, a setting outside the known groups, a
            configuration that names something to run, or a setting that is not used.
        HydraException: for a composition that does not exist.
    """
    overrides, root = _without_flags(arguments), choose_root(arguments, configs)
    parsed = OverridesParser.create().parse_overrides(overrides)
    for override in parsed:
        _check_key(str(override.key_or_group), override)
        _check_choice(override)
        if override.is_sweep_override() and "{" in str(override.input_line):
            raise InputError(f"{override.input_line} sweeps over more than plain values; give numbers or names")
    _check_sweep(parsed)
    settings = [str(override.key_or_group) for override in parsed if not _is_hydras(override)]
    if root != "train":
        check_task_usage(settings, root)
    hydras = [override.input_line or "" for override in parsed if _is_hydras(override)]
    reference = _reference_settings(configs.resolve(), root, tuple(hydras))
    with initialize_config_dir(str(configs.resolve()), version_base="1.3"):
        for choice in _alternatives(parsed):
            composed = compose(root, choice, return_hydra_config=True)
            if _hydra_settings(composed) != reference:
                raise InputError(
                    "this configuration changes settings of Hydra itself; of those only hydra.run.dir, hydra.sweep.dir "
                    "and hydra.sweep.subdir are taken, on the command line"
                )
            check_values_only(composed)
            check_usage(settings, _without_hydra(composed))


def check_values_only(config: DictConfig) -> None:
    """Raises `InputError` where a composed configuration has unknown groups, or names something to run."""
    plain = _without_hydra(config)
    if unknown := sorted(key for key in plain if key not in (*GROUPS, *VALUES)):
        raise InputError(
            f"there is no setting {', '.join(unknown)}; the groups are {', '.join(GROUPS)}, and {', '.join(VALUES)}"
        )
    for key, value in _walk(plain):
        last = key.rsplit(".", 1)[-1]
        if last.startswith("_") and last.endswith("_"):
            raise InputError(
                f"{key}={say_value(value)} names something to run and is refused; configurations choose among what "
                "formnet offers, by short names"
            )


def list_settings(overrides: Sequence[str]) -> list[str]:
    """Dotted names of the settings and groups that overrides set; raises `HydraException` for what is no override."""
    return [str(override.key_or_group) for override in OverridesParser.create().parse_overrides(list(overrides))]


def apply_overrides(saved: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The plain configuration that a model recorded, with single values replaced.

    Raises:
        InputError: for a setting that is neither of the data nor of how they are gone through.
        HydraException: for an override that cannot be read.
    """
    plain = {key: dict(value) if isinstance(value, Mapping) else value for key, value in saved.items()}
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        key = str(override.key_or_group)
        _check_key(key, override)
        if override.is_delete() or override.is_sweep_override():
            raise InputError(f"{override.input_line} cannot be used here; give KEY=VALUE")
        group, _, name = key.partition(".")
        if (
            group not in ("data", "trainer", "fit", "seed", "threads")
            or "." in name
            or bool(name) != (group not in VALUES)
        ):
            raise InputError(f"{key} does not change a measurement; settings of data, trainer and fit do")
        if name:
            plain.setdefault(group, {})[name] = override.value()
        else:
            plain[group] = override.value()
    return plain


def _without_hydra(config: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(config, resolve=False)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items() if key != "hydra"}


def _without_flags(arguments: Sequence[str]) -> list[str]:
    overrides, rest = [], iter(arguments)
    for argument in rest:
        if not argument.startswith("-") or argument == "-":
            overrides.append(argument)
        elif argument in _FLAGS_WITH_VALUE:
            next(rest, None)
        elif argument not in _FLAGS:
            raise InputError(
                f"train.py has no option {argument}; it takes KEY=VALUE, --multirun, --cfg job and --help, and reads "
                "configurations from its own configs/ alone"
            )
    return overrides


def _check_key(key: str, override: Override) -> None:
    first = key.split("@")[0].split(".")[0].split("/")[0]
    if first == "hydra" and (key not in _HYDRAS or override.is_delete()):
        raise InputError(f"{key} cannot be set; of Hydra's own settings there are {', '.join(_HYDRAS)}")
    if first not in (*GROUPS, *VALUES, "experiment", "hydra"):
        raise InputError(
            f"there is no setting {key}; the groups are experiment, {', '.join(GROUPS)}, and {', '.join(VALUES)}"
        )


def _check_sweep(parsed: Sequence[Override]) -> None:
    """Refuses sweeps that are endless or of absurd length, before Hydra lists every run of them."""
    sweeps = [override for override in parsed if override.is_sweep_override()]
    n_runs = math.prod(map(_count_values, sweeps))
    if n_runs > _MAX_RUNS:
        raise InputError(
            f"{' '.join(str(override.input_line) for override in sweeps)} asks for {n_runs:.4g} trainings, more than "
            f"{_MAX_RUNS}; sweep over fewer values"
        )


def _count_values(override: Override) -> int:
    """How many values a sweep of one setting goes through, by arithmetic."""
    line, sweep = override.input_line, override.value()
    if isinstance(sweep, ChoiceSweep):
        return len(sweep.list)
    if not isinstance(sweep, RangeSweep):
        # An interval has no values to go through, and glob(*) has whatever lies in a folder.
        raise InputError(f"{line} does not name its values; give a list (1,2,3 or a,b) or a range")
    start, stop, step = (math.nan if end is None else float(end) for end in (sweep.start, sweep.stop, sweep.step))
    if not (math.isfinite(start) and math.isfinite(stop) and math.isfinite(step) and step):
        raise InputError(f"{line} is a range without an end; give start, stop and a step that is not 0")
    n_values = math.ceil((stop - start) / step)
    if n_values < 1:
        raise InputError(f"{line} is a range without a value in it; give start, stop and a step from one to the other")
    return n_values


def _check_choice(override: Override) -> None:
    """Refuses a choice of a group that is no name, or names a judge that is not trained here."""
    key = str(override.key_or_group)
    if key not in (*GROUPS, "experiment") or override.is_sweep_override():
        return
    value = override.value()
    if isinstance(value, list) and not all(isinstance(name, str) for name in value):
        raise InputError(f"{key} takes a name of configs/{key}, got {say_value(value)}")
    if key == "method" and value in PLAIN:
        raise InputError(NOT_STORED.format(name=value))


def _is_hydras(override: Override) -> bool:
    return str(override.key_or_group).startswith("hydra")


def _alternatives(parsed: Sequence[Override]) -> Iterator[list[str]]:
    """Every combination of groups that a sweep (experiment=a,b) goes through; a plain run has one.

    Of a sweep over values (seed=1,2) one is enough: no value brings in another configuration.
    """
    texts = []
    for override in parsed:
        if not override.is_sweep_override():
            texts.append([str(override.input_line)])
            continue
        key = str(override.key_or_group)
        values = islice(override.sweep_string_iterator(), _MAX_CHOICES + 1 if key in (*GROUPS, "experiment") else 1)
        texts.append([f"{str(override.input_line).split('=')[0]}={value}" for value in values])
    if math.prod(map(len, texts)) > _MAX_CHOICES:
        raise InputError(f"this sweep has more than {_MAX_CHOICES} combinations of groups; sweep over fewer")
    return map(list, product(*texts))


@cache
def _reference_settings(configs: Path, root: str, hydras: tuple[str, ...]) -> dict[str, Any]:
    """Hydra's own settings where nothing but those that may be is chosen."""
    with initialize_config_dir(str(configs), version_base="1.3"):
        return _hydra_settings(compose(root, list(hydras), return_hydra_config=True))


def _hydra_settings(composed: DictConfig) -> dict[str, Any]:
    """Hydra's own settings without what tells one composition from another."""
    plain = OmegaConf.to_container(composed.hydra, resolve=False)
    assert isinstance(plain, dict)
    settings = {str(key): value for key, value in plain.items() if key not in ("overrides", "runtime", "mode")}
    told = ("name", "override_dirname", "config_name", "id", "num")
    settings["job"] = {key: value for key, value in settings["job"].items() if key not in told}
    return settings


def _walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    items: Iterator[tuple[Any, Any]]
    items = iter(value.items()) if isinstance(value, dict) else iter(enumerate(value))
    for key, item in items:
        where = f"{path}.{key}" if path else str(key)
        yield where, item
        if isinstance(item, dict | list):
            yield from _walk(item, where)
