"""Text, bars and lines on pictures, by OpenCV."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from formnet.pose.video import Image

Colour = tuple[int, int, int]

GREEN: Colour = (52, 199, 89)
RED: Colour = (255, 84, 36)
AMBER: Colour = (255, 179, 0)
GREY: Colour = (168, 172, 180)
WHITE: Colour = (245, 246, 248)
INK: Colour = (18, 20, 26)

_ELLIPSIS = "…"


@functools.cache
def _font() -> Any:
    import cv2

    return cv2.FontFace("sans")


def measure_text(text: str, size_px: int, weight: int = 400) -> int:
    """Width of a line in pixels."""
    import cv2

    _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), _font(), size_px, weight)
    return int(width)


def fit_text(text: str, width_px: int, size_px: int, weight: int = 400, least_px: int = 8) -> tuple[str, int]:
    """The text and size at which it is no wider than `width_px`: first smaller, then shortened.

    Returns:
        text (ending in … where it was cut; empty when not even that fits) and size in pixels.
    """
    smallest = min(size_px, max(least_px, round(size_px * 0.6)))
    for size in range(size_px, smallest - 1, -1):
        if measure_text(text, size, weight) <= width_px:
            return text, size
    for n_kept in range(len(text) - 1, 0, -1):
        shortened = text[:n_kept].rstrip() + _ELLIPSIS
        if measure_text(shortened, smallest, weight) <= width_px:
            return shortened, smallest
    return "", smallest


def draw_text(image: Image, text: str, x: int, baseline: int, size_px: int, colour: Colour, weight: int = 400) -> None:
    """Writes one line with its left end at x, in place."""
    import cv2

    if text:
        cv2.putText(image, text, (x, baseline), colour, _font(), size_px, weight)


def shade(image: Image, x0: int, y0: int, x1: int, y1: int, colour: Colour, opacity: float) -> None:
    """Lays a see-through rectangle over the picture, in place; clipped to it."""
    import cv2

    region = image[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    if region.size:
        plain = np.empty_like(region)
        plain[:] = colour
        cv2.addWeighted(region, 1 - opacity, plain, opacity, 0, dst=region)


def draw_limb(image: Image, start: np.ndarray, end: np.ndarray, colour: Colour, width_px: int) -> None:
    """A line with a dark rim, so that it shows on any background, in place."""
    import cv2

    # Four fractional bits keep slow movement smooth. Points far outside would overflow OpenCV's integers.
    a, b = (tuple(int(v) for v in np.clip(p, -20_000, 20_000) * 16) for p in (start, end))
    cv2.line(image, a, b, INK, width_px + max(2, width_px // 2), cv2.LINE_AA, 4)
    cv2.line(image, a, b, colour, width_px, cv2.LINE_AA, 4)


def draw_dot(image: Image, centre: np.ndarray, colour: Colour, radius_px: int) -> None:
    """A filled circle with a dark rim, in place."""
    import cv2

    point = tuple(int(v) for v in np.clip(centre, -20_000, 20_000) * 16)
    cv2.circle(image, point, (radius_px + max(1, radius_px // 3)) * 16, INK, -1, cv2.LINE_AA, 4)
    cv2.circle(image, point, radius_px * 16, colour, -1, cv2.LINE_AA, 4)


def draw_ring(image: Image, centre: np.ndarray, radius_px: int, colour: Colour, width_px: int) -> None:
    """A circle line with a dark rim, in place."""
    import cv2

    point = tuple(int(v) for v in np.clip(centre, -20_000, 20_000) * 16)
    for drawn, width in ((INK, width_px + max(2, width_px // 2)), (colour, width_px)):
        cv2.circle(image, point, radius_px * 16, drawn, width, cv2.LINE_AA, 4)
