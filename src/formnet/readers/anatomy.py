"""Turning a source's axes to formnet's from the body itself.

Some sets do not say which axis is up or which way people face. Every recording shows a body whose joints have
names, and that is enough to find the signed permutation of the axes.
"""

from __future__ import annotations

import numpy as np

from formnet.motion import FloatArray


def axes_from_anatomy(up: FloatArray, left: FloatArray, forward: FloatArray) -> FloatArray:
    """The signed permutation (3, 3) that turns source coordinates to formnet's axes.

    formnet shows a person facing the camera: the person's left at +x, down at +y, the back at +z.

    Args:
        up, left, forward: (3,) mean body directions in the source's axes (need not be exact or unit length).
            The axis closest to `up` is taken first, then `left`; `forward` only gives a sign.
    """
    matrix = np.zeros((3, 3))
    free = [0, 1, 2]
    vertical = max(free, key=lambda axis: abs(up[axis]))
    free.remove(vertical)
    lateral = max(free, key=lambda axis: abs(left[axis]))
    free.remove(lateral)
    depth = free[0]
    matrix[0, lateral] = 1.0 if left[lateral] >= 0 else -1.0
    matrix[1, vertical] = -1.0 if up[vertical] >= 0 else 1.0
    matrix[2, depth] = -1.0 if forward[depth] >= 0 else 1.0
    return matrix
