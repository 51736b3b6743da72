"""Plain configuration values → the dataclasses of formnet, with one sentence for what does not fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from formnet.checks import say_value
from formnet.errors import InputError
from formnet.preprocess.spec import PreprocessSpec
from formnet.training.data import SplitOptions

Options = TypeVar("Options")
SPLIT_KEYS = ("split", "test_groups", "val_groups", "n_folds", "fold", "val_share", "allow_leakage")
_ACCEPTED: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,), "str": (str,)}


def build_options(kind: type[Options], values: Mapping[str, Any], where: str) -> Options:
    """A dataclass of options from a mapping.

    Raises:
        InputError: naming options that do not exist, and those that do.
    """
    known = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(f"{where} has no option {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        accepted = _ACCEPTED.get(str(field.type))
        value = values.get(field.name)
        is_wrong = accepted and (not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted))
        if field.name in values and is_wrong:
            raise InputError(f"expected {where}.{field.name} to be {field.type}, got {say_value(value)}")
    try:
        return kind(**values)
    except TypeError as error:
        raise InputError(f"{where} cannot be used ({error}); correct its values") from error


def check_weights_file(setting: str, path: Any, what: str) -> str | None:
    """The file of weights that a setting names, None for none: now rather than after people were drawn for minutes.

    Raises:
        InputError: when it is not there.
    """
    if path is not None and not (isinstance(path, str) and Path(path).is_file()):
        given = path if isinstance(path, str) else say_value(path)
        raise InputError(f"{setting}={given} is not there; give the {what} that was trained")
    return path


def build_spec(preprocess: Mapping[str, Any], features: Mapping[str, Any] | None) -> PreprocessSpec:
    """The PreprocessSpec of the groups `preprocess` and `features`, None for methods that have features of their own.

    `limbs.reference: smpl` stands for the limb lengths of the built-in SMPL body, which are written into the spec,
    so that a checkpoint needs no body.
    """
    values = {**preprocess, **({"features": dict(features)} if features else {})}
    limbs = dict(values.get("limbs") or {})
    if limbs.get("scope", "none") == "none":
        limbs["reference"] = []
    elif limbs.get("reference") == "smpl":
        from formnet.body.limbs import reference_limb_lengths

        lengths = reference_limb_lengths()
        limbs["reference"] = [(parent, child, round(length, 6)) for (parent, child), length in lengths.items()]
    elif limbs.get("reference") in (None, "unit"):
        limbs["reference"] = []
    elif isinstance(limbs.get("reference"), str):
        raise InputError(f"unknown limb lengths {limbs['reference']!r}; use smpl, unit, or a list of limbs")
    values["limbs"] = limbs
    return PreprocessSpec.from_dict(values)


def build_split(data: Mapping[str, Any], seed: int) -> SplitOptions:
    """The options of the split from the group `data`; group names become text."""
    names = {"split": "kind"}
    values = {names.get(key, key): data[key] for key in SPLIT_KEYS if data.get(key) is not None}
    for key in ("test_groups", "val_groups"):
        given = values.get(key, ())
        given = [given] if isinstance(given, str | int) else given
        values[key] = tuple(str(group) for group in given)
    return build_options(SplitOptions, {**values, "seed": seed}, "data")
