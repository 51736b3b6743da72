"""Weights on disk: NAME.safetensors holds numbers only, NAME.json beside it says what they are; never a pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from formnet.errors import CheckpointError, InputError
from formnet.storage.files import atomic_path, compute_sha256, write_json
from formnet.storage.former_models import refuse_code
from formnet.storage.texts import read_json

Arrays = Mapping[str, NDArray[Any]]
"""By the names that PyTorch gives to parts of a network, or by those of a learner."""

SEALED_VERSION = 2
"""From this format version on the JSON carries a hash of itself, too."""
_MAX_SIDECAR_BYTES = 2**24
# The last three for kinds of numbers that NumPy does not know.
_NO_WEIGHTS = (SafetensorError, OSError, ValueError, TypeError, AttributeError, KeyError)


def write_weights(path: Path, arrays: Arrays, about: Mapping[str, Any]) -> Path:
    """Writes both files, the second with hashes of the first and of itself; returns the path of the weights."""
    path = Path(path).with_suffix(".safetensors")
    with atomic_path(path) as temporary:
        save_file({name: np.array(array, order="C") for name, array in arrays.items()}, temporary)
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


def read_weights(path: Path) -> tuple[Any, Arrays, Path]:
    """What stands in the JSON, the arrays, and the path of the weights; either file may be named.

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
    except _NO_WEIGHTS as error:
        raise CheckpointError(f"{weights} is no readable safetensors file ({error}); get the model again") from error


def read_weights_of(path: Path, what: str, task: str, form: str, version: int) -> tuple[dict[str, Any], Arrays, Path]:
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


def halve(arrays: Arrays, keep: Callable[[str], bool]) -> Arrays:
    """Floating-point numbers in 16 bits, but for those whose names are to `keep` their own width."""
    return {
        name: array.astype(np.float16) if array.dtype.kind == "f" and not keep(name) else array
        for name, array in arrays.items()
    }


class StoredWeights:
    """Arrays of a network, handed out one by one to what is built of them.

    Each is held against the shape that the description asks for before anything is made of it, so a description that
    somebody hands over cannot ask for more memory than its weights take.
    """

    def __init__(self, arrays: Arrays, path: Path) -> None:
        self._left, self._path = dict(arrays), path

    def take(self, name: str, *shape: int) -> NDArray[np.float32]:
        """The numbers of that name in 32 bits; raises `CheckpointError` where they are none or of another shape."""
        array = self._left.pop(name, None)
        if array is None or array.shape != shape:
            raise misfit(self._path, name, shape, None if array is None else array.shape)
        with np.errstate(over="ignore"):
            widened = array.astype(np.float32) if array.dtype.kind in "fiub" else np.full(shape, np.nan, np.float32)
        if not np.isfinite(widened).all():
            raise no_numbers(self._path)
        return widened

    def finish(self) -> None:
        """Raises `CheckpointError` where anything was not taken: those are the weights of another network."""
        for name, array in sorted(self._left.items()):
            raise misfit(self._path, name, None, array.shape)


def misfit(path: Path, name: str, expected: Sequence[int] | None, got: Sequence[int] | None) -> CheckpointError:
    """The error about weights of another shape; None is for those that are not there, or should not be."""
    want, have = ("none" if shape is None else list(shape) for shape in (expected, got))
    return CheckpointError(
        f"the weights in {path} do not fit its description ({name}: expected {want}, got {have}); get the model again"
    )


def no_numbers(path: Path) -> CheckpointError:
    """The error about weights that are infinite or nothing at all."""
    return CheckpointError(f"{path} holds weights that are no numbers; train the model again")


def shipped_path(name: str) -> Path:
    """A file that formnet brings along: inside an installed package, or in a source checkout."""
    here = Path(__file__).resolve()
    installed = here.parents[1] / "checkpoints" / name
    return installed if installed.is_file() else here.parents[3] / "checkpoints" / name
