"""Reads networks of Caffe (a .prototxt and a .caffemodel) as PyTorch modules, as far as OpenPose's need it.

OpenCV read these files up to version 4; version 5 does not any more. Caffe's files are protocol buffers: the layout is
text, the weights are binary. Only what convolutional networks are made of is read; nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from formnet.errors import CheckpointError, InputError
from formnet.storage.texts import check_file, read_bytes, read_text

MAX_WEIGHTS_BYTES, MAX_LAYOUT_BYTES = 2**30, 2**22

_TOKEN = re.compile(r'#[^\n]*|"[^"]*"|\'[^\']*\'|[{}:]|[^\s{}:"\'#]+')
_WEIGHTS_OF_LAYER = {100: (1, 7), 2: (4, 6)}
"""Field of a layer in a network → fields of its name and weights: the current layout and the one before it."""
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5

Block = dict[str, list[Any]]
"""Names in a layout → their values in order; a value is text or a block."""


class CaffeNetwork(nn.Module):
    """Layers in their order, each reading and writing blobs by name."""

    def __init__(self, layers: list[tuple[str, nn.Module, list[str], str]], entrance: str) -> None:
        super().__init__()
        self.parts = nn.ModuleList(module for _, module, _, _ in layers)
        self._wiring = [(inputs, output) for _, _, inputs, output in layers]
        self._entrance = entrance

    def forward(self, pictures: Tensor) -> Tensor:
        blobs = {self._entrance: pictures}
        for part, (inputs, output) in zip(self.parts, self._wiring, strict=True):
            blobs[output] = part(*(blobs[name] for name in inputs))
        return blobs[self._wiring[-1][1]]


class _Concat(nn.Module):
    def forward(self, *blobs: Tensor) -> Tensor:
        return torch.cat(blobs, dim=1)


def read_caffe(layout: Path, weights: Path) -> CaffeNetwork:
    """A network in evaluation mode.

    Raises:
        CheckpointError: files that are missing, damaged, of another network, or with layers that are not known.
    """
    for file in (layout, weights):
        if not file.is_file():
            raise CheckpointError(f"{file} is missing; a Caffe network is two files, a .prototxt and a .caffemodel")
    try:
        check_file(weights, MAX_WEIGHTS_BYTES, "network")
        net = parse_layout(read_text(layout, "layout of a network", MAX_LAYOUT_BYTES))
        blobs = parse_weights(read_bytes(weights, "network", MAX_WEIGHTS_BYTES))
    except (InputError, ValueError, RecursionError, IndexError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{layout} and {weights.name} cannot be read ({error}); get them again") from error
    entrance, layers = "data", []
    for layer in net.get("layer", net.get("layers", [])):
        kind, name = layer["type"][0], layer["name"][0]
        if kind in ("Input", "Data"):
            entrance = layer["top"][0]
            continue
        module = _make_layer(layer, kind, blobs.get(name, []), f"layer {name!r} of {layout}")
        layers.append((name, module, layer["bottom"], layer["top"][0]))
    if not layers:
        raise CheckpointError(f"{layout} describes no layers; give the .prototxt that belongs to {weights.name}")
    return CaffeNetwork(layers, net.get("input", [entrance])[0]).eval().requires_grad_(False)


def parse_layout(text: str) -> Block:
    """A protocol buffer's text format as nested blocks; raises `ValueError` where braces do not match."""
    tokens = [token for token in _TOKEN.findall(text) if not token.startswith("#")]
    block, at = _parse_block(tokens, 0)
    if at != len(tokens):
        raise ValueError("a '}' too many")
    return block


def _parse_block(tokens: list[str], at: int) -> tuple[Block, int]:
    block: Block = {}
    while at < len(tokens) and tokens[at] != "}":
        name, at = tokens[at], at + 1
        if tokens[at] == ":":
            at += 1
        if tokens[at] == "{":
            value, at = _parse_block(tokens, at + 1)
            if at >= len(tokens):
                raise ValueError("a '{' is not closed")
            at += 1
        else:
            value, at = tokens[at].strip("\"'"), at + 1  # type: ignore[assignment]
        block.setdefault(name, []).append(value)
    return block, at


