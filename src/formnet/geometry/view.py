"""From which side a person is filmed."""

from __future__ import annotations

import numpy as np

from formnet.faults import View
from formnet.geometry.level import compute_across
from formnet.motion import Motion


def compute_view_angle_deg(motion: Motion) -> float:
    """Angle between the camera and the direction a person faces: 0 front, ±90 side, 180 back.

    From the horizontal direction of the lines through hips and shoulders in camera axes (x right, z away),
    averaged over the clip; positive when the person's left side is nearer to the camera. NaN for a 2D motion
    or when neither line is ever seen.
    """
    if motion.n_dimensions != 3:
        return float("nan")
    across = compute_across(motion)
    return float("nan") if across is None else float(np.degrees(np.arctan2(-across[2], across[0])))


def judgeable_views(view_angle_deg: float, margin_deg: float = 25.0) -> tuple[View, ...]:
    """Which planes of movement this view shows: within `margin_deg` of a view the other plane is hidden.

    An unknown angle (NaN) hides nothing, so that no warning is made up.
    """
    from_frontal = abs(np.sin(np.radians(view_angle_deg)))
    edge = np.sin(np.radians(margin_deg))
    views: list[View] = []
    if not from_frontal > np.cos(np.radians(margin_deg)):
        views.append("front")
    if not from_frontal < edge:
        views.append("side")
    return tuple(views)
