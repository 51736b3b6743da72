"""One picture with a skeleton, words and a timeline drawn on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from formnet.motion import FloatArray
from formnet.pose.video import Image
from formnet.report.clock import format_time
from formnet.report.drawing import (
    GREY,
    INK,
    WHITE,
    Colour,
    draw_dot,
    draw_limb,
    draw_ring,
    draw_text,
    fit_text,
    measure_text,
    shade,
)
from formnet.skeleton import Skeleton

Side = Literal["full", "left", "right"]

PANEL_SHARE = 0.44
_HIDDEN, _UNSURE = 0.2, 0.5
_NOT_DRAWN = tuple(
    f"{side}_{name}"
    for side in ("left", "right")
    for name in ("eye", "eye_inner", "eye_outer", "ear", "mouth", "pinky", "index", "thumb", "hand")
)


@dataclass(frozen=True)
class Banner:
    """The words over the picture.

    Attributes:
        headline: small first line ("REPETITION 2 OF 3").
        title: large second line; empty leaves it out.
        colour: of the bar and the chip before the title.
        probability: length of the bar, 0–1; None leaves it out.
        time_s: time shown at the right; None leaves it out.
        detail: third line, smaller: what the title rests on; empty leaves it out.
        side: "full" lies across the whole picture, "left" and "right" leave the other half free.
    """

    headline: str = ""
    title: str = ""
    colour: Colour = GREY
    probability: float | None = None
    time_s: float | None = None
    detail: str = ""
    side: Side = "full"


def render_overlay(
    image: Image,
    joints: FloatArray,
    confidence: FloatArray,
    skeleton: Skeleton,
    *,
    highlighted: Sequence[str] = (),
    colour: Colour = GREY,
    base_colour: Colour = WHITE,
    banner: Banner | None = None,
    timeline: Sequence[tuple[float, float, Colour]] = (),
    progress: float | None = None,
) -> Image:
    """A copy of the picture with everything drawn on it.

    Args:
        image: (H, W, 3) uint8 RGB.
        joints: (J, 2) pixels; NaN where missing.
        confidence: (J,) 0–1; unsure limbs are thinner, hidden ones left out.
        skeleton: names of the joints.
        highlighted: joints whose limbs take `colour`; the others take `base_colour`.
        banner: words at the top; None draws none.
        timeline: coloured stretches (start, end, colour), start and end as shares 0–1 of the clip.
        progress: where the clip is, 0–1; None draws no timeline.
    """
    canvas = np.array(image)
    joints = np.asarray(joints, dtype=float)
    _draw_skeleton(canvas, joints, np.asarray(confidence), skeleton, set(highlighted), colour, base_colour)
    if banner is not None:
        _draw_banner(canvas, banner)
    if progress is not None:
        _draw_timeline(canvas, timeline, progress)
    return canvas


def _draw_skeleton(
    canvas: Image, joints: FloatArray, confidence: FloatArray, skeleton: Skeleton,
    highlighted: set[str], colour: Colour, base_colour: Colour,
) -> None:  # fmt: skip
    unit = min(canvas.shape[:2]) / 100
    width = max(2, round(0.9 * unit))
    known = {name: joints[n] for n, name in enumerate(skeleton.joints) if np.isfinite(joints[n]).all()}
    sure = dict(zip(skeleton.joints, confidence, strict=True))
    limbs = {(a, b) for a, b in skeleton.limbs if a not in _NOT_DRAWN and b not in _NOT_DRAWN}
    limbs |= {(f"{side}_heel", f"{side}_foot_index") for side in ("left", "right")}
    if "pelvis" not in skeleton:
        limbs.add(("left_hip", "right_hip"))
    shown = [(a, b) for a, b in sorted(limbs) if a in known and b in known and min(sure[a], sure[b]) >= _HIDDEN]
    # Plain limbs first, so that what matters lies on top; unsure ones at the very back.
    for is_coloured in (False, True):
        for a, b in sorted(shown, key=lambda limb: min(sure[limb[0]], sure[limb[1]])):
            if (a in highlighted and b in highlighted) == is_coloured:
                is_sure = min(sure[a], sure[b]) >= _UNSURE
                limb_width = width if is_sure else max(1, width // 2)
                draw_limb(canvas, known[a], known[b], colour if is_coloured else base_colour, limb_width)
    _draw_head(canvas, known, sure, highlighted, colour, base_colour, width)
    for name in {joint for limb in shown for joint in limb}:
        if sure[name] >= _UNSURE:
            draw_dot(canvas, known[name], colour if name in highlighted else base_colour, max(2, round(0.8 * width)))


def _draw_head(
    canvas: Image, known: dict[str, FloatArray], sure: dict[str, float], highlighted: set[str],
    colour: Colour, base_colour: Colour, width: int,
) -> None:  # fmt: skip
    """A ring about the head and a line to the middle of the shoulders."""
    parts = [n for n in ("nose", "left_ear", "right_ear", "left_eye", "right_eye", "head") if n in known]
    parts = [n for n in parts if sure[n] >= _HIDDEN]
    shoulders = [known[n] for n in ("left_shoulder", "right_shoulder") if n in known]
    if not parts or len(shoulders) < 2:
        return
    centre = np.mean([known[n] for n in parts], axis=0)
    neck = np.mean(shoulders, axis=0)
    drawn = colour if any(n in highlighted for n in parts) else base_colour
    spread = max(float(np.linalg.norm(known[n] - centre)) for n in parts)
    reach = float(np.linalg.norm(centre - neck))
    radius = round(min(max(1.6 * spread, 0.35 * reach), 0.6 * reach, 20_000))
    if radius < 1:
        return
    draw_limb(canvas, neck, centre + (neck - centre) * radius / reach, drawn, width)
    draw_ring(canvas, centre, radius, drawn, width)


def _draw_banner(canvas: Image, banner: Banner) -> None:
    height, width = canvas.shape[:2]
    unit = min(height, width) / 100
    margin = max(4, round(3 * unit))
    small, large = max(9, round(3.2 * unit)), max(13, round(6 * unit))
    bar = max(2, round(0.9 * unit))
    first_line = margin + small
    second_line = first_line + round(1.35 * large)
    third_line = second_line + (round(1.5 * small) if banner.detail else 0)
    bottom = (third_line + round(0.45 * large) if banner.title else first_line + margin) + bar
    panel = width if banner.side == "full" else round(PANEL_SHARE * width)
    left = width - panel if banner.side == "right" else 0
    right = left + panel
    shade(canvas, left, 0, right, bottom, INK, 0.62)

    room = panel - 2 * margin
    clock = "" if banner.time_s is None else format_time(banner.time_s)
    clock, clock_size = fit_text(clock, room // 3, small)
    clock_width = measure_text(clock, clock_size) if clock else 0
    draw_text(canvas, clock, right - margin - clock_width, first_line, clock_size, WHITE)
    headline, size = fit_text(banner.headline, room - clock_width - margin, small, 600)
    draw_text(canvas, headline, left + margin, first_line, size, GREY if banner.title else WHITE, 600)
    if not banner.title:
        return
    share_width = 0
    if banner.probability is not None:
        share, share_size = fit_text(f"{banner.probability:.0%}", room // 3, large, 600)
        share_width = measure_text(share, share_size, 600)
        draw_text(canvas, share, right - margin - share_width, second_line, share_size, WHITE, 600)
        shade(canvas, left, bottom - bar, right, bottom, INK, 0.8)
        filled = round(panel * float(np.clip(banner.probability, 0, 1)))
        shade(canvas, left, bottom - bar, left + filled, bottom, banner.colour, 1.0)
    title, size = fit_text(banner.title, room - share_width - margin - large // 2, large, 700)
    chip = max(3, large // 5)
    chip_left, chip_top = left + margin, second_line - round(0.75 * large)
    shade(canvas, chip_left, chip_top, chip_left + chip, second_line + 1, banner.colour, 1.0)
    draw_text(canvas, title, left + margin + large // 2, second_line, size, WHITE, 700)
    detail, size = fit_text(banner.detail, room - large // 2, small)
    draw_text(canvas, detail, left + margin + large // 2, third_line, size, WHITE)


def _draw_timeline(canvas: Image, timeline: Sequence[tuple[float, float, Colour]], progress: float) -> None:
    height, width = canvas.shape[:2]
    thick = max(3, round(min(height, width) / 60))
    shade(canvas, 0, height - thick, width, height, INK, 0.7)
    for start, end, colour in timeline:
        left, right = (round(width * float(np.clip(share, 0, 1))) for share in (start, end))
        shade(canvas, left + 1, height - thick, max(right - 1, left + 2), height, colour, 0.9)
    head = min(width - 2, round(progress * width))
    shade(canvas, head - max(1, thick // 4), height - thick - thick // 2, head + max(2, thick // 4), height, WHITE, 1.0)
