"""Keeps pose tracks on disk, so that preparing data twice estimates once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from formnet.errors import InputError, SkeletonError
from formnet.motion import Motion
from formnet.pose.model_bundle import Eyes
from formnet.pose.track import PoseTrack
from formnet.skeleton import skeleton_named
from formnet.storage.arrays import read_arrays, write_arrays
from formnet.storage.files import compute_sha256
from formnet.storage.texts import parse_json

# Raised when the same clip and options may give another track (tracking rules, confidence, layout of the file).
_VERSION = 4

DAMAGE = (ValueError, KeyError, TypeError, RecursionError, InputError, SkeletonError)
"""What reading a damaged file of this module may raise."""


def track_key(path: Path, *options: object) -> str:
    """File name for a clip's track: depends on the clip's content, not its name, and on every option."""
    text = json.dumps([_VERSION, compute_sha256(path), *options])
    return hashlib.sha256(text.encode()).hexdigest()[:40] + ".npz"


def write_track(track: PoseTrack, path: Path) -> None:
    """Writes a track atomically."""
    write_arrays(track_to_arrays(track), path)


def read_cached_track(path: Path) -> PoseTrack | None:
    """Reads a track; None when there is none or it is damaged (it is then estimated anew)."""
    try:
        return track_from_arrays(read_arrays(path, "track", "it is estimated anew"))
    except DAMAGE:
        return None


def track_to_arrays(track: PoseTrack) -> dict[str, np.ndarray]:
    """Everything of a track by name, as it stands in a file; `track_from_arrays` is the way back."""
    about = {
        "skeleton": track.image.skeleton.name,
        "size": [track.width, track.height],
        "warnings": list(track.warnings),
        "eyes": track.eyes,
    }
    return {
        "image": track.image.positions,
        **({} if track.world is None else {"world": track.world.positions}),
        "confidence": track.image.confidence,
        "timestamps": track.image.timestamps,
        "backs": np.array(list(track.backs.values())),
        "backs_s": np.array(list(track.backs)),
        "about": np.array(json.dumps(about)),
    }


def track_from_arrays(arrays: Mapping[str, np.ndarray]) -> PoseTrack:
    """The track of `track_to_arrays`; raises one of `DAMAGE` when something is missing or wrong."""
    about = parse_json(str(arrays["about"]), Path("track"), "track")
    skeleton = skeleton_named(about["skeleton"])
    confidence, timestamps = arrays["confidence"], arrays["timestamps"]
    image = Motion(arrays["image"], confidence, timestamps, skeleton, "pixel")
    world = Motion(arrays["world"], confidence, timestamps, skeleton, "metre") if "world" in arrays else None
    width, height = about["size"]
    eyes = about.get("eyes")
    backs = {float(time_s): back for time_s, back in zip(arrays["backs_s"], arrays["backs"], strict=True)}
    return PoseTrack(
        image, world, width, height, tuple(about["warnings"]), eyes=None if eyes is None else Eyes(eyes), backs=backs
    )
