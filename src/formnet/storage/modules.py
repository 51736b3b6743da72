"""Networks of PyTorch and their weights: built, stored, and read from checkpoints."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch.overrides import TorchFunctionMode

from formnet.errors import CheckpointError, InputError
from formnet.storage.texts import check_file
from formnet.storage.weights import Arrays, misfit, no_numbers

Module = TypeVar("Module", bound=torch.nn.Module)

_MAX_CHECKPOINT_BYTES = 2**35
_NO_CHECKPOINT = (
    pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError,
    TypeError, IndexError, OverflowError,
)  # fmt: skip


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


def build_with_weights(build: Callable[[], Module], state: Mapping[str, Any], path: Path) -> Module:
    """A network with its stored weights (arrays or tensors), widened from 16 bits where need be.

    A description that somebody hands over may ask for more memory than there is: the network is first built without
    any, and for good only when its weights are all on disk.

    Raises:
        CheckpointError: weights that are no numbers or do not fit.
    """
    tensors = {name: torch.as_tensor(values) for name, values in state.items()}
    with torch.device("meta"), _Undrawn():
        wanted = {name: tensor.shape for name, tensor in build().state_dict().items()}
    stored = {name: tensor.shape for name, tensor in tensors.items()}
    for name in sorted({*wanted, *stored}):
        if wanted.get(name) != stored.get(name):
            raise misfit(path, name, wanted.get(name), stored.get(name))
    with _Undrawn():
        module = build()
    own = module.state_dict()
    widened = {
        name: tensor.to(own[name].dtype) if name in own and own[name].is_floating_point() else tensor
        for name, tensor in tensors.items()
    }
    if not all(torch.isfinite(tensor).all() for tensor in widened.values() if tensor.is_floating_point()):
        raise no_numbers(path)
    module.load_state_dict(widened)
    return module.eval()


def arrays_of(module: torch.nn.Module) -> Arrays:
    """The weights of a network by their names, as they are stored."""
    return {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in module.state_dict().items()}
