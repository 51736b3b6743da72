"""Keeps pose tracks on disk, so that preparing data twice estimates once."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np

from formnet.errors import InputError, SkeletonError
from formnet.files import atomic_path, compute_sha256
from formnet.motion import Motion
from formnet.pose.track import PoseTrack
from formnet.skeleton import skeleton_named

# Raised when the same clip and options may give another track (tracking rules, confidence, layout of the file).
_VERSION = 1


def track_key(path: Path, *options: object) -> str:
    """File name for a clip's track: depends on the clip's content, not its name, and on every option."""
    text = json.dumps([_VERSION, compute_sha256(path), *options])
    return hashlib.sha256(text.encode()).hexdigest()[:40] + ".npz"


def write_track(track: PoseTrack, path: Path) -> None:
    """Writes a track atomically."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            image=track.image.positions,
            world=track.world.positions,
            confidence=track.image.confidence,
            timestamps=track.image.timestamps,
            about=np.array(
                json.dumps({"skeleton": track.image.skeleton.name, "size": [track.width, track.height],
                            "warnings": list(track.warnings)})
            ),
        )  # fmt: skip


def read_track(path: Path) -> PoseTrack | None:
    """Reads a track; None when there is none or it is damaged (it is then estimated anew)."""
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            skeleton = skeleton_named(about["skeleton"])
            confidence, timestamps = file["confidence"], file["timestamps"]
            image = Motion(file["image"], confidence, timestamps, skeleton, "pixel")
            world = Motion(file["world"], confidence, timestamps, skeleton, "metre")
            width, height = about["size"]
            return PoseTrack(image, world, width, height, tuple(about["warnings"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, InputError, SkeletonError):
        return None
