"""Mirrored recordings: a flipped picture swaps the person's sides."""

from __future__ import annotations

import numpy as np

from formnet.motion import Motion


def mirror_motion(motion: Motion) -> Motion:
    """The motion as its mirror image shows it: x turned round and left joints swapped with right ones.

    Pixels are turned about the middle of the clip's own joints, since a Motion does not know the picture's width.
    Doing it twice gives the motion back.
    """
    order = motion.skeleton.mirror
    positions = motion.positions[:, order].copy()
    x = positions[..., 0]
    in_the_room = motion.unit == "metre" or np.isnan(x).all()
    axis = 0.0 if in_the_room else float(np.nanmin(x) + np.nanmax(x))
    positions[..., 0] = axis - x
    return motion.replace(positions=positions, confidence=motion.confidence[:, order])
