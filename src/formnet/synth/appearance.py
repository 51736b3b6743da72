"""How a filmed person and place look: skin, clothes, light, room and picture quality."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from formnet.body.regions import REGIONS

# From very light to very dark; reflectance in sRGB levels.
_SKIN_TONES = np.array([
    [243, 208, 185], [232, 190, 160], [219, 172, 136], [201, 149, 112], [172, 120, 85], [138, 92, 63], [105, 70, 50],
    [76, 52, 40],
], dtype=float)  # fmt: skip
_HAIR_COLOURS = np.array([
    [24, 20, 18], [42, 30, 24], [74, 50, 34], [110, 76, 46], [168, 128, 76], [206, 176, 118], [128, 60, 34],
    [150, 148, 146],
], dtype=float)  # fmt: skip


@dataclass(frozen=True)
class Appearance:
    """Everything about a clip's look that is not the body's shape or motion.

    Attributes:
        colours: (regions, 3) sRGB 0-255 of each entry of `REGIONS`.
        stripes: (frequency per metre, contrast 0..1) of stripes across the shirt; contrast 0 is plain.
        light: (3,) unit vector from the person towards the main lamp, world frame (y down).
        lamp, ambient: strength of the main lamp and of the light from everywhere.
        shadow: darkness of the shadow on the floor, 0..1.
        room_seed: the room is drawn from it.
        clutter: how many things stand and hang around.
        blur: softness of the picture, 0..1.
        grain: standard deviation of the sensor noise in grey levels.
        jpeg_quality: compression applied to each frame, 1-95; None for none.
        exposure: factor on the finished picture.
        barbell: draws a bar across the upper back.
        plate_radius_m: size of its plates.
        seed: of the grain.
    """

    colours: np.ndarray
    stripes: tuple[float, float] = (0.0, 0.0)
    light: tuple[float, float, float] = (-0.4, -0.75, -0.53)
    lamp: float = 0.62
    ambient: float = 0.48
    shadow: float = 0.7
    room_seed: int = 0
    clutter: int = 4
    blur: float = 0.3
    grain: float = 2.0
    jpeg_quality: int | None = None
    exposure: float = 1.0
    barbell: bool = False
    plate_radius_m: float = 0.225
    seed: int = 0


def plain_appearance() -> Appearance:
    """An easily seen person: light skin, blue shirt, black shorts, white shoes."""
    return Appearance(
        colours=_dress(_SKIN_TONES[2], _HAIR_COLOURS[1], (58, 98, 170), (38, 40, 46), (226, 226, 224), (240, 240, 240))
    )


def sample_appearance(rng: np.random.Generator, *, barbell: bool | None = None) -> Appearance:
    """A random look.

    Args:
        rng: all draws come from it.
        barbell: with or without; in a third of all clips if None.
    """
    tone = rng.uniform(0, len(_SKIN_TONES) - 1)
    low = int(tone)
    skin = _SKIN_TONES[low] + (tone - low) * (_SKIN_TONES[min(low + 1, len(_SKIN_TONES) - 1)] - _SKIN_TONES[low])
    hair = _HAIR_COLOURS[rng.integers(len(_HAIR_COLOURS))] * rng.uniform(0.8, 1.15)
    colours = _dress(
        skin,
        hair,
        _cloth(rng),
        _cloth(rng, darker=True),
        _cloth(rng, paler=True),
        _cloth(rng, paler=True),
        trousers=bool(rng.random() < 0.45),
        long_sleeves=bool(rng.random() < 0.2),
        sleeveless=bool(rng.random() < 0.25),
        shirtless=bool(rng.random() < 0.06),
        beard=float(rng.uniform(0.2, 0.8)) if rng.random() < 0.25 else 0.0,
        bald=bool(rng.random() < 0.07),
    )
    azimuth, height = rng.uniform(0, 2 * np.pi), rng.uniform(0.45, 1.2)
    light = (np.cos(azimuth) * np.cos(height), -np.sin(height), np.sin(azimuth) * np.cos(height))
    ambient = rng.uniform(0.46, 0.70)
    return Appearance(
        colours=colours,
        stripes=(float(rng.uniform(8, 40)), float(rng.uniform(0.15, 0.6)) if rng.random() < 0.25 else 0.0),
        light=(float(light[0]), float(light[1]), float(light[2])),
        lamp=float(rng.uniform(1.0, 1.3) - ambient),
        ambient=float(ambient),
        shadow=float(rng.uniform(0.4, 0.9)),
        room_seed=int(rng.integers(2**31)),
        clutter=int(rng.integers(0, 9)),
        blur=float(rng.uniform(0.0, 0.8)),
        grain=float(rng.uniform(0.3, 5.0)),
        jpeg_quality=int(rng.integers(35, 90)) if rng.random() < 0.5 else None,
        exposure=float(rng.uniform(0.82, 1.18)),
        barbell=bool(rng.random() < 1 / 3) if barbell is None else barbell,
        plate_radius_m=float(rng.choice([0.10, 0.14, 0.17, 0.20, 0.225], p=[0.25, 0.25, 0.25, 0.15, 0.10])),
        seed=int(rng.integers(2**31)),
    )


def _cloth(rng: np.random.Generator, *, darker: bool = False, paler: bool = False) -> np.ndarray:
    """A colour that cloth has: mostly greys, black and white, else not too garish."""
    if rng.random() < 0.45:
        level = rng.choice([28, 45, 90, 150, 225]) * rng.uniform(0.85, 1.1)
        colour = np.full(3, level) + rng.normal(scale=4, size=3)
    else:
        hue, saturation, value = rng.random(), rng.uniform(0.25, 0.85), rng.uniform(0.25, 0.9)
        colour = 255 * np.array(colorsys.hsv_to_rgb(float(hue), float(saturation), float(value)))
    if darker:
        colour *= rng.uniform(0.35, 0.9)
    if paler:
        colour += rng.uniform(0, 0.8) * (235 - colour)
    return np.clip(colour, 12, 242)


def _dress(
    skin: np.ndarray,
    hair: np.ndarray,
    shirt: np.ndarray | tuple[int, int, int],
    shorts: np.ndarray | tuple[int, int, int],
    shoe: np.ndarray | tuple[int, int, int],
    sock: np.ndarray | tuple[int, int, int],
    *,
    trousers: bool = False,
    long_sleeves: bool = False,
    sleeveless: bool = False,
    shirtless: bool = False,
    beard: float = 0.0,
    bald: bool = False,
) -> np.ndarray:
    """Colours (regions, 3); `beard` is how much of the hair's colour covers the jaw, 0..1."""
    shirt_colour = skin if shirtless else np.asarray(shirt, dtype=float)
    bare_arm = sleeveless or shirtless
    of: dict[str, np.ndarray | tuple[int, int, int]] = {
        "skin": skin,
        "neck": skin * 0.94,
        "shirt": shirt_colour,
        "sleeve": skin if bare_arm else shirt_colour,
        "forearm_cloth": shirt_colour if long_sleeves and not bare_arm else skin,
        "shorts": shorts,
        "trouser_leg": shorts if trousers else skin,
        "sock": shorts if trousers else sock,
        "shoe": shoe,
        "sole": np.asarray(shoe, dtype=float) * 0.35 + 0.65 * 215,
        "hair": skin if bald else hair,
        "eye_white": (236, 234, 230),
        "iris": (44, 32, 26),
        "brow": np.minimum(hair, skin) * 0.75,
        "lips": skin * np.array([0.88, 0.62, 0.62]),
        "beard": skin + beard * (hair - skin),
    }
    return np.stack([np.asarray(of[name], dtype=float) for name in REGIONS])
