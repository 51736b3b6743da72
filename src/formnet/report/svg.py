"""Small drawings for the report: where a value lies against its limit, angles over time, the trend over a set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formnet.motion import FloatArray

_GOOD, _BAD, _INK, _SOFT = "var(--good)", "var(--fault)", "var(--text)", "var(--soft)"


def draw_range(value: float, error: float, limit: float, side: str, low: float, high: float) -> str:
    """A bar from `low` to `high`, green on the good side of the limit, with the value as a dot and its error as a line.

    Values outside the bar are drawn at its end.
    """
    width, height = 200.0, 22.0

    def place(number: float) -> float:
        return round(float(np.clip((number - low) / (high - low), 0, 1)) * (width - 12) + 6, 1)

    at_limit = place(limit)
    left, right = (_GOOD, _BAD) if side == "above" else (_BAD, _GOOD)
    return (
        f'<svg class="range" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'aria-label="{value:.3g}, limit {limit:.3g}">'
        f'<rect x="6" y="9" width="{at_limit - 6:.1f}" height="4" fill="{left}" opacity=".35"/>'
        f'<rect x="{at_limit}" y="9" width="{width - 6 - at_limit:.1f}" height="4" fill="{right}" opacity=".35"/>'
        f'<rect x="{at_limit - 1}" y="3" width="2" height="16" fill="{_SOFT}"/>'
        f'<line x1="{place(value - error)}" x2="{place(value + error)}" y1="11" y2="11" stroke="{_INK}" '
        'stroke-width="2"/>'
        f'<circle cx="{place(value)}" cy="11" r="5" fill="{_INK}"/></svg>'
    )


def draw_courses(courses: Sequence[tuple[str, str, FloatArray, FloatArray]], bottom_s: float) -> str:
    """Angles over the time of a repetition, one line each, the way down shaded and the bottom marked.

    Args:
        courses: (title, colour, seconds (T,), degrees (T,)), all of one repetition.
    """
    width, height, pad = 320.0, 110.0, 22.0
    if not courses:
        return ""
    times_s = np.concatenate([course[2] for course in courses])
    values = np.concatenate([course[3] for course in courses])
    if not np.isfinite(values).any() or np.ptp(times_s) <= 0:
        return ""
    start_s, end_s = float(times_s.min()), float(times_s.max())
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    high = max(high, low + 1.0)

    def x(time_s: float) -> float:
        return round(pad + (time_s - start_s) / (end_s - start_s) * (width - pad - 4), 1)

    def y(value: float) -> float:
        return round(6 + (high - value) / (high - low) * (height - 30), 1)

    deepest = x(bottom_s)
    parts = [
        f'<svg class="courses" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="angles over time">',
        f'<rect x="{pad}" y="4" width="{deepest - pad:.1f}" height="{height - 26}" fill="var(--line)" opacity=".6"/>',
        f'<line x1="{deepest}" x2="{deepest}" y1="4" y2="{height - 22}" stroke="{_SOFT}" stroke-dasharray="3 3"/>',
    ]
    for level in (low, high):
        parts.append(f'<text x="0" y="{y(level) + 4:.1f}" class="tick">{level:.0f}°</text>')
    for title, colour, times, angles in courses:
        seen = np.isfinite(angles)
        points = " ".join(f"{x(t)},{y(a)}" for t, a in zip(times[seen], angles[seen], strict=True))
        line = f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2">'
        parts.append(f"{line}<title>{title}</title></polyline>")
    left = pad
    for title, colour, *_ in courses:
        parts.append(f'<text x="{left:.0f}" y="{height - 6}" class="tick" style="fill:{colour}">{title}</text>')
        left += 7.2 * len(title) + 12
    return "".join([*parts, "</svg>"])


def draw_trend(values: Sequence[float], errors: Sequence[float], limit: float | None) -> str:
    """A measure over the repetitions of a set: dots with their errors, the limit as a line."""
    known = [(number, v, e) for number, (v, e) in enumerate(zip(values, errors, strict=True)) if np.isfinite(v)]
    if len(known) < 2:
        return ""
    width, height = 220.0, 64.0
    ends = [v - e for _, v, e in known] + [v + e for _, v, e in known] + ([] if limit is None else [limit])
    low, high = min(ends), max(max(ends), min(ends) + 1e-6)
    step = (width - 20) / max(len(values) - 1, 1)

    def y(value: float) -> float:
        return round(5 + (high - value) / (high - low) * (height - 20), 1)

    parts = [f'<svg class="trend" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="trend over the set">']
    if limit is not None:
        parts.append(
            f'<line x1="4" x2="{width - 4}" y1="{y(limit)}" y2="{y(limit)}" stroke="{_BAD}" stroke-dasharray="4 3"/>'
        )
    for number, value, error in known:
        at = round(10 + number * step, 1)
        parts.append(
            f'<line x1="{at}" x2="{at}" y1="{y(value - error)}" y2="{y(value + error)}" stroke="{_SOFT}"/>'
            f'<circle cx="{at}" cy="{y(value)}" r="4" fill="{_INK}"/>'
            f'<text x="{at}" y="{height - 2}" text-anchor="middle" class="tick">{number + 1}</text>'
        )
    return "".join([*parts, "</svg>"])
