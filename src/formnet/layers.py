"""Layers of trained networks in NumPy, in evaluation: PyTorch would take longer to load than judging takes.

Arrays are (…, T, C), time before channels. Every layer is made of stored weights under the name that PyTorch gives it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.geometry.vectors import Array as AnyArray
from formnet.geometry.vectors import namespace_of
from formnet.storage.weights import StoredWeights

Array = NDArray[np.float32]
_EPSILON = 1e-5
"""Added to variances by PyTorch's norms."""


@dataclass(frozen=True, eq=False)
class Linear:
    """(…, I) → (…, O).

    Attributes:
        matrix: (I, O).
        bias: (O,).
    """

    matrix: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        return multiply(x, self.matrix) + self.bias


@dataclass(frozen=True, eq=False)
class Convolution:
    """Convolution over time without padding, (…, T, I) → (…, T', O), with the batch norm behind it, if any.

    Attributes:
        taps: (K, I, O).
        bias: (O,).
    """

    taps: Array
    bias: Array

    def __call__(self, x: Array, stride: int = 1, dilation: int = 1) -> Array:
        last = x.shape[-2] - dilation * (len(self.taps) - 1)
        parts = (
            multiply(x[..., number * dilation : number * dilation + last : stride, :], tap)
            for number, tap in enumerate(self.taps)
        )
        return sum(parts, self.bias)


def multiply(x: Array, matrix: Array) -> Array:
    """x @ matrix, (…, I) and (I, O) → (…, O), as one product: NumPy makes one for each of the leading places."""
    return (x.reshape(-1, x.shape[-1]) @ matrix).reshape(*x.shape[:-1], matrix.shape[-1])


def take_linear(weights: StoredWeights, name: str, inputs: int, outputs: int, *kernel: int) -> Linear:
    """An `nn.Linear`, or with a `kernel` of 1 an `nn.Conv1d`, which is the same at every time."""
    matrix = weights.take(f"{name}.weight", outputs, inputs, *kernel).reshape(outputs, inputs)
    return Linear(np.ascontiguousarray(matrix.T), weights.take(f"{name}.bias", outputs))


def take_convolution(
    weights: StoredWeights, name: str, inputs: int, outputs: int, kernel: int, *, norm: str
) -> Convolution:
    """An `nn.Conv1d` and the `nn.BatchNorm1d` named `norm` behind it, in one."""
    taps = weights.take(f"{name}.weight", outputs, inputs, kernel).astype(np.float64)
    bias = weights.take(f"{name}.bias", outputs)
    gain, shift, mean, variance = (
        weights.take(f"{norm}.{part}", outputs).astype(np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    weights.take(f"{norm}.num_batches_tracked")
    with np.errstate(invalid="ignore"):
        gain /= np.sqrt(variance + _EPSILON)
    return Convolution(
        np.ascontiguousarray(taps.transpose(2, 1, 0) * gain, dtype=np.float32),
        ((bias - mean) * gain + shift).astype(np.float32),
    )


def relu(x: Array) -> Array:
    """What is positive, else 0."""
    return np.maximum(x, 0)


def softmax_last(x: Array) -> Array:
    """Shares over the last axis."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def normalise_last(x: Array, gain: Array, shift: Array) -> Array:
    """`nn.LayerNorm` over the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + np.float32(_EPSILON)) * gain + shift


def pad_frames(x: Array, frames: int, mode: str = "constant") -> Array:
    """(…, T, C) longer by as many frames at both ends: zeros ("constant"), or the first and last again ("edge")."""
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [(frames, frames), (0, 0)], mode=mode)  # type: ignore[call-overload]


def standardise(values: AnyArray, mean: AnyArray, deviation: AnyArray) -> AnyArray:
    """Values (…, F) at mean 0 and deviation 1, held within ±10; 0 where missing. NumPy or PyTorch."""
    xp, scaled = namespace_of(values), (values - mean) / deviation
    return xp.clip(xp.where(xp.isfinite(scaled), scaled, 0.0), -10.0, 10.0)
