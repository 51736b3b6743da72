"""People whose joints are known, as maps of each kind should show them."""

from __future__ import annotations

import numpy as np

from formnet.skeleton import COCO_17

# x, y of a person one unit high who lifts the left arm, in COCO's order.
_FIGURE = np.array([
    (0.00, 0.10), (0.02, 0.07), (-0.02, 0.07), (0.05, 0.09), (-0.05, 0.09),
    (0.12, 0.22), (-0.12, 0.22), (0.24, 0.16), (-0.15, 0.38), (0.32, 0.04), (-0.16, 0.52),
    (0.07, 0.52), (-0.07, 0.52), (0.09, 0.75), (-0.09, 0.74), (0.10, 0.97), (-0.10, 0.96),
])  # fmt: skip
SIZE = (96, 80)
"""Of the maps, cells."""
PLACES = {2: ((38.3, 8.2), (47.6, 11.4)), 3: ((34.2, 8.3), (45.7, 12.6), (58.1, 6.2))}
"""Of the heads; people stand so near that their arms and legs cross."""


def crossing_people(count: int, height: float = 62.0) -> np.ndarray:
    """Joints (P, 17, 2) in cells; every second person is mirrored."""
    people = []
    for number, place in enumerate(PLACES[count]):
        figure = _FIGURE[COCO_17.mirror] * (-1, 1) if number % 2 else _FIGURE
        people.append(figure * height * (1 - 0.06 * number) + place)
    return np.array(people)


def mirrored(joints: np.ndarray) -> np.ndarray:
    """The same people in the mirrored picture."""
    return joints[:, COCO_17.mirror] * (-1, 1) + (SIZE[0], 0)
