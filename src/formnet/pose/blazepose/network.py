"""One TensorFlow Lite network, run by LiteRT on the processor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from formnet.errors import InputError
from formnet.pose.quiet import silenced_stderr

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

    from formnet.pose.video import Image

FloatImage = NDArray[np.float32]


def sigmoid(logits: NDArray[Any]) -> NDArray[Any]:
    """Shares of 0–1, without overflow for any logits."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * logits))


class Network:
    """A network that takes one square picture; not for two threads at once.

    Attributes:
        side_px: width and height of the picture.
    """

    def __init__(self, content: bytes, source: str) -> None:
        """Loads a network.

        Args:
            content: of a `.tflite` file.
            source: how to call it in errors.

        Raises:
            InputError: when LiteRT cannot use it, or it takes no square RGB picture.
        """
        self.source = source
        self._interpreter = _make_interpreter(content, source)
        (taken, *others) = self._interpreter.get_input_details()
        shape = tuple(int(n) for n in taken["shape"])
        if others or len(shape) != 4 or shape[0] != 1 or shape[1] != shape[2] or shape[3] != 3:
            raise InputError(f"{source} takes {shape}, not one square picture; give a BlazePose network")
        self._input = int(taken["index"])
        self.side_px = shape[1]
        self._outputs = {math.prod(d["shape"]): int(d["index"]) for d in self._interpreter.get_output_details()}

    def require_outputs(self, *sizes: int) -> None:
        """Raises `InputError` when the network lacks an output with one of these counts of numbers."""
        if missing := [size for size in sizes if size not in self._outputs]:
            raise InputError(
                f"{self.source} has no output of {missing[0]} numbers, so it is no BlazePose network of the kind "
                "needed here; give another file"
            )

    def run(self, picture: Image, scale: float, offset: float) -> None:
        """Computes all outputs for a picture (side_px, side_px, 3) uint8 RGB, as scale · pixel + offset."""
        # Straight into the network's memory; the view must be gone before it runs.
        taken = self._interpreter.tensor(self._input)()[0]
        np.multiply(picture, np.float32(scale), out=taken, casting="unsafe")
        if offset:
            taken += np.float32(offset)
        del taken
        self._interpreter.invoke()

    def read(self, size: int) -> FloatImage:
        """The output with that count of numbers, flat; a copy."""
        return self._interpreter.get_tensor(self._outputs[size]).ravel()


def _make_interpreter(content: bytes, source: str) -> Interpreter:
    with silenced_stderr():
        from ai_edge_litert.interpreter import Interpreter

        try:
            # One thread: two frames at a time make better use of two cores than two threads on one.
            interpreter = Interpreter(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0][:120]
            raise InputError(f"LiteRT cannot use the network {source} ({reason}); give another file") from error
    return interpreter
