"""The measured angle drawn into a still: the limb, what it is held against, and the value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from formnet.motion import FloatArray
from formnet.pose.video import Image
from formnet.report.drawing import INK, WHITE, Colour, draw_limb, draw_text, measure_text, shade
from formnet.standards.finding import Finding

Points = Mapping[str, FloatArray]
Line = tuple[FloatArray, FloatArray]

_UP = np.array([0.0, -1.0])


def draw_measured(image: Image, joints: Points, finding: Finding, colour: Colour) -> None:
    """Draws what a finding measured onto a picture, in place; nothing where its joints are not there.

    Args:
        joints: name → (2,) pixels of the joints that are seen.
    """
    lines = find_lines(joints, finding.criterion.measure)
    if lines is None:
        return
    (start, end), (held_start, held_end) = lines
    width = max(2, round(min(image.shape[:2]) / 110))
    _draw_dashed(image, held_start, held_end, width)
    draw_limb(image, start, end, colour, width)
    size = max(12, round(min(image.shape[:2]) / 22))
    text = finding.measurement.describe()
    x = int(np.clip(end[0] + size // 2, 2, max(2, image.shape[1] - measure_text(text, size, 700) - 4)))
    y = int(np.clip(end[1], size + 2, image.shape[0] - 4))
    shade(image, x - 3, y - size, x + measure_text(text, size, 700) + 3, y + size // 4, INK, 0.7)
    draw_text(image, text, x, y, size, WHITE, 700)


def find_lines(joints: Points, measure: str) -> tuple[Line, Line] | None:
    """The limb that a measure is about, and what it is held against; None where that cannot be drawn."""
    if measure in ("thigh", "hip_over_knee"):
        side = _nearer(joints, ("knee", "hip"))
        if side is None:
            return None
        knee, hip = joints[f"{side}_knee"], joints[f"{side}_hip"]
        level = np.array([np.sign(hip[0] - knee[0]) or 1.0, 0.0])
        return (knee, hip), (knee, knee + level * np.linalg.norm(hip - knee))
    if measure.startswith("trunk"):
        hips, shoulders = _middle(joints, "hip"), _middle(joints, "shoulder")
        if hips is None or shoulders is None:
            return None
        return (hips, shoulders), (hips, hips + _UP * np.linalg.norm(shoulders - hips))
    both = [f"{side}_{joint}" for side in ("left", "right") for joint in ("knee", "ankle")]
    if measure.startswith("knee") and all(joint in joints for joint in both):
        return (joints["left_knee"], joints["right_knee"]), (joints["left_ankle"], joints["right_ankle"])
    if measure.startswith("heel"):
        side = _nearer(joints, ("heel", "foot_index"))
        if side is None:
            return None
        toes, heel = joints[f"{side}_foot_index"], joints[f"{side}_heel"]
        return (toes, heel), (toes, np.array([heel[0], toes[1]]))
    return None


def _nearer(joints: Points, kinds: tuple[str, str]) -> str | None:
    """The side whose two joints lie further apart in the picture, which is the one that shows the angle."""
    lengths = {
        side: float(np.linalg.norm(joints[f"{side}_{kinds[0]}"] - joints[f"{side}_{kinds[1]}"]))
        for side in ("left", "right")
        if all(f"{side}_{kind}" in joints for kind in kinds)
    }
    return max(lengths, key=lambda side: lengths[side]) if lengths else None


def _middle(joints: Points, kind: str) -> FloatArray | None:
    ends = [joints[f"{side}_{kind}"] for side in ("left", "right") if f"{side}_{kind}" in joints]
    return np.asarray(np.mean(ends, axis=0)) if ends else None


def _draw_dashed(image: Image, start: FloatArray, end: FloatArray, width: int) -> None:
    dashes = max(2, int(np.linalg.norm(end - start) / max(6 * width, 1)))
    for number in range(dashes):
        a, b = (start + (end - start) * (number + share) / dashes for share in (0.0, 0.55))
        draw_limb(image, a, b, WHITE, max(1, width // 2))
