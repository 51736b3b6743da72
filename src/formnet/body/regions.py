"""Names of the coloured regions of a body's surface."""

from __future__ import annotations

REGIONS: tuple[str, ...] = (
    "skin",
    "shirt",
    "sleeve",
    "shorts",
    "trouser_leg",
    "sock",
    "shoe",
    "sole",
    "hair",
    "eye_white",
    "iris",
    "brow",
    "lips",
    "neck",
    "forearm_cloth",
    "beard",
)
REGION: dict[str, int] = {name: number for number, name in enumerate(REGIONS)}
