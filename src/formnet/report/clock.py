"""Times as people read them."""

from __future__ import annotations


def format_time(time_s: float) -> str:
    """Minutes, seconds and whole tenths on the clip's clock, from 0:00.0 on: 75.38 → 1:15.3."""
    # Times are sums of frames: 0.3 s must not read 0.2 because it is stored a little below.
    tenths = max(0, int(time_s * 10 + 1e-6))
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
