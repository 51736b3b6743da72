"""What detectors of joints in pictures make of true joints: an error for those that were never fitted.

BlazePose's own errors are learned from renders (`estimator_noise`). A file of keypoints comes from a detector that is
not at hand (OpenPose, AlphaPose, RTMPose and others); for these stand figures that were published for such detectors
against markers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from formnet.skeleton import BLAZEPOSE_33

Array = NDArray[np.float64]

_DRIFT_S = 0.3
_FEET = BLAZEPOSE_33.indices(
    [f"{side}_{joint}" for side in ("left", "right") for joint in ("ankle", "heel", "foot_index")]
)
_FEET_SHARE = 0.6


@dataclass(frozen=True)
class DetectorNoise:
    """Standard deviations along each axis of the picture, in metres at the person.

    OpenPose and AlphaPose place hips and knees 30–50 mm from the joints that markers tell, always the same way, and
    ankles 1–15 mm (Needham et al. 2021, Scientific Reports 11:20673); half of the differences of joints from markers in
    three dimensions are under 20 mm, four of five under 30 mm (Nakano et al. 2020, Frontiers in Sports and Active
    Living 2:50).

    Attributes:
        place_m: of where a joint is taken to lie, the same through a whole clip; feet have 0.6 of it.
        drift_m: of what changes within some tenths of a second.
        jitter_m: from frame to frame.
    """

    place_m: float = 0.018
    drift_m: float = 0.010
    jitter_m: float = 0.006

    def see(self, landmarks: Array, step_s: float, rng: np.random.Generator) -> Array:
        """What is detected of true landmarks (N, T, 33, 3) in camera axes: the same, moved in the picture.

        Perspective is the picture's: what is nearer is larger.
        """
        n, frames, joints, _ = landmarks.shape
        depth_m = landmarks[..., 2:]
        seen = landmarks.copy()
        seen[..., :2] *= depth_m.mean(axis=(1, 2), keepdims=True) / depth_m
        place = self.place_m * rng.normal(size=(n, 1, joints, 2))
        place[:, :, _FEET] *= _FEET_SHARE
        seen[..., :2] += place + self.drift_m * self._draw_drift((n, frames, joints, 2), step_s, rng)
        seen[..., :2] += self.jitter_m * rng.normal(size=(n, frames, joints, 2))
        return seen

    def _draw_drift(self, size: tuple[int, ...], step_s: float, rng: np.random.Generator) -> Array:
        """A stationary first-order process (N, T, J, 2) of unit variance."""
        carry = np.exp(-step_s / _DRIFT_S)
        fresh = rng.normal(size=size)
        for frame in range(1, size[1]):
            fresh[:, frame] = carry * fresh[:, frame - 1] + np.sqrt(1 - carry**2) * fresh[:, frame]
        return fresh
