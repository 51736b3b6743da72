"""How fast each phase is, and whether the hips rise before the shoulders."""

from __future__ import annotations

import numpy as np

from formnet.measures.base import Measure, RawValue
from formnet.measures.performance import Performance
from formnet.motion import FloatArray

_MOVED = 0.05
"""A phase begins and ends where this part of the way is left; the pause is where this part of the depth lacks."""
_EARLY = 0.35
"""Hips against shoulders is read when the hips have regained this part of their way up."""


def _depth_share(p: Performance) -> FloatArray:
    """(T,) of the repetition: 0 standing, 1 deepest; the part before and after each counts from its own top."""
    height = p.hip_height[p.inside]
    if np.isnan(height).all():
        return np.full(len(height), np.nan)
    middle = int(np.nanargmin(height))
    share = np.full(len(height), np.nan)
    for part in (slice(0, middle + 1), slice(middle, len(height))):
        top = np.nanmax(height[part])
        share[part] = (top - height[part]) / max(top - height[middle], 1e-9)
    return share


def _phases_s(p: Performance) -> tuple[float, float, float]:
    """Seconds of descent, pause and ascent."""
    share, times_s = _depth_share(p), p.motion.timestamps[p.inside]
    if np.isnan(share).any() or len(share) < 3:
        return (float("nan"),) * 3
    deepest = int(np.argmax(share))
    high = np.flatnonzero(share < _MOVED)
    before, after = high[high < deepest], high[high > deepest]
    begin = times_s[before[-1]] if len(before) else times_s[0]
    finish = times_s[after[0]] if len(after) else times_s[-1]
    low = times_s[share > 1 - _MOVED]
    if not len(low):
        return (float("nan"),) * 3
    return float(low[0] - begin), float(low[-1] - low[0]), float(finish - low[-1])


def _hips_first(p: Performance) -> RawValue:
    ankle, frames = p.middle("ankle")[:, 1], np.arange(len(p.motion))
    after = (frames >= p.bottom) & (frames <= p.end)
    hips, shoulders = (ankle - p.middle(joint)[:, 1] for joint in ("hip", "shoulder"))
    rises = [path[after] for path in (hips, shoulders)]
    if not after.any() or any(np.isnan(rise).any() or np.ptp(rise) <= 0 for rise in rises):
        return RawValue(float("nan"), p.bottom_s)
    shares = [(rise - rise[0]) / np.ptp(rise) for rise in rises]
    early = int(np.argmax(shares[0] >= _EARLY))
    return RawValue(float(shares[0][early] - shares[1][early]), float(p.motion.timestamps[after][early]))


MEASURES = (
    Measure("descent", "Descent", "s", "From leaving standing to the bottom.", "whole",
            "Myer et al. 2014, criterion 8", lambda p: RawValue(_phases_s(p)[0], p.bottom_s), ("hip", "ankle")),
    Measure("pause", "Pause", "s", "How long the person stays within 5 % of the depth.", "whole",
            "description of the tempo", lambda p: RawValue(_phases_s(p)[1], p.bottom_s), ("hip", "ankle")),
    Measure("ascent", "Ascent", "s", "From the bottom to standing.", "whole",
            "Myer et al. 2014, criterion 10", lambda p: RawValue(_phases_s(p)[2], p.bottom_s), ("hip", "ankle")),
    Measure("hips_first", "Hips before shoulders", "ratio",
            "Share of their way up that the hips are ahead of the shoulders, early in the ascent.", "whole",
            "the squat turned good morning; reported only", _hips_first, ("hip", "shoulder", "ankle")),
)  # fmt: skip
