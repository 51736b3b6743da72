"""Descriptions of models as earlier versions wrote them, said in today's words.

Version 1 named classes and functions by their full names (`_target_`). Those that formnet itself wrote are known here;
any other name, and any name at all in a later version, is refused: a file that somebody hands over chooses among what
formnet offers, by short names, and never says what is to be run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from formnet.checks import say_value
from formnet.errors import CheckpointError

_NETWORKS = {
    "formnet.models.resnet1d.ResNet1d": "resnet1d",
    "formnet.models.ensemble.Ensemble": "ensemble",
}
_OTHERS = {
    "formnet.training.simulated.simulate_table",
    "formnet.readers.catalogue.read_dataset",
    "pytorch_lightning.Trainer",
}
_RUNNING_KEYS = ("_target_", "_partial_", "_args_", "_recursive_", "_convert_")
MAX_DEPTH = 40


def translate_description(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A description of any version in the words of this one.

    Raises:
        CheckpointError: when it names something to run, or is nested too deeply.
    """
    known = {*_NETWORKS, *_OTHERS} if content.get("format_version") == 1 else set()
    refuse_code(content, path, known)
    if not known:
        return dict(content)
    training = dict(content.get("training") or {})
    if isinstance(training.get("data"), Mapping):
        # Its reader is known by the name of the data, and its options are the data's own.
        training["data"] = {key: value for key, value in training["data"].items() if key != "source"}
    return {**content, "network": _translate(content.get("network")), "training": _translate(training)}


def refuse_code(content: Any, path: Path, known: set[str] | frozenset[str] = frozenset()) -> None:
    """Raises `CheckpointError` where a description, however deep inside, names something to run.

    Args:
        known: names of ours that an earlier version wrote.
    """
    pending = [(content, 0)]
    while pending:
        value, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise CheckpointError(f"{path} is nested too deeply for a description; get the model again")
        if isinstance(value, Mapping):
            for key in _RUNNING_KEYS:
                named = value.get(key)
                if key in value and not (known and (key != "_target_" or (isinstance(named, str) and named in known))):
                    raise CheckpointError(
                        f"{path} names something to run ({key}: {say_value(named)}) and is refused; a model file "
                        "chooses among what formnet offers, by short names"
                    )
            pending += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, list | tuple):
            pending += [(item, depth + 1) for item in value]


def _translate(value: Any) -> Any:
    if isinstance(value, list):
        return [_translate(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    plain = {key: _translate(item) for key, item in value.items() if key not in _RUNNING_KEYS}
    name = _NETWORKS.get(str(value.get("_target_")))
    return plain if name is None else {"name": name, **plain}
