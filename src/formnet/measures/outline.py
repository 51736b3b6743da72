"""Bending of the back by its outline from the side, against the same person standing.

Lifted joints hardly show it from there: they are three points of a spine that nobody sees. The silhouette shows it,
where nothing but the back is in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from formnet.geometry.paths import nearest_frame
from formnet.measures.calibration import FAST_ERROR, Line, view_name
from formnet.measures.measurement import Measurement
from formnet.measures.performance import Performance
from formnet.motion import FloatArray
from formnet.pose.model_bundle import Eyes
from formnet.pose.outline import compute_bend_deg, is_arm_behind
from formnet.pose.track import PoseTrack
from formnet.skeleton import BLAZEPOSE_33

NAME = "back_bending"
CHANGE = Line(3.0, 0.78, 7.5, 0.84)
"""From the change of the outline's bend since standing to that of the spine, and what is left, on rendered people."""
BOTTOM = Line(20.4, 0.82, 8.0, 0.81)
"""From the outline's bend at the bottom alone, where the person's own standing is not seen or hidden."""
VIEW = "side"
_ROUGH = 0.015
"""An outline so far from a smooth curve, in lengths of the trunk, is no back's."""
_DIFFERS_DEG = 10.0
"""Two looks at one moment that differ by so much are not of the back alone."""
_STANDS_DIFFER_DEG = 20.0
"""Nor are standings of one person that do."""
_LOW, _HIGH, _NEAR = 0.25, 0.85, 0.08
"""At the bottom hips are below that share of their way, standing above the other; of a short way so much of the trunk's
length over the lowest is still the bottom."""
_MOMENT_S = 0.5
_ROUGH_REASON = "hair, clothes or a thing lies on its outline"


@dataclass(frozen=True)
class OutlineReading:
    """What the outline says of one repetition.

    Attributes:
        bottom_deg: bend of the outline at the bottom; NaN where nothing can be said.
        standing_deg: that of the same person standing; NaN where it is not seen or not clear.
        reason: why nothing is said of the bottom, one clause; empty otherwise.
    """

    bottom_deg: float
    standing_deg: float
    reason: str = ""

    def measure(self) -> tuple[float, float]:
        """Bending of the back and its error, degrees."""
        own = math.isfinite(self.standing_deg)
        line, reading = (CHANGE, self.bottom_deg - self.standing_deg) if own else (BOTTOM, self.bottom_deg)
        return line.offset + line.gain * reading, line.error


def see_outline(measured: Measurement, performance: Performance, track: PoseTrack) -> Measurement:
    """The bending of the back by its outline where that may speak, otherwise as joints `measured` it, with the reason
    where they do not show it either.

    Args:
        track: of a film that BlazePose saw; others are not looked at.
    """
    seen = track.image.skeleton == BLAZEPOSE_33 and track.kind == "video"
    if not seen or view_name(performance.view_deg) != VIEW:
        return measured
    reading = read_outline(performance, track)
    if reading.reason:
        return measured if measured.is_shown else replace(measured, reason=f"{measured.reason}: {reading.reason}")
    value, error = reading.measure()
    error *= FAST_ERROR if track.eyes is Eyes.FAST else 1.0
    return replace(measured, value=value, error=error, time_s=performance.bottom_s, is_shown=True, reason="")


def read_outline(performance: Performance, track: PoseTrack) -> OutlineReading:
    """The bends of the outline in a repetition."""
    bottom, standing = _sort_looks(performance, track.backs)
    if not bottom:
        return OutlineReading(math.nan, math.nan, "its outline was not seen at the bottom")
    bends = [_bend_at(moment, track) for moment in bottom]
    low = [bend for bend, _ in bends if math.isfinite(bend)]
    if not low:
        return OutlineReading(math.nan, math.nan, bends[0][1])
    stands = [bend for moment in standing if math.isfinite(bend := _bend_at(moment, track)[0])]
    is_steady = bool(stands) and max(stands) - min(stands) <= _STANDS_DIFFER_DEG
    return OutlineReading(float(np.mean(low)), float(np.mean(stands)) if is_steady else math.nan)


def _sort_looks(performance: Performance, backs: Mapping[float, FloatArray]) -> tuple[list[_Moment], list[_Moment]]:
    """The looks at the bottom of a repetition, and those at its person standing."""
    times_s, height = performance.motion.timestamps, performance.hip_height
    own = height[performance.inside]
    if not np.isfinite(own).any():
        return [], []
    low, high = float(np.nanmin(own)), float(np.nanmax(own))
    way = max(high - low, 1e-9)
    reach = max(_LOW, _NEAR * performance.length("hip", "shoulder") / way)
    bottom, standing = [], []
    for look_s, back in backs.items():
        if not times_s[0] <= look_s <= times_s[-1]:
            continue
        share = (height[nearest_frame(times_s, look_s)] - low) / way
        if share >= _HIGH:
            standing.append((look_s, back))
        elif share <= reach and performance.start_s <= look_s <= performance.end_s:
            bottom.append((look_s, back))
    return _join(bottom), _join(standing)


_Moment = list[tuple[float, FloatArray]]
"""Looks that follow each other, each with its time in seconds."""


def _join(looks: Sequence[tuple[float, FloatArray]]) -> list[_Moment]:
    moments = [[look] for look in looks[:1]]
    for before, look in pairwise(looks):
        if look[0] - before[0] <= _MOMENT_S:
            moments[-1].append(look)
        else:
            moments.append([look])
    return moments


def _bend_at(moment: _Moment, track: PoseTrack) -> tuple[float, str]:
    """The mean bend of a moment in degrees, and why it is NaN where it is: every look has to show a back and nothing
    else."""
    bends = []
    for look_s, back in moment:
        joints = track.image.positions[nearest_frame(track.image.timestamps, look_s)]
        bend_deg, roughness = compute_bend_deg(back)
        if math.isnan(bend_deg):
            return math.nan, "its outline is not whole in the picture"
        if is_arm_behind(joints, back):
            return math.nan, "an arm reaches out behind it"
        if roughness > _ROUGH:
            return math.nan, _ROUGH_REASON
        bends.append(bend_deg)
    if len(bends) < 2:
        return math.nan, "its outline was seen once only"
    if max(bends) - min(bends) > _DIFFERS_DEG:
        return math.nan, _ROUGH_REASON
    return float(np.mean(bends)), ""
