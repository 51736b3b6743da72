"""Weights on disk: NAME.safetensors holds numbers only, NAME.json beside it says what they are; never a pickle."""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.overrides import TorchFunctionMode

from formnet.errors import CheckpointError, InputError
from formnet.storage.files import atomic_path, compute_sha256, write_json
from formnet.storage.former_models import refuse_code
from formnet.storage.texts import check_file, read_json

Module = TypeVar("Module", bound=torch.nn.Module)

SEALED_VERSION = 2
"""From this format version on the JSON carries a hash of itself, too."""
_MAX_SIDECAR_BYTES = 2**24
_MAX_CHECKPOINT_BYTES = 2**35
_NO_CHECKPOINT = (
    pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError,
    TypeError, IndexError, OverflowError,
)  # fmt: skip


def write_weights(path: Path, tensors: Mapping[str, torch.Tensor], about: Mapping[str, Any]) -> Path:
    """Writes both files, the second with hashes of the first and of itself; returns the path of the weights."""
    path = Path(path).with_suffix(".safetensors")
    with atomic_path(path) as temporary:
        save_file(dict(tensors), temporary)
    sidecar = seal({**about, "sha256": compute_sha256(path)})
    write_json(path.with_suffix(".json"), sidecar)
    return path


def seal(sidecar: Mapping[str, Any]) -> dict[str, Any]:
    """The sidecar with its fingerprint, which covers all that stands in it, the hash of the weights included."""
    return {**sidecar, "fingerprint": compute_fingerprint(sidecar)}


def compute_fingerprint(sidecar: Mapping[str, Any]) -> str:
    """Hexadecimal SHA-256 of a sidecar's content in any order and layout, without its own fingerprint."""
    content = {key: value for key, value in sidecar.items() if key != "fingerprint"}
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(plain.encode("ascii")).hexdigest()


def read_weights(path: Path) -> tuple[Any, dict[str, torch.Tensor], Path]:
    """What stands in the JSON, the tensors, and the path of the weights; either file may be named.

    Raises:
        CheckpointError: when one of the files is missing, damaged, or not the other's.
    """
    weights, sidecar = path.with_suffix(".safetensors"), path.with_suffix(".json")
    for file in (weights, sidecar):
        if not file.is_file():
            raise CheckpointError(f"{file} is missing; a model is two files, {weights.name} and {sidecar.name}")
    content = _read_sidecar(sidecar)
    if isinstance(content, dict) and "sha256" in content and content["sha256"] != compute_sha256(weights):
        raise CheckpointError(f"{weights} is not the file that {sidecar.name} describes; get both files again")
    try:
        return content, load_file(weights), weights
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{weights} is no readable safetensors file ({error}); get the model again") from error


def read_weights_of(
    path: Path, what: str, task: str, form: str, version: int
) -> tuple[dict[str, Any], dict[str, torch.Tensor], Path]:
    """As `read_weights`, of a network of one kind, up to a version of its format.

    Args:
        what: the kind, for messages ("lifter").
        task: of `train.py`, which makes one.
        form: what the JSON calls its format.

    Raises:
        CheckpointError: also for another kind, a newer version, or a description that names something to run.
    """
    content, state, weights = read_weights(path)
    if not isinstance(content, dict) or content.get("format") != form:
        raise CheckpointError(f"{path} is no {what}; make one with python train.py task={task}")
    found = content.get("format_version")
    if not isinstance(found, int) or found > version:
        raise CheckpointError(f"{path} was written by a newer formnet; upgrade formnet")
    refuse_code(content, path)
    return content, state, weights


def _read_sidecar(sidecar: Path) -> Any:
    try:
        content = read_json(sidecar, "description of a model", _MAX_SIDECAR_BYTES)
    except InputError as error:
        raise CheckpointError(f"{str(error).partition(';')[0]}; get the model again") from error
    fingerprint = compute_fingerprint(content) if isinstance(content, dict) else ""
    if not isinstance(content, dict):
        return content
    version = content.get("format_version")
    is_sealed = "fingerprint" in content or (isinstance(version, int) and version >= SEALED_VERSION)
    if is_sealed and content.get("fingerprint") != fingerprint:
        raise CheckpointError(f"{sidecar} was changed after it was written; get the model again")
    return content


def read_checkpoint(path: Path, remedy: str, *, mmap: bool = False) -> dict[str, Any]:
    """The content of a checkpoint that PyTorch wrote: tensors and plain containers alone; nothing in it is run.

    Args:
        remedy: what to do about another file.
        mmap: leave tensors on disk until they are used.

    Raises:
        CheckpointError: missing, no such file, one that asks for objects, or that unpacks to more than itself.
    """
    try:
        check_file(path, _MAX_CHECKPOINT_BYTES, "checkpoint")
        with zipfile.ZipFile(path) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise ValueError("it is packed, which PyTorch's own never are")
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)
    except InputError as error:
        raise CheckpointError(str(error)) from None
    except _NO_CHECKPOINT as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise CheckpointError(f"{path} cannot be read as a checkpoint ({reason[0][:80]}); {remedy}") from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is no checkpoint of a training; {remedy}")
    return content


class _Undrawn(TorchFunctionMode):
    """Leaves out the random numbers that layers begin with: they are replaced, and to draw normal ones without memory
    PyTorch would load its whole compiler."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.nn.init.normal_, torch.nn.init.uniform_, torch.nn.init.kaiming_uniform_):
            return kwargs["tensor"]
        return func(*args, **(kwargs or {}))


def build_with_weights(build: Callable[[], Module], state: Mapping[str, torch.Tensor], path: Path) -> Module:
    """A network with its stored weights, widened from 16 bits where need be.

    A description that somebody hands over may ask for more memory than there is: the network is first built without
    any, and for good only when its weights are all on disk.

    Raises:
        CheckpointError: weights that are no numbers or do not fit.
    """
    with torch.device("meta"), _Undrawn():
        wanted = {name: tensor.shape for name, tensor in build().state_dict().items()}
    stored = {name: tensor.shape for name, tensor in state.items()}
    for name in sorted({*wanted, *stored}):
        if wanted.get(name) != stored.get(name):
            expected, got = (list(shapes[name]) if name in shapes else "none" for shapes in (wanted, stored))
            raise CheckpointError(
                f"the weights in {path} do not fit its description ({name}: expected {expected}, got {got}); get the "
                "model again"
            )
    with _Undrawn():
        module = build()
    own = module.state_dict()
    widened = {
        name: tensor.to(own[name].dtype) if name in own and own[name].is_floating_point() else tensor
        for name, tensor in state.items()
    }
    if not all(torch.isfinite(tensor).all() for tensor in widened.values() if tensor.is_floating_point()):
        raise CheckpointError(f"{path} holds weights that are no numbers; train the model again")
    module.load_state_dict(widened)
    return module.eval()


def shipped_path(name: str) -> Path:
    """A file that formnet brings along: inside an installed package, or in a source checkout."""
    here = Path(__file__).resolve()
    installed = here.parents[1] / "checkpoints" / name
    return installed if installed.is_file() else here.parents[3] / "checkpoints" / name
