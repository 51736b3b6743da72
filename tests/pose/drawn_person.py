"""A drawn person that BlazePose recognises, for tests without any recording."""

from __future__ import annotations

import cv2
import numpy as np

from formnet.pose.video import Image

SKIN, SHIRT, TROUSERS, SHOE, HAIR = (214, 160, 128), (60, 90, 170), (45, 45, 55), (230, 230, 230), (60, 40, 30)


def draw_person(
    width: int = 480,
    height: int = 640,
    *,
    centre_x: float = 0.5,
    scale: float = 1.0,
    bend: float = 0.0,
    canvas: Image | None = None,
) -> Image:
    """A person from the front with the arms a little out; `bend` 0–1 sinks the hips.

    Args:
        centre_x: place of the middle in shares of the width.
        scale: height of the person, 1 fills about 80 % of the picture.
        canvas: drawn on a copy of it instead of a plain room.
    """
    if canvas is None:
        canvas = np.empty((height, width, 3), dtype=np.uint8)
        canvas[:] = np.linspace(205, 175, height)[:, None, None]
        canvas[int(0.85 * height) :] = (150, 135, 120)
    image = np.array(canvas)
    unit = 0.8 * height * scale / 8
    floor = 0.92 * height
    middle = centre_x * width
    sink = 1.2 * bend

    def at(x: float, y: float) -> tuple[int, int]:
        return round(middle + x * unit), round(floor - y * unit)

    def limb(start: tuple[int, int], end: tuple[int, int], colour: tuple[int, int, int], thick: float) -> None:
        cv2.line(image, start, end, colour, max(1, round(thick * unit)), cv2.LINE_AA)

    for side in (-1, 1):
        hip, ankle = at(0.5 * side, 4 - sink), at(0.6 * side, 0.3)
        knee = at((0.6 + 0.5 * bend) * side, 2.1 - 0.2 * sink)
        limb(hip, knee, TROUSERS, 0.75)
        limb(knee, ankle, TROUSERS, 0.55)
        cv2.ellipse(image, at(0.7 * side, 0.12), (round(0.38 * unit), round(0.2 * unit)), 0, 0, 360, SHOE, -1)
        shoulder, elbow, wrist = at(0.95 * side, 6.4 - sink), at(1.5 * side, 5.2 - sink), at(1.75 * side, 4.1 - sink)
        limb(shoulder, elbow, SHIRT, 0.5)
        limb(elbow, wrist, SKIN, 0.36)
        cv2.circle(image, at(1.8 * side, 3.85 - sink), round(0.24 * unit), SKIN, -1, cv2.LINE_AA)
    trunk = [at(-1.0, 6.55 - sink), at(1.0, 6.55 - sink), at(0.8, 3.9 - sink), at(-0.8, 3.9 - sink)]
    cv2.fillConvexPoly(image, np.array(trunk), SHIRT, cv2.LINE_AA)
    limb(at(0, 6.5 - sink), at(0, 7.0 - sink), SKIN, 0.45)
    cv2.ellipse(image, at(0, 7.55 - sink), (round(0.5 * unit), round(0.66 * unit)), 0, 0, 360, HAIR, -1, cv2.LINE_AA)
    cv2.ellipse(image, at(0, 7.42 - sink), (round(0.43 * unit), round(0.55 * unit)), 0, 0, 360, SKIN, -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(image, at(0.17 * side, 7.5 - sink), max(1, round(0.06 * unit)), (30, 30, 30), -1, cv2.LINE_AA)
    limb(at(0, 7.45 - sink), at(0, 7.25 - sink), (180, 120, 95), 0.06)
    limb(at(-0.14, 7.1 - sink), at(0.14, 7.1 - sink), (160, 70, 70), 0.08)
    return image
