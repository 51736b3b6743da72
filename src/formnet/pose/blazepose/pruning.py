"""Takes an output off a TensorFlow Lite network, with all work that only it needs.

The outline of the person is nearly half the work of BlazePose's landmark network (it is computed at 256 × 256), and is
wanted in a few pictures of a clip. The other outputs stay the same to the last bit.
"""

from __future__ import annotations

import math
import struct

from formnet.errors import InputError

# Places of two fields in the table of a subgraph, see TensorFlow Lite's schema.fbs.
_OUTPUTS, _OPERATORS = 8, 10


def remove_output(content: bytes, size: int, source: str) -> bytes:
    """The network without its output of `size` numbers, nor the operators that lead to no other output.

    The lists of outputs and operators are closed up in place; everything else in the file stays where it is.

    Args:
        content: of a `.tflite` file with one subgraph.
        source: how to call it in errors.

    Raises:
        InputError: when the file is damaged.
    """
    from ai_edge_litert import schema_py_generated as schema

    try:
        patched = bytearray(content)
        graph = schema.Model.GetRootAs(patched, 0).Subgraphs(0)
        outputs = [
            number for number in map(graph.Outputs, range(graph.OutputsLength())) if _size(graph, number) != size
        ]
        wanted, operators = set(outputs), []
        for number in reversed(range(graph.OperatorsLength())):
            operator = graph.Operators(number)
            if wanted & set(map(operator.Outputs, range(operator.OutputsLength()))):
                operators.append(number)
                wanted.update(map(operator.Inputs, range(operator.InputsLength())))
        table = graph._tab
        start = table.Vector(table.Offset(_OPERATORS))
        for slot, number in enumerate(reversed(operators)):
            # An element says how far from itself its operator lies, so it grows by the distance it moves back.
            (offset,) = struct.unpack_from("<I", patched, start + 4 * number)
            struct.pack_into("<I", patched, start + 4 * slot, offset + 4 * (number - slot))
        struct.pack_into("<I", patched, start - 4, len(operators))
        start = table.Vector(table.Offset(_OUTPUTS))
        struct.pack_into(f"<{len(outputs)}i", patched, start, *outputs)
        struct.pack_into("<I", patched, start - 4, len(outputs))
    except (struct.error, IndexError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"LiteRT cannot use the network {source} (damaged: {error}); give another file") from error
    return bytes(patched)


def _size(graph: object, number: int) -> int:
    tensor = graph.Tensors(number)  # type: ignore[attr-defined]
    return math.prod(map(tensor.Shape, range(tensor.ShapeLength())))
