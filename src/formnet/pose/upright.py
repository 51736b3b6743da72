"""Whether a person stands upright in the picture, and which turn would make them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from formnet.motion import FloatArray, Motion
from formnet.pose.track import PoseTrack

MAX_LEAN_DEG = 55.0
"""Standing people lean up to 10° in 55 real clips of standing exercises, sideways ones and lying people 80–90°."""
_EXTENDED_QUANTILE = 0.6
_MIN_AGREEMENT = 0.7


def compute_picture_lean_deg(image: Motion) -> float:
    """Clockwise angle from the picture's up to the direction from ankles to shoulders, −180…180.

    The mean direction of the frames in which the body is longest, since bent people say little about the picture;
    NaN where shoulders and ankles are not seen together or the direction changes.
    """
    body = _middle(image, "shoulder") - _middle(image, "ankle")
    length = np.linalg.norm(body, axis=-1)
    seen = np.isfinite(length) & (length > 0)
    if not seen.any():
        return float("nan")
    extended = seen & (length >= np.quantile(length[seen], _EXTENDED_QUANTILE))
    mean = (body[extended] / length[extended, None]).mean(axis=0)
    if np.linalg.norm(mean) < _MIN_AGREEMENT:
        return float("nan")
    return float(np.degrees(np.arctan2(mean[0], -mean[1])))


def find_turn_deg(image: Motion) -> int:
    """Clockwise quarter turns in degrees that bring a person upright: 0, 90, 180 or 270; 0 where it is not clear."""
    lean_deg = compute_picture_lean_deg(image)
    if np.isnan(lean_deg) or abs(lean_deg) <= MAX_LEAN_DEG:
        return 0
    return int(-round(lean_deg / 90) * 90) % 360


def turn_track(track: PoseTrack, turn_deg: int) -> PoseTrack:
    """The track as if its pictures were turned clockwise by a multiple of 90 degrees."""
    if turn_deg % 360 == 0:
        return track
    width, height = (track.width, track.height) if turn_deg % 180 == 0 else (track.height, track.width)
    shift = {90: (track.height, 0), 180: (track.width, track.height), 270: (0, track.width)}[turn_deg % 360]
    flat = _turn(track.image.positions, turn_deg) + np.array(shift, dtype=np.float64)
    world = track.world
    if world is not None:
        solid = np.concatenate([_turn(world.positions[..., :2], turn_deg), world.positions[..., 2:]], axis=-1)
        world = world.replace(positions=solid)
    image = track.image.replace(positions=flat)
    return replace(track, image=image, world=world, width=width, height=height, boxes=None)


def _turn(places: FloatArray, turn_deg: int) -> FloatArray:
    """(…, 2) turned clockwise about the origin, y pointing down."""
    cos, sin = (round(float(f(np.radians(turn_deg)))) for f in (np.cos, np.sin))
    return np.stack([cos * places[..., 0] - sin * places[..., 1], sin * places[..., 0] + cos * places[..., 1]], axis=-1)


def _middle(image: Motion, joint: str) -> FloatArray:
    return 0.5 * (image.joint(f"left_{joint}") + image.joint(f"right_{joint}"))
