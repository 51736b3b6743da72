"""Weights on disk: NAME.safetensors holds numbers only, NAME.json beside it says what they are; never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from formnet.errors import CheckpointError
from formnet.storage.files import atomic_path, compute_sha256


def write_weights(path: Path, tensors: Mapping[str, torch.Tensor], about: Mapping[str, Any]) -> Path:
    """Writes both files, with the hash of the first in the second; returns the path of the weights."""
    path = Path(path).with_suffix(".safetensors")
    with atomic_path(path) as temporary:
        save_file(dict(tensors), temporary)
    sidecar = {**about, "sha256": compute_sha256(path)}
    with atomic_path(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(sidecar, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_weights(path: Path) -> tuple[Any, dict[str, torch.Tensor], Path]:
    """What stands in the JSON, the tensors, and the path of the weights; either file may be named.

    Raises:
        CheckpointError: when one of the files is missing, damaged, or not the other's.
    """
    weights, sidecar = path.with_suffix(".safetensors"), path.with_suffix(".json")
    for file in (weights, sidecar):
        if not file.is_file():
            raise CheckpointError(f"{file} is missing; a model is two files, {weights.name} and {sidecar.name}")
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{sidecar} cannot be read as JSON ({error}); get the model again") from error
    if isinstance(content, dict) and "sha256" in content and content["sha256"] != compute_sha256(weights):
        raise CheckpointError(f"{weights} is not the file that {sidecar.name} describes; get both files again")
    try:
        return content, load_file(weights), weights
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{weights} is no readable safetensors file ({error}); get the model again") from error


def fill_weights(module: torch.nn.Module, state: Mapping[str, torch.Tensor], path: Path) -> None:
    """Gives a network its stored weights, widened from 16 bits where need be.

    Raises:
        CheckpointError: weights that are no numbers or do not fit.
    """
    own = module.state_dict()
    widened = {
        name: tensor.to(own[name].dtype) if name in own and own[name].is_floating_point() else tensor
        for name, tensor in state.items()
    }
    if not all(torch.isfinite(tensor).all() for tensor in widened.values() if tensor.is_floating_point()):
        raise CheckpointError(f"{path} holds weights that are no numbers; train the model again")
    try:
        module.load_state_dict(widened)
    except RuntimeError as error:
        detail = str(error).strip().splitlines()[-1].strip()
        raise CheckpointError(
            f"the weights in {path} do not fit its description ({detail}); get the model again"
        ) from error


def shipped_path(name: str) -> Path:
    """A file that formnet brings along: inside an installed package, or in a source checkout."""
    here = Path(__file__).resolve()
    installed = here.parents[1] / "checkpoints" / name
    return installed if installed.is_file() else here.parents[3] / "checkpoints" / name
