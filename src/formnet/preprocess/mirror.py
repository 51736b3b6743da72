"""Mirrored recordings: a flipped picture swaps the person's sides."""

from __future__ import annotations

import numpy as np

from formnet.geometry.vectors import mirror_points
from formnet.motion import Motion


def mirror_motion(motion: Motion) -> Motion:
    """The motion as its mirror image shows it: x turned round and left joints swapped with right ones.

    Pixels are turned about the middle of the clip's own joints, since a Motion does not know the picture's width.
    Doing it twice gives the motion back.
    """
    order, x = motion.skeleton.mirror, motion.positions[..., 0]
    in_the_room = motion.unit == "metre" or np.isnan(x).all()
    axis = 0.0 if in_the_room else 0.5 * float(np.nanmin(x) + np.nanmax(x))
    return motion.replace(
        positions=mirror_points(motion.positions, order, axis), confidence=motion.confidence[:, order]
    )
