"""Data to train on and to measure with, by the short names of `configs/data/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formnet.checks import check_values, real, say_value, whole
from formnet.errors import InputError
from formnet.readers.catalogue import dataset_named, read_dataset
from formnet.readers.table import RepetitionTable
from formnet.training.build import SPLIT_KEYS

SIMULATED = "simulated"
_SIMULATED_OPTIONS = ("count", "views", "seed", "noise", "lifter")
_COPY_OPTIONS = ("root", "allow_damaged")


def read_training_data(data: Mapping[str, Any]) -> RepetitionTable:
    """The table that the group `data` describes: simulated squats, or a copy of a set by its name.

    Args:
        data: `name`, the options of that source, and those of the split, which are left alone.

    Raises:
        InputError: for an unknown name or option, or one out of range.
        DataError: see `read_dataset`.
    """
    check_source(data)
    given = {key: value for key, value in data.items() if key not in SPLIT_KEYS and key != "name"}
    if data["name"] != SIMULATED:
        # Every set is read with its own options; `lifter` of a recorded run is the model's.
        return read_dataset(str(data["name"]), **{k: v for k, v in given.items() if k != "lifter"})
    from formnet.training.simulated import simulate_table

    return simulate_table(**given)


def check_source(data: Mapping[str, Any]) -> None:
    """Holds names, options and values of the group `data` against what there is, before anything slow is done.

    Raises:
        InputError: naming what does not exist or is out of range.
    """
    name = data.get("name")
    if not isinstance(name, str):
        raise InputError(f"data.name must be the name of a data set, got {say_value(name)}; see 'formnet data list'")
    options = _SIMULATED_OPTIONS if name == SIMULATED else (*_COPY_OPTIONS, *dict(dataset_named(name).options))
    known = {"name", *SPLIT_KEYS, *options, "lifter"}
    if unknown := sorted(set(map(str, data)) - known):
        raise InputError(f"data has no option {', '.join(unknown)}; with the set {name} it has {', '.join(options)}")
    if name == SIMULATED:
        check_values(
            "data",
            count=(data["count"], whole(1, 10_000_000)),
            views=(data.get("views", 1), whole(1, 1000)),
            seed=(data.get("seed", 0), whole()),
            noise=(data.get("noise", 1.0), real(-1, 100)),
        )
    elif not data.get("root"):
        raise InputError(f"data.root is not given; add data.root=PATH of a copy of {name}")
