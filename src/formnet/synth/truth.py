"""The truth beside a simulated clip: a JSON file to read and an archive of arrays to compute with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from formnet.body.model import Body
from formnet.storage.arrays import write_arrays
from formnet.synth.camera import Camera
from formnet.synth.dataset import Clip

TRUTH_FORMAT = "formnet-synth-1"


def describe_clip(clip: Clip, *, seed: int, number: int, fps: float, camera: Camera | None = None) -> dict[str, Any]:
    """Everything known about a clip, ready for JSON.

    Args:
        seed, number: with them `sample_clips` makes the same clip again.
        camera: how it was filmed, if it was; `yaw_deg` is 0 from the front, 90 from the person's left.
    """
    truth: dict[str, Any] = {
        "format": TRUTH_FORMAT,
        "seed": seed,
        "clip": number,
        "fps": fps,
        "frames": len(clip.timestamps),
        "arm_style": clip.arm_style,
        "betas": [round(float(beta), 4) for beta in clip.betas],
        "repetitions": [
            {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(repetition).items()}
            for repetition in clip.repetitions
        ],
    }
    if camera is not None:
        x, y, z = (float(value) for value in camera.position)
        truth["camera"] = {
            "yaw_deg": round(float(np.degrees(np.arctan2(x, -z))) % 360, 2),
            "distance_m": round(float(np.hypot(x, z)), 3),
            "height_m": round(-y, 3),
            "rotation": np.round(camera.rotation, 6).tolist(),
            "translation": np.round(camera.translation, 6).tolist(),
            "focal_px": round(camera.focal_px, 2),
            "width": camera.width,
            "height": camera.height,
        }
    return truth


def write_true_arrays(path: Path, clip: Clip, body: Body) -> None:
    """Writes `timestamps`, `betas`, SMPL `poses` and `translation`, and world `joints` and `landmarks` as .npz."""
    names = ("timestamps", "betas", "poses", "translation", "joints")
    landmarks = clip.landmarks(body).positions.astype(np.float32)
    write_arrays({**{name: getattr(clip, name) for name in names}, "landmarks": landmarks}, path)
