"""Three simulated squats in the picture of a camera, as a perfect estimator would see them."""

from __future__ import annotations

from functools import cache

import numpy as np

from formnet.body.load import load_body
from formnet.conversion import convert_motion
from formnet.motion import Motion
from formnet.skeleton import HALPE_26
from formnet.synth.camera import orbit_camera
from formnet.synth.dataset import sample_clip

SIZE = (1280, 720)


@cache
def film_squats(labels: tuple[str, ...] = ("good",) * 3, yaw_deg: float = 60.0) -> tuple[Motion, list[float]]:
    """HALPE-26 in pixels of a picture of 1280 × 720, at 30 frames a second, and the times of the bottoms.

    Faults are at their worst.
    """
    body = load_body()
    severity = [float(label != "good") for label in labels]
    clip = sample_clip(body, np.random.default_rng(4), labels, severity=severity, fps=30)
    camera = orbit_camera(yaw_deg, 3.2, focal_px=900, size=SIZE)
    places = camera.project(clip.landmarks(body).positions)
    landmarks = clip.landmarks(body).replace(positions=places, unit="pixel")
    image = convert_motion(landmarks, HALPE_26)
    image = image.replace(confidence=np.full(image.confidence.shape, 0.9))
    return image, [repetition.bottom_s for repetition in clip.repetitions]