def parse_weights(data: bytes) -> dict[str, list[np.ndarray]]:
    """Name of each layer → its arrays; raises `ValueError` or `IndexError` for what is no network."""
    found: dict[str, list[np.ndarray]] = {}
    for number, layer in _fields(memoryview(data)):
        if number not in _WEIGHTS_OF_LAYER or not isinstance(layer, memoryview):
            continue
        name_field, blob_field = _WEIGHTS_OF_LAYER[number]
        name, blobs = "", []
        for inner, value in _fields(layer):
            if inner == name_field and isinstance(value, memoryview):
                name = bytes(value).decode()
            elif inner == blob_field and isinstance(value, memoryview):
                blobs.append(_read_blob(value))
        if blobs:
            found[name] = blobs
    if not found:
        raise ValueError("there are no weights in it")
    return found


def _read_blob(data: memoryview) -> np.ndarray:
    """Numbers with their shape: a list of sizes, or the four sizes of older files."""
    shape, old_shape, parts = [], {}, []
    for number, value in _fields(data):
        if number == 5:
            parts.append(np.frombuffer(value, "<f4") if isinstance(value, memoryview) else _as_float(value))
        elif number == 7 and isinstance(value, memoryview):
            for _, sizes in _fields(value):
                shape += list(_varints(sizes)) if isinstance(sizes, memoryview) else [sizes]
        elif number in (1, 2, 3, 4):
            old_shape[number] = value
    numbers = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return numbers.reshape(shape or [old_shape.get(n, 1) for n in (1, 2, 3, 4)])


def _as_float(bits: int) -> np.ndarray:
    return np.frombuffer(bits.to_bytes(4, "little"), "<f4")


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """(number, value) of a message's fields: whole numbers, or the bytes of what is longer."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FOUR_BYTES, _EIGHT_BYTES):
            size = 4 if kind == _FOUR_BYTES else 8
        else:
            raise ValueError(f"no protocol buffer: field of kind {kind}")
        if at + size > len(data):
            raise ValueError("truncated")
        yield number, data[at : at + size] if kind == _BYTES else int.from_bytes(data[at : at + size], "little")
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
        if not byte & 0x80:
            return value, at
        if shift > 63:
            raise ValueError("no protocol buffer: a number without end")


def _varints(data: memoryview) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _make_layer(layer: Block, kind: str, blobs: list[np.ndarray], where: str) -> nn.Module:
    if kind == "Convolution":
        return _make_convolution(layer["convolution_param"][0], blobs, where)
    if kind == "PReLU":
        prelu = nn.PReLU(blobs[0].size if blobs else 1)
        _fill(prelu.weight, blobs, 0, where)
        return prelu
    if kind == "Pooling":
        values = layer["pooling_param"][0]
        if values.get("pool", ["MAX"])[0] != "MAX":
            raise CheckpointError(f"{where} pools by {values['pool'][0]}; formnet knows MAX only")
        size, stride, pad = (int(values.get(n, [d])[0]) for n, d in (("kernel_size", 1), ("stride", 1), ("pad", 0)))
        # Caffe lets the last window reach over the edge.
        return nn.MaxPool2d(size, stride, pad, ceil_mode=True)
    simple = {"ReLU": nn.ReLU, "Concat": _Concat, "Dropout": nn.Identity, "Split": nn.Identity, "Sigmoid": nn.Sigmoid}
    if kind not in simple:
        raise CheckpointError(f"{where} is a {kind}, which formnet does not know; convert the network to ONNX")
    return simple[kind]()


def _make_convolution(values: Block, blobs: list[np.ndarray], where: str) -> nn.Module:
    def number(name: str, default: int) -> int:
        return int(values.get(name, [default])[0])

    if not blobs:
        raise CheckpointError(f"{where} has no weights; give the .caffemodel that belongs to the .prototxt")
    groups, has_bias = number("group", 1), values.get("bias_term", ["true"])[0] != "false"
    outputs, inputs = number("num_output", 0), blobs[0].shape[1] * groups
    layer = nn.Conv2d(inputs, outputs, number("kernel_size", 1), number("stride", 1), number("pad", 0),
                      number("dilation", 1), groups, has_bias)  # fmt: skip
    _fill(layer.weight, blobs, 0, where)
    if layer.bias is not None:
        _fill(layer.bias, blobs, 1, where)
    return layer


def _fill(parameter: Tensor, blobs: list[np.ndarray], number: int, where: str) -> None:
    if len(blobs) <= number or blobs[number].size != parameter.numel():
        raise CheckpointError(f"{where} has weights of another size; the two files do not belong together")
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.array(blobs[number])).reshape(parameter.shape))
