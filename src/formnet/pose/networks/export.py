"""Pose networks as ONNX, with the same numbers."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import logging
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from formnet.errors import InputError
from formnet.pose.networks.description import PoseNetwork, finish_maps
from formnet.storage.files import atomic_path


class _LastStage(nn.Module):
    """The maps of the last stage by name, as `PoseNetwork.maps` gives them."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        return tuple(finish_maps(self.module(pictures)[-1]).values())


def require_onnx() -> None:
    """Raises `InputError` when what the export needs is not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxscript")):
        raise InputError("writing ONNX needs the packages onnx and onnxscript; install formnet[onnx]")


def export_onnx(network: PoseNetwork, path: Path) -> Path:
    """Writes a network as ONNX: input `pictures` (N, 3, H, W), N free, normalised as in `prepare`; an output for each
    kind of map. RPSTN takes (1, T, 3, H, W). The description stands in the model's metadata under `formnet`.

    Raises:
        InputError: the optional packages are missing, or the file cannot be written.
    """
    require_onnx()
    import onnx

    spec = network.spec
    is_clip = spec.kind == "rpstn"
    shape = (1, spec.frames, 3, *spec.size[::-1]) if is_clip else (2, 3, *spec.size[::-1])
    names = list(spec.make_grouping().channels)
    batch = None if is_clip else ({0: torch.export.Dim("batch", min=1, max=1024)},)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for name in ("torch.onnx", "onnxscript", "onnx_ir"):
            logging.getLogger(name).setLevel(logging.ERROR)
        program = torch.onnx.export(
            _LastStage(network.module).eval(), (torch.zeros(shape),), input_names=["pictures"], output_names=names,
            dynamic_shapes=batch, dynamo=True, verbose=False,
        )  # fmt: skip
    assert program is not None
    model = program.model_proto
    entry = model.metadata_props.add()
    entry.key, entry.value = "formnet", json.dumps(spec.to_dict())
    with atomic_path(path) as temporary:
        onnx.save_model(model, str(temporary))
    return path
