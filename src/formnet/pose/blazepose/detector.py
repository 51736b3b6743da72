"""Finds people in a picture: a single-shot detector that gives hips and the circle around the body.

The network looks at the whole picture, scaled to 224 × 224, and says for each of 2254 anchors whether a person is
there, where the box of the face is, and where four key points are (middle of the hips, rim of the circle around the
whole body, middle of the shoulders, rim of the circle around the upper body).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formnet.geometry.boxes import compute_overlap
from formnet.motion import FloatArray
from formnet.pose.blazepose.network import Network, sigmoid
from formnet.pose.blazepose.region import Region, region_around, whole_picture
from formnet.pose.video import Image

_STRIDES_AND_ANCHORS = ((8, 2), (16, 2), (32, 6))
_N_NUMBERS = 12
_LEAST_SCORE = 0.5
_SAME_PERSON_OVERLAP = 0.3


@dataclass(frozen=True, eq=False)
class Sighting:
    """A person as the detector sees them.

    Attributes:
        score: 0–1.
        region: where the landmark network has to look.
    """

    score: float
    region: Region


class PersonDetector:
    """Not for two threads at once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._anchors = compute_anchors(network.side_px)
        network.require_outputs(len(self._anchors), len(self._anchors) * _N_NUMBERS)

    def find(self, image: Image) -> list[Sighting]:
        """The people in a picture (H, W, 3), the surest first."""
        height, width = image.shape[:2]
        whole = whole_picture(width, height)
        side = self._network.side_px
        self._network.run(whole.crop(image, side, repeats_border=False), 2 / 255, -1.0)
        n_anchors = len(self._anchors)
        scores = sigmoid(self._network.read(n_anchors).astype(np.float64))
        likely = np.flatnonzero(scores >= _LEAST_SCORE)
        raw = self._network.read(n_anchors * _N_NUMBERS).reshape(n_anchors, -1)[likely].astype(np.float64)
        points = raw.reshape(-1, _N_NUMBERS // 2, 2) / side
        # The second pair is the size of the box; all other pairs are places, relative to the anchor.
        points[:, [0, 2, 3, 4, 5]] += self._anchors[likely, None]
        found = merge_overlapping(points, scores[likely])
        return [
            Sighting(score, region_around(whole.to_picture(place[2]), whole.to_picture(place[3])))
            for place, score in found
        ]


def compute_anchors(side_px: int) -> FloatArray:
    """(N, 2) middles of the anchors in shares of the picture, in the network's order: by stride, row, column.

    Liu et al., SSD (2016), with the sizes left out: the network gives them itself.
    """
    layers = []
    for stride, n_anchors in _STRIDES_AND_ANCHORS:
        n_cells = side_px // stride
        middles = (np.arange(n_cells) + 0.5) / n_cells
        y, x = np.meshgrid(middles, middles, indexing="ij")
        layers.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), n_anchors, axis=0))
    return np.concatenate(layers)


def merge_overlapping(points: FloatArray, scores: FloatArray) -> list[tuple[FloatArray, float]]:
    """One answer for each person: overlapping ones are averaged, weighted by score (blended non-maximum suppression).

    Args:
        points: (N, P, 2) of each answer: middle of the box, its size, key points.
        scores: (N,).

    Returns:
        Points (P, 2) and the best score, the best first.
    """
    half = points[:, 1] / 2
    boxes = np.concatenate([points[:, 0] - half, points[:, 0] + half], axis=-1)
    left = list(np.argsort(-scores, kind="stable"))
    merged = []
    while left:
        best = left[0]
        same = [n for n in left if n == best or compute_overlap(boxes[best], boxes[n]) > _SAME_PERSON_OVERLAP]
        merged.append((np.average(points[same], axis=0, weights=scores[same]), float(scores[best])))
        left = [n for n in left if n not in same]
    return merged
